/** Searches one history in a process of its own and prints what that took, as JSON. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { findMarks, parseQuery } from '../daemon/domain/search-query.ts';
import { Search } from '../daemon/domain/search.ts';
import type { JournalMessageStore } from '../daemon/stores/message-store.ts';
import { openHistory } from './history.ts';
import { readMessages } from '../daemon/stores/written-messages.ts';
import { JournalWordIndex } from '../daemon/stores/word-index.ts';
import { everybody, noRooms } from '../test/helpers/searched-history.ts';
import { Chatter } from './chatter.ts';
import { residentMiB } from './process-cost.ts';
import { spreadOf } from './spread.ts';

const REPEATS = 40;
const PAGE_MESSAGES = 50;
const DELAY_RESOLUTION_MS = 1;

const chatter = new Chatter();
const from = (rank: number, index: number): string => chatter.word(rank + index);

/** What is typed, another one each time. */
const KINDS: Readonly<Record<string, (index: number) => string>> = {
  rare: (index) => from(50_000, index),
  common: (index) => from(1, index),
  two: (index) => `${from(3, index)} ${from(2_000, index)}`,
  letter: (index) => 'пстлкнвдмиbaoet'.charAt(index % 15),
  phrase: (index) => `"${from(5, index)} ${from(100, index)}"`,
  none: (index) => `${from(100, index)} ъъ${index}`,
};

/** What making the files of words costs. */
export type MakingCosts = Readonly<{
  messages: number;
  makeMs: number;
  /** The longest that anything else had to wait meanwhile. */
  stallMs: number;
  /** Looking through all messages without an index. */
  scanMs: number;
  sealedBytes: number;
  wordBytes: number;
}>;

/** What searching costs when they are there. */
export type SearchCosts = Readonly<{
  /** The first search, which catches up with the newest segment. */
  firstMs: number;
  kinds: Readonly<Record<string, Readonly<{ p50: number; p99: number }>>>;
  stallMs: number;
  /** Resident memory before the first search, and after the last. */
  beforeMiB: number;
  afterMiB: number;
}>;

async function measureMaking(folder: string, store: JournalMessageStore): Promise<MakingCosts> {
  const words = wordsOf(store);
  const endStall = startStall();
  const makeMs = await timed(() => words.prepare(async () => undefined));
  const stallMs = endStall();
  await words.close();
  const scanMs = await timed(() => scan(store));
  const sealed = store.segments().filter(({ isSealed }) => isSealed);
  return {
    messages: store.lastS,
    ...{ makeMs, stallMs, scanMs },
    sealedBytes: sealed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    wordBytes: await sizeOf(folder, '.words'),
  };
}

async function measureSearching(store: JournalMessageStore): Promise<SearchCosts> {
  globalThis.gc?.();
  const beforeMiB = await residentMiB(process.pid);
  const words = wordsOf(store);
  const search = searchOf(store, words);
  const firstMs = await timed(() => find(search, KINDS['none']?.(0) ?? ''));
  const endStall = startStall();
  const kinds: Record<string, { p50: number; p99: number }> = {};
  for (const [name, typedAt] of Object.entries(KINDS)) {
    const times: number[] = [];
    for (let index = 0; index < REPEATS; index++) {
      times.push(await timed(() => find(search, typedAt(index))));
    }
    kinds[name] = spreadOf(times);
  }
  const stallMs = endStall();
  await words.close();
  return { firstMs, kinds, stallMs, beforeMiB, afterMiB: await residentMiB(process.pid) };
}

function wordsOf(store: JournalMessageStore): JournalWordIndex {
  return new JournalWordIndex({
    segments: () => store.segments(),
    isThere: ({ s }) => store.stateOf(s) !== undefined,
    hasRoom: () => true,
  });
}

function searchOf(messages: JournalMessageStore, words: JournalWordIndex): Search {
  return new Search({
    ...noRooms,
    contacts: everybody,
    messages,
    words,
    clock: { monotonicMs: () => performance.now() },
  });
}

async function find(search: Search, typed: string): Promise<void> {
  const { signal } = new AbortController();
  const { next } = await search.find({ query: parseQuery(typed), limit: PAGE_MESSAGES, signal });
  if (next === undefined || next > 0) return;
  throw new Error('a search ended before the beginning of the history');
}

async function scan(store: JournalMessageStore): Promise<void> {
  const query = parseQuery('ъъ');
  for (const { path, sizeBytes, lastS } of store.segments()) {
    for await (const { messages } of readMessages({ path, start: 0, end: sizeBytes, lastS })) {
      for (const { text } of messages) findMarks(text, query);
    }
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
}

/** @returns Ends the watch: the longest that the event loop was held up, in milliseconds. */
function startStall(): () => number {
  const histogram = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  histogram.enable();
  return () => {
    histogram.disable();
    return histogram.max / 1e6;
  };
}

async function sizeOf(folder: string, ending: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ending));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const [mode, folder = ''] = process.argv.slice(2);
const store = await openHistory({ journal: { folder, fsync: 'never' } });
const costs = mode === 'make' ? measureMaking(folder, store) : measureSearching(store);
console.log(JSON.stringify(await costs));
await store.close();
