import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { run } from '../../daemon/cli/program.ts';
import { startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { memoryTerminal, type MemoryTerminal } from '../helpers/memory-terminal.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const MAIN = fileURLToPath(new URL('../../daemon/main.js', import.meta.url));
const ANYWHERE = ['--peer', '127.0.0.1:0', '--gui', '127.0.0.1:0'];

type Ran = Readonly<{ code: number; terminal: MemoryTerminal }>;

async function command(folder: string, words: readonly string[], input = ''): Promise<Ran> {
  const terminal = memoryTerminal(input);
  const code = await run([...words, '--data', folder], terminal, {});
  return { code, terminal };
}

async function printed({ data }: DaemonProcess, ...words: string[]): Promise<string> {
  return (await command(data, words)).terminal.printed.join('\n');
}

/** The program in a process of its own, to its end. */
async function runProcess(words: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  const output = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await ended) as [number | null];
  return { code, printed: output[0], complained: output[1] };
}

test('two people become friends and talk from their terminals', async (t) => {
  const [ann, boris] = await Promise.all([
    startDaemonProcess(t, { nick: 'Ann' }),
    startDaemonProcess(t, { nick: 'Boris' }),
  ]);

  await command(ann.data, ['add', boris.address, '--nick', 'Boris']);
  await eventually(async () => /wants to be/.test(await printed(boris, 'contacts')));
  await command(boris.data, ['accept', 'ann']);
  await command(ann.data, ['send', 'boris', 'good', 'morning']);
  await eventually(async () => /Ann: good morning/.test(await printed(boris, 'read', 'Ann')));

  // Until she has been told that it arrived, it is waiting.
  const read = await eventually(async () => {
    const text = await printed(ann, 'read', 'Boris');
    return text.includes('(waiting)') ? undefined : text;
  });
  // Whether she is online is found out beside the conversation, and may be known a little later.
  const status = await eventually(async () => {
    const text = await printed(boris, 'status');
    return text.includes('1 online') ? text : undefined;
  });
  t.regex(read, /me: good morning$/);
  t.regex(status, /contacts +1, 1 online/);
});

test('friends by a contact link know each other at once, and compare the same number', async (t) => {
  const [ann, boris] = await Promise.all([
    startDaemonProcess(t, { nick: 'Ann' }),
    startDaemonProcess(t, { nick: 'Boris' }),
  ]);

  await command(ann.data, ['add', await printed(boris, 'link'), '--nick', 'Boris']);
  await eventually(async () => /offers encryption/.test(await printed(boris, 'contacts')));
  await command(boris.data, ['accept', 'Ann']);
  for (const [daemon, friend] of [
    [ann, 'Boris'],
    [boris, 'Ann'],
  ] as const) {
    const known = new RegExp(`${friend} .*encrypted, known by link`);
    await eventually(async () => known.test(await printed(daemon, 'contacts')));
  }

  const numbers = [
    await printed(ann, 'fingerprint', 'Boris'),
    await printed(boris, 'fingerprint', 'Ann'),
  ];
  const [annsView, borissView] = numbers.map((text) => text.split('\n').slice(3));
  t.is(annsView?.length, 3);
  t.deepEqual(annsView, borissView);
  const told = await printed(boris, 'fingerprint');
  t.is((await command(ann.data, ['verify', 'Boris', '--fingerprint', told])).code, 0);
  t.regex(await printed(ann, 'contacts'), /encrypted, verified/);
  t.is((await command(boris.data, ['verify', 'Ann', '--fingerprint', told])).code, 1);
});

