import { Segment } from './segment.ts';

/** A file of a journal, and its bytes up to a certain moment. */
export type SegmentExtent = Readonly<{ name: string; sizeBytes: number }>;

/** The segments of a journal, oldest first. */
export class SegmentList {
  readonly #folder: string;
  readonly #segments: Segment[];

  constructor(folder: string, segments: readonly Segment[]) {
    this.#folder = folder;
    this.#segments = [...segments];
  }

  get newest(): Segment | undefined {
    return this.#segments.at(-1);
  }

  /** Number of the last record; 0 when there is none. */
  get lastS(): number {
    return this.#segments.findLast((segment) => !segment.isEmpty)?.lastS ?? 0;
  }

  /** All of them, oldest first. */
  all(): readonly Segment[] {
    return this.#segments;
  }

  get sizeBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  }

  /** The files, oldest first, and how much of each is whole lines that were acknowledged. */
  get extents(): readonly SegmentExtent[] {
    return this.#segments.map(({ name, sizeBytes }) => ({ name, sizeBytes }));
  }

  /** The segment that comes after all others; not in the list yet. */
  createNext(): Segment {
    return new Segment(this.#folder, (this.newest?.number ?? 0) + 1);
  }

  add(segment: Segment): void {
    this.newest?.seal();
    this.#segments.push(segment);
  }

  /** Takes out the newest segment, which has no records. */
  removeNewest(): void {
    this.#segments.pop();
  }

  /** Takes out the oldest segment if all its records are older than `s` and a later one has records. */
  removeOldestBefore(s: number): Segment | undefined {
    const [oldest, ...later] = this.#segments;
    if (oldest === undefined || oldest.lastS >= s) return undefined;
    return later.some((segment) => !segment.isEmpty) ? this.#segments.shift() : undefined;
  }

  /** The segment in which a record with this number lies; new ones are asked for most, so the search begins there. */
  find(s: number): Segment | undefined {
    const segment = this.#segments.findLast((it) => !it.isEmpty && it.firstS <= s);
    return segment?.has(s) === true ? segment : undefined;
  }
}
