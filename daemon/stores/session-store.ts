/** The states of encryption sessions, in `ratchet.log`: the newest counts, and older ones leave the disk soon (D3, D8). */
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CompactLog, type LogLine } from '../../storage/compact-log.ts';
import type { Disk } from '../../storage/disk.ts';
import { StorageError } from '../../storage/errors.ts';
import type { OnNotice } from '../../storage/notice.ts';
import type { PeerSessions } from '../crypto/sessions.ts';
import type { ContactNumber } from '../domain/model.ts';
import type { Clock, Random, SessionStore, Timer } from '../domain/ports.ts';
import { KeptSessions } from './kept-sessions.ts';
import { SessionSeal, type SessionRecord } from './session-records.ts';

const FILE_NAME = 'ratchet.log';
/** Former states are dropped when they take as much, or as much as the present ones if that is more. Source: D8. */
const STALE_MAX_BYTES = 256 * 1024;
/** … or so long after the first of them. */
const STALE_MAX_MS = 60_000;
/** Contacts whose states are encoded at once, a few milliseconds. */
const CONTACTS_PER_TURN = 50;
/** A step that takes more than this share of a whole state is not worth it. */
const STEP_SHARE_MAX = 0.5;

export type SessionStoreOptions = Readonly<{
  /** The data folder. */
  folder: string;
  /** Under which states are sealed; `undefined` without a passphrase. */
  sealKey: Uint8Array | undefined;
  /** As for the journal. With `interval`, an outage costs sessions that are made anew. */
  fsync: 'always' | 'interval' | 'never';
  intervalMs: number;
  random: Pick<Random, 'bytes'>;
  clock: Pick<Clock, 'after'>;
  onNotice: OnNotice;
  disk?: Disk;
}>;

/**
 * Opens the sessions. What can't be read is left out: a new handshake makes other sessions.
 *
 * @throws {StorageError} `folder_unsafe`: others may read the file. `storage_failed`.
 */
export async function openSessionStore(options: SessionStoreOptions): Promise<LogSessionStore> {
  const { folder, sealKey, random, disk, onNotice } = options;
  const seal = new SessionSeal(sealKey, random.bytes);
  const kept = new KeptSessions(seal);
  const log = await CompactLog.open({
    path: join(folder, FILE_NAME),
    onLine: (record, line) => kept.read(record, line),
    hasRoom: options.fsync === 'always',
    ...(disk && { disk }),
  });
  if (log.damagedLines > 0 || kept.damagedContacts > 0) {
    onNotice({
      code: 'sessions_damaged',
      message: `parts of ${FILE_NAME} can not be read; encryption begins anew with the contacts concerned`,
    });
  }
  const store = new LogSessionStore(log, kept, seal, options);
  store.start();
  return store;
}

/** Sessions on their way to the disk; `undefined` to be forgotten. */
type Waiting = Readonly<{
  sessions: PeerSessions | undefined;
  callers: readonly Readonly<{ resolve: () => void; reject: (error: unknown) => void }>[];
}>;
type Batch = ReadonlyMap<ContactNumber, Waiting>;

type Change = Readonly<{ record: SessionRecord; sessions: PeerSessions | undefined }>;

/** As `openSessionStore` makes it. Has one writer, which puts down at once all that waits. */
export class LogSessionStore implements SessionStore {
  readonly initial: ReadonlyMap<ContactNumber, PeerSessions>;
  readonly #log: CompactLog;
  readonly #options: SessionStoreOptions;
  #seal: SessionSeal;
  #kept: KeptSessions;
  #waiting = new Map<ContactNumber, Waiting>();
  #running: Promise<void> | undefined;
  #staleTimer: Timer | undefined;
  #syncTimer: Timer | undefined;
  #isCompactionDue = false;
  #isSyncDue = false;
  /** The last compaction failed; the next one comes with the timer. */
  #hasFailed = false;
  #isClosed = false;

  constructor(
    log: CompactLog,
    kept: KeptSessions,
    seal: SessionSeal,
    options: SessionStoreOptions,
  ) {
    this.#log = log;
    this.#kept = kept;
    this.#seal = seal;
    this.#options = options;
    this.initial = new Map([...kept.entries()].map(([n, { sessions }]) => [n, sessions]));
  }

