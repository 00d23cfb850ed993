import type { Undelivered } from './ports.ts';

/** A free place; no message takes fewer bytes than none. */
const GONE = -1;
/** Places of messages that have left are given back when there are so many, and more than of the others. */
const TIDY_MIN = 1_000;

type One = Omit<Undelivered, 'conversation'>;

/**
 * The far end of a long queue: messages of one contact whose turn is not soon, in the order of their places and with some
 * 32 bytes each, of which nothing has to be known but what the journal says.
 */
export class Backlog {
  #places: number[] = [];
  #sizes: number[] = [];
  #times: number[] = [];
  #states: Undelivered['state'][] = [];
  /** All before are gone. */
  #start = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Puts a message in, nearly always at the end. */
  add({ s, sizeBytes, at, state }: One): void {
    const index = s > (this.#places.at(-1) ?? 0) ? this.#places.length : this.#indexFrom(s);
    insert(this.#places, index, s);
    insert(this.#sizes, index, sizeBytes);
    insert(this.#times, index, at);
    insert(this.#states, index, state);
    this.#start = Math.min(this.#start, index);
    this.#size += 1;
  }

  /** Whether a message at this place would be behind some that are here. */
  isAhead(s: number): boolean {
    return this.#size > 0 && s > (this.#places[this.#firstIndex()] ?? Infinity);
  }

  get(s: number): One | undefined {
    const index = this.#indexFrom(s);
    return this.#places[index] === s ? this.#at(index) : undefined;
  }

  /** Takes a message out; `undefined` when it is not here. */
  take(s: number): One | undefined {
    const one = this.get(s);
    if (one !== undefined) this.#drop(this.#indexFrom(s));
    return one;
  }

  /** Takes the oldest out. */
  shift(): One | undefined {
    const index = this.#firstIndex();
    const one = this.#at(index);
    if (one !== undefined) this.#drop(index);
    return one;
  }

  /** Of all of them, rising. */
  places(): number[] {
    return this.#places.filter((_, index) => this.#sizes[index] !== GONE);
  }

  /** All of them, oldest first. */
  *values(): Generator<One> {
    for (let index = this.#start; index < this.#places.length; index++) {
      const one = this.#at(index);
      if (one !== undefined) yield one;
    }
  }

  #at(index: number): One | undefined {
    const { [index]: s } = this.#places;
    const { [index]: sizeBytes = GONE } = this.#sizes;
    const { [index]: state } = this.#states;
    if (s === undefined || state === undefined || sizeBytes === GONE) return undefined;
    return { s, sizeBytes, at: this.#times[index] ?? 0, state };
  }

  #drop(index: number): void {
    this.#sizes[index] = GONE;
    this.#size -= 1;
    this.#start = this.#firstIndex();
    const gone = this.#places.length - this.#size;
    if (gone >= TIDY_MIN && gone > this.#size) this.#tidy();
  }

  #firstIndex(): number {
    let index = this.#start;
    while (index < this.#places.length && this.#sizes[index] === GONE) index++;
    return index;
  }

  /** Index of the first place that is not before `s`. */
  #indexFrom(s: number): number {
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#places[middle] ?? 0) < s) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #tidy(): void {
    const left = [...this.values()];
    this.#places = left.map(({ s }) => s);
    this.#sizes = left.map(({ sizeBytes }) => sizeBytes);
    this.#times = left.map(({ at }) => at);
    this.#states = left.map(({ state }) => state);
    this.#start = 0;
  }
}

function insert<Value>(values: Value[], index: number, value: Value): void {
  if (index === values.length) values.push(value);
  else values.splice(index, 0, value);
}
