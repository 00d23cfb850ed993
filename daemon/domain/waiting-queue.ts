import type { Waiting } from './waiting.ts';

/**
 * What waits for one contact, in the order in which it was written. What may be offered is kept apart from what is not to
 * be offered before some time: else each request of a long backlog would go past all that the ones before it took along.
 */
export class WaitingQueue {
  /** By place, in their order. */
  #ready = new Map<number, Waiting>();
  /** By place, in no order. */
  readonly #held = new Map<number, Waiting>();
  /** None of those held may be offered before. */
  #soonestMs = Infinity;

  get size(): number {
    return this.#ready.size + this.#held.size;
  }

  get(s: number): Waiting | undefined {
    return this.#ready.get(s) ?? this.#held.get(s);
  }

  /** Puts a message that was written after all others at the end. */
  add(one: Waiting): void {
    this.#ready.set(one.s, one);
  }

  /** Takes a message out; `undefined` when it is not here. */
  take(s: number): Waiting | undefined {
    const one = this.get(s);
    if (!this.#ready.delete(s)) this.#held.delete(s);
    return one;
  }

  /** Messages that were taken out go back to their places. */
  putBack(batch: readonly Waiting[]): void {
    for (const one of batch) this.#hold(one);
  }

  /** All of them, oldest first. */
  all(): Iterable<Waiting> {
    if (this.#held.size === 0) return this.#ready.values();
    return inOrder([...this.#ready.values(), ...this.held()]);
  }

  /** Those that may be offered, oldest first. */
  ready(nowMs: number): Iterable<Waiting> {
    this.#release(nowMs);
    return this.#ready.values();
  }

  /** Those that may not, as far as was known at the last look; in no order. */
  held(): readonly Waiting[] {
    return [...this.#held.values()];
  }

  /** Monotonic time from which one may be offered, or from which it is known when; `undefined` when nothing waits. */
  dueMs(nowMs: number): number | undefined {
    this.#release(nowMs);
    if (this.#ready.size > 0) return 0;
    return this.#held.size === 0 ? undefined : this.#soonestMs;
  }

  /** Changes when a message may be offered; also that of one which is not here, for when it is put back. */
  defer(one: Waiting, notBeforeMs: number): void {
    one.notBeforeMs = notBeforeMs;
    if (this.take(one.s) !== undefined) this.#hold(one);
  }

  #hold(one: Waiting): void {
    this.#held.set(one.s, one);
    this.#soonestMs = Math.min(this.#soonestMs, one.notBeforeMs);
  }

  #release(nowMs: number): void {
    if (this.#soonestMs > nowMs) return;
    const due = this.held().filter(({ notBeforeMs }) => notBeforeMs <= nowMs);
    for (const { s } of due) this.#held.delete(s);
    const ready = inOrder([...this.#ready.values(), ...due]);
    this.#ready = new Map(ready.map((one) => [one.s, one]));
    this.#soonestMs = Infinity;
    for (const { notBeforeMs } of this.#held.values()) {
      this.#soonestMs = Math.min(this.#soonestMs, notBeforeMs);
    }
  }
}

function inOrder(waiting: Waiting[]): readonly Waiting[] {
  return waiting.sort((one, other) => one.s - other.s);
}
