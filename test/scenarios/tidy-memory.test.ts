import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { decodeTidyMemories } from '../soak/tidy-line.ts';
import { TIDY_ON_SIGNAL } from '../soak/tidy-memory.ts';

const MIB = 1_048_576;

/** Keeps some MiB of objects until it hears something, and 40 MiB of buffers; then has much to do for a moment. */
const HOARDER = `
  const objectsOf = (count) => Array.from({ length: count }, (_, index) => ({ index, text: 'n' + index }));
  let hoard = objectsOf(200_000);
  const kept = Buffer.alloc(40 * ${MIB}, 1);
  process.stdin.on('data', () => {
    hoard = undefined;
    const latest = [];
    for (let index = 0; index < 2_000_000; index++) latest[index % 200_000] = { index, list: [index] };
    process.stderr.write('let go of ' + latest.length + '\\n');
  });
  process.stdin.on('end', () => process.exit(kept[0] - 1));
  process.stderr.write('ready\\n');
`;

test('garbage does not count as memory that is in use, and what is kept does', async (t) => {
  const child = spawn(process.execPath, [...TIDY_ON_SIGNAL.nodeArguments, '-e', HOARDER]);
  t.teardown(() => child.kill('SIGKILL'));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const look = async () => {
    const before = decodeTidyMemories(log).length;
    child.kill('SIGUSR2');
    return eventually(() => decodeTidyMemories(log)[before]);
  };
  await eventually(() => log.includes('ready'));

  const held = await look();
  child.stdin.write('.');
  await eventually(() => log.includes('let go'));
  const rest = await look();
  child.stdin.end();

  t.true(held.objects - rest.objects > 5 * MIB, `${held.objects} → ${rest.objects}`);
  t.true(rest.buffers > 40 * MIB);
  // What new objects were made in is V8's to keep, 30 MiB of it, as if they could come again at any moment.
  const idle = [held, rest].map(({ resident, objects }) => resident - objects);
  t.true((idle[1] ?? NaN) - (idle[0] ?? NaN) < 10 * MIB, idle.join(' → '));
  t.deepEqual(await once(child, 'exit'), [0, null]);
});
