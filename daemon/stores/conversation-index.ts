import { Column } from '../../storage/column.ts';
import type { Direction } from '../domain/model.ts';
import type { PageQuery } from '../domain/ports.ts';
import type { MessageColumns } from './message-columns.ts';

/** Which messages a conversation has, in the order of the journal: four bytes a message. */
export class ConversationIndex {
  readonly #columns: MessageColumns;
  readonly #rows = Column.uint32();
  /** The last answer of `countIncoming`, which is asked for again and again. */
  #counted: { afterS: number; count: number } | undefined;

  constructor(columns: MessageColumns) {
    this.#columns = columns;
  }

  get sizeBytes(): number {
    return this.#rows.sizeBytes;
  }

  /** Takes note of a new message. */
  add(row: number): void {
    this.#rows.push(row);
    if (this.#counted === undefined || this.#columns.directionOf(row) === 'out') return;
    if (this.#columns.placeOf(row) > this.#counted.afterS) this.#counted.count++;
  }

  /** A message was deleted. */
  forgetCount(): void {
    this.#counted = undefined;
  }

  /** Deletes all messages. */
  removeAll(): void {
    for (const row of this.#alive(0)) this.#columns.remove(row);
    this.forgetCount();
  }

  /** Places of a page, oldest first. */
  page({ before = Infinity, after, limit }: PageQuery): number[] {
    const end = this.#indexOf(before);
    if (after === undefined) return this.#takeBackward(end, limit);
    const places: number[] = [];
    for (const row of this.#alive(this.#indexOf(after + 1))) {
      const place = this.#columns.placeOf(row);
      if (places.length >= limit || place >= before) break;
      places.push(place);
    }
    return places;
  }

  lastPlace(direction: Direction | undefined): number | undefined {
    for (let index = this.#rows.length - 1; index >= 0; index--) {
      const row = this.#rows.get(index);
      if (this.#columns.isRemoved(row)) continue;
      if (direction === undefined || this.#columns.directionOf(row) === direction) {
        return this.#columns.placeOf(row);
      }
    }
    return undefined;
  }

  countIncoming(afterS: number): number {
    if (this.#counted?.afterS !== afterS) {
      let count = 0;
      for (let index = this.#indexOf(afterS + 1); index < this.#rows.length; index++) {
        if (this.#columns.isIncoming(this.#rows.get(index))) count++;
      }
      this.#counted = { afterS, count };
    }
    return this.#counted.count;
  }

  /** Places of outgoing messages up to a place, back to the last one that was read; failed ones left out. */
  unreadByPeer(upToS: number): number[] {
    const places: number[] = [];
    for (let index = this.#indexOf(upToS + 1) - 1; index >= 0; index--) {
      const row = this.#rows.get(index);
      if (this.#columns.isRemoved(row) || this.#columns.directionOf(row) === 'in') continue;
      const state = this.#columns.stateOf(row);
      if (state === 'read') break;
      if (state !== 'failed') places.push(this.#columns.placeOf(row));
    }
    return places.reverse();
  }

  #takeBackward(end: number, limit: number): number[] {
    const places: number[] = [];
    for (let index = end - 1; index >= 0 && places.length < limit; index--) {
      const row = this.#rows.get(index);
      if (!this.#columns.isRemoved(row)) places.push(this.#columns.placeOf(row));
    }
    return places.reverse();
  }

  *#alive(start: number): Iterable<number> {
    for (let index = start; index < this.#rows.length; index++) {
      const row = this.#rows.get(index);
      if (!this.#columns.isRemoved(row)) yield row;
    }
  }

  /** Index of the first message whose place is not less than `s`. */
  #indexOf(s: number): number {
    if (s === Infinity) return this.#rows.length;
    return this.#rows.lowerBound(this.#columns.firstRowFrom(s));
  }
}
