/** Token buckets: a rate with a burst, for one or for many callers (G15). */

export type Rate = Readonly<{
  perSecond: number;
  /** How many may come at once after a quiet time. */
  burst: number;
}>;

/** A rate for one caller. */
export class TokenBucket {
  readonly #rate: Rate;
  readonly #monotonicMs: () => number;
  #tokens: number;
  #filledAtMs: number;

  constructor(rate: Rate, monotonicMs: () => number) {
    this.#rate = rate;
    this.#monotonicMs = monotonicMs;
    this.#tokens = rate.burst;
    this.#filledAtMs = monotonicMs();
  }

  /** Takes tokens, or none if there are not enough. */
  take(tokens = 1): boolean {
    this.#fill();
    if (this.#tokens < tokens) return false;
    this.#tokens -= tokens;
    return true;
  }

  /** Puts back what was taken for something that turned out to be free. */
  giveBack(tokens = 1): void {
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + tokens);
  }

  #fill(): void {
    const nowMs = this.#monotonicMs();
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#filledAtMs) / 1000) * perSecond);
    this.#filledAtMs = nowMs;
  }
}

/** The same rate for each of many callers, in a table of bounded size. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #monotonicMs: () => number;
  readonly #maxCallers: number;
  /** Least recently seen first. */
  readonly #byCaller = new Map<string, TokenBucket>();

  constructor(rate: Rate, monotonicMs: () => number, maxCallers = 1000) {
    this.#rate = rate;
    this.#monotonicMs = monotonicMs;
    this.#maxCallers = maxCallers;
  }

  /** As `TokenBucket.take`, for this caller. */
  take(caller: string, tokens = 1): boolean {
    const bucket = this.#byCaller.get(caller) ?? new TokenBucket(this.#rate, this.#monotonicMs);
    this.#byCaller.delete(caller);
    this.#byCaller.set(caller, bucket);
    if (this.#byCaller.size > this.#maxCallers) this.#dropOldest();
    return bucket.take(tokens);
  }

  /** As `TokenBucket.giveBack`. A caller who is not in the table any more has a full bucket anyway. */
  giveBack(caller: string, tokens = 1): void {
    this.#byCaller.get(caller)?.giveBack(tokens);
  }

  #dropOldest(): void {
    const [oldest] = this.#byCaller.keys();
    if (oldest !== undefined) this.#byCaller.delete(oldest);
  }
}
