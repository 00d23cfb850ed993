import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { ConfigError } from '../../daemon/config-error.ts';
import { LOG_FILE_MAX_BYTES, LOG_FILES, openLogFile } from '../../daemon/log-file.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const LINE_BYTES = 100;

function line(number: number): string {
  return `${String(number).padEnd(LINE_BYTES - 1, '.')}\n`;
}

async function readNumbers(path: string): Promise<readonly number[]> {
  const text = await readFile(path, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((one) => Number.parseInt(one, 10));
}

test('what is logged is added to the file, which nobody else may read', async (t) => {
  const path = join(await temporaryFolder(t), 'log');

  openLogFile(path).write(line(1));
  openLogFile(path).write(line(2));

  t.deepEqual(await readNumbers(path), [1, 2]);
  t.is((await stat(path)).mode & 0o777, 0o600);
});

test('the log keeps five files of at most 1 MiB each (G27)', async (t) => {
  const folder = await temporaryFolder(t);
  const log = openLogFile(join(folder, 'log'));
  const lines = Math.ceil((7 * LOG_FILE_MAX_BYTES) / LINE_BYTES);

  for (let i = 1; i <= lines; i++) log.write(line(i));

  const names = (await readdir(folder)).sort();
  t.deepEqual(names, ['log', 'log.1', 'log.2', 'log.3', 'log.4']);
  t.is(names.length, LOG_FILES);
  const kept: number[] = [];
  for (const name of [...names].reverse().slice(0, -1).concat('log')) {
    t.true((await stat(join(folder, name))).size <= LOG_FILE_MAX_BYTES);
    kept.push(...(await readNumbers(join(folder, name))));
  }
  const first = kept[0] ?? 0;
  t.deepEqual(
    kept,
    Array.from({ length: lines - first + 1 }, (_, index) => first + index),
  );
});

test('a file that was full before is not added to', async (t) => {
  const path = join(await temporaryFolder(t), 'log');
  await writeFile(path, line(1).repeat(3));

  openLogFile(path, 3 * LINE_BYTES).write(line(2));

  t.deepEqual(await readNumbers(path), [2]);
  t.deepEqual(await readNumbers(`${path}.1`), [1, 1, 1]);
});

test('a line that is longer than a file may be is kept whole', async (t) => {
  const path = join(await temporaryFolder(t), 'log');
  const log = openLogFile(path, 10);

  log.write(line(1));
  log.write(line(2));

  t.deepEqual(await readNumbers(path), [2]);
  t.deepEqual(await readNumbers(`${path}.1`), [1]);
});

test('a log that can not be opened is a mistake in the settings', async (t) => {
  const folder = await temporaryFolder(t);

  t.throws(() => openLogFile(join(folder, 'nowhere', 'log')), {
    instanceOf: ConfigError,
    code: 'bad_setting',
    message: /log\.file/,
  });
});

test('a log that can not begin a new file does not stop the daemon', async (t) => {
  const folder = join(await temporaryFolder(t), 'logs');
  await mkdir(folder);
  const path = join(folder, 'log');
  const elsewhere: string[] = [];
  const log = openLogFile(path, LINE_BYTES, { write: (text) => void elsewhere.push(text) });
  log.write(line(1));
  // A folder can't be replaced by a file, not even by root.
  await mkdir(`${path}.4`);
  await writeFile(`${path}.3`, line(0));

  log.write(line(2));

  t.deepEqual(elsewhere, [line(2)]);
  t.deepEqual(await readNumbers(path), [1]);
});
