/** How many records a second the journal makes durable, and how long one waits. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { Journal } from '../storage/journal.ts';

/** Like a message of 200 bytes. */
const RECORD = {
  k: 'msg',
  n: 1,
  d: 'out',
  id: 'Zm9vYmFyYmF6cXV4MTIzNA',
  from: 'fc92:3b02:aa3d::7b04',
  to: 'fc12:9ed1:04b2::1a2b',
  ts: '2026-03-01T12:00:00.000Z',
  t: 1_772_366_400_000,
  at: 1_772_366_400_005,
  m: 'x'.repeat(200),
  e: 'dr1',
};

export type JournalRow = Readonly<{
  writers: number;
  recordsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
}>;

export type JournalBench = Readonly<{
  append: readonly JournalRow[];
  /** Records a second when an existing journal is opened. */
  openPerSecond: number;
}>;

/**
 * Measures a journal in a temporary folder.
 *
 * @param parent Where that folder is made: what counts is the disk below it, which is often none in `/tmp`.
 */
export async function benchJournal(
  parent = process.cwd(),
  durationMs = 2000,
): Promise<JournalBench> {
  const folder = await mkdtemp(join(parent, 'journal-'));
  try {
    const journal = await Journal.open({ folder });
    const append: JournalRow[] = [];
    for (const writers of [1, 16, 200])
      append.push(await benchAppend(journal, writers, durationMs));
    const { lastS } = journal;
    await journal.close();
    return { append, openPerSecond: await benchOpen(folder, lastS) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function benchAppend(
  journal: Journal,
  writers: number,
  durationMs: number,
): Promise<JournalRow> {
  const waits: number[] = [];
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: writers }, async () => {
      for (let now = startedAt; now - startedAt < durationMs;) {
        await journal.append(RECORD);
        const next = performance.now();
        waits.push(next - now);
        now = next;
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  waits.sort((a, b) => a - b);
  const percentile = (share: number) => waits[Math.floor(waits.length * share)] ?? 0;
  return {
    writers,
    recordsPerSecond: Math.round(waits.length / seconds),
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
  };
}

async function benchOpen(folder: string, records: number): Promise<number> {
  const startedAt = performance.now();
  const journal = await Journal.open({ folder });
  const seconds = (performance.now() - startedAt) / 1000;
  await journal.close();
  return Math.round(records / seconds);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { append, openPerSecond } = await benchJournal(process.argv[2]);
  console.table(append);
  console.log(`open: ${openPerSecond} records/s`);
}
