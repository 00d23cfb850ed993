import type { Clock, Random, Timer } from '../../daemon/domain/ports.ts';

/** A clock that stands still until it is told to go on. */
export class FakeClock implements Clock {
  #nowMs = Date.UTC(2026, 10, 20, 12);
  #monotonicMs = 0;
  #timers: { atMs: number; run: () => void }[] = [];

  nowMs(): number {
    return Math.floor(this.#nowMs);
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** How many timers have not run yet. */
  get waiting(): number {
    return this.#timers.length;
  }

  after(delayMs: number, run: () => void): Timer {
    const timer = { atMs: this.#monotonicMs + delayMs, run };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((one) => one !== timer);
      },
    };
  }

  /** Sets the wall clock alone, as its owner or a time server would. */
  jump(byMs: number): void {
    this.#nowMs += byMs;
  }

  /** Lets time pass at once, running whatever falls due, in order. */
  advance(byMs: number): void {
    const endMs = this.#monotonicMs + byMs;
    while (this.#runNext(endMs));
    this.#goTo(endMs);
  }

  /** Lets time pass, and after each timer whatever it starts, as far as that needs no disk and no network. */
  async pass(byMs: number): Promise<void> {
    const endMs = this.#monotonicMs + byMs;
    while (this.#runNext(endMs)) await settle();
    this.#goTo(endMs);
    await settle();
  }

  /** Runs the next timer that falls due until then. @returns `false` when there is none. */
  #runNext(endMs: number): boolean {
    const [next] = this.#timers
      .filter(({ atMs }) => atMs <= endMs)
      .sort((one, other) => one.atMs - other.atMs);
    if (next === undefined) return false;
    this.#timers = this.#timers.filter((one) => one !== next);
    this.#goTo(Math.max(next.atMs, this.#monotonicMs));
    next.run();
    return true;
  }

  #goTo(monotonicMs: number): void {
    this.#nowMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }
}

/** Randomness that repeats itself: counts bytes up, and always says one half. */
export function fakeRandom(): Random {
  let next = 0;
  return {
    fraction: () => 0.5,
    bytes: (length) => Uint8Array.from({ length }, () => next++ % 256),
  };
}

/** Lets everything run that waits for nothing but other promises. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}
