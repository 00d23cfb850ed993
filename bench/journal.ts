/** How many records a second the journal makes durable, how long one waits, and how fast it is read again. */
import fs from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Journal } from '../storage/journal.ts';
import { withFolder, type Surroundings } from './daemons.ts';
import { spreadOf } from './spread.ts';
import { formatCount, formatMs, type Table } from './table.ts';

const WRITERS = [1, 16, 200] as const;
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

type Row = Readonly<{ name: string; perSecond: number; p50Ms: number; p99Ms: number }>;

export type JournalOptions = Surroundings & Readonly<{ measureMs: number }>;

export async function benchJournal(options: JournalOptions): Promise<Table> {
  const { measureMs } = options;
  const rows = await withFolder(options, async (folder) => {
    const bare = benchSync(join(folder, 'bare'), measureMs);
    const journal = await Journal.open({ folder: join(folder, 'journal') });
    const appends: Row[] = [];
    for (const writers of WRITERS) appends.push(await benchAppend(journal, writers, measureMs));
    const { lastS } = journal;
    await journal.close();
    return [bare, ...appends, await benchOpen(join(folder, 'journal'), lastS)];
  });
  return {
    title: 'Journal, records of 430 bytes, every append synced',
    columns: ['', 'records/s', 'p50 ms', 'p99 ms'],
    rows: rows.map(({ name, perSecond, p50Ms, p99Ms }) => [
      name,
      formatCount(perSecond),
      formatMs(p50Ms),
      formatMs(p99Ms),
    ]),
  };
}

/** What the disk itself allows: one record, one sync, without any promise. */
function benchSync(path: string, durationMs: number): Row {
  const line = Buffer.from(`${JSON.stringify(RECORD)}\n`);
  const fd = fs.openSync(path, 'a');
  const waits = timed(durationMs, () => {
    fs.writeSync(fd, line);
    fs.fdatasyncSync(fd);
  });
  fs.closeSync(fd);
  return rowOf('bare write + fdatasync, one after another', waits, durationMs);
}

function timed(durationMs: number, run: () => void): readonly number[] {
  const waits: number[] = [];
  for (let endMs = performance.now() + durationMs; performance.now() < endMs;) {
    const startedAt = performance.now();
    run();
    waits.push(performance.now() - startedAt);
  }
  return waits;
}

async function benchAppend(journal: Journal, writers: number, durationMs: number): Promise<Row> {
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
  const name = writers === 1 ? 'appended by 1 writer' : `appended by ${writers} writers`;
  return rowOf(name, waits, performance.now() - startedAt);
}

async function benchOpen(folder: string, records: number): Promise<Row> {
  const startedAt = performance.now();
  const journal = await Journal.open({ folder });
  const openMs = performance.now() - startedAt;
  await journal.close();
  return {
    name: `read when opened (${formatCount(records)} in all)`,
    perSecond: (records * 1000) / openMs,
    p50Ms: NaN,
    p99Ms: NaN,
  };
}

function rowOf(name: string, waits: readonly number[], durationMs: number): Row {
  const { count, p50, p99 } = spreadOf(waits);
  return { name, perSecond: (count * 1000) / durationMs, p50Ms: p50, p99Ms: p99 };
}