test('what comes is followed as it comes', async (t) => {
  const [ann, boris] = await Promise.all([
    startDaemonProcess(t, { nick: 'Ann' }),
    startDaemonProcess(t, { nick: 'Boris' }),
  ]);
  await command(ann.data, ['add', boris.address]);
  await eventually(async () => /wants to be/.test(await printed(boris, 'contacts')));
  await command(boris.data, ['accept', ann.address]);
  await command(ann.data, ['send', boris.address, 'first']);
  await eventually(async () => /first/.test(await printed(boris, 'read', ann.address)));
  const terminal = memoryTerminal();

  const followed = run(['read', 'Ann', '--follow', '--data', boris.data], terminal, {});
  await eventually(() => terminal.printed.length === 1);
  await command(ann.data, ['send', boris.address, 'second']);
  await eventually(() => terminal.printed.length === 2);
  await boris.stop();

  t.is(await followed, 4);
  t.regex(terminal.printed.join('\n'), /Ann: first\n.*Ann: second$/);
});

test('a second daemon on the same data folder ends with 3 at once', async (t) => {
  const { data } = await startDaemonProcess(t);

  const { code, printed, complained } = await runProcess(['start', '--data', data, ...ANYWHERE]);

  t.is(code, 3);
  t.is(printed, '');
  t.regex(complained, /in use/);
});

test('a told daemon stops cleanly and is not found any more', async (t) => {
  const daemon = await startDaemonProcess(t);

  const code = await daemon.stop();

  t.is(code, 0);
  t.is((await command(daemon.data, ['contacts'])).code, 4);
});

test('a daemon that was killed is not found', async (t) => {
  const daemon = await startDaemonProcess(t);

  await daemon.kill();

  t.is((await command(daemon.data, ['contacts'])).code, 4);
});

test('a login link is fresh each time', async (t) => {
  const daemon = await startDaemonProcess(t);

  const first = await printed(daemon, 'login');
  const second = await printed(daemon, 'login');

  t.regex(first, /^http:\/\/127\.0\.0\.1:\d+\/#t=[\w-]{43}$/);
  t.not(first, second);
});

test('beyond loopback the daemon starts only with a password, which is set without it', async (t) => {
  const data = await temporaryFolder(t);
  const words = ['start', '--data', data, '--peer', '127.0.0.1:0', '--gui', '0.0.0.0:0'];

  const refused = await runProcess(words);
  const short = await command(data, ['password'], 'too short');
  const set = await command(data, ['password'], 'long enough\n');
  const started = await startDaemonProcess(t, { data });

  t.is(refused.code, 1);
  t.regex(refused.complained, /password/);
  t.deepEqual([short.code, set.code], [1, 0]);
  const login = await fetch(new URL('/api/login', started.loginUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"password":"long enough"}',
  });
  t.is(login.status, 200);
});

test('a folder under a passphrase is opened with it alone, and it is changed only while no daemon runs', async (t) => {
  const data = await temporaryFolder(t);
  const file = join(await temporaryFolder(t), 'passphrase');
  await writeFile(file, 'correct horse battery\n', { mode: 0o600 });
  const first = await startDaemonProcess(t, { data });
  const whileRunning = await command(data, ['passphrase'], 'correct horse battery\n');
  const before = await printed(first, '--json', 'status');
  await first.stop();

  const set = await command(data, ['passphrase'], 'correct horse battery\n');
  const without = await runProcess(['start', '--data', data, ...ANYWHERE]);
  await chmod(file, 0o644);
  const open = ['start', '--data', data, ...ANYWHERE, '--passphrase-file', file];
  const careless = await runProcess(open);
  const environment = { VESTNIK_PASSPHRASE: 'correct horse battery' };
  const second = await startDaemonProcess(t, { data, environment });

  t.deepEqual([whileRunning.code, set.code, without.code, careless.code], [3, 0, 1, 1]);
  t.regex(without.complained, /VESTNIK_PASSPHRASE/);
  t.regex(careless.complained, /chmod 600/);
  const idOf = (status: string): unknown =>
    (JSON.parse(status) as { fingerprint: unknown }).fingerprint;
  t.is(idOf(await printed(second, '--json', 'status')), idOf(before));
});

test('a mistake in a setting is said in words, with exit code 2', async (t) => {
  const data = await temporaryFolder(t);

  const { code, complained } = await runProcess(['start', '--data', data, '--peer', 'nowhere']);

  t.is(code, 2);
  t.regex(complained, /^vestnik: peer\.listen in the command line is "nowhere"/);
});
