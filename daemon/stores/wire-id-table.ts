import { Column } from '../../storage/column.ts';
import type { ContactNumber } from '../domain/model.ts';
import { IdTable } from './id-table.ts';

/** Finds outgoing messages by the id that they have on the wire; only those that have another one here. */
export class WireIdTable {
  readonly #ids: IdTable;
  /** The message's row, by place in the table. */
  readonly #rows = Column.uint32();

  /** @param seed As for `IdTable`. */
  constructor(seed: number) {
    this.#ids = new IdTable(seed);
  }

  get sizeBytes(): number {
    return this.#ids.sizeBytes + this.#rows.sizeBytes;
  }

  add(conversation: ContactNumber, wireId: string, row: number): void {
    this.#ids.add(conversation, 'out', wireId);
    this.#rows.push(row);
  }

  /** Rows that may be the message. */
  candidates(conversation: ContactNumber, wireId: string): number[] {
    const places = this.#ids.candidates(conversation, 'out', wireId);
    return places.map((place) => this.#rows.get(place));
  }
}
