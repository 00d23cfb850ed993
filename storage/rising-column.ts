import { Column } from './column.ts';

const LOW_BITS = 16;
const LOW_MASK = 0xffff;

/** The lower halves of the numbers; and the first number's upper half, then for that and each greater one where it starts. */
export type RisingCells = Readonly<{ lows: Uint16Array; highs: Uint32Array }>;

/**
 * Numbers below 2^32 that never fall, with two bytes each: of neighbours the upper half is nearly always the same, so that
 * it is enough to know where the next one starts.
 */
export class RisingColumn {
  readonly #lows: Column<Uint16Array>;
  readonly #starts: Column;
  #firstHigh: number;

  /** Goes on with numbers that are there, or with none. */
  constructor(
    { lows, highs }: RisingCells = { lows: new Uint16Array(), highs: new Uint32Array() },
  ) {
    this.#lows = Column.of(lows);
    this.#starts = Column.of(highs.subarray(1));
    this.#firstHigh = highs[0] ?? 0;
  }

  /** Of numbers that never fall; at a start there may be many, so nothing here goes through them one by one. */
  static of(values: Uint32Array): RisingColumn {
    const all = Column.of(values);
    const [first = 0] = values;
    const [firstHigh, lastHigh] = [first >>> LOW_BITS, (values.at(-1) ?? 0) >>> LOW_BITS];
    const starts = Array.from({ length: lastHigh - firstHigh + 1 }, (_, at) =>
      all.lowerBound((firstHigh + at) * 2 ** LOW_BITS),
    );
    // What does not fit into a cell is cut off: the lower halves are left.
    return new RisingColumn({
      lows: new Uint16Array(values),
      highs: Uint32Array.of(firstHigh, ...(values.length === 0 ? [] : starts)),
    });
  }

  get length(): number {
    return this.#lows.length;
  }

  /** Bytes that are taken, spare ones included. */
  get sizeBytes(): number {
    return this.#lows.sizeBytes + this.#starts.sizeBytes;
  }

  /** The number at an index; 0 outside. */
  get(index: number): number {
    if (index < 0 || index >= this.length) return 0;
    return ((this.#highAt(index) << LOW_BITS) | this.#lows.get(index)) >>> 0;
  }

  /**
   * @param value Not less than the last one.
   * @returns     The index of the new number.
   */
  push(value: number): number {
    const high = value >>> LOW_BITS;
    if (this.length === 0) this.#firstHigh = high;
    while (this.#starts.length <= high - this.#firstHigh) this.#starts.push(this.length);
    return this.#lows.push(value & LOW_MASK);
  }

  /** Those from an index to before another; fewer where the column ends. */
  slice(start: number, end: number): Uint32Array {
    const length = Math.max(0, Math.min(end, this.length) - start);
    return Uint32Array.from({ length }, (_, at) => this.get(start + at));
  }

  /** Index of the first number that is not less than `value`. */
  lowerBound(value: number): number {
    const at = Math.floor(value / 2 ** LOW_BITS) - this.#firstHigh;
    if (at < 0) return 0;
    if (at >= this.#starts.length) return this.length;
    const low = value & LOW_MASK;
    let from = this.#starts.get(at);
    let to = at + 1 < this.#starts.length ? this.#starts.get(at + 1) : this.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#lows.get(middle) < low) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** Gives back the spare bytes of a column that will hardly grow any more. */
  trim(): void {
    this.#lows.trim();
    this.#starts.trim();
  }

  /** Copies without spare room. */
  copy(): RisingCells {
    const highs = new Uint32Array(this.#starts.length + 1);
    highs[0] = this.#firstHigh;
    highs.set(this.#starts.cells, 1);
    return { lows: this.#lows.cells.slice(), highs };
  }

  #highAt(index: number): number {
    // The newest numbers are asked for most.
    let at = this.#starts.length - 1;
    if (this.#starts.get(at) > index) at = this.#lastStartUpTo(index);
    return this.#firstHigh + at;
  }

  #lastStartUpTo(index: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#starts.get(middle) <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
