import { Backlog } from './backlog.ts';
import type { ContactNumber, StoredMessage } from './model.ts';
import type { Undelivered } from './ports.ts';
import { toWaiting, type Waiting } from './waiting.ts';

/** So many messages of a queue are known with all that came of them; of what is behind them hardly anything is in memory. */
const FRONT_MAX_MESSAGES = 1_000;

/**
 * What waits for one contact, in the order in which it was written. What may be offered is kept apart from what is not to
 * be offered before some time: else each request of a long backlog would go past all that the ones before it took along.
 */
export class WaitingQueue {
  readonly #contact: ContactNumber;
  readonly #frontMaxMessages: number;
  /** By place, in their order. */
  #ready = new Map<number, Waiting>();
  /** By place, in no order. */
  readonly #held = new Map<number, Waiting>();
  /** None of those held may be offered before. */
  #soonestMs = Infinity;
  /** Greatest place so far. */
  #lastS = 0;
  /** Behind all others, and never offered. */
  readonly #backlog = new Backlog();

  constructor(contact: ContactNumber, frontMaxMessages = FRONT_MAX_MESSAGES) {
    this.#contact = contact;
    this.#frontMaxMessages = frontMaxMessages;
  }

  get size(): number {
    return this.#ready.size + this.#held.size + this.#backlog.size;
  }

  has(s: number): boolean {
    return this.#front(s) !== undefined || this.#backlog.get(s) !== undefined;
  }

  /** A message as it waits; what is changed of one from far behind is forgotten. */
  get(s: number): Waiting | undefined {
    return this.#front(s) ?? this.#awake(this.#backlog.get(s));
  }

  /**
   * Puts a message at the end; one that was written before others, and waits again, behind what may be offered.
   *
   * @param cached Itself, if there is room for its text in memory.
   * @returns      `undefined` if it is so far behind that its text need not be in memory.
   */
  add(one: Omit<Undelivered, 'conversation'>, cached?: StoredMessage): Waiting | undefined {
    const isLong = cached === undefined && this.size >= this.#frontMaxMessages;
    const isNew = one.s > this.#lastS;
    this.#lastS = Math.max(this.#lastS, one.s);
    if (isNew && (isLong || this.#backlog.size > 0)) {
      this.#backlog.add(one);
      return undefined;
    }
    const waiting = toWaiting({ ...one, conversation: this.#contact }, cached);
    this.#ready.set(one.s, waiting);
    return waiting;
  }

  /** Takes a message out; `undefined` when it is not here. */
  take(s: number): Waiting | undefined {
    const one = this.#front(s);
    if (one === undefined) return this.#awake(this.#backlog.take(s));
    if (!this.#ready.delete(s)) this.#held.delete(s);
    return one;
  }

  /** Messages that were taken out go back to their places. */
  putBack(batch: readonly Waiting[]): void {
    for (const one of batch) {
      if (this.#backlog.isAhead(one.s)) this.#backlog.add(one);
      else this.#hold(one);
    }
  }

  /** Of all of them, rising; nothing more is known of any for that. */
  places(): readonly number[] {
    const front = [...this.#ready.keys(), ...this.#held.keys()].sort((a, b) => a - b);
    return front.concat(this.#backlog.places());
  }

  /** All of them, oldest first; as far as they are asked for, they are known with all that comes of them. */
  *all(): Generator<Waiting> {
    if (this.#held.size === 0) yield* this.#ready.values();
    else yield* inOrder([...this.#ready.values(), ...this.held()]);
    yield* this.#wake();
  }

  /** Those that may be offered, oldest first. */
  *ready(nowMs: number): Generator<Waiting> {
    this.#release(nowMs);
    yield* this.#ready.values();
    yield* this.#wake();
  }

  /** Those of which something may have come, in no order. */
  *front(): Generator<Waiting> {
    yield* this.#ready.values();
    yield* this.#held.values();
  }

  /** Those that may not be offered, as far as was known at the last look; in no order. */
  held(): readonly Waiting[] {
    return [...this.#held.values()];
  }

  /** Places of those that never left this daemon and were written before a time, Unix milliseconds. */
  queuedBefore(at: number): readonly number[] {
    return [...this.#everything()]
      .filter((one) => one.state === 'queued' && one.at < at)
      .map(({ s }) => s);
  }

  /** Monotonic time from which one may be offered, or from which it is known when; `undefined` when nothing waits. */
  dueMs(nowMs: number): number | undefined {
    this.#release(nowMs);
    if (this.#ready.size + this.#backlog.size > 0) return 0;
    return this.#held.size === 0 ? undefined : this.#soonestMs;
  }

  /** Changes when a message may be offered; also that of one which is not here, for when it is put back. */
  defer(one: Waiting, notBeforeMs: number): void {
    one.notBeforeMs = notBeforeMs;
    // Who was refused may have been taken out since, and wait again as another.
    if (this.#front(one.s) !== one) return;
    this.#ready.delete(one.s);
    this.#hold(one);
  }

  *#everything(): Generator<Omit<Undelivered, 'conversation'>> {
    yield* this.front();
    yield* this.#backlog.values();
  }

  #front(s: number): Waiting | undefined {
    return this.#ready.get(s) ?? this.#held.get(s);
  }

  #awake(one: Omit<Undelivered, 'conversation'> | undefined): Waiting | undefined {
    return one && toWaiting({ ...one, conversation: this.#contact });
  }

  /** It is the turn of what was far behind. */
  *#wake(): Generator<Waiting> {
    for (;;) {
      const one = this.#awake(this.#backlog.shift());
      if (one === undefined) return;
      this.#ready.set(one.s, one);
      yield one;
    }
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
