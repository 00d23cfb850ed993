import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'ava';
import { Journal } from '../../storage/journal.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const CHILD = join(import.meta.dirname, 'journal-child.js');
/** Each run ends after another number of acknowledged records. */
const KILL_AFTER = [1, 250, 1200];

test('everything that was acknowledged before kill -9 is there, once and in order', async (t) => {
  const folder = await temporaryFolder(t);
  const acknowledged = new Map<number, string>();

  for (const count of KILL_AFTER) await killAfter(count, folder, acknowledged);

  const found: { s: number; text: string }[] = [];
  const journal = await Journal.open({
    folder,
    onRecord: (record, s) => found.push({ s, text: (record as { text: string }).text }),
    onDamage: ({ kind }) => t.is(kind, 'torn_tail'),
  });
  t.teardown(() => journal.close());
  const bySequence = new Map(found.map(({ s, text }) => [s, text]));
  t.deepEqual(
    found.map(({ s }) => s),
    found.map((_, index) => index + 1),
  );
  for (const [s, text] of acknowledged) if (bySequence.get(s) !== text) t.fail(`${s} is lost`);
  t.true(acknowledged.size >= 1451);
});

/** Lets a child append, kills it when it has `count` acknowledgements, and notes all that it gave. */
async function killAfter(
  count: number,
  folder: string,
  acknowledged: Map<number, string>,
): Promise<void> {
  const child = spawn(process.execPath, [CHILD, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [s, text] = line.split(' ');
    if (text === undefined) continue;
    acknowledged.set(Number(s), text);
    if (++seen === count) child.kill('SIGKILL');
  }
  await ended;
}