  /** Bytes on the disk, and how many of them former keys could be known from. */
  get sizes(): Readonly<{ fileBytes: number; staleBytes: number }> {
    return { fileBytes: this.#log.sizeBytes, staleBytes: this.#staleBytes };
  }

  save(contact: ContactNumber, sessions: PeerSessions): Promise<void> {
    return this.#put(contact, sessions);
  }

  remove(contact: ContactNumber): Promise<void> {
    return this.#put(contact, undefined);
  }

  /** Looks after the file from now on; `openSessionStore` has called it. */
  start(): void {
    if (this.#kept.hasForeign) this.#compactNow();
    else this.#watchStale();
  }

  /**
   * Makes all states readable under another key as well, since nobody knows which of the two will count after a crash.
   * Then nothing may be saved before `useKey`.
   *
   * @param sealKey `undefined` for none.
   * @throws {StorageError} What was readable before is readable still.
   */
  async prepareKey(sealKey: Uint8Array | undefined): Promise<void> {
    await this.#running;
    const seals = [this.#seal, new SessionSeal(sealKey, this.#options.random.bytes)];
    const states = [...this.#kept.entries()];
    const records = seals.flatMap((seal) =>
      states.map(([n, { sessions }]) => seal.base(n, sessions)),
    );
    // The lines that were known are not there any more.
    this.#isCompactionDue = true;
    await this.#log.replace(records);
  }

  /**
   * Puts all states under another key alone.
   *
   * @throws {StorageError} They are as `prepareKey` left them.
   */
  async useKey(sealKey: Uint8Array | undefined): Promise<void> {
    this.#seal = new SessionSeal(sealKey, this.#options.random.bytes);
    await this.#replace(new Map());
  }

  /** Resolves when everything is on the disk, and nothing else any more. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#staleTimer?.cancel();
    this.#syncTimer?.cancel();
    await this.#running;
    if (this.#staleBytes > 0 || this.#syncTimer !== undefined) {
      // What counts was acknowledged as durable before; the rest goes at the next start.
      await this.#replace(new Map()).catch(() => undefined);
    }
    this.#log.close();
  }

  get #staleBytes(): number {
    return this.#log.sizeBytes - this.#kept.baseBytes;
  }

  #put(contact: ContactNumber, sessions: PeerSessions | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new StorageError('storage_failed', `${FILE_NAME} is closed`);
      const callers = this.#waiting.get(contact)?.callers ?? [];
      this.#waiting.set(contact, { sessions, callers: [...callers, { resolve, reject }] });
      this.#wake();
    });
  }

  #wake(): void {
    this.#running ??= this.#run();
  }

  /** Each round waits a turn, so that all who are about to save share a sync. */
  async #run(): Promise<void> {
    for (;;) {
      await nextTurn();
      const batch = this.#waiting;
      this.#waiting = new Map();
      if (batch.size === 0 && !this.#isCompactionDue && !this.#isSyncDue) break;
      await this.#write(batch);
    }
    this.#running = undefined;
  }

  async #write(batch: Batch): Promise<void> {
    try {
      if (!(await this.#tryCompact(batch))) await this.#append(batch);
      for (const { callers } of batch.values()) for (const { resolve } of callers) resolve();
    } catch (error) {
      for (const { callers } of batch.values()) for (const { reject } of callers) reject(error);
    }
    this.#watchStale();
  }

  /** @returns Whether all is written; what has no room as a whole may have it at the end. */
  async #tryCompact(batch: Batch): Promise<boolean> {
    if (!this.#isCompactionDue && !this.#log.mustBeReplaced) return false;
    this.#isCompactionDue = false;
    try {
      await this.#replace(batch);
      this.#hasFailed = false;
      return true;
    } catch (error) {
      this.#hasFailed = true;
      if (this.#log.mustBeReplaced) throw error;
      return false;
    }
  }

  async #append(batch: Batch): Promise<void> {
    const { fsync } = this.#options;
    if (this.#isSyncDue) await this.#syncNow();
    const changes = [...batch].flatMap(([n, { sessions }]) => this.#changeOf(n, sessions) ?? []);
    if (changes.length === 0) return;
    const records = changes.map(({ record }) => record);
    const lines = await this.#log.append(records, fsync === 'always');
    this.#note(this.#kept, changes, lines);
    if (fsync === 'interval') this.#syncLater();
  }

  /** The new log has every contact's state whole. */
  async #replace(batch: Batch): Promise<void> {
    const all = new Map([...this.#kept.entries()].map(([n, { sessions }]) => [n, sessions]));
    for (const [n, { sessions }] of batch) {
      if (sessions === undefined) all.delete(n);
      else all.set(n, sessions);
    }
    const changes: Change[] = [];
    for (const [n, sessions] of all) {
      changes.push({ record: this.#seal.base(n, sessions), sessions });
      // A long address book must not hold up everything else.
      if (changes.length % CONTACTS_PER_TURN === 0) await nextTurn();
    }
    const lines = await this.#log.replace(changes.map(({ record }) => record));
    const kept = new KeptSessions(this.#seal);
    this.#note(kept, changes, lines);
    this.#kept = kept;
    this.#isSyncDue = false;
  }

  #changeOf(n: ContactNumber, sessions: PeerSessions | undefined): Change | undefined {
    const kept = this.#kept.get(n);
    if (sessions === undefined) return kept && { record: { k: 'gone', n }, sessions };
    if (kept === undefined) return { record: this.#seal.base(n, sessions), sessions };
    const step = this.#seal.step(n, kept.base, sessions);
    const isSmall = step.x.length <= kept.baseBytes * STEP_SHARE_MAX;
    return { record: isSmall ? step : this.#seal.base(n, sessions), sessions };
  }

  #note(kept: KeptSessions, changes: readonly Change[], lines: readonly LogLine[]): void {
    for (const [index, { record, sessions }] of changes.entries()) {
      const line = lines[index];
      if (line !== undefined) kept.note(record, line, sessions);
    }
  }

  #watchStale(): void {
    const isTooMuch = this.#staleBytes > Math.max(STALE_MAX_BYTES, this.#kept.baseBytes);
    if (isTooMuch && !this.#hasFailed) this.#compactNow();
    if (this.#staleBytes === 0) {
      this.#staleTimer?.cancel();
      this.#staleTimer = undefined;
    } else if (!this.#isClosed) {
      this.#staleTimer ??= this.#options.clock.after(STALE_MAX_MS, () => {
        this.#staleTimer = undefined;
        this.#compactNow();
      });
    }
  }

  #compactNow(): void {
    this.#isCompactionDue = true;
    this.#wake();
  }

  #syncLater(): void {
    this.#syncTimer ??= this.#options.clock.after(this.#options.intervalMs, () => {
      this.#syncTimer = undefined;
      this.#isSyncDue = true;
      this.#wake();
    });
  }

  async #syncNow(): Promise<void> {
    this.#isSyncDue = false;
    try {
      await this.#log.sync();
    } catch (error) {
      // What was saved without a sync is in memory still: a log that replaces this one has it (D6).
      this.#isCompactionDue = true;
      throw error;
    }
  }
}
