/** Durable topics of guests, in `topics.log`: changes are added, and now and then it is written anew with values alone. */
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CompactLog } from '../../storage/compact-log.ts';
import type { Disk } from '../../storage/disk.ts';
import { StorageError } from '../../storage/errors.ts';
import type { OnNotice } from '../../storage/notice.ts';
import type { Clock, Timer } from '../domain/ports.ts';
import type { TopicStore } from '../domain/topic-keeper.ts';
import type { TopicRecord } from '../domain/topic-replay.ts';
import { decodeTopicRecord, encodeTopicRecord } from './topic-records.ts';

export const TOPICS_FILE = 'topics.log';
/** The file is written anew when it is so much longer than after the last time, or twice as long if that is more. */
const GROWTH_MIN_BYTES = 2 ** 20;

export type TopicStoreOptions = Readonly<{
  /** The data folder. */
  folder: string;
  /** As for the journal. */
  fsync: 'always' | 'interval' | 'never';
  intervalMs: number;
  clock: Pick<Clock, 'after'>;
  onNotice: OnNotice;
  disk?: Disk;
}>;

/**
 * Opens the topics. There is no file before the first change of a durable topic.
 *
 * @throws {StorageError} `folder_unsafe`: others may read the file. `storage_failed`.
 */
export async function openTopicStore(options: TopicStoreOptions): Promise<LogTopicStore> {
  const records: TopicRecord[] = [];
  let strangeLines = 0;
  const log = await CompactLog.open({
    path: join(options.folder, TOPICS_FILE),
    onLine: (line) => {
      const record = decodeTopicRecord(line);
      if (record === undefined) strangeLines++;
      else records.push(record);
    },
    ...(options.disk && { disk: options.disk }),
  });
  const store = new LogTopicStore(log, records, options);
  if (log.damagedLines + strangeLines > 0) store.tellDamage();
  return store;
}

type Waiting = Readonly<{
  record: TopicRecord;
  resolve: () => void;
  reject: (error: unknown) => void;
}>;

/** As `openTopicStore` makes it. Has one writer, which puts down at once all that waits. */
export class LogTopicStore implements TopicStore {
  readonly #log: CompactLog;
  readonly #options: TopicStoreOptions;
  #initial: readonly TopicRecord[];
  #present: (() => readonly TopicRecord[]) | undefined;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #syncTimer: Timer | undefined;
  #isSyncDue = false;
  #isClosed = false;
  #hasToldDamage = false;
  /** Length from which on the file is written anew. */
  #compactionBytes: number;

  constructor(log: CompactLog, initial: readonly TopicRecord[], options: TopicStoreOptions) {
    this.#log = log;
    this.#initial = initial;
    this.#options = options;
    this.#compactionBytes = Math.max(GROWTH_MIN_BYTES, log.sizeBytes);
  }

  /** Bytes on the disk. */
  get sizeBytes(): number {
    return this.#log.sizeBytes;
  }

  restore(): readonly TopicRecord[] {
    const records = this.#initial;
    this.#initial = [];
    return records;
  }

  compactFrom(present: () => readonly TopicRecord[]): void {
    this.#present = present;
  }

  tellDamage(): void {
    if (this.#hasToldDamage) return;
    this.#hasToldDamage = true;
    this.#options.onNotice({
      code: 'topics_damaged',
      message: `parts of ${TOPICS_FILE} can not be read; the topics concerned have an older value`,
    });
  }

  add(record: TopicRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new StorageError('storage_failed', `${TOPICS_FILE} is closed`);
      this.#waiting.push({ record, resolve, reject });
      this.#wake();
    });
  }

  /** Resolves when everything is on the disk, and nothing else any more. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#syncTimer?.cancel();
    await this.#running;
    try {
      if (this.#syncTimer !== undefined) await this.#log.sync();
    } finally {
      this.#log.close();
    }
  }

  #wake(): void {
    this.#running ??= this.#run();
  }

  /** Each round waits a turn: all who are about to save share a sync, and those who were told have applied their changes. */
  async #run(): Promise<void> {
    for (;;) {
      await nextTurn();
      const batch = this.#waiting;
      this.#waiting = [];
      if (batch.length === 0 && !this.#isSyncDue) break;
      await this.#write(batch);
    }
    this.#running = undefined;
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#compactIfDue();
      await this.#append(batch.map(({ record }) => encodeTopicRecord(record)));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  async #append(lines: readonly object[]): Promise<void> {
    const { fsync } = this.#options;
    if (this.#isSyncDue) {
      this.#isSyncDue = false;
      await this.#log.sync();
    }
    if (lines.length === 0) return;
    await this.#log.append(lines, fsync === 'always');
    if (fsync === 'interval') this.#syncLater();
  }

  /** What has no room as a whole may have it at the end, unless there is no end to be trusted. */
  async #compactIfDue(): Promise<void> {
    const { mustBeReplaced, sizeBytes } = this.#log;
    if (this.#present === undefined || (!mustBeReplaced && sizeBytes < this.#compactionBytes)) {
      return;
    }
    try {
      await this.#log.replace(this.#present().map(encodeTopicRecord));
      this.#compactionBytes = Math.max(2 * this.#log.sizeBytes, GROWTH_MIN_BYTES);
    } catch (error) {
      if (this.#log.mustBeReplaced) throw error;
      this.#compactionBytes = sizeBytes + GROWTH_MIN_BYTES;
    }
  }

  #syncLater(): void {
    this.#syncTimer ??= this.#options.clock.after(this.#options.intervalMs, () => {
      this.#syncTimer = undefined;
      this.#isSyncDue = true;
      this.#wake();
    });
  }
}
