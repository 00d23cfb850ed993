/** Searches one history in a process of its own and prints what that took, as JSON. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { findMarks, parseQuery } from '../daemon/domain/search-query.ts';
import { Search } from '../daemon/domain/search.ts';
import { openMessageStore, type JournalMessageStore } from '../daemon/stores/message-store.ts';
import { readMessages } from '../daemon/stores/segment-messages.ts';
import { JournalWordIndex } from '../daemon/stores/word-index.ts';
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

export type SearchCosts = Readonly<{
  messages: number;
  historyBytes: number;
  wordBytes: number;
  /** Making all files of words, in milliseconds, and the longest that anything else had to wait meanwhile. */
  makeMs: number;
  makeStallMs: number;
  /** The first search of a process that finds the files. */
  firstMs: number;
  /** Looking through all messages without an index. */
  scanMs: number;
  kinds: Readonly<Record<string, Readonly<{ p50: number; p99: number }>>>;
  searchStallMs: number;
  residentBeforeMiB: number;
  residentMiB: number;
}>;

async function measure(folder: string): Promise<SearchCosts> {
  const store = await openMessageStore({
    journal: { folder, fsync: 'never' },
    onNotice: () => undefined,
  });
  globalThis.gc?.();
  const residentBeforeMiB = await residentMiB(process.pid);
  const makeStall = startStall();
  const makeMs = await timed(() => wordsOf(store).prepare(async () => undefined));
  const makeStallMs = makeStall();
  const words = wordsOf(store);
  const search = searchOf(store, words);
  const searchStall = startStall();
  const firstMs = await timed(() => find(search, KINDS['none']?.(0) ?? ''));
  const kinds: Record<string, { p50: number; p99: number }> = {};
  for (const [name, typedAt] of Object.entries(KINDS)) {
    const times: number[] = [];
    for (let index = 0; index < REPEATS; index++) {
      times.push(await timed(() => find(search, typedAt(index))));
    }
    kinds[name] = spreadOf(times);
  }
  const searchStallMs = searchStall();
  const resident = await residentMiB(process.pid);
  const scanMs = await timed(() => scan(store));
  await words.close();
  await store.close();
  return {
    messages: store.lastS,
    historyBytes: await sizeOf(folder, '.jsonl'),
    wordBytes: await sizeOf(folder, '.words'),
    ...{ makeMs, makeStallMs, firstMs, scanMs, kinds, searchStallMs },
    ...{ residentBeforeMiB, residentMiB: resident },
  };
}

function wordsOf(store: JournalMessageStore): JournalWordIndex {
  return new JournalWordIndex({
    segments: () => store.segments(),
    isThere: (s) => store.stateOf(s) !== undefined,
    hasRoom: () => true,
  });
}

function searchOf(messages: JournalMessageStore, words: JournalWordIndex): Search {
  return new Search({
    // Everybody is in the address book; what is in it costs nothing here.
    contacts: { byNumber: (number) => ({ number }) as never, require: () => ({}) as never },
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

console.log(JSON.stringify(await measure(process.argv[2] ?? '')));
