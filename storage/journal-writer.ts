import { attempt } from './attempt.ts';
import { createScratch, EncodedBatch, takeBatch, toWaiting, type Waiting } from './batch.ts';
import { Departure } from './departure.ts';
import type { Disk } from './disk.ts';
import { isNoSpace, StorageError, toStorageError } from './errors.ts';
import { formatBody, type Format } from './line.ts';
import { RecentRecords } from './recent-records.ts';
import { rescue, Unsynced } from './rescue.ts';
import type { SegmentList } from './segment-list.ts';
import { SyncPace, Tail } from './tail.ts';

/** A second failure in a row, after a change of file, means that the disk is broken (D6). */
const FAILURES_MAX = 2;

/**
 * A batch of so few lines comes from few who wait for nothing else: syncing in place saves the way to the thread pool
 * and back. With more, many are at work, and the thread has better things to do than to wait for the disk.
 */
const INLINE_MAX_LINES = 8;

/** With `fsync: 'interval'`, so much is in memory until the disk has it; then it is synced, whatever the time (D6). */
const UNSYNCED_MAX_BYTES = 1024 * 1024;

/**
 * How an append goes out:
 *
 * - `now`: in the next batch.
 * - `soon`: as `now`, but a journal at rest stays so for a few milliseconds, in case something else is appended.
 * - `synced`: as `now`, and it resolves only when it is on the disk, whatever the settings say.
 * - `sealed`: as `synced`, and begins a new segment.
 */
export type Urgency = 'now' | 'soon' | 'synced' | 'sealed';

/**
 * - `ok`: all is well.
 * - `full`: the last append found no room; the next one tries again.
 * - `read_only`: the disk failed twice; only a restart tries again.
 */
export type JournalState = 'ok' | 'full' | 'read_only';

export type WriterSettings = Readonly<{
  folder: string;
  segmentMaxBytes: number;
  fsync: 'always' | 'interval' | 'never';
  intervalMs: number;
  onRecord: (record: unknown, s: number) => void;
  onState: (state: JournalState) => void;
  disk: Disk;
}>;

/** The one writer of a journal: a queue, of which all that waits goes out in one write and one sync (D2). */
export class JournalWriter {
  readonly #settings: WriterSettings;
  readonly #segments: SegmentList;
  readonly #recent = new RecentRecords();
  readonly #queue: Waiting[] = [];
  readonly #scratch = createScratch();
  readonly #pace = new SyncPace();
  readonly #departure = new Departure();
  #tail: Tail | undefined;
  #lastS: number;
  #state: JournalState = 'ok';
  #failures = 0;
  #running: Promise<void> | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  #isDirty = false;
  /** Only with `fsync: 'interval'`. */
  readonly #unsynced = new Unsynced();
  #isClosed = false;

  constructor(settings: WriterSettings, segments: SegmentList) {
    this.#settings = settings;
    this.#segments = segments;
    this.#lastS = segments.lastS;
  }

  get lastS(): number {
    return this.#lastS;
  }

  /** Records that were appended lately. */
  get recent(): Pick<RecentRecords, 'get'> {
    return this.#recent;
  }

  get state(): JournalState {
    return this.#state;
  }

  /** Goes on at the end of the newest segment; without this call the first append starts a new one. */
  openNewest(): void {
    const { newest } = this.#segments;
    if (newest === undefined) return;
    const { disk } = this.#settings;
    this.#tail = this.#createTail(disk.open(newest.path, 'existing'), newest.sizeBytes);
  }

