import type { ContactNumber, Direction } from '../domain/model.ts';
import type { PageQuery } from '../domain/ports.ts';
import type { Rows } from './conversation-rows.ts';
import type { HistoryRecord } from './message-records.ts';
import type { MessageColumns } from './message-columns.ts';
import type { SegmentMessages } from './segment-messages.ts';

/** A message of a conversation, not deleted. */
type Spot = Readonly<{ columns: MessageColumns; row: number; place: number }>;

/** Goes through conversations, from segment to segment. */
export class ConversationPages {
  /** All of them, oldest first. */
  segments: readonly SegmentMessages[] = [];
  /** The last answer of `countIncoming` for each conversation: it is asked for again and again. */
  readonly #counted = new Map<ContactNumber, { afterS: number; count: number }>();

  /** Takes in the record at place `s`. */
  note(record: HistoryRecord, s: number): void {
    const counted = this.#counted.get(record.n);
    if (counted === undefined) return;
    if (record.k === 'del' || record.k === 'drop') this.#counted.delete(record.n);
    else if (record.k === 'msg' && record.d === 'in' && s > counted.afterS) counted.count++;
  }

  /** Places of a page, oldest first. */
  page(conversation: ContactNumber, { before = Infinity, after, limit }: PageQuery): number[] {
    const places: number[] = [];
    const spots =
      after === undefined
        ? this.#backward(conversation, before - 1)
        : this.#forward(conversation, after + 1);
    for (const { place } of spots) {
      if (places.length >= limit || place >= before) break;
      places.push(place);
    }
    return after === undefined ? places.reverse() : places;
  }

  lastPlace(conversation: ContactNumber, direction: Direction | undefined): number | undefined {
    for (const { columns, row, place } of this.#backward(conversation, Infinity)) {
      if (direction === undefined || columns.directionOf(row) === direction) return place;
    }
    return undefined;
  }

  countIncoming(conversation: ContactNumber, afterS: number): number {
    const known = this.#counted.get(conversation);
    if (known?.afterS === afterS) return known.count;
    let count = 0;
    for (const { columns, row } of this.#forward(conversation, afterS + 1)) {
      if (columns.isIncoming(row)) count++;
    }
    this.#counted.set(conversation, { afterS, count });
    return count;
  }

  /** Places of outgoing messages up to a place, back to the last one that was read; failed ones left out. */
  unreadByPeer(conversation: ContactNumber, upToS: number): number[] {
    const places: number[] = [];
    for (const { columns, row, place } of this.#backward(conversation, upToS)) {
      if (columns.directionOf(row) === 'in') continue;
      const state = columns.stateOf(row);
      if (state === 'read') break;
      if (state !== 'failed') places.push(place);
    }
    return places.reverse();
  }

  /** A conversation's messages from a place on, oldest first. */
  *#forward(conversation: ContactNumber, fromS: number): Iterable<Spot> {
    for (const segment of this.segments) {
      const { columns } = segment;
      if (columns.lastPlace < fromS) continue;
      const rows = segment.rowsOf(conversation);
      for (let at = firstFrom(columns, rows, fromS); at < rows.length; at++) {
        const row = rows.get(at);
        if (!columns.isRemoved(row)) yield { columns, row, place: columns.placeOf(row) };
      }
    }
  }

  /** A conversation's messages up to a place, newest first. */
  *#backward(conversation: ContactNumber, upToS: number): Iterable<Spot> {
    for (const segment of this.segments.toReversed()) {
      const { columns } = segment;
      const rows = segment.rowsOf(conversation);
      for (let at = firstFrom(columns, rows, upToS + 1) - 1; at >= 0; at--) {
        const row = rows.get(at);
        if (!columns.isRemoved(row)) yield { columns, row, place: columns.placeOf(row) };
      }
    }
  }
}

/** Index of the first of some rows whose place is not less than `s`. */
function firstFrom(columns: MessageColumns, rows: Rows, s: number): number {
  let low = 0;
  let high = rows.length;
  if (s > columns.lastPlace) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (columns.placeOf(rows.get(middle)) < s) low = middle + 1;
    else high = middle;
  }
  return low;
}
