/** What a long history costs: the same figures for a thousand messages and for a million. */
import { execFile } from 'node:child_process';
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DaemonProcess } from '../test/helpers/daemon-process.ts';
import { withFolder, type Surroundings } from './daemons.ts';
import type { HistoryFigures } from './history-child.ts';
import { CONVERSATIONS, openHistory, writeHistory } from './history.ts';
import { residentMiB } from './process-cost.ts';
import { medianOf } from './spread.ts';
import { formatCount, formatMs, type Table } from './table.ts';

const STARTS = 5;
const OUTBOX = 100_000;
const CHILD = fileURLToPath(new URL('history-child.js', import.meta.url));
const COLUMNS = [
  'messages',
  'history opened ms',
  'after a kill ms',
  'daemon ready ms',
  'daemon resident MiB',
  'index bytes a message',
  'page of 50: newest, middle, oldest ms',
  'append p50 ms',
  'id unknown, known ms',
  'one in ten deleted: MiB/s',
];

/** @param sizes How many messages, a row each. */
export async function benchStorage(
  surroundings: Surroundings,
  sizes: readonly number[],
): Promise<Table> {
  const rows: string[][] = [];
  for (const size of sizes) {
    rows.push(await withFolder(surroundings, (folder) => measureSize(folder, size)));
  }
  rows.push(await withFolder(surroundings, measureOutbox));
  return { title: `A history over ${CONVERSATIONS} conversations`, columns: COLUMNS, rows };
}

async function measureSize(folder: string, size: number): Promise<string[]> {
  const history = join(folder, 'data', 'history');
  await writeHistory(history, size);
  const daemon = await measureDaemon(join(folder, 'data'));
  const figures = await measureChild(folder, size, false);
  const killed = await measureChild(folder, size, true);
  const { pageMs } = figures;
  return [
    formatCount(size),
    formatMs(figures.openMs),
    formatMs(killed.openMs),
    formatCount(daemon.readyMs),
    formatCount(daemon.residentMiB),
    formatCount(figures.indexBytes / size),
    [pageMs.newest, pageMs.middle, pageMs.oldest].map(formatMs).join(', '),
    formatMs(figures.appendMs),
    [figures.unknownIdMs, figures.knownIdMs].map(formatMs).join(', '),
    formatCount(await measureTidying(history)),
  ];
}

/** What waits is found without reading the messages. */
async function measureOutbox(folder: string): Promise<string[]> {
  const history = join(folder, 'data', 'history');
  await writeHistory(history, OUTBOX, false);
  const figures = await measureChild(folder, OUTBOX, false);
  if (figures.undelivered !== OUTBOX) throw new Error('not all that waits was found');
  const killed = await measureChild(folder, OUTBOX, true);
  const name = `${formatCount(OUTBOX)} that wait`;
  const opened = [formatMs(figures.openMs), formatMs(killed.openMs)];
  return [name, ...opened, ...COLUMNS.slice(3).map(() => '')];
}

async function measureDaemon(data: string) {
  const daemon = new DaemonProcess(data, {});
  // The first start makes keys and documents, which no later one does.
  await daemon.start();
  await daemon.stop();
  const ready: number[] = [];
  const resident: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    const startedAt = performance.now();
    await daemon.start();
    ready.push(performance.now() - startedAt);
    resident.push(await residentMiB(daemon.pid));
    await daemon.stop();
  }
  return { readyMs: medianOf(ready), residentMiB: medianOf(resident) };
}

/** Medians of a few processes, each with a copy of its own. */
async function measureChild(
  folder: string,
  size: number,
  isKilled: boolean,
): Promise<HistoryFigures> {
  const all: HistoryFigures[] = [];
  for (let i = 0; i < STARTS; i++) {
    const copy = join(folder, 'copy');
    await cp(join(folder, 'data', 'history'), copy, { recursive: true });
    if (isKilled) await forgetEnd(copy);
    const { stdout } = await promisify(execFile)(process.execPath, [CHILD, copy, String(size)]);
    all.push(JSON.parse(stdout) as HistoryFigures);
    await rm(copy, { recursive: true });
  }
  const [first] = all.sort((a, b) => a.openMs - b.openMs).slice(STARTS >> 1);
  if (first === undefined) throw new Error('nothing was measured');
  return first;
}

/** A daemon that is killed writes no index of the segment that it appends to. */
async function forgetEnd(history: string): Promise<void> {
  const newest = (await readdir(history)).filter((name) => name.endsWith('.index')).sort();
  await rm(join(history, newest.at(-1) ?? 'none'), { force: true });
}

/** How fast files are written anew, without the pauses that a daemon makes. */
async function measureTidying(history: string): Promise<number> {
  const clock = {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    after(delayMs: number, run: () => void) {
      if (delayMs < 1000) setImmediate(run);
      return { cancel: () => undefined };
    },
  };
  const store = await openHistory({
    journal: { folder: history },
    upkeep: { clock, delayMs: 3_600_000 },
  });
  const { journalBytes } = store.sizes;
  for (let n = 1; n <= CONVERSATIONS; n += 10) await store.removeConversation(n);
  const startedAt = performance.now();
  await store.tidy();
  const seconds = (performance.now() - startedAt) / 1000;
  await store.close();
  return journalBytes / 2 ** 20 / seconds;
}