  /**
   * Puts records into the queue, as they are now.
   *
   * @returns Number of the first one.
   */
  append<Record extends object>(
    records: readonly Record[],
    urgency: Urgency,
    format: Format<Record> = formatBody,
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#refuseIfStopped();
      const mustSeal = urgency === 'sealed';
      const mustSync = mustSeal || urgency === 'synced';
      const bodies = records.map(format);
      this.#queue.push(toWaiting(records, bodies, { mustSync, mustSeal, resolve, reject }));
      if (urgency === 'soon') this.#startSoon();
      else this.#startNow();
    });
  }

  /**
   * What waits for company goes out now, unless the disk is slow, where a sync of its own would keep those waiting who come
   * next. What waits for the batch before it goes on doing so.
   */
  hurry(): void {
    if (!this.#pace.isSlow) this.#departure.hurry(() => this.#startNow());
  }

  /** Resolves when all records up to now are in sealed segments. */
  async seal(): Promise<void> {
    await this.append([], 'sealed');
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    const synced = this.#settings.fsync === 'interval' ? this.append([], 'synced') : undefined;
    this.#isClosed = true;
    clearTimeout(this.#syncTimer);
    if (this.#queue.length > 0) this.#startNow();
    // A disk that fails now has failed those who wait for their records, too.
    await synced?.catch(() => undefined);
    await this.#running;
    this.#tail?.close();
    this.#tail = undefined;
  }

  #startNow(): void {
    this.#departure.cancel();
    this.#running ??= this.#run();
  }

  #startSoon(): void {
    if (this.#running === undefined) this.#departure.soon(() => this.#startNow());
  }

  async #run(): Promise<void> {
    await this.#departure.first();
    while (this.#queue.length > 0) {
      const batch = takeBatch(this.#queue);
      this.#departure.note(batch.length);
      await this.#writeBatch(batch);
      await this.#departure.next();
    }
    this.#running = undefined;
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    const encoded = new EncodedBatch(batch, this.#lastS + 1, this.#scratch);
    const mustSync = batch.some((it) => it.mustSync) || this.#isSyncDue(encoded);
    const mustSeal = batch.some((it) => it.mustSeal);
    try {
      if (encoded.count > 0 || mustSeal) await this.#write(encoded, mustSeal);
      if (mustSync) await this.#tail?.sync(encoded.count > 0 && encoded.count <= INLINE_MAX_LINES);
    } catch (cause) {
      await this.#fail(batch, cause);
      return;
    }
    this.#succeed(batch, encoded, mustSync);
  }

  /** Whether the settings ask for a sync together with this batch. */
  #isSyncDue({ bytes }: EncodedBatch): boolean {
    const { fsync } = this.#settings;
    if (fsync !== 'interval') return fsync === 'always';
    return this.#unsynced.sizeBytes + bytes.byteLength > UNSYNCED_MAX_BYTES;
  }

  async #write(encoded: EncodedBatch, mustSeal: boolean): Promise<void> {
    const { newest } = this.#segments;
    const sizeBytes = (newest?.sizeBytes ?? 0) + encoded.bytes.byteLength;
    const isFull = mustSeal || sizeBytes > this.#settings.segmentMaxBytes;
    const isDone = newest?.isEmpty === false && isFull;
    if (this.#tail === undefined || isDone) await this.#startSegment();
    this.#tail?.write(encoded.bytes);
  }

  /** Recovery has cut off what a file had besides its lines. */
  #createTail(fd: number, sizeBytes: number): Tail {
    const { disk, fsync } = this.#settings;
    const hasRoom = fsync === 'always';
    const bytes = { goodBytes: sizeBytes, fileBytes: sizeBytes };
    return new Tail({ disk, fd, ...bytes, pace: this.#pace, hasRoom });
  }

  /** The old file is complete on the disk before the new one's name is. */
  async #startSegment(): Promise<void> {
    const { disk, folder, fsync } = this.#settings;
    if (this.#isDirty && fsync !== 'never') await this.#tail?.sync(false);
    this.#unsynced.clear();
    this.#isDirty = false;
    const segment = this.#segments.createNext();
    const fd = disk.open(segment.path, 'create');
    try {
      if (fsync !== 'never') disk.syncFolder(folder);
    } catch (cause) {
      disk.close(fd);
      disk.remove(segment.path);
      throw cause;
    }
    this.#tail?.close();
    this.#tail = this.#createTail(fd, 0);
    this.#segments.add(segment);
  }

  #succeed(batch: readonly Waiting[], encoded: EncodedBatch, isSynced: boolean): void {
    let s = this.#lastS + 1;
    this.#lastS += encoded.count;
    if (this.#segments.newest !== undefined) encoded.noteIn(this.#segments.newest);
    this.#failures = 0;
    this.#setState('ok');
    this.#isDirty = !isSynced;
    if (isSynced) this.#unsynced.clear();
    else this.#syncLater(encoded);
    for (const { records, bodies, resolve } of batch) {
      resolve(s);
      for (const [index, record] of records.entries()) {
        this.#recent.put(s, bodies[index] ?? '');
        this.#settings.onRecord(record, s++);
      }
    }
  }

  #syncLater({ bytes }: EncodedBatch): void {
    const { fsync, intervalMs } = this.#settings;
    if (fsync !== 'interval') return;
    this.#unsynced.add(bytes);
    if (this.#syncTimer !== undefined || this.#isClosed) return;
    this.#syncTimer = setTimeout(() => {
      this.#syncTimer = undefined;
      // A failure shows in the state; the records themselves were acknowledged without a sync.
      if (this.#isDirty) this.append([], 'synced').catch(() => undefined);
    }, intervalMs).unref();
  }

  async #fail(batch: readonly Waiting[], cause: unknown): Promise<void> {
    const error = toStorageError(cause, this.#segments.newest?.path ?? this.#settings.folder);
    const isSyncLost = this.#tail?.isUntrusted === true;
    if (isSyncLost && this.#unsynced.sizeBytes > 0) await this.#rescue();
    else if (isSyncLost || !isNoSpace(cause)) this.#leaveTail();
    else this.#cutTail();
    for (const { reject } of batch) reject(error);
    if (error.code === 'storage_full') {
      this.#setState('full');
    } else if (++this.#failures >= FAILURES_MAX) {
      this.#setState('read_only');
      for (const { reject } of this.#queue.splice(0)) reject(readOnlyError());
    }
  }

  /** Removes half a line at once where that works; else the next write does. */
  #cutTail(): void {
    attempt(() => this.#tail?.cut());
  }

  /** Lines that were acknowledged without a sync must not go with the one that failed: the file is written once more. */
  async #rescue(): Promise<void> {
    const { newest } = this.#segments;
    const former = this.#tail;
    if (newest === undefined) return;
    const { path, sizeBytes } = newest;
    const { disk, folder } = this.#settings;
    const syncedBytes = sizeBytes - this.#unsynced.sizeBytes;
    try {
      const fd = await rescue({ disk, folder, path, syncedBytes, unsynced: this.#unsynced });
      this.#tail = this.#createTail(fd, sizeBytes);
      this.#isDirty = false;
      this.#unsynced.clear();
      attempt(() => former?.close());
    } catch (cause) {
      // The disk has what it has, and the failure before is told.
      if (!isNoSpace(cause)) this.#failures += 1;
      this.#leaveTail();
    }
  }

  /** After a failed sync nothing that the file says can be believed: the next line goes to another one (D6). */
  #leaveTail(): void {
    const { newest } = this.#segments;
    const tail = this.#tail;
    this.#tail = undefined;
    this.#isDirty = false;
    this.#unsynced.clear();
    if (newest === undefined || tail === undefined) return;
    // What stays is superseded by the next segment when the journal is read again.
    attempt(() => tail.cutAt(newest.sizeBytes));
    attempt(() => tail.close());
    if (!newest.isEmpty) return;
    this.#segments.removeNewest();
    attempt(() => this.#settings.disk.remove(newest.path));
  }

  #setState(state: JournalState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#settings.onState(state);
  }

  #refuseIfStopped(): void {
    if (this.#isClosed) throw new StorageError('storage_failed', 'the journal is closed');
    if (this.#state === 'read_only') throw readOnlyError();
  }
}

function readOnlyError(): StorageError {
  return new StorageError('storage_failed', 'the disk failed twice; nothing is written any more');
}
