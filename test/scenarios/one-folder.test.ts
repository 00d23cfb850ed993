import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { startDaemonProcess } from '../helpers/daemon-process.ts';
import { runCommand } from '../helpers/run-command.ts';
import { wrongClock } from '../helpers/wrong-clock.ts';

const DAY_MS = 86_400_000;

/** What lies in a folder: names, sizes, times of change, and the text of what is small. */
async function fingerprint(folder: string): Promise<readonly unknown[]> {
  const names = (await readdir(folder, { recursive: true })).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const { size, mtimeMs, ino } = await stat(path);
      const isSmallFile = (await stat(path)).isFile() && size < 10_000;
      return [name, size, mtimeMs, ino, isSmallFile ? await readFile(path, 'utf8') : ''];
    }),
  );
}

function startWords(folder: string): readonly string[] {
  return ['start', '--data', folder, '--peer', '127.0.0.1:0', '--gui', '127.0.0.1:0'];
}

test('row 14: a second daemon on a data folder ends at once and writes nothing, whatever its clock says', async (t) => {
  const daemon = await startDaemonProcess(t);
  await daemon.api.post('/api/contacts', { address: '127.0.0.9:4999' });
  await daemon.api.send('127.0.0.9:4999', 'hello');
  const before = await fingerprint(daemon.data);

  const seconds = await Promise.all(
    [{}, { ahead: -DAY_MS }, { at: 0 }].map((clock) =>
      runCommand(startWords(daemon.data), '', wrongClock(clock)),
    ),
  );

  for (const { code, output, complaints } of seconds) {
    t.is(code, 3);
    t.is(output, '');
    t.regex(complaints, /^vestnik: .*(use|running|daemon)/);
  }
  t.deepEqual(await fingerprint(daemon.data), before);
  t.deepEqual(await daemon.api.texts('127.0.0.9:4999'), ['hello']);
});

test('of several daemons that start on a folder at the same moment one comes up', async (t) => {
  const daemon = await startDaemonProcess(t);
  await daemon.stop();

  const rivals = await Promise.allSettled([
    daemon.start(),
    ...[1, 2].map(() => startDaemonProcess(t, { data: daemon.data })),
  ]);

  t.is(rivals.filter(({ status }) => status === 'fulfilled').length, 1);
});

test('row 14: after kill -9 the next daemon starts at once', async (t) => {
  const daemon = await startDaemonProcess(t);
  await daemon.api.post('/api/contacts', { address: '127.0.0.9:4999' });
  await daemon.api.send('127.0.0.9:4999', 'hello');

  for (let round = 0; round < 2; round++) {
    await daemon.kill();
    await daemon.start();
  }

  t.deepEqual(await daemon.api.texts('127.0.0.9:4999'), ['hello']);
  t.notRegex(daemon.log, /"level":"(warn|error)"/);
});
