type ColumnCells = Uint32Array | Uint16Array | Float64Array;

/** Numbers in a typed array that grows: two to eight bytes each, instead of an object's hundred. */
export class Column<Cells extends ColumnCells = Uint32Array> {
  readonly #create: (length: number) => Cells;
  #cells: Cells;
  #length = 0;

  private constructor(create: (length: number) => Cells) {
    this.#create = create;
    this.#cells = create(0);
  }

  /** Four bytes a number. */
  static uint32(): Column {
    return new Column((length) => new Uint32Array(length));
  }

  /** Two bytes a number. */
  static uint16(): Column<Uint16Array> {
    return new Column((length) => new Uint16Array(length));
  }

  /** Goes on with numbers that are there; it may change them. */
  static of<Cells extends ColumnCells>(cells: Cells): Column<Cells> {
    const column = new Column<Cells>((length) => new (typeOf(cells))(length));
    column.#cells = cells;
    column.#length = cells.length;
    return column;
  }

  get length(): number {
    return this.#length;
  }

  /** Bytes that are taken, spare ones included. */
  get sizeBytes(): number {
    return this.#cells.byteLength;
  }

  /** The number at an index; 0 outside. */
  get(index: number): number {
    return this.#cells[index] ?? 0;
  }

  /** Replaces a number that is there. */
  set(index: number, value: number): void {
    this.#cells[index] = value;
  }

  /** @returns The index of the new number. */
  push(value: number): number {
    if (this.#length === this.#cells.length) this.#resize(this.#length + (this.#length >> 3) + 16);
    this.#cells[this.#length] = value;
    return this.#length++;
  }

  /** The numbers as they are; a view, valid until the next one is added. */
  get cells(): Cells {
    return this.#cells.subarray(0, this.#length) as Cells;
  }

  /** Gives back the spare bytes of a column that will hardly grow any more. */
  trim(): void {
    this.#resize(this.#length);
  }

  /** Index of the first number that is not less than `value`, in a column that only ever rose. */
  lowerBound(value: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.get(middle) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #resize(length: number): void {
    const cells = this.#create(length);
    cells.set(this.#cells.subarray(0, this.#length));
    this.#cells = cells;
  }
}

function typeOf<Cells extends ColumnCells>(cells: Cells) {
  return cells.constructor as new (length: number) => Cells;
}
