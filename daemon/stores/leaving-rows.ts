import { Column } from '../../storage/column.ts';
import type { ContactNumber } from '../domain/model.ts';
import type { VisitLeaving } from './segment-messages.ts';

type LeavingColumns = Readonly<{
  leavingRows: Uint32Array;
  leavingNumbers: Uint32Array;
  leavingSizes: Uint32Array;
  leavingTimes: Float64Array;
}>;

/** From so many on, those that have left are dropped as soon as they may be the half. */
const TIDY_MIN = 256;

/**
 * Of each outgoing message of a segment that is on its way: its conversation, the size of its text in bytes, and since
 * when it is there in milliseconds since 1970. Twenty bytes each, and hardly more for those that have left.
 */
export class LeavingRows {
  readonly #isLeaving: (row: number) => boolean;
  /** Rising. */
  #rows: Column;
  #numbers: Column;
  #sizes: Column;
  #times: Column<Float64Array>;
  #tidyAt = TIDY_MIN;

  /**
   * Goes on with what is there.
   *
   * @param isLeaving Whether a row is still on its way; one that is not never will be.
   */
  constructor(columns: LeavingColumns, isLeaving: (row: number) => boolean) {
    this.#isLeaving = isLeaving;
    this.#rows = Column.of(columns.leavingRows.slice());
    this.#numbers = Column.of(columns.leavingNumbers.slice());
    this.#sizes = Column.of(columns.leavingSizes.slice());
    this.#times = Column.of(columns.leavingTimes.slice());
  }

  get sizeBytes(): number {
    const columns = [this.#rows, this.#numbers, this.#sizes, this.#times];
    return columns.reduce((sum, column) => sum + column.sizeBytes, 0);
  }

  /** Notes a row after all that are here. */
  add(row: number, conversation: ContactNumber, sizeBytes: number, at: number): void {
    if (this.#rows.length >= this.#tidyAt) this.#tidy();
    this.#rows.push(row);
    this.#numbers.push(conversation);
    this.#sizes.push(sizeBytes);
    this.#times.push(at);
  }

  /** Hands over those that are still on their way. */
  visit(visit: VisitLeaving): void {
    for (const [index, row] of this.#rows.cells.entries()) {
      if (!this.#isLeaving(row)) continue;
      visit(row, this.#numbers.get(index), this.#sizes.get(index), this.#times.get(index));
    }
  }

  /** The same as columns. */
  sections(): LeavingColumns {
    const isLeft = (_: number, index: number) => this.#isLeaving(this.#rows.get(index));
    return {
      leavingRows: this.#rows.cells.filter(isLeft),
      leavingNumbers: this.#numbers.cells.filter(isLeft),
      leavingSizes: this.#sizes.cells.filter(isLeft),
      leavingTimes: this.#times.cells.filter(isLeft),
    };
  }

  #tidy(): void {
    const left = this.sections();
    this.#rows = Column.of(left.leavingRows);
    this.#numbers = Column.of(left.leavingNumbers);
    this.#sizes = Column.of(left.leavingSizes);
    this.#times = Column.of(left.leavingTimes);
    this.#tidyAt = Math.max(TIDY_MIN, 2 * this.#rows.length);
  }
}
