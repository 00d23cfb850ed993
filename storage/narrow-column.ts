import { Column } from './column.ts';

type NarrowCells = Uint16Array | Uint32Array;

const NARROW_MAX = 0xffff;

/** Numbers of two bytes each, or of four from the first one on that needs them. */
export class NarrowColumn {
  #column: Column<NarrowCells>;
  #isWide: boolean;

  /** Goes on with numbers that are there, or with none; it may change them. */
  constructor(cells: NarrowCells = new Uint16Array()) {
    this.#column = Column.of(cells);
    this.#isWide = cells instanceof Uint32Array;
  }

  get length(): number {
    return this.#column.length;
  }

  /** Bytes that are taken, spare ones included. */
  get sizeBytes(): number {
    return this.#column.sizeBytes;
  }

  /** The number at an index; 0 outside. */
  get(index: number): number {
    return this.#column.get(index);
  }

  /** Replaces a number that is there. */
  set(index: number, value: number): void {
    this.#makeFit(value);
    this.#column.set(index, value);
  }

  /** @returns The index of the new number. */
  push(value: number): number {
    this.#makeFit(value);
    return this.#column.push(value);
  }

  /** The numbers as they are; a view, valid until the next one is added or replaced. */
  get cells(): NarrowCells {
    return this.#column.cells;
  }

  #makeFit(value: number): void {
    if (value <= NARROW_MAX || this.#isWide) return;
    this.#column = Column.of<NarrowCells>(Uint32Array.from(this.#column.cells));
    this.#isWide = true;
  }
}
