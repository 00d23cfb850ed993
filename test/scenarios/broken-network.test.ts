import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const SOAK = fileURLToPath(new URL('../soak/main.js', import.meta.url));

/** Whether a program may make itself a network of its own, with bridges. */
async function canHaveNetwork(): Promise<boolean> {
  const words = ['-rnm', 'ip', 'link', 'add', 'lab', 'type', 'bridge'];
  const child = spawn('unshare', words, { stdio: 'ignore' });
  const code = await once(child, 'exit').then(
    ([exitCode]) => exitCode as number | null,
    () => undefined,
  );
  return code === 0;
}

/** A short form of a campaign that needs a network of its own. */
const survives = test.macro(async (t, words: readonly string[]) => {
  if (!(await canHaveNetwork())) {
    t.log('skipped: hosts of their own can be had only where unshare and ip work');
    t.pass();
    return;
  }

  const child = spawn(process.execPath, ['--enable-source-maps', SOAK, ...words], {
    stdio: 'pipe',
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const [output, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);

  t.log(output + complaints);
  t.is((await exited)[0], 0);
});

test('row 15: when the network is whole again, everything is delivered, once', survives, [
  'partition',
  '--count',
  '1',
  '--hold',
  '3000',
]);
test(
  'row 33: kills, cut wires, standstills and strangers together lose and double nothing',
  survives,
  ['mixed', '--count', '0.1', '--hold', '1500'],
);
