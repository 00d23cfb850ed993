/** Places in a stretch of the journal, a bit each. */
export class PlaceSet {
  readonly #baseS: number;
  readonly #bits: Uint32Array;

  /** @param span How many numbers the stretch has, from `baseS` on. */
  constructor(baseS: number, span: number) {
    this.#baseS = baseS;
    this.#bits = new Uint32Array((span + 31) >>> 5);
  }

  /** @param offset Below the span; others are ignored. */
  add(offset: number): void {
    const index = offset >>> 5;
    this.#bits[index] = (this.#bits[index] ?? 0) | (1 << (offset & 31));
  }

  /** Keeps what is in the other set of the same stretch as well. @returns Whether anything is left. */
  intersect(other: PlaceSet): boolean {
    let rest = 0;
    for (let index = 0; index < this.#bits.length; index++) {
      const both = (this.#bits[index] ?? 0) & (other.#bits[index] ?? 0);
      this.#bits[index] = both;
      rest |= both;
    }
    return rest !== 0;
  }

  /** Places below `before`, in falling order. */
  *descending(before: number): Iterable<number> {
    for (let index = this.#bits.length - 1; index >= 0; index--) {
      let bits = this.#bits[index] ?? 0;
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits);
        bits &= ~(1 << bit);
        const s = this.#baseS + index * 32 + bit;
        if (s < before) yield s;
      }
    }
  }
}
