/** How long searches take in histories of different sizes, and what the index of words costs. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openHistory } from './history.ts';
import { Chatter } from './chatter.ts';
import { withFolder, type Surroundings } from './daemons.ts';
import type { MakingCosts, SearchCosts } from './search-child.ts';
import { formatCount, formatMs, type Table } from './table.ts';

const CHILD = fileURLToPath(new URL('./search-child.js', import.meta.url));
const BATCH_MESSAGES = 500;

const run = promisify(execFile);

/** @param sizes Messages in the history, a row each. */
export async function benchSearch(
  surroundings: Surroundings,
  sizes: readonly number[],
): Promise<Table> {
  const rows: (readonly string[])[] = [];
  for (const size of sizes) {
    rows.push(
      await withFolder(surroundings, async (parent) => {
        const folder = join(parent, 'history');
        await fill(folder, size);
        const making = (await runChild('make', folder)) as MakingCosts;
        return format(making, (await runChild('search', folder)) as SearchCosts);
      }),
    );
  }
  return {
    title:
      'Search, ms (p50 / p99 of 40 different queries each, a page of 50, everything in the page cache)',
    columns: [
      ...['messages', 'rare word', 'common word', 'two words', 'one letter', 'phrase', 'no hit'],
      ...['first search', 'longest stall', 'without index', 'index, of the history'],
      ...['making it, µs/message', 'stall meanwhile', 'memory, MiB'],
    ],
    rows,
  };
}

async function fill(folder: string, messages: number): Promise<void> {
  const store = await openHistory({ journal: { folder, fsync: 'never' } });
  const chatter = new Chatter();
  for (let done = 0; done < messages; done += BATCH_MESSAGES) {
    const length = Math.min(BATCH_MESSAGES, messages - done);
    await store.add(Array.from({ length }, () => chatter.message()));
  }
  await store.close();
}

async function runChild(mode: 'make' | 'search', folder: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, ['--expose-gc', CHILD, mode, folder]);
  return JSON.parse(stdout);
}

/** Of sealed segments alone; a small history has none. */
function formatShare(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((part * 100) / whole).toFixed(1)} %`;
}

function format(making: MakingCosts, searching: SearchCosts): readonly string[] {
  const kind = (name: string): string => {
    const { p50 = NaN, p99 = NaN } = searching.kinds[name] ?? {};
    return `${formatMs(p50)} / ${formatMs(p99)}`;
  };
  return [
    formatCount(making.messages),
    ...['rare', 'common', 'two', 'letter', 'phrase', 'none'].map(kind),
    formatMs(searching.firstMs),
    formatMs(searching.stallMs),
    formatMs(making.scanMs),
    formatShare(making.wordBytes, making.sealedBytes),
    ((making.makeMs * 1000) / making.messages).toFixed(1),
    formatMs(making.stallMs),
    `${formatCount(searching.beforeMiB)} → ${formatCount(searching.afterMiB)}`,
  ];
}
