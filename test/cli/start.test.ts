import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { announceDaemon, findDaemon, withdrawDaemon } from '../../daemon/cli/running-daemon.ts';
import { start } from '../../daemon/cli/start.ts';
import type { Config } from '../../daemon/config.ts';
import type { RunningDaemon } from '../../daemon/running-daemon.ts';
import { memoryTerminal } from '../helpers/memory-terminal.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const LISTENERS: RunningDaemon['listeners'] = [
  { name: 'peer', url: 'http://[::]:4884' },
  { name: 'gui', url: 'http://127.0.0.1:4885' },
];

test('start prints a line for each listener, then ready, and stops when told', async (t) => {
  const terminal = memoryTerminal();
  const dataFolder = await temporaryFolder(t);
  const events: string[] = [];
  const startDaemon = (config: Config): Promise<RunningDaemon> => {
    events.push(`started on ${String(config.gui.listen.port)} as ${config.nick ?? ''}`);
    return Promise.resolve({
      listeners: LISTENERS,
      loginUrl: 'http://127.0.0.1:4885/#t=ticket',
      debuggerUrl: undefined,
      stop: () => Promise.resolve(void events.push('stopped')),
    });
  };

  await start(
    { terminal, dataFolder, environment: { VESTNIK_NICK: 'Ann' }, isJson: false },
    { gui: '127.0.0.1:0', peer: '127.0.0.1:0' },
    { startDaemon, stopRequested: Promise.resolve() },
  );

  t.is(
    terminal.printed.join('\n'),
    'peer   http://[::]:4884\ngui    http://127.0.0.1:4885/#t=ticket\nready',
  );
  t.deepEqual(events, ['started on 0 as Ann', 'stopped']);
});

test('a daemon is found by its note until it withdraws it', async (t) => {
  const folder = await temporaryFolder(t);

  t.is(await findDaemon(folder), undefined);
  await announceDaemon(folder, { gui: 'http://[::]:4885', pid: process.pid });
  t.deepEqual(await findDaemon(folder), { gui: 'http://[::1]:4885', pid: process.pid });
  await withdrawDaemon(folder);
  t.is(await findDaemon(folder), undefined);
});

test('a listener on all addresses is noted by its loopback address', async (t) => {
  const folder = await temporaryFolder(t);

  await announceDaemon(folder, { gui: 'http://0.0.0.0:1234/', pid: process.pid });

  t.is((await findDaemon(folder))?.gui, 'http://127.0.0.1:1234');
});

test('the note of a process that is gone, or a damaged one, counts as none', async (t) => {
  const folder = await temporaryFolder(t);

  // Above the largest pid that a system gives out.
  await announceDaemon(folder, { gui: 'http://127.0.0.1:1', pid: 2 ** 30 });
  t.is(await findDaemon(folder), undefined);
  await writeFile(join(folder, 'daemon.json'), '{"gui":');
  t.is(await findDaemon(folder), undefined);
});
