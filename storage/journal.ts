/**
 * Append-only records in segments, durable before anybody is told so: the only truth about messages (D1–D7).
 * Everything derived from it hangs on `onRecord`, which sees every record once and in order, old ones and new ones.
 */
import { mkdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { nodeDisk, type Disk } from './disk.ts';
import { toStorageError } from './errors.ts';
import { JournalWriter, type JournalState } from './journal-writer.ts';
import { recover, type Damage } from './recover.ts';
import { SegmentList, type SegmentExtent } from './segment-list.ts';
import type { Segment } from './segment.ts';

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
  /** Bytes up to the end of the last durable record. */
  sizeBytes: number;
  /** Numbers of the first and the last record; 0 when there is none. */
  firstS: number;
  lastS: number;
  /** Nothing is added to it any more. */
  isSealed: boolean;
}>;

export class Journal {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #segments: SegmentList;
  readonly #writer: JournalWriter;

  private constructor(folder: string, disk: Disk, segments: SegmentList, writer: JournalWriter) {
    this.#folder = folder;
    this.#disk = disk;
    this.#segments = segments;
    this.#writer = writer;
  }

  /**
   * Reads all segments, repairs the end of the newest one and makes ready to append.
   *
   * @throws {StorageError} `storage_failed`: the folder or a file in it can't be read.
   */
  static async open(options: JournalOptions): Promise<Journal> {
    const settings = withDefaults(options);
    const { folder, disk } = settings;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const recovered = await recover(settings);
      const segments = new SegmentList(folder, recovered.segments);
      const writer = new JournalWriter(settings, segments);
      if (recovered.canAppend) writer.openNewest();
      return new Journal(folder, disk, segments, writer);
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

  /** The segments as they are now, oldest first. */
  segments(): readonly SegmentView[] {
    const { newest } = this.#segments;
    return this.#segments.all().map((segment) => {
      const { number, name, path, sizeBytes, firstS, lastS } = segment;
      return { number, name, path, sizeBytes, firstS, lastS, isSealed: segment !== newest };
    });
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
      const lines = await this.#try(segment.path, () => segment.read(here));
      for (const [i, index] of indexes.entries()) records[index] = lines[i]?.record;
    }
    return records;
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
      isChanged = true;
    }
    if (!isChanged) return;
    await this.#try(this.#folder, async () => this.#disk.syncFolder(this.#folder));
  }

  /** Resolves when all that was appended is written and synced and the file is closed. Further appends fail. */
  close(): Promise<void> {
    return this.#writer.close();
  }

  async #try<T>(path: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (cause) {
      throw toStorageError(cause, path);
    }
  }
}

function withDefaults(options: JournalOptions) {
  const nothing = () => undefined;
  return {
    quarantine: join(dirname(options.folder), 'quarantine'),
    segmentMaxBytes: SEGMENT_MAX_BYTES,
    fsync: 'always',
    intervalMs: SYNC_INTERVAL_MS,
    onRecord: nothing,
    onDamage: nothing,
    onState: nothing,
    disk: nodeDisk,
    ...options,
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
