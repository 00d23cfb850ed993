import { Column } from '../../storage/column.ts';

/** The places of each message's steps within its own segment: some four bytes a message and eight a step. */
export class StepChains {
  /** Of rows that were there when it was made: where the steps end that each had then, and all these, row by row. */
  readonly #formerEnds: Uint32Array;
  readonly #former: Uint32Array;
  /** Step + 1, 0 before the first. */
  readonly #last: Column;
  /** Each step since: the place of its record, and the row's step before as in `#last`. */
  readonly #places = Column.of(new Uint32Array());
  readonly #before = Column.of(new Uint32Array());

  /** Chains that go on with these, or with nothing. */
  constructor(stepEnds: Uint32Array = new Uint32Array(), steps: Uint32Array = new Uint32Array()) {
    this.#formerEnds = stepEnds;
    this.#former = steps;
    this.#last = Column.of(new Uint32Array(stepEnds.length));
  }

  get sizeBytes(): number {
    const columns = [this.#last, this.#places, this.#before];
    const bytes = columns.reduce((sum, column) => sum + column.sizeBytes, 0);
    return bytes + this.#formerEnds.byteLength + this.#former.byteLength;
  }

  /** For each row where its steps end, and all steps, row by row and oldest first. */
  sections() {
    const stepEnds = new Uint32Array(this.#last.length);
    const steps = new Uint32Array(this.#former.length + this.#places.length);
    let end = 0;
    for (let row = 0; row < stepEnds.length; row++) {
      const former = this.#formerOf(row);
      steps.set(former, end);
      end += former.length;
      const start = end;
      this.#visit(row, (place) => (steps[end++] = place));
      steps.subarray(start, end).reverse();
      stepEnds[row] = end;
    }
    return { stepEnds, steps };
  }

  addRow(): void {
    this.#last.push(0);
  }

  /** Adds a step to a row. */
  add(row: number, place: number): void {
    this.#before.push(this.#last.get(row));
    this.#last.set(row, this.#places.push(place) + 1);
  }

  /** Places of a row's steps, oldest first. */
  of(row: number): number[] {
    const places: number[] = [];
    this.#visit(row, (place) => places.push(place));
    return [...this.#formerOf(row), ...places.reverse()];
  }

  #formerOf(row: number): Uint32Array {
    const start = row === 0 ? 0 : this.#formerEnds[row - 1];
    return this.#former.subarray(start ?? this.#former.length, this.#formerEnds[row] ?? 0);
  }

  /** Newest first. */
  #visit(row: number, visit: (place: number) => void): void {
    for (let step = this.#last.get(row); step !== 0; step = this.#before.get(step - 1)) {
      visit(this.#places.get(step - 1));
    }
  }
}
