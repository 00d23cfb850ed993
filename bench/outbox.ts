/** A long outbox: what it takes of the sender's time and memory, also when it starts anew, until all was read or is gone. */
import { performance } from 'node:perf_hooks';
import { conversationPath } from '../test/helpers/api.ts';
import { eventually } from '../test/helpers/eventually.ts';
import { TIDY_ON_SIGNAL, tidyMemoryOf } from '../test/soak/tidy-memory.ts';
import { lastPlace, PIPELINED, queue, readAll, requireEqual } from './backlog.ts';
import { routeOf, withPair, type Pair, type Surroundings } from './daemons.ts';
import { SERVICE, SPARING } from './memory.ts';
import { residentMiB } from './process-cost.ts';
import { formatCount, formatMs, type Table } from './table.ts';

const WAITING = 100_000;
const TIMEOUT_MS = 300_000;
const MIB = 1_048_576;

/** @throws Messages are missing, doubled or in another order than they were written in. */
export async function benchOutbox(surroundings: Surroundings): Promise<Table> {
  const asService = { ...surroundings, ...TIDY_ON_SIGNAL, environment: SERVICE };
  const sparing = { ...asService, environment: { ...SERVICE, ...SPARING } };
  return {
    title: `${formatCount(WAITING)} messages that wait for one who is away, at the sender`,
    columns: [
      'environment',
      '',
      'ms',
      'messages/s',
      'resident MiB',
      'after a collection of garbage',
      'objects',
    ],
    rows: [
      ...(await withPair(asService, (pair) => measure(pair, 'of the service'))),
      ...(await withPair(sparing, (pair) => measure(pair, 'sparing'))),
    ],
  };
}

async function measure({ alice, bob }: Pair, environment: string): Promise<string[][]> {
  const row = async (what: string, ms?: number, messages?: number): Promise<string[]> => {
    const resident = await residentMiB(alice.pid);
    const tidied = await tidyMemoryOf(alice);
    const perSecond =
      ms === undefined || messages === undefined ? '' : formatCount((messages * 1000) / ms);
    return [
      environment,
      what,
      ms === undefined ? '' : formatMs(ms),
      perSecond,
      formatCount(resident),
      ...[tidied.resident, tidied.objects].map((bytes) => (bytes / MIB).toFixed(1)),
    ];
  };
  await bob.stop();
  const nothing = await row('nothing waits');
  const queuedMs = await queue(routeOf({ alice, bob }), PIPELINED, WAITING);
  const queued = await row('queued, 100 a request', queuedMs, WAITING);
  await alice.stop();
  const started = await row('started again', await timed(() => alice.start()));
  await bob.start();
  const deliveredMs = await timed(() => emptied(alice.api));
  const delivered = await row('delivered, from `ready` until all is known', deliveredMs, WAITING);
  const [written, read] = await Promise.all([
    readAll(alice.api, bob.address),
    readAll(bob.api, alice.address),
  ]);
  requireEqual(read, written, WAITING);
  const readRow = await row(
    'read by the friend, all in one go',
    await timed(() => readByFriend({ alice, bob })),
  );
  await bob.stop();
  await queue(routeOf({ alice, bob }), PIPELINED, WAITING);
  const clear = () => alice.api.delete(conversationPath(bob.address));
  const cleared = await row('queued anew, and the conversation deleted', await timed(clear));
  await emptied(alice.api);
  return [nothing, queued, started, delivered, readRow, cleared];
}

/** Resolves when the sender's daemon knows it of all. */
async function readByFriend({ alice, bob }: Pair): Promise<void> {
  const upTo = await lastPlace(bob.api, alice.address);
  const path = conversationPath(alice.address).replace(/messages$/, 'read');
  await bob.api.post(path, { upTo });
  await eventually(
    async () => (await alice.api.messages(bob.address, 1)).at(-1)?.state === 'read',
    { timeoutMs: TIMEOUT_MS },
  );
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}

/** Resolves when nothing waits any more. */
function emptied({ url, token }: Pair['alice']['api']): Promise<boolean> {
  return eventually(
    async () => {
      const headers = { Authorization: `Bearer ${token}` };
      const metrics = await (await fetch(new URL('/metrics', url), { headers })).text();
      return /^vestnik_outbox_messages 0$/m.test(metrics);
    },
    { timeoutMs: TIMEOUT_MS },
  );
}
