import { Column } from '../../storage/column.ts';

/** The places of each message's steps within its own segment: four bytes a message and eight a step. */
export class StepChains {
  /** Step + 1, 0 before the first. */
  readonly #last = Column.uint32();
  /** Each step: the place of its record, and the message's step before as in `#last`. */
  readonly #places = Column.uint32();
  readonly #former = Column.uint32();

  /** Chains that go on with these, or with nothing. */
  constructor(stepEnds: Uint32Array = new Uint32Array(), steps: Uint32Array = new Uint32Array()) {
    let start = 0;
    for (const [row, end] of stepEnds.entries()) {
      this.addRow();
      for (const place of steps.subarray(start, end)) this.add(row, place);
      start = end;
    }
  }

  get sizeBytes(): number {
    return this.#last.sizeBytes + this.#places.sizeBytes + this.#former.sizeBytes;
  }

  /** For each row where its steps end, and all steps, row by row and oldest first. */
  sections() {
    const stepEnds = new Uint32Array(this.#last.length);
    const steps = new Uint32Array(this.#places.length);
    let end = 0;
    for (let row = 0; row < stepEnds.length; row++) {
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
    this.#former.push(this.#last.get(row));
    this.#last.set(row, this.#places.push(place) + 1);
  }

  /** Places of a row's steps, oldest first. */
  of(row: number): number[] {
    const places: number[] = [];
    this.#visit(row, (place) => places.push(place));
    return places.reverse();
  }

  /** Newest first. */
  #visit(row: number, visit: (place: number) => void): void {
    for (let step = this.#last.get(row); step !== 0; step = this.#former.get(step - 1)) {
      visit(this.#places.get(step - 1));
    }
  }
}
