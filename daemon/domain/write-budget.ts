import type { Clock } from './ports.ts';

export type WriteRate = Readonly<{
  bytesPerSecond: number;
  /** What may be written at once after a quiet time. */
  burstBytes: number;
}>;

/** How much others may have us write: flash memory wears out, and a disk is shared. */
export class WriteBudget {
  readonly #rate: WriteRate;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #leftBytes: number;
  #atMs: number;

  constructor(rate: WriteRate, clock: Pick<Clock, 'monotonicMs'>) {
    this.#rate = rate;
    this.#clock = clock;
    this.#leftBytes = rate.burstBytes;
    this.#atMs = clock.monotonicMs();
  }

  /** Takes so many bytes, or none if they are too many. */
  take(sizeBytes: number): boolean {
    const nowMs = this.#clock.monotonicMs();
    const { bytesPerSecond, burstBytes } = this.#rate;
    const gainedBytes = ((nowMs - this.#atMs) / 1000) * bytesPerSecond;
    this.#leftBytes = Math.min(burstBytes, this.#leftBytes + gainedBytes);
    this.#atMs = nowMs;
    if (this.#leftBytes < sizeBytes) return false;
    this.#leftBytes -= sizeBytes;
    return true;
  }
}
