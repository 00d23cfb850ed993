import { Column } from '../../storage/column.ts';

/**
 * The places of each message's steps within its own segment but for the last, which is known anyway: most messages have no
 * other. Eight bytes for each that is here, and four for each row up to the last that has some.
 */
export class StepChains {
  /** Of each row: its newest step here + 1, 0 without one. */
  readonly #newest = Column.uint32();
  /** Each step: the place of its record, and the row's step before as in `#newest`. */
  readonly #places = Column.uint32();
  readonly #before = Column.uint32();

  /** Of columns as an index has them: for each row where its steps end, and all steps, row by row and oldest first. */
  static from(stepEnds: Uint32Array, steps: Uint32Array): StepChains {
    const chains = new StepChains();
    let start = 0;
    for (const [row, end] of stepEnds.entries()) {
      for (const place of steps.subarray(start, Math.max(start, end - 1))) chains.add(row, place);
      start = end;
    }
    return chains;
  }

  get sizeBytes(): number {
    return this.#newest.sizeBytes + this.#places.sizeBytes + this.#before.sizeBytes;
  }

  /** Notes a step that is not a row's last any more. */
  add(row: number, place: number): void {
    while (this.#newest.length <= row) this.#newest.push(0);
    this.#before.push(this.#newest.get(row));
    this.#newest.set(row, this.#places.push(place) + 1);
  }

  /**
   * Places of a row's steps, oldest first.
   *
   * @param last Place of the last one; `undefined` when it has none.
   */
  of(row: number, last: number | undefined): number[] {
    if (last === undefined) return [];
    const places = [last];
    for (let step = this.#newest.get(row); step !== 0; step = this.#before.get(step - 1)) {
      places.push(this.#places.get(step - 1));
    }
    return places.reverse();
  }
}
