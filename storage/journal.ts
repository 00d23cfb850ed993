/**
 * Append-only records in segments, durable before anybody is told so: the only truth about messages (D1–D7).
 * Everything derived from it hangs on `onRecord`, which sees every record once and in order, old ones and new ones.
 */
import fs from 'node:fs';
import { mkdir, readdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { nodeDisk, type Disk } from './disk.ts';
import { toStorageError } from './errors.ts';
import { JournalWriter, type JournalState } from './journal-writer.ts';
import type { Derivation } from './derivation.ts';
import { IndexKeeper } from './index-keeper.ts';
import { recover, type Recovered } from './recover.ts';
import { rewrite, type Judge } from './rewrite.ts';
import { SegmentList, type SegmentExtent } from './segment-list.ts';
import type { Damage, ScanSurroundings } from './segment-scan.ts';
import type { Segment } from './segment.ts';
import { verify } from './verify.ts';

/** A segment is sealed when it would grow beyond this. Source: docs/storage.md. */
export const SEGMENT_MAX_BYTES = 16 * 1024 * 1024;
/** How much an outage may cost with `fsync: 'interval'`. Source: docs/storage.md. */
export const SYNC_INTERVAL_MS = 5000;

export type JournalOptions = Readonly<{
  /** Holds the segments; created if it is not there. */
  folder: string;
  /** Where copies of damaged bytes go; `quarantine` beside the folder unless given. */
  quarantine?: string;
  segmentMaxBytes?: number;
  /**
   * - `always`: an append resolves when it is on the disk.
   * - `interval`: when it is written; power loss takes up to `intervalMs` with it, a crash nothing.
   * - `never`: as `interval`, but the system decides when.
   */
  fsync?: 'always' | 'interval' | 'never';
  intervalMs?: number;
  /**
   * Sees every record once, in the order of its number `s`: at opening what is there, later what has become durable,
   * before those who wait for it go on. Must not throw.
   */
  onRecord?: (record: unknown, s: number) => void;
  /**
   * What is derived and kept beside the segments, so that opening does not read those. It sees the same records as
   * `onRecord`, of sealed segments only what their indexes have; `onRecord` is not called for those.
   */
  derivation?: Derivation;
  onDamage?: (damage: Damage) => void;
  onState?: (state: JournalState) => void;
  disk?: Disk;
}>;

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

/**
 * - `sealed`: nothing will be added any more.
 * - `rewritten`: it was written anew, without what was deleted.
 * - `removed`: it is gone.
 */
export type SegmentEvent = Readonly<{
  kind: 'sealed' | 'rewritten' | 'removed';
  segment: SegmentView;
}>;

/** A record with its number. */
export type NumberedRecord = Readonly<{ s: number; record: unknown }>;

/** How many records are in memory at once while a segment is gone through. */
const RECORDS_AT_ONCE = 256;

export class Journal {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #segments: SegmentList;
  readonly #writer: JournalWriter;
  readonly #keeper: IndexKeeper | undefined;
  readonly #surroundings: Omit<ScanSurroundings, 'onRecord'> & Readonly<{ folder: string }>;
  /** What changes files goes one after the other. */
  #changing: Promise<void> = Promise.resolve();
  /** Segments that were looked through because a line could not be read. */
  readonly #suspects = new Set<number>();
  #looking: Promise<void> = Promise.resolve();
  readonly #watchers = new Set<(event: SegmentEvent) => void>();

  private constructor(
    { folder, disk, ...settings }: Settings,
    { segments, canAppend }: Recovered,
    keeper: IndexKeeper | undefined,
  ) {
    this.#folder = folder;
    this.#disk = disk;
    this.#keeper = keeper;
    const { quarantine, onDamage } = settings;
    this.#surroundings = { folder, disk, quarantine, onDamage };
    this.#segments = new SegmentList(folder, segments, (segment) => {
      keeper?.seal(segment);
      this.#tell('sealed', segment);
    });
    this.#writer = new JournalWriter({ ...settings, folder, disk }, this.#segments);
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
   * @returns Number of the first one, once all are durable.
   * @throws {StorageError} `storage_full` or `storage_failed`; nothing was kept.
   */
  append(records: object | readonly object[]): Promise<number> {
    return this.#writer.append(isList(records) ? records : [records], 'now');
  }

  /**
   * As `append`, for a record that nobody waits for: it may rest a few milliseconds, so that it needs no sync of its
   * own when others follow.
   */
  appendSoon(record: object): Promise<number> {
    return this.#writer.append([record], 'soon');
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
  async readMany(places: readonly number[]): Promise<unknown[]> {
    const records = new Array<unknown>(places.length).fill(undefined);
    const toRead = new Map<Segment, number[]>();
    for (const [index, s] of places.entries()) {
      const segment = this.#segments.find(s);
      if (segment === undefined) continue;
      records[index] = this.#writer.recent.get(s);
      if (records[index] === undefined) addTo(toRead, segment, index);
    }
    for (const [segment, indexes] of toRead) {
      const here = indexes.map((index) => places[index] ?? 0);
      const found = await this.#readIn(segment, here);
      for (const [i, index] of indexes.entries()) records[index] = found[i];
    }
    return records;
  }

  async #readIn(segment: Segment, places: readonly number[]): Promise<unknown[]> {
    const lines = await this.#try(segment.path, () => segment.read(places));
    // Another segment may have taken in this one while it was read.
    const isGone = this.#segments.find(places[0] ?? 0) !== segment;
    if (isGone) return this.readMany(places);
    if (lines.some((line, i) => line === undefined && segment.has(places[i] ?? 0))) {
      this.#suspect(segment);
    }
    return lines.map((line) => line?.record);
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
    await this.whileUnchanged(() => this.#verify(number, undefined, nextTurn));
  }

  /**
   * Removes the oldest segments as long as all their records are older than number `s`. The newest segment that has
   * records stays, so that numbers go on from there.
   *
   * @throws {StorageError} `storage_failed`.
   */
  async dropSegmentsBefore(s: number): Promise<void> {
    let isChanged = false;
    for (;;) {
      const oldest = this.#segments.removeOldestBefore(s);
      if (oldest === undefined) break;
      await this.#try(oldest.path, () => unlink(oldest.path));
      this.#tell('removed', oldest);
      isChanged = true;
    }
    if (!isChanged) return;
    await this.#try(this.#folder, async () => this.#disk.syncFolder(this.#folder));
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
   * @throws {StorageError} Everything is as before.
   */
  rewrite(
    firstNumbers: readonly number[],
    judge: Judge,
    rest: () => Promise<void> = nextTurn,
  ): Promise<void> {
    return this.whileUnchanged(() => this.#rewrite(firstNumbers, judge, rest));
  }

  /**
   * Looks whether the sealed segments are as they were written, those that were not looked at lately. What is damaged is
   * reported, and read as it is at the next start.
   *
   * @param nowMs Milliseconds since 1970.
   * @param rest  As for `rewrite`.
   * @throws {StorageError} `storage_failed`.
   */
  async verify(nowMs: number, rest: () => Promise<void> = nextTurn): Promise<void> {
    for (const { number } of this.#segments.all.slice(0, -1)) {
      await this.whileUnchanged(() => this.#verify(number, nowMs, rest));
    }
  }

  /** Calls `run` at a time when no segment is written anew or removed, and none will be until it resolves. */
  whileUnchanged<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#changing.then(run);
    this.#changing = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** The segments as they are now, oldest first. */
  segments(): readonly SegmentView[] {
    return this.#segments.all.map((segment) => this.#viewOf(segment));
  }

  /**
   * All good records of a segment in the order asked for, by seeking; a few at a time are in memory. A segment that
   * grows or is written anew meanwhile is seen as it was or as it is.
   *
   * @throws {StorageError} `storage_failed`.
   */
  async *lines(
    number: number,
    order: 'oldest first' | 'newest first' = 'oldest first',
  ): AsyncGenerator<NumberedRecord> {
    const segment = this.#segments.all.find((one) => one.number === number);
    if (segment === undefined || segment.isEmpty) return;
    const { firstS, lastS } = segment;
    for (let done = 0; firstS + done <= lastS; done += RECORDS_AT_ONCE) {
      const count = Math.min(RECORDS_AT_ONCE, lastS - firstS - done + 1);
      const start = order === 'oldest first' ? firstS + done : lastS - done - count + 1;
      const places = Array.from({ length: count }, (_, i) => start + i);
      const lines = await this.#try(segment.path, () => segment.read(places));
      const records = lines.filter((line) => line !== undefined);
      yield* order === 'oldest first' ? records : records.reverse();
    }
  }

  /**
   * Calls `onEvent` when a segment is sealed, written anew or removed, at once and in the same turn.
   *
   * @returns What ends that.
   */
  watchSegments(onEvent: (event: SegmentEvent) => void): () => void {
    this.#watchers.add(onEvent);
    return () => void this.#watchers.delete(onEvent);
  }

  /**
   * Resolves when all that was appended is written and synced, the file is closed, and the indexes are written. Further
   * appends fail.
   */
  async close(): Promise<void> {
    await this.#looking;
    await this.#changing;
    await this.#writer.close();
    await this.#keeper?.keepOpen(this.#segments.newest);
    await this.#keeper?.idle();
  }

  async #verify(
    number: number,
    nowMs: number | undefined,
    rest: () => Promise<void>,
  ): Promise<void> {
    const segment = this.#segments.all.find((one) => one.number === number);
    if (segment === undefined) return;
    const surroundings = { ...this.#surroundings, onRecord: () => undefined };
    const { folder } = surroundings;
    const task = { folder, segment, surroundings, nowMs, rest };
    const isWhole = await this.#try(segment.path, () => verify(task));
    // What it says is not all true any more, and the next start makes another one.
    if (!isWhole) await this.#keeper?.release([segment]);
  }

  async #rewrite(
    firstNumbers: readonly number[],
    judge: Judge,
    rest: () => Promise<void>,
  ): Promise<void> {
    const keeper = this.#keeper;
    const sealed = this.#segments.all.slice(0, -1);
    const segments = sealed.filter(({ firstS }) => firstNumbers.includes(firstS));
    const [segment, ...others] = segments;
    if (keeper === undefined || segment === undefined) return;
    const digest = keeper.createDigest();
    const { folder } = this.#surroundings;
    const temporary = `${segment.path}.tmp`;
    try {
      const surroundings = { ...this.#surroundings, onRecord: () => undefined };
      const task = { segments, folder, judge, digest, surroundings, rest };
      const layout = await rewrite(task, temporary);
      await keeper.release(segments);
      fs.renameSync(temporary, segment.path);
      // Whoever reads finds the new file with the new places, or tries again.
      keeper.replace(segments, layout, digest);
      this.#segments.remove(others);
      this.#disk.syncFolder(folder);
      for (const { path } of others) this.#disk.remove(path);
      if (others.length > 0) this.#disk.syncFolder(folder);
    } catch (cause) {
      fs.rmSync(temporary, { force: true });
      throw toStorageError(cause, segment.path);
    }
    for (const other of others) this.#tell('removed', other);
    this.#tell('rewritten', segment);
  }

  #tell(kind: SegmentEvent['kind'], segment: Segment): void {
    const event = { kind, segment: this.#viewOf(segment) };
    for (const onEvent of this.#watchers) onEvent(event);
  }

  #viewOf({ number, name, path, sizeBytes, firstS, lastS }: Segment): SegmentView {
    const isSealed = this.#segments.newest?.number !== number;
    return { number, name, path, sizeBytes, firstS, lastS, isSealed };
  }

  async #try<T>(path: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (cause) {
      throw toStorageError(cause, path);
    }
  }
}

/** What an interrupted writing of an index or a segment left. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/^\d+\.(?:jsonl|index)\.tmp$/.test(name)) await unlink(join(folder, name));
  }
}

type Settings = ReturnType<typeof withDefaults>;

function withDefaults({ onRecord, ...options }: JournalOptions) {
  const nothing = () => undefined;
  return {
    quarantine: join(dirname(options.folder), 'quarantine'),
    segmentMaxBytes: SEGMENT_MAX_BYTES,
    fsync: 'always',
    intervalMs: SYNC_INTERVAL_MS,
    onDamage: nothing,
    onState: nothing,
    disk: nodeDisk,
    derivation: undefined,
    ...options,
    onRecord(record: unknown, s: number) {
      options.derivation?.apply(record, s);
      onRecord?.(record, s);
    },
  } as const;
}

function addTo<K>(groups: Map<K, number[]>, key: K, index: number): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [index]);
  else group.push(index);
}

/** `Array.isArray` forgets that the list is read-only and what is in it. */
function isList(records: object | readonly object[]): records is readonly object[] {
  return Array.isArray(records);
}
