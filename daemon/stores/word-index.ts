/**
 * Which messages have which words: of sealed segments from files beside them, of the newest one from memory, where it
 * is caught up with at each search. So nothing is done for search while messages come and go.
 */
import { toStorageError } from '../../storage/errors.ts';
import type { SegmentView } from '../../storage/journal.ts';
import type { WordIndex, WordMatches, WordQuery } from '../domain/ports.ts';
import { readMessages, type WrittenMessage } from './written-messages.ts';
import { WordCollector } from './word-collector.ts';
import { markOf, WordFile, type ReadablePart } from './word-file.ts';

/** A part of what is in memory; the last one is made anew for each search that finds news. */
const MEMORY_PART_MESSAGES = 4096;

export type WordIndexOptions = Readonly<{
  /** The segments as they are now, oldest first. */
  segments: () => readonly SegmentView[];
  /** Whether a message that was read there was not deleted. */
  isThere: (message: WrittenMessage) => boolean;
  /** Whether the disk has room for what could be made anew. */
  hasRoom: () => boolean;
}>;

/** Something whose parts can be read, the newest first. */
type Readable = Readonly<{
  read: () => AsyncIterable<ReadablePart> | Iterable<ReadablePart>;
}>;

/** An index that is being made. */
type Making = { readonly done: Promise<Readable>; isHurried: boolean };
type Kept = Readonly<{ sizeBytes: number; file: WordFile }>;
type Growing = { readonly path: string; readonly words: WordCollector; end: number; lastS: number };

/** Waits a little before the next piece of work, when nobody is in a hurry. */
export type Pause = () => Promise<void>;

export class JournalWordIndex implements WordIndex {
  readonly #options: WordIndexOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #making = new Map<string, Making>();
  readonly #closing = new AbortController();
  #growing: Growing | undefined;
  #catchingUp: Promise<unknown> = Promise.resolve();
  /** Searches that wait for the newest segment. */
  #waiting = 0;

  constructor(options: WordIndexOptions) {
    this.#options = options;
  }

  /** The segments as they are now, oldest first. */
  segments(): readonly SegmentView[] {
    return this.#options.segments();
  }

  /** As in `WordIndex`; makes what is missing on the way. */
  async *candidates(query: WordQuery): AsyncIterable<WordMatches> {
    for (const { path } of this.#options.segments().toReversed()) {
      if (query.signal.aborted) return;
      yield* this.#candidatesIn(path, query);
    }
  }

  /**
   * Makes the indexes of sealed segments that have none, the newest first, and catches up with the newest segment.
   *
   * @param pause Is waited for between pieces of 2 ms; to reject ends the work.
   * @throws {StorageError} `storage_failed`: a segment can't be read, or `pause` rejected.
   */
  async prepare(pause: Pause): Promise<void> {
    for (const path of this.#kept.keys()) {
      if (this.#segmentAt(path) === undefined) this.#kept.delete(path);
    }
    for (const segment of this.#options.segments().toReversed()) {
      if (segment.firstS === 0) continue;
      try {
        await this.#readable(segment, pause);
      } catch (cause) {
        if (this.#closing.signal.aborted) return;
        // It may have been dropped or compacted meanwhile; the next time it will be as it is then.
        if (this.#segmentAt(segment.path)?.sizeBytes !== segment.sizeBytes) continue;
        throw toStorageError(cause, segment.path);
      }
    }
  }

  /** Ends what is being made after its present piece, and resolves when nothing is written any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    // Whoever waits for one hears how it ended.
    await Promise.allSettled([...this.#making.values()].map(({ done }) => done));
    await this.#catchingUp;
  }

  async *#candidatesIn(path: string, query: WordQuery): AsyncIterable<WordMatches> {
    let { before } = query;
    for (let isRepeat = false; ; isRepeat = true) {
      // It may have been dropped or compacted since the search began.
      const segment = this.#segmentAt(path);
      if (segment === undefined || segment.firstS === 0 || segment.firstS >= before) return;
      try {
        const readable = await this.#readable(segment);
        for await (const matches of search(readable, { ...query, before })) {
          yield matches;
          before = matches.downTo;
        }
        return;
      } catch (cause) {
        if (this.#closing.signal.aborted || this.#segmentAt(path) === undefined) return;
        if (isRepeat) throw toStorageError(cause, path);
        // Whatever is wrong with the index, it can be made anew.
        this.#forget(path);
      }
    }
  }

  /** @param pause Unless given, somebody waits for it. */
  #readable(segment: SegmentView, pause?: Pause): Promise<Readable> {
    return segment.isSealed ? this.#sealed(segment, pause) : this.#newest(segment, pause);
  }

  #sealed(segment: SegmentView, pause?: Pause): Promise<Readable> {
    const { path, sizeBytes } = segment;
    const kept = this.#kept.get(path);
    if (kept?.sizeBytes === sizeBytes) return Promise.resolve(kept.file);
    const making = this.#making.get(path);
    if (making !== undefined) {
      making.isHurried ||= pause === undefined;
      return making.done;
    }
    const started: Making = {
      done: this.#open(segment, async () => (started.isHurried ? undefined : pause?.())).finally(
        () => this.#making.delete(path),
      ),
      isHurried: pause === undefined,
    };
    this.#making.set(path, started);
    return started.done;
  }

