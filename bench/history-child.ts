/** Opens a history in a process of its own, measures what that and reading costs, and prints it as JSON. */
import { performance } from 'node:perf_hooks';
import { CONVERSATIONS, createMessage, openHistory } from './history.ts';
import { spreadOf } from './spread.ts';

export type HistoryFigures = Readonly<{
  openMs: number;
  /** What the process grew by. */
  residentMiB: number;
  indexBytes: number;
  undelivered: number;
  pageMs: Readonly<{ newest: number; middle: number; oldest: number }>;
  /** Of one writer who waits for the disk. */
  appendMs: number;
  unknownIdMs: number;
  knownIdMs: number;
}>;

const ROUNDS = 40;
const APPENDS = 300;
const [folder = '', messages = '0'] = process.argv.slice(2);
const count = Number(messages);

const before = process.memoryUsage.rss();
const startedAt = performance.now();
const store = await openHistory({ journal: { folder } });
const openMs = performance.now() - startedAt;
const residentMiB = (process.memoryUsage.rss() - before) / 2 ** 20;
const { lastS } = store;
const { indexBytes } = store.sizes;
const undelivered = [...store.undelivered].length;

/** Median of many, each in another conversation. */
async function median(run: (conversation: number, round: number) => Promise<unknown>) {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now();
    await run(1 + (round % CONVERSATIONS), round);
    times.push(performance.now() - from);
  }
  return spreadOf(times).p50;
}

const limit = 50;
const pageMs = {
  newest: await median((n) => store.page(n, { limit })),
  middle: await median((n) => store.page(n, { before: lastS / 2, limit })),
  oldest: await median((n) => store.page(n, { after: 0, limit })),
};
const unknownIdMs = await median((n, round) => store.find(n, 'in', `unknown-${round}`));
const knownIdMs = await median((_, round) => {
  const { conversation, direction, id } = createMessage(Math.floor((round * (count - 1)) / ROUNDS));
  return store.find(conversation, direction, id);
});
const waits: number[] = [];
for (let i = 0; i < APPENDS; i++) {
  const from = performance.now();
  await store.add([{ ...createMessage(count + i), id: `new-${i}` }]);
  waits.push(performance.now() - from);
}
const figures: HistoryFigures = {
  openMs,
  residentMiB,
  indexBytes,
  undelivered,
  pageMs,
  appendMs: spreadOf(waits).p50,
  unknownIdMs,
  knownIdMs,
};
console.log(JSON.stringify(figures));
// As a crash would leave it: what was written here is no part of the measurement.
process.exit(0);
