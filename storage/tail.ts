import { performance } from 'node:perf_hooks';
import type { Disk } from './disk.ts';

/** Longer syncs go to the thread pool, so that the daemon answers meanwhile; shorter ones are quicker in place. */
const PATIENCE_MS = 1;
/** Weight of the newest sync in the average. */
const NEWEST_WEIGHT = 0.1;

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
    const startedAt = performance.now();
    this.#isUntrusted = true;
    if (isAwaited && this.#pace.isQuick) this.#disk.sync(this.#fd);
    else await this.#disk.syncInPool(this.#fd);
    this.#isUntrusted = false;
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

/** How long syncs take lately on this disk. */
export class SyncPace {
  #averageMs = 0;

  get isQuick(): boolean {
    return this.#averageMs < PATIENCE_MS;
  }

  note(durationMs: number): void {
    this.#averageMs += (durationMs - this.#averageMs) * NEWEST_WEIGHT;
  }
}
