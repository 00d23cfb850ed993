import { Column } from '../../storage/column.ts';
import { NarrowColumn } from '../../storage/narrow-column.ts';
import type { ContactNumber } from '../domain/model.ts';

/** Rows of one conversation in a segment, rising. */
export interface Rows {
  readonly length: number;
  get(index: number): number;
}

/** All rows by conversation; the conversations, rising; where each one's rows start, and at last where they end. */
type OrderColumns = Readonly<{
  order: Uint16Array | Uint32Array;
  numbers: Uint32Array;
  starts: Uint32Array;
}>;

const NO_ROWS: Rows = { length: 0, get: () => 0 };

/** Which rows of the open segment each conversation has. */
export class OpenRows {
  readonly #conversations = new Map<ContactNumber, NarrowColumn>();

  /** Goes on with what is there. */
  constructor({ order, numbers, starts }: OrderColumns) {
    for (const [i, number] of numbers.entries()) {
      this.#conversations.set(number, new NarrowColumn(order.slice(starts[i], starts[i + 1])));
    }
  }

  get sizeBytes(): number {
    let sizeBytes = 0;
    for (const rows of this.#conversations.values()) sizeBytes += rows.sizeBytes;
    return sizeBytes;
  }

  sections(): OrderColumns {
    const known = [...this.#conversations].sort(([a], [b]) => a - b);
    const count = known.reduce((sum, [, rows]) => sum + rows.length, 0);
    // What all rows fit into; the last one is the greatest.
    const order = new (count > 0x1_0000 ? Uint32Array : Uint16Array)(count);
    const starts = new Uint32Array(known.length + 1);
    let end = 0;
    for (const [i, [, rows]] of known.entries()) {
      order.set(rows.cells, end);
      end += rows.length;
      starts[i + 1] = end;
    }
    return { order, numbers: Uint32Array.from(known, ([number]) => number), starts };
  }

  add(conversation: ContactNumber, row: number): void {
    const rows = this.#conversations.get(conversation);
    if (rows !== undefined) rows.push(row);
    else this.#conversations.set(conversation, rowsFrom(row));
  }

  of(conversation: ContactNumber): Rows {
    return this.#conversations.get(conversation) ?? NO_ROWS;
  }
}

/** The same of a sealed segment: two bytes a message, and eight for each conversation that has one there. */
export class SealedRows {
  readonly #order: OrderColumns['order'];
  readonly #numbers: Uint32Array;
  readonly #starts: Uint32Array;

  constructor({ order, numbers, starts }: OrderColumns) {
    this.#order = order;
    this.#numbers = numbers;
    this.#starts = starts;
  }

  get sizeBytes(): number {
    return this.#order.byteLength + this.#numbers.byteLength + this.#starts.byteLength;
  }

  of(conversation: ContactNumber): Rows {
    const index = Column.of(this.#numbers).lowerBound(conversation);
    if (this.#numbers[index] !== conversation) return NO_ROWS;
    const start = this.#starts[index] ?? 0;
    const end = this.#starts[index + 1] ?? start;
    return { length: end - start, get: (at) => this.#order[start + at] ?? 0 };
  }
}

function rowsFrom(first: number): NarrowColumn {
  const rows = new NarrowColumn();
  rows.push(first);
  return rows;
}