  async #open(segment: SegmentView, pause: Pause): Promise<Readable> {
    const { path, sizeBytes } = segment;
    const mark = await markOf(path, sizeBytes);
    const known = await WordFile.open(wordPath(path), mark);
    if (known !== undefined) {
      this.#kept.set(path, { sizeBytes, file: known });
      return known;
    }
    const words = await this.#collect(segment, pause);
    if (!this.#options.hasRoom()) return words;
    try {
      const file = await WordFile.create(wordPath(path), mark, words.parts());
      this.#kept.set(path, { sizeBytes, file });
      return file;
    } catch {
      // A disk that does not take it is told of by those who must write; a search does not need to.
      return words;
    }
  }

  async #collect({ path, sizeBytes, lastS }: SegmentView, pause: Pause): Promise<WordCollector> {
    const words = new WordCollector();
    let formerS = 0;
    for await (const { messages } of readMessages({ path, start: 0, end: sizeBytes, lastS })) {
      this.#closing.signal.throwIfAborted();
      const rising = risingFrom(formerS, messages);
      formerS = rising.at(-1)?.s ?? formerS;
      await words.add(rising.filter((message) => this.#options.isThere(message)));
      await pause();
    }
    await words.finish();
    return words;
  }

  /**
   * The newest segment, one caller after another: each reads on where the one before ended.
   *
   * @param pause Unless given, somebody waits for it.
   */
  #newest(segment: SegmentView, pause?: Pause): Promise<Readable> {
    if (pause === undefined) this.#waiting++;
    const caughtUp = this.#catchingUp
      .then(() => this.#catchUp(segment, async () => (this.#waiting > 0 ? undefined : pause?.())))
      .finally(() => (pause === undefined ? this.#waiting-- : undefined));
    this.#catchingUp = caughtUp.catch(() => undefined);
    return caughtUp;
  }

  async #catchUp({ path, sizeBytes, lastS }: SegmentView, pause: Pause): Promise<WordCollector> {
    let growing = this.#growing;
    if (growing?.path !== path || growing.end > sizeBytes) {
      growing = { path, words: new WordCollector(MEMORY_PART_MESSAGES), end: 0, lastS: 0 };
      this.#growing = growing;
    }
    if (growing.end === sizeBytes) return growing.words;
    const stretch = { path, start: growing.end, end: sizeBytes, lastS };
    for await (const { messages, end } of readMessages(stretch)) {
      this.#closing.signal.throwIfAborted();
      const rising = risingFrom(growing.lastS, messages);
      growing.lastS = rising.at(-1)?.s ?? growing.lastS;
      growing.end = end;
      await growing.words.add(rising);
      await pause();
    }
    await growing.words.finish();
    return growing.words;
  }

  #forget(path: string): void {
    this.#kept.delete(path);
    if (this.#growing?.path === path) this.#growing = undefined;
  }

  #segmentAt(path: string): SegmentView | undefined {
    return this.#options.segments().find((segment) => segment.path === path);
  }
}

/** Messages whose numbers rise, as they do in a journal that nobody has copied together. */
function risingFrom(
  formerS: number,
  messages: readonly WrittenMessage[],
): readonly WrittenMessage[] {
  let lastS = formerS;
  return messages.filter(({ s }) => {
    if (s <= lastS) return false;
    lastS = s;
    return true;
  });
}

/** Path of the index of a segment. */
export function wordPath(segmentPath: string): string {
  return segmentPath.replace(/\.jsonl$/, '.words');
}

async function* search(readable: Readable, query: WordQuery): AsyncIterable<WordMatches> {
  for await (const { part, read } of readable.read()) {
    if (part.baseS >= query.before) continue;
    if (query.signal.aborted) return;
    const places = await part.find(query, read);
    yield { places: places?.descending(query.before) ?? [], downTo: part.baseS };
  }
}
