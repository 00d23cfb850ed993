import { performance } from 'node:perf_hooks';
import { attempt } from './attempt.ts';
import type { Disk } from './disk.ts';
import { NEWLINE } from './line.ts';

/** Longer syncs go to the thread pool, so that the daemon answers meanwhile; shorter ones are quicker in place. */
const PATIENCE_MS = 1;
/**
 * How much room is made at a time for lines to come. Bytes that are written over in place are on the disk in about two
 * thirds of the time that bytes take which make a file longer, since the file system has no new size to note.
 */
const ROOM_BYTES = 256 * 1024;
/** Only ahead of writes so small: what is large would soon have used it up, and written all of it twice. */
const SMALL_BYTES = ROOM_BYTES / 16;
/** Weight of the newest sync in the average. */
const NEWEST_WEIGHT = 0.1;
/** Syncs between two trials on a disk that was slow; doubled each time that it still is. */
const TRIAL_INTERVAL_MIN = 16;
const TRIAL_INTERVAL_MAX = 1024;

/** Room is empty lines, which `jq` and `grep` pass by. */
const ROOM = Buffer.alloc(ROOM_BYTES, NEWLINE);

export type TailOptions = Readonly<{
  disk: Disk;
  fd: number;
  /** Bytes of the lines that are there; whatever comes after does not count. */
  goodBytes: number;
  /** Bytes that the file has. */
  fileBytes: number;
  pace: SyncPace;
  /** Whether to make room ahead of writes. Worth it where each of them is synced. */
  hasRoom: boolean;
}>;

/** The end of the newest segment, open for writing. */
export class Tail {
  readonly #disk: Disk;
  readonly #fd: number;
  readonly #pace: SyncPace;
  readonly #hasRoom: boolean;
  /** Bytes up to which all is well; what lies behind is cut off before the next write (D7). */
  #goodBytes: number;
  /** Bytes that the file has; what is between is room. */
  #fileBytes: number;
  #isTorn = false;
  #isUntrusted = false;

  constructor({ disk, fd, goodBytes, fileBytes, pace, hasRoom }: TailOptions) {
    this.#disk = disk;
    this.#fd = fd;
    this.#goodBytes = goodBytes;
    this.#fileBytes = fileBytes;
    this.#pace = pace;
    this.#hasRoom = hasRoom;
  }

  /**
   * Adds bytes. When it throws, none of them are part of the file.
   *
   * @throws What the file system throws.
   */
  write(bytes: Uint8Array): void {
    if (this.#isTorn) this.cut();
    this.#isTorn = true;
    this.#writeAt(this.#goodBytes, bytes);
    this.#goodBytes += bytes.byteLength;
    this.#isTorn = false;
    const isSmall = bytes.byteLength <= SMALL_BYTES;
    if (isSmall && this.#hasRoom && this.#fileBytes === this.#goodBytes) this.#makeRoom();
  }

  /** Makes the file longer than its lines. Where that finds no room on the disk, it goes on without. */
  #makeRoom(): void {
    try {
      this.#writeAt(this.#goodBytes, ROOM);
    } catch {
      // Half of it is as good as none, and on a full disk somebody else may need it.
      attempt(() => this.cut());
    }
  }

  #writeAt(position: number, bytes: Uint8Array): void {
    let written = 0;
    while (written < bytes.byteLength) {
      written += this.#disk.write(this.#fd, bytes.subarray(written), position + written);
      this.#fileBytes = Math.max(this.#fileBytes, position + written);
    }
  }

  /** A sync failed: after that the system may have dropped bytes and say that all is well (D6). */
  get isUntrusted(): boolean {
    return this.#isUntrusted;
  }

  /**
   * Resolves when all is on the disk.
   *
   * @param isAwaited Hardly anything else is going on, so that the shortest way counts.
   */
  async sync(isAwaited: boolean): Promise<void> {
    this.#isUntrusted = true;
    if (isAwaited && this.#pace.isQuick()) this.#syncHere();
    else await this.#disk.syncInPool(this.#fd);
    this.#isUntrusted = false;
  }

  #syncHere(): void {
    const startedAt = performance.now();
    this.#disk.sync(this.#fd);
    this.#pace.note(performance.now() - startedAt);
  }

  /** Removes what a failed write left behind, and whatever room there is. */
  cut(): void {
    this.#disk.truncate(this.#fd, this.#goodBytes);
    this.#fileBytes = this.#goodBytes;
    this.#isTorn = false;
  }

  /** As `cut`, also of bytes that were written but failed to reach the disk. */
  cutAt(goodBytes: number): void {
    this.#goodBytes = goodBytes;
    this.cut();
  }

  /** Closes the file as long as its lines are, where that can be done: room that stays is passed by when it is read. */
  close(): void {
    if (this.#fileBytes > this.#goodBytes && !this.#isUntrusted) attempt(() => this.cut());
    this.#disk.close(this.#fd);
  }
}

/**
 * How long syncs take lately on this disk. Only those in place are measured: in the pool they wait for threads and for
 * the event loop as well, which says nothing of the disk. A disk that was slow is tried in place again now and then.
 */
export class SyncPace {
  #averageMs = 0;
  #untilTrial = 0;
  #trialInterval = TRIAL_INTERVAL_MIN;

  get isSlow(): boolean {
    return this.#averageMs >= PATIENCE_MS;
  }

  /** Whether the next sync may be done in place: on a quick disk, or to try whether it is one again. */
  isQuick(): boolean {
    if (!this.isSlow) return true;
    this.#untilTrial -= 1;
    return this.#untilTrial <= 0;
  }

  note(durationMs: number): void {
    const isTrial = this.isSlow;
    // One odd sync among many quick ones changes little; a trial stands for itself.
    const weight = isTrial ? 1 : NEWEST_WEIGHT;
    this.#averageMs += (durationMs - this.#averageMs) * weight;
    if (!this.isSlow) {
      this.#trialInterval = TRIAL_INTERVAL_MIN;
      return;
    }
    if (isTrial) this.#trialInterval = Math.min(this.#trialInterval * 2, TRIAL_INTERVAL_MAX);
    this.#untilTrial = this.#trialInterval;
  }
}
