/**
 * The form in which sessions are stored: fixed-size fields one after another, every list with its length in front.
 * There is one form for every state, so that equal states are equal bytes.
 */
import { concat, decodeText, lengthPrefixed } from './bytes.ts';

/** Collects fields. Every method returns the writer. */
export class StateWriter {
  readonly #parts: Uint8Array[] = [];

  /** Bytes whose number the reader knows. */
  bytes(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  /** A number from 0 to 255. */
  uint8(value: number): this {
    return this.bytes(Uint8Array.of(value));
  }

  /** A number from 0 to 2^32 - 1, big-endian. */
  uint32(value: number): this {
    const field = new Uint8Array(4);
    new DataView(field.buffer).setUint32(0, value);
    return this.bytes(field);
  }

  /** An instant in milliseconds, from 0 to 2^53 - 1. */
  instant(value: number): this {
    return this.uint32(Math.floor(value / 2 ** 32)).uint32(value % 2 ** 32);
  }

  /** Yes or no. */
  flag(value: boolean): this {
    return this.uint8(value ? 1 : 0);
  }

  /** A text of any length. */
  text(value: string): this {
    return this.bytes(lengthPrefixed(value));
  }

  /** A value that may be missing. */
  optional<Value>(value: Value | undefined, write: (value: Value) => void): this {
    this.flag(value !== undefined);
    if (value !== undefined) write(value);
    return this;
  }

  /** Values in order. */
  list<Value>(values: readonly Value[], write: (value: Value) => void): this {
    this.uint32(values.length);
    for (const value of values) write(value);
    return this;
  }

  /**
   * Values of which some are taken from the front and some added at the end now and then, as a change to what they were.
   * Values must be the very same to be known again.
   */
  queue<Value>(
    former: readonly Value[],
    values: readonly Value[],
    write: (value: Value) => void,
  ): this {
    const goneCount = findFront(former, values);
    return this.uint32(goneCount).list(values.slice(former.length - goneCount), write);
  }

  /** All that was written. */
  finish(): Uint8Array {
    return concat(...this.#parts);
  }
}

/** How many values are gone from the front, if all others are there; else all of them. */
function findFront<Value>(former: readonly Value[], values: readonly Value[]): number {
  const goneCount = former.findIndex((value) => value === values[0]);
  const kept = goneCount === -1 ? [] : former.slice(goneCount);
  const isKept = kept.every((value, index) => value === values[index]);
  return isKept ? former.length - kept.length : former.length;
}

/** Takes fields out again, in the order in which they were written. Everything throws `RangeError` when it does not fit. */
export class StateReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** A copy of the next `length` bytes. */
  bytes(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw new RangeError('the state of a session is cut short');
    const field = new Uint8Array(this.#bytes.subarray(this.#offset, end));
    this.#offset = end;
    return field;
  }

  uint8(): number {
    return this.#view(1).getUint8(0);
  }

  uint32(): number {
    return this.#view(4).getUint32(0);
  }

  instant(): number {
    const value = this.uint32() * 2 ** 32 + this.uint32();
    if (!Number.isSafeInteger(value)) throw new RangeError('an instant beyond all time');
    return value;
  }

  flag(): boolean {
    const value = this.uint8();
    if (value > 1) throw new RangeError(`${value} is neither yes nor no`);
    return value === 1;
  }

  text(maxBytes: number): string {
    const text = decodeText(this.bytes(this.#count(maxBytes)));
    if (text === undefined) throw new RangeError('a text that is not UTF-8');
    return text;
  }

  optional<Value>(read: () => Value): Value | undefined {
    return this.flag() ? read() : undefined;
  }

  list<Value>(maxLength: number, read: () => Value): readonly Value[] {
    return Array.from({ length: this.#count(maxLength) }, read);
  }

  /** Values as `queue` of the writer wrote them. */
  queue<Value>(maxLength: number, former: readonly Value[], read: () => Value): readonly Value[] {
    const goneCount = this.#count(former.length);
    const values = [...former.slice(goneCount), ...this.list(maxLength, read)];
    if (values.length > maxLength) throw new RangeError(`more than ${maxLength} values`);
    return values;
  }

  /** Checks that nothing is left. */
  finish(): void {
    if (this.#offset !== this.#bytes.length) throw new RangeError('more behind a session');
  }

  #count(max: number): number {
    const count = this.uint32();
    if (count > max) throw new RangeError(`${count} where at most ${max} may be`);
    return count;
  }

  #view(length: number): DataView {
    return new DataView(this.bytes(length).buffer);
  }
}
