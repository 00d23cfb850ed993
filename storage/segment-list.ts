import { Segment } from './segment.ts';

/** A file of a journal, and its bytes up to a certain moment. */
export type SegmentExtent = Readonly<{ name: string; sizeBytes: number }>;

/** The segments of a journal, oldest first. */
export class SegmentList {
  readonly #folder: string;
  readonly #onSealed: (segment: Segment) => void;
  readonly #segments: Segment[];

  /** @param onSealed Called with a segment to which nothing will be added any more, at once. */
  constructor(
    folder: string,
    segments: readonly Segment[],
    onSealed: (segment: Segment) => void = () => undefined,
  ) {
    this.#folder = folder;
    this.#segments = [...segments];
    this.#onSealed = onSealed;
  }

  /** As they are now, oldest first. */
  get all(): readonly Segment[] {
    return [...this.#segments];
  }

  get newest(): Segment | undefined {
    return this.#segments.at(-1);
  }

  /** Number of the last record; 0 when there is none. */
  get lastS(): number {
    return this.#segments.findLast((segment) => !segment.isEmpty)?.lastS ?? 0;
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
    const former = this.newest;
    this.#segments.push(segment);
    if (former === undefined) return;
    former.seal();
    this.#onSealed(former);
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

  /** Takes out segments whose records another one has since. */
  remove(segments: readonly Segment[]): void {
    for (const segment of segments) this.#segments.splice(this.#segments.indexOf(segment), 1);
  }

  /** The segment in which a record with this number lies; new ones are asked for most, so the search begins there. */
  find(s: number): Segment | undefined {
    const segment = this.#segments.findLast((it) => !it.isEmpty && it.firstS <= s);
    return segment?.has(s) === true ? segment : undefined;
  }
}
