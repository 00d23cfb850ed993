/** A stream of bytes, taken in the sizes that the reader wants. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Up to `maxBytes` of what comes next, as it lies there; `undefined` at the end. */
  async takeSome(maxBytes: number): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#source.next();
      if (next.done === true) return undefined;
      this.#rest = next.value;
    }
    const taken = this.#rest.subarray(0, maxBytes);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** Exactly so many bytes; `undefined` when there are fewer. */
  async take(sizeBytes: number): Promise<Buffer | undefined> {
    const parts: Uint8Array[] = [];
    for (let left = sizeBytes; left > 0;) {
      const part = await this.takeSome(left);
      if (part === undefined) return undefined;
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }
}
