import type { SegmentIndex } from '../../storage/segment-index.ts';
import type { ContactNumber } from '../domain/model.ts';
import { SealedRows, type Rows } from './conversation-rows.ts';
import { LaterEffects } from './later-effects.ts';
import { MessageColumns } from './message-columns.ts';
import { newsOf, residentOf, type ResidentColumns } from './message-sections.ts';
import { SealedIds } from './sealed-ids.ts';
import type { SegmentMessages, SegmentNews, VisitLeaving } from './segment-messages.ts';

/** The messages of a sealed segment: some ten bytes a message in memory, the rest in the segment's index. */
export class SealedMessages implements SegmentMessages {
  readonly index: SegmentIndex;
  readonly columns: MessageColumns;
  readonly later: LaterEffects;
  readonly #resident: ResidentColumns;
  readonly #rows: SealedRows;
  readonly #ids: SealedIds;

  constructor(index: SegmentIndex) {
    const resident = residentOf(index);
    this.index = index;
    this.#resident = resident;
    this.columns = new MessageColumns(resident);
    this.later = new LaterEffects(resident.laterTargets, resident.laterPlaces, resident.laterCodes);
    this.#rows = new SealedRows(resident);
    this.#ids = new SealedIds(index, resident);
  }

  get firstS(): number {
    return this.index.span.firstS;
  }

  get lastS(): number {
    return this.index.span.lastS;
  }

  get sizeBytes(): number {
    const parts = [this.columns, this.later, this.#rows, this.#ids];
    return parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  }

  rowsOf(conversation: ContactNumber): Rows {
    return this.#rows.of(conversation);
  }

  get seed(): number {
    return this.#ids.seed;
  }

  mayHave(hash: number): boolean {
    return this.#ids.mayHave(hash);
  }

  candidates(hash: number): Promise<readonly number[]> {
    return this.#ids.rowsOf(hash);
  }

  async stepsOf(row: number): Promise<number[]> {
    const [start = 0, end = 0] =
      row === 0
        ? [0, ...(await this.index.read('stepEnds', 0, 1))]
        : await this.index.read('stepEnds', row - 1, row + 1);
    return start === end ? [] : Array.from(await this.index.read('steps', start, end));
  }

  /** What is not of one message. */
  news(): SegmentNews {
    return newsOf(this.#resident);
  }

  /** Takes over what later segments say of the messages of one that this one replaces. */
  takeOver({ columns }: SealedMessages): void {
    for (let fromRow = 0; fromRow < columns.length; fromRow++) {
      const row = this.columns.rowAt(columns.placeOf(fromRow));
      if (row !== undefined) this.columns.copy(row, columns, fromRow);
    }
  }

  visitLeaving(visit: VisitLeaving): void {
    const { leavingRows, leavingNumbers, leavingSizes, leavingTimes } = this.#resident;
    for (let i = 0; i < leavingRows.length; i++) {
      const number = leavingNumbers[i] ?? 0;
      visit(leavingRows[i] ?? 0, number, leavingSizes[i] ?? 0, leavingTimes[i] ?? 0);
    }
  }
}
