import { performance } from 'node:perf_hooks';

/** How often the loop is probed while somebody asks. */
const PROBE_MS = 100;
/** So long after the last question nobody needs an answer any more, and an idle daemon is left asleep. */
const INTEREST_MS = 1000;

/** How far the event loop is behind its timers just now. */
export interface LoopLag {
  /** In milliseconds, 0 or more. */
  readonly ms: number;
}

type Options = Readonly<{
  monotonicMs?: () => number;
  /** Calls `run` once after `delayMs`, without keeping the process alive. */
  after?: (delayMs: number, run: () => void) => unknown;
}>;

/**
 * Measures the lag with a timer that should fire every 100 ms. It runs only as long as somebody asks, so the first
 * answer after a quiet time is 0.
 */
export class LoopLagMeter implements LoopLag {
  readonly #monotonicMs: () => number;
  readonly #after: (delayMs: number, run: () => void) => unknown;
  #askedAtMs = 0;
  /** When the timer should fire; `undefined` while it is not set. */
  #dueAtMs: number | undefined;
  #lastMs = 0;

  constructor({
    monotonicMs = () => performance.now(),
    after = (delayMs, run) => setTimeout(run, delayMs).unref(),
  }: Options = {}) {
    this.#monotonicMs = monotonicMs;
    this.#after = after;
  }

  get ms(): number {
    const nowMs = this.#monotonicMs();
    this.#askedAtMs = nowMs;
    if (this.#dueAtMs === undefined) this.#probe(nowMs);
    // In the middle of a long turn the timer is overdue already, and the last one knew nothing of it.
    return Math.max(this.#lastMs, nowMs - (this.#dueAtMs ?? nowMs));
  }

  #probe(nowMs: number): void {
    this.#dueAtMs = nowMs + PROBE_MS;
    this.#after(PROBE_MS, () => this.#settle());
  }

  #settle(): void {
    const nowMs = this.#monotonicMs();
    const isWanted = nowMs - this.#askedAtMs < INTEREST_MS;
    this.#lastMs = isWanted ? Math.max(0, nowMs - (this.#dueAtMs ?? nowMs)) : 0;
    this.#dueAtMs = undefined;
    if (isWanted) this.#probe(nowMs);
  }
}
