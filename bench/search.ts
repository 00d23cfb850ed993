/** How long searches take in histories of different sizes, and what the index of words costs. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openMessageStore } from '../daemon/stores/message-store.ts';
import { Chatter } from './chatter.ts';
import { withFolder, type Surroundings } from './daemons.ts';
import type { SearchCosts } from './search-child.ts';
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
        const { stdout } = await run(process.execPath, ['--expose-gc', CHILD, folder]);
        return format(JSON.parse(stdout) as SearchCosts);
      }),
    );
  }
  return {
    title:
      'Search, ms (p50 / p99 of 40 different queries each, a page of 50, everything in the page cache)',
    columns: [
      ...['messages', 'rare word', 'common word', 'two words', 'one letter', 'phrase', 'no hit'],
      ...[
        'first search',
        'without index',
        'longest stall',
        'index B/message',
        'making it, µs/message',
      ],
      ...['stall meanwhile', 'memory, MiB'],
    ],
    rows,
  };
}

async function fill(folder: string, messages: number): Promise<void> {
  const store = await openMessageStore({
    journal: { folder, fsync: 'never' },
    onNotice: () => undefined,
  });
  const chatter = new Chatter();
  for (let done = 0; done < messages; done += BATCH_MESSAGES) {
    const length = Math.min(BATCH_MESSAGES, messages - done);
    await store.add(Array.from({ length }, () => chatter.message()));
  }
  await store.close();
}

function format(costs: SearchCosts): readonly string[] {
  const kind = (name: string): string => {
    const { p50 = NaN, p99 = NaN } = costs.kinds[name] ?? {};
    return `${formatMs(p50)} / ${formatMs(p99)}`;
  };
  return [
    formatCount(costs.messages),
    ...['rare', 'common', 'two', 'letter', 'phrase', 'none'].map(kind),
    formatMs(costs.firstMs),
    formatMs(costs.scanMs),
    formatMs(costs.searchStallMs),
    (costs.wordBytes / costs.messages).toFixed(1),
    ((costs.makeMs * 1000) / costs.messages).toFixed(1),
    formatMs(costs.makeStallMs),
    `${formatCount(costs.residentBeforeMiB)} → ${formatCount(costs.residentMiB)}`,
  ];
}
