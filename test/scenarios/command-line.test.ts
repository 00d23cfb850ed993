import test from 'ava';
import { startDaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { runCommand, type CommandResult } from '../helpers/run-command.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

test('two people meet and talk with nothing but a shell', async (t) => {
  const alice = await startDaemonProcess(t, { nick: 'Alice', host: '127.0.0.2' });
  const bob = await startDaemonProcess(t, { nick: 'Bob', host: '127.0.0.3' });
  const as = ({ data }: typeof alice, words: string[], input = ''): Promise<CommandResult> =>
    runCommand([...words, '--data', data], input);

  t.is((await as(alice, ['add', bob.address, '--nick', 'Bob'])).code, 0);
  await eventually(() => bob.api.contact(alice.address));
  t.is((await as(bob, ['accept', 'Alice'])).code, 0);
  t.is((await as(alice, ['send', 'Bob', '-'], 'two\nlines\n')).code, 0);
  const sent = await as(alice, ['send', 'Bob', 'once', '--id', 'one', '--json']);
  const repeated = await as(alice, ['send', 'Bob', 'once', '--id', 'one', '--json']);
  t.like(JSON.parse(sent.output), { id: 'one', message: 'once', direction: 'out' });
  t.is(
    (JSON.parse(repeated.output) as { s: number }).s,
    (JSON.parse(sent.output) as { s: number }).s,
  );

  await eventually(async () => (await bob.api.texts(alice.address)).length === 2);
  const read = await as(bob, ['read', 'Alice', '--json']);
  t.like(JSON.parse(read.output), [{ message: 'two\nlines' }, { message: 'once' }]);
  t.regex((await as(bob, ['contacts'])).output, /Alice/);
  t.regex((await as(bob, ['login'])).output, /^http:\/\/127\.0\.0\.1:\d+\/#t=\S+\n$/);
});

test('a program learns from the exit code how it went', async (t) => {
  const daemon = await startDaemonProcess(t);
  const at = ['--data', daemon.data];
  const nobody = ['--data', await temporaryFolder(t)];

  const codes = await Promise.all([
    runCommand(['status', ...at]),
    runCommand(['send', '127.0.0.99', 'hello', ...at]),
    runCommand(['add', 'example.com', ...at]),
    runCommand(['send', ...at]),
    runCommand(['dance', ...at]),
    runCommand(['start', '--peer', '127.0.0.1:0', '--gui', '127.0.0.1:0', ...at]),
    runCommand(['status', ...nobody]),
  ]);

  t.deepEqual(
    codes.map(({ code }) => code),
    [0, 1, 1, 2, 2, 3, 4],
  );
  for (const { code, output, complaints } of codes.slice(1)) {
    t.is(output, '', String(code));
    t.not(complaints, '', String(code));
  }
});
