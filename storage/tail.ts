import { performance } from 'node:perf_hooks';
import type { Disk } from './disk.ts';

/** Longer syncs go to the thread pool, so that the daemon answers meanwhile; shorter ones are quicker in place. */
const PATIENCE_MS = 1;
/** Weight of the newest sync in the average. */
const NEWEST_WEIGHT = 0.1;
/** Syncs between two trials on a disk that was slow; doubled each time that it still is. */
const TRIAL_INTERVAL_MIN = 16;
const TRIAL_INTERVAL_MAX = 1024;

/** The end of the newest segment, open for writing. */
export class Tail {
  readonly #disk: Disk;
  readonly #fd: number;
  readonly #pace: SyncPace;
  /** Bytes up to which all is well; what lies behind is cut off before the next write (D7). */
  #goodBytes: number;
  #isTorn = false;
  #isUntrusted = false;

  constructor(disk: Disk, fd: number, goodBytes: number, pace: SyncPace) {
    this.#disk = disk;
    this.#fd = fd;
    this.#goodBytes = goodBytes;
    this.#pace = pace;
  }

  /**
   * Adds bytes. When it throws, none of them are part of the file.
   *
   * @throws What the file system throws.
   */
  write(bytes: Uint8Array): void {
    if (this.#isTorn) this.cut();
    this.#isTorn = true;
    let written = 0;
    while (written < bytes.byteLength) {
      const rest = bytes.subarray(written);
      written += this.#disk.write(this.#fd, rest, this.#goodBytes + written);
    }
    this.#goodBytes += written;
    this.#isTorn = false;
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

  /** Removes what a failed write left behind. */
  cut(): void {
    this.#disk.truncate(this.#fd, this.#goodBytes);
    this.#isTorn = false;
  }

  /** As `cut`, also of bytes that were written but failed to reach the disk. */
  cutAt(goodBytes: number): void {
    this.#goodBytes = goodBytes;
    this.cut();
  }

  close(): void {
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

  /** Whether the next sync may be done in place. */
  isQuick(): boolean {
    if (this.#averageMs < PATIENCE_MS) return true;
    this.#untilTrial -= 1;
    return this.#untilTrial <= 0;
  }

  note(durationMs: number): void {
    const isTrial = this.#averageMs >= PATIENCE_MS;
    // One odd sync among many quick ones changes little; a trial stands for itself.
    const weight = isTrial ? 1 : NEWEST_WEIGHT;
    this.#averageMs += (durationMs - this.#averageMs) * weight;
    if (this.#averageMs < PATIENCE_MS) {
      this.#trialInterval = TRIAL_INTERVAL_MIN;
      return;
    }
    if (isTrial) this.#trialInterval = Math.min(this.#trialInterval * 2, TRIAL_INTERVAL_MAX);
    this.#untilTrial = this.#trialInterval;
  }
}
