import type { WordIndex, WordMatches, WordQuery } from '../../daemon/domain/ports.ts';

/** An index that knows nothing: every place may have every word. */
export class MemoryWordIndex implements WordIndex {
  readonly #lastS: () => number;

  constructor(lastS: () => number) {
    this.#lastS = lastS;
  }

  async *candidates({ before }: WordQuery): AsyncIterable<WordMatches> {
    const newest = Math.min(this.#lastS(), before - 1);
    yield { places: Array.from({ length: newest }, (_, index) => newest - index), downTo: 1 };
  }
}
