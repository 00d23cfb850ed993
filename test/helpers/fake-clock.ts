<<<<<<< HEAD
import type { Clock, Random, Timer } from '../../daemon/domain/ports.ts';

/** A clock that stands still until it is told to go on. */
export class FakeClock implements Clock {
  #nowMs = Date.UTC(2026, 10, 20, 12);
  #monotonicMs = 0;
  #timers: { atMs: number; run: () => void }[] = [];
=======
import type { Clock, Timer } from '../../daemon/domain/ports.ts';

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  #nowMs = Date.UTC(2026, 0, 1);
  readonly #timers = new Set<Readonly<{ atMs: number; run: () => void }>>();
>>>>>>> http

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
<<<<<<< HEAD
    return this.#monotonicMs;
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

  /** Lets time pass, running whatever falls due, in order. Waits for what that starts as far as it needs no disk. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#monotonicMs + byMs;
    for (;;) {
      const [next] = this.#timers
        .filter(({ atMs }) => atMs <= endMs)
        .sort((one, other) => one.atMs - other.atMs);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#goTo(Math.max(next.atMs, this.#monotonicMs));
      next.run();
      await settle();
    }
    this.#goTo(endMs);
    await settle();
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
=======
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, run };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Moves on and runs, in order, whatever is due. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers]
        .filter(({ atMs }) => atMs <= endMs)
        .sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = endMs;
  }
}
>>>>>>> http
