/**
 * Append-only records in segments, durable before anybody is told so: the only truth about messages (D1–D7).
 * Everything derived from it hangs on `onRecord`, which sees every record once and in order, old ones and new ones.
 */
import { mkdir, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { toStorageError } from './errors.ts';
import { IndexKeeper } from './index-keeper.ts';
import { withDefaults, type JournalOptions, type JournalSettings } from './journal-options.ts';
import { JournalWriter, type JournalState } from './journal-writer.ts';
import { formatBody, type Format } from './line.ts';
import { RecordReader } from './record-reader.ts';
import { recover, type Recovered } from './recover.ts';
import type { Judge } from './rewrite.ts';
import { SegmentChanges, type Rest } from './segment-changes.ts';
import { SegmentList, type SegmentExtent } from './segment-list.ts';
import type { Segment } from './segment.ts';

/** A journal at one moment: its last number, and the beginnings of its files that hold everything up to there. */
export type JournalExtent = Readonly<{ lastS: number; segments: readonly SegmentExtent[] }>;

/** A file of the journal, as it is at the moment. */
export type SegmentView = Readonly<{
  number: number;
  name: string;
  path: string;
  /** Bytes that hold durable records; there may be more in the file. */
  sizeBytes: number;
  /** Numbers of the first record and of the last, 0 when there is none. */
  firstS: number;
  lastS: number;
  isSealed: boolean;
}>;

export class Journal {
  readonly #segments: SegmentList;
  readonly #writer: JournalWriter;
  readonly #reader: RecordReader;
  readonly #changes: SegmentChanges;
  readonly #keeper: IndexKeeper | undefined;
  /** Segments that were looked through because a line could not be read. */
  readonly #suspects = new Set<number>();
  #looking: Promise<void> = Promise.resolve();

  private constructor(
    settings: JournalSettings,
    { segments, canAppend }: Recovered,
    keeper: IndexKeeper | undefined,
  ) {
    const { folder, disk, quarantine, onDamage } = settings;
    this.#keeper = keeper;
    this.#segments = new SegmentList(folder, segments, (segment) => keeper?.seal(segment));
    this.#writer = new JournalWriter(settings, this.#segments);
    this.#reader = new RecordReader({
      segments: this.#segments,
      recent: this.#writer.recent,
      onUnreadable: (segment) => this.#suspect(segment),
    });
    const surroundings = { disk, quarantine, onDamage };
    this.#changes = new SegmentChanges({ folder, segments: this.#segments, keeper, surroundings });
    if (canAppend) this.#writer.openNewest();
  }

  /**
   * Reads the indexes and what they do not cover, repairs the end of the newest segment and makes ready to append.
   *
   * @throws {StorageError} `storage_failed`: the folder or a file in it can't be read.
   */
  static async open(options: JournalOptions): Promise<Journal> {
    const settings = withDefaults(options);
    const { folder, derivation } = settings;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await removeLeftovers(folder);
      const keeper = derivation && new IndexKeeper(folder, derivation);
      return new Journal(settings, await recover({ ...settings, keeper }), keeper);
    } catch (cause) {
      throw toStorageError(cause, folder);
    }
  }

  /** Number of the last durable record; 0 when there is none. */
  get lastS(): number {
    return this.#writer.lastS;
  }

  /** The journal as it is now: what it consists of, whatever is appended later. */
  get extent(): JournalExtent {
    return { lastS: this.lastS, segments: this.#segments.extents };
  }

  get sizeBytes(): number {
    return this.#segments.sizeBytes;
  }

  get state(): JournalState {
    return this.#writer.state;
  }

  /**
   * Appends one record or several that follow one another. Appends that come during a write share the next one.
   * A record is an object as for JSON, without members `s` and `c`. It is written as it is now and must not be
   * changed, because `onRecord` gets it later.
   *
   * @param format  A quicker way to write them than `formatBody`, with the same result.
   * @returns       Number of the first one, once all are durable.
   * @throws {StorageError} `storage_full` or `storage_failed`; nothing was kept.
   */
  append<Record extends object>(
    records: Record | readonly Record[],
    format: Format<Record> = formatBody,
  ): Promise<number> {
    return this.#writer.append(isList(records) ? records : [records], 'now', format);
  }

  /**
   * As `append`, for a record that nobody waits for: it may rest a few milliseconds, so that it needs no sync of its
   * own when others follow.
   */
  appendSoon(record: object): Promise<number> {
    return this.#writer.append([record], 'soon');
  }

  /** What was appended in this turn goes out now, without what else is appended in it; unless the disk is slow. */
  hurry(): void {
    this.#writer.hurry();
  }

  /**
   * Resolves when all that was appended before is on the disk, whatever `fsync` says.
   *
   * @throws {StorageError}
   */
  async sync(): Promise<void> {
    await this.#writer.append([], 'synced');
  }

  /** One record; `undefined` when it is unknown, dropped or damaged. */
  async read(s: number): Promise<unknown> {
    const [record] = await this.readMany([s]);
    return record;
  }

  /**
   * Records by number, by seeking.
   *
   * @returns As many as asked for, in the same order; `undefined` for those that are unknown, dropped or damaged.
   * @throws {StorageError} `storage_failed`.
   */
  readMany(places: readonly number[]): Promise<unknown[]> {
    return this.#reader.read(places);
  }

  /**
   * Removes the oldest segments as long as all their records are older than number `s`. The newest segment that has
   * records stays, so that numbers go on from there.
   *
   * @throws {StorageError} `storage_failed`.
   */
  dropSegmentsBefore(s: number): Promise<void> {
    return this.#changes.dropBefore(s);
  }

  /**
   * Starts a new segment, so that all records up to now are in sealed ones.
   *
   * @throws {StorageError} All goes on as before.
   */
  seal(): Promise<void> {
    return this.#writer.seal();
  }

  /**
   * Writes adjacent sealed segments anew as one, without what was deleted. Reading goes on meanwhile; a crash at any
   * moment leaves the old files or the new one. Only in a journal with a derivation.
   *
   * @param firstNumbers Number of each one's first record, oldest first.
   * @param rest         Called again and again; the work goes on when it resolves.
   * @throws {StorageError} Everything is as before, but for files of which nothing counts any more.
   */
  rewrite(firstNumbers: readonly number[], judge: Judge, rest: Rest = nextTurn): Promise<void> {
    return this.#changes.rewrite(firstNumbers, judge, rest);
  }

  /**
   * Looks whether the sealed segments are as they were written, those that were not looked at lately. What is damaged is
   * reported, and read as it is at the next start.
   *
   * @param nowMs Milliseconds since 1970.
   * @param rest  As for `rewrite`.
   * @throws {StorageError} `storage_failed`.
   */
  async verify(nowMs: number, rest: Rest = nextTurn): Promise<void> {
    for (const { number } of this.#segments.all.slice(0, -1)) {
      await this.#changes.verify(number, nowMs, rest);
    }
  }

  /** Bytes that the next start would have to read if this run ended now, however it ended. */
  get bytesToRead(): number {
    const { newest } = this.#segments;
    return newest === undefined ? 0 : (this.#keeper?.bytesToRead(newest) ?? newest.sizeBytes);
  }

  /** Writes the index of the newest segment as it is now, so that the next start need not read the segment. */
  async keepIndex(): Promise<void> {
    await this.#keeper?.keepOpen(this.#segments.newest);
  }

  /** The segments as they are now, oldest first. */
  segments(): readonly SegmentView[] {
    return this.#segments.all.map((segment) => this.#viewOf(segment));
  }

  /**
   * Resolves when all that was appended is written and synced, the file is closed, and the indexes are written. Further
   * appends fail.
   */
  async close(): Promise<void> {
    await this.#looking;
    await this.#changes.idle();
    await this.#writer.close();
    await this.keepIndex();
    await this.#keeper?.idle();
  }

  /** A line is not as the index has it: the segment is looked through at once, so that damage is told when it shows. */
  #suspect({ number }: Segment): void {
    if (this.#keeper === undefined || this.#suspects.has(number)) return;
    this.#suspects.add(number);
    // Whoever has read it knows that it can't be read; on a broken disk there is nobody else to tell.
    this.#looking = this.#looking.then(() => this.#lookThrough(number)).catch(() => undefined);
  }

  async #lookThrough(number: number): Promise<void> {
    if (this.#segments.newest?.number === number) await this.seal();
    await this.#keeper?.idle();
    await this.#changes.verify(number, undefined, nextTurn);
  }

  #viewOf({ number, name, path, sizeBytes, firstS, lastS }: Segment): SegmentView {
    const isSealed = this.#segments.newest?.number !== number;
    return { number, name, path, sizeBytes, firstS, lastS, isSealed };
  }
}

/** What an interrupted writing of an index or a segment left. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/^\d+\.(?:jsonl|index)\.tmp$/.test(name)) await unlink(join(folder, name));
  }
}

/** `Array.isArray` forgets that the list is read-only and what is in it. */
function isList<Record extends object>(
  records: Record | readonly Record[],
): records is readonly Record[] {
  return Array.isArray(records);
}
