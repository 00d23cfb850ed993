import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Column } from './column.ts';
import { errnoOf } from './errors.ts';
import { NEWLINE, parseLine, type Line } from './line.ts';

/** Lines that lie closer together than this are read in one go. */
const READ_GAP_BYTES = 32 * 1024;
const READ_MAX_BYTES = 1024 * 1024;

/** Mark of a number whose line is damaged or gone. */
const NO_OFFSET = 0xffff_ffff;

/** A segment holds fewer numbers than this, so that a wrong one does not fill the memory. */
const NUMBERS_MAX = 2 ** 22;

type Span = Readonly<{ index: number; start: number; end: number }>;

/** One file of a journal, and where in it each record lies: four bytes a record. */
export class Segment {
  /** Counts up from 1, one by one. */
  readonly number: number;
  readonly path: string;
  /** Bytes up to the end of the last good line. */
  sizeBytes = 0;
  readonly #offsets = Column.uint32();
  #firstS = 0;

  constructor(folder: string, number: number) {
    this.number = number;
    this.path = join(folder, segmentName(number));
  }

  get name(): string {
    return basename(this.path);
  }

  get isEmpty(): boolean {
    return this.#offsets.length === 0;
  }

  /** Number of the first record; 0 when there is none. */
  get firstS(): number {
    return this.#firstS;
  }

  /** Number of the last record; 0 when there is none. */
  get lastS(): number {
    return this.isEmpty ? 0 : this.#firstS + this.#offsets.length - 1;
  }

  /** Whether a record with this number can follow the last one here. */
  canFollow(s: number): boolean {
    return this.isEmpty || (s > this.lastS && s - this.#firstS < NUMBERS_MAX);
  }

  /** Takes note of a line; numbers left out in between are known to be missing. */
  note(s: number, start: number, end: number): void {
    if (this.isEmpty) this.#firstS = s;
    else while (this.lastS < s - 1) this.#offsets.push(NO_OFFSET);
    this.#offsets.push(start);
    this.sizeBytes = end;
  }

  /** Nothing will be added any more. */
  seal(): void {
    this.#offsets.trim();
  }

  /**
   * Reads records by seeking.
   *
   * @param places Numbers that may lie here.
   * @returns      A line for each place, in the same order; `undefined` where it is damaged or not here.
   */
  async read(places: readonly number[]): Promise<(Line | undefined)[]> {
    const lines = new Array<Line | undefined>(places.length).fill(undefined);
    const spans = places
      .map((s, index) => this.#spanOf(s, index))
      .filter((span) => span !== undefined)
      .sort((a, b) => a.start - b.start);
    if (spans.length === 0) return lines;
    for await (const { bytes, start, members } of this.#readTogether(spans)) {
      for (const span of members) {
        const line = firstLine(bytes, span.start - start, span.end - start);
        if (line?.s === places[span.index]) lines[span.index] = line;
      }
    }
    return lines;
  }

  /** Whether there should be a record with this number here. */
  has(s: number): boolean {
    return this.#spanOf(s, 0) !== undefined;
  }

  #spanOf(s: number, index: number): Span | undefined {
    const position = s - this.#firstS;
    if (position < 0 || position >= this.#offsets.length) return undefined;
    const start = this.#offsets.get(position);
    if (start === NO_OFFSET) return undefined;
    return { index, start, end: this.#startAfter(position) };
  }

  #startAfter(position: number): number {
    for (let next = position + 1; next < this.#offsets.length; next++) {
      const start = this.#offsets.get(next);
      if (start !== NO_OFFSET) return start;
    }
    return this.sizeBytes;
  }

  /** Reads spans, sorted by start, with as few calls as makes sense. */
  async *#readTogether(spans: readonly Span[]) {
    const file = await open(this.path, 'r').catch(ignoreMissing);
    if (file === undefined) return;
    try {
      for (const members of groupSpans(spans)) {
        const start = members[0]?.start ?? 0;
        const end = Math.max(...members.map((span) => span.end));
        const { buffer, bytesRead } = await file.read(
          Buffer.allocUnsafe(end - start),
          0,
          end - start,
          start,
        );
        yield { bytes: buffer.subarray(0, bytesRead), start, members };
      }
    } finally {
      await file.close();
    }
  }
}

/** File name of a segment. */
export function segmentName(number: number): string {
  return `${String(number).padStart(6, '0')}.jsonl`;
}

/** Number of the segment with this file name; `undefined` for other files. */
export function parseSegmentName(name: string): number | undefined {
  const match = /^(\d{6,9})\.jsonl$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

function groupSpans(spans: readonly Span[]): Span[][] {
  const groups: Span[][] = [];
  for (const span of spans) {
    const group = groups.at(-1);
    const startAt = group?.[0]?.start ?? 0;
    const endAt = group?.at(-1)?.end ?? 0;
    const isNear = span.start - endAt <= READ_GAP_BYTES && span.end - startAt <= READ_MAX_BYTES;
    if (group !== undefined && isNear) group.push(span);
    else groups.push([span]);
  }
  return groups;
}

/** The line that starts at `start`; damaged bytes may lie between its end and `end`. */
function firstLine(bytes: Buffer, start: number, end: number): Line | undefined {
  const newline = bytes.indexOf(NEWLINE, start);
  return parseLine(bytes, start, newline === -1 || newline > end ? end : newline);
}

/** A segment that was dropped since has no records any more. */
function ignoreMissing(cause: unknown): undefined {
  if (errnoOf(cause) === 'ENOENT') return undefined;
  throw cause;
}
