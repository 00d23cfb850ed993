/** Slows down whoever guesses passwords or tokens (G12). */

type Clock = Readonly<{ monotonicMs(): number }>;

/** Guesses that cost no waiting. */
const FREE_FAILURES = 5;
const WAIT_MIN_MS = 60_000;
const WAIT_MAX_MS = 15 * 60_000;
/** A caller without failures for so long starts anew. */
const FORGET_MS = 60 * 60_000;
const MAX_CALLERS = 10_000;

type Record = { failures: number; lastAtMs: number };

/**
 * Makes guessing slow: five failures are free, then each one doubles the wait, up to 15 minutes. Counted by
 * caller, so that nobody can lock anybody else out (G12).
 */
export class GuessThrottle {
  readonly #clock: Clock;
  /** Least recently failed first. */
  readonly #byCaller = new Map<string, Record>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long this caller has to wait before the next guess, in milliseconds; 0 if not at all. */
  waitMs(caller: string): number {
    const record = this.#byCaller.get(caller);
    if (record === undefined) return 0;
    const sinceMs = this.#clock.monotonicMs() - record.lastAtMs;
    if (sinceMs > FORGET_MS) this.#byCaller.delete(caller);
    return Math.max(0, penaltyMs(record.failures) - sinceMs);
  }

  /** Counts a guess as failed. To be called before it is checked, so that guesses sent at once count too. */
  fail(caller: string): void {
    const record = this.#byCaller.get(caller) ?? { failures: 0, lastAtMs: 0 };
    record.failures++;
    record.lastAtMs = this.#clock.monotonicMs();
    this.#byCaller.delete(caller);
    this.#byCaller.set(caller, record);
    const [oldest] = this.#byCaller.keys();
    if (this.#byCaller.size > MAX_CALLERS && oldest !== undefined) this.#byCaller.delete(oldest);
  }

  /** Forgets a caller who knew it. */
  succeed(caller: string): void {
    this.#byCaller.delete(caller);
  }
}

function penaltyMs(failures: number): number {
  if (failures < FREE_FAILURES) return 0;
  return Math.min(WAIT_MAX_MS, WAIT_MIN_MS * 2 ** (failures - FREE_FAILURES));
}
