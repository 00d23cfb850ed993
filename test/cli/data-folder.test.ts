import { resolve } from 'node:path';
import test from 'ava';
import { resolveDataFolder, type DataFolderHints } from '../../daemon/data-folder.ts';

const finds = test.macro((t, hints: Partial<DataFolderHints>, folder: string) => {
  const found = resolveDataFolder({
    flag: undefined,
    environment: {},
    platform: 'linux',
    homeFolder: '/home/ann',
    ...hints,
  });

  t.is(found, folder);
});

const environment = { VESTNIK_DATA: '/srv/vestnik', XDG_DATA_HOME: '/home/ann/data' };

test('the flag names the data folder', finds, { flag: '/d', environment }, '/d');
test('a relative data folder is made absolute', finds, { flag: 'd' }, resolve('d'));
test(
  'without a flag the environment names the data folder',
  finds,
  { environment },
  '/srv/vestnik',
);
test(
  'an empty variable names no data folder',
  finds,
  { environment: { ...environment, VESTNIK_DATA: '' } },
  '/home/ann/data/vestnik',
);
test('the usual folder on Linux', finds, {}, '/home/ann/.local/share/vestnik');
test(
  'a relative XDG_DATA_HOME is passed by',
  finds,
  { environment: { XDG_DATA_HOME: 'data' } },
  '/home/ann/.local/share/vestnik',
);
test(
  'the usual folder on macOS',
  finds,
  { platform: 'darwin' },
  '/home/ann/Library/Application Support/vestnik',
);
test(
  'the usual folder on Windows',
  finds,
  { platform: 'win32', environment: { LOCALAPPDATA: '/local' } },
  '/local/vestnik',
);
