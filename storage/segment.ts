import { open, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errnoOf } from './errors.ts';
import { NEWLINE, parseLine, type Line } from './line.ts';
import { RisingColumn } from './rising-column.ts';
import { readAt, type SegmentIndex } from './segment-index.ts';

/** Column of an index: where each line starts; where the next one does for a number whose line is damaged or gone. */
export const OFFSETS = 'offsets';

/** Lines that lie closer together than this are read in one go. */
const READ_GAP_BYTES = 32 * 1024;
const READ_MAX_BYTES = 1024 * 1024;
/** So many at once; a conversation's page may be spread over all of a segment, and each waits for the disk. */
const READS_AT_ONCE = 8;

/** Offsets that lie closer together than this are read in one go. */
const PLACES_GAP = 8192;

/** A segment holds fewer numbers than this, so that a wrong one does not fill the memory. */
const NUMBERS_MAX = 2 ** 22;

type Span = Readonly<{ index: number; start: number; end: number }>;

/** One file of a journal, and where in it each record lies: in memory, two bytes a record, or in its index. */
export class Segment {
  /** Counts up from 1, one by one. */
  readonly number: number;
  readonly path: string;
  /** Bytes up to the end of the last good line. */
  sizeBytes = 0;
  /** As in an index. */
  #offsets = new RisingColumn();
  #index: SegmentIndex | undefined;
  #firstS = 0;
  #lastS = 0;

  constructor(folder: string, number: number) {
    this.number = number;
    this.path = join(folder, segmentName(number));
  }

  get name(): string {
    return basename(this.path);
  }

  /** Path of the file with its index. */
  get indexPath(): string {
    return this.path.replace(/jsonl$/, 'index');
  }

  /** What is derived from it, once it is sealed and somebody wants that. */
  get index(): SegmentIndex | undefined {
    return this.#index;
  }

  get isEmpty(): boolean {
    return this.#lastS === 0;
  }

  /** Number of the first record; 0 when there is none. */
  get firstS(): number {
    return this.#firstS;
  }

  /** Number of the last record, or of the last that was cut out behind it; 0 when there is none. */
  get lastS(): number {
    return this.#lastS;
  }

  /** Whether a record with this number can follow the last one here. */
  canFollow(s: number): boolean {
    return this.isEmpty || (s > this.lastS && s - this.#firstS < NUMBERS_MAX);
  }

  /**
   * Takes note of a line; numbers left out in between are known to be missing.
   *
   * @param lastS The last number for which it stands, if it stands for more than its own.
   */
  note(s: number, start: number, end: number, lastS = s): void {
    if (this.isEmpty) this.#firstS = s;
    else this.#skipTo(s, start);
    this.#offsets.push(start);
    this.#lastS = s;
    this.sizeBytes = end;
    this.#skipTo(lastS + 1, end);
  }

  /** Nothing will be added any more. */
  seal(): void {
    this.#offsets.trim();
  }

  /** Where each line starts, and at last where the last one ends: for an index. */
  offsets(): Uint32Array {
    const { length } = this.#offsets;
    const offsets = new Uint32Array(length + 1);
    offsets.set(this.#offsets.slice(0, length));
    offsets[length] = this.sizeBytes;
    return offsets;
  }

  /** From now on this index says where the lines are. */
  useIndex(index: SegmentIndex): void {
    const { firstS, lastS, endBytes } = index.span;
    this.#index = index;
    this.#offsets = new RisingColumn();
    this.#firstS = firstS;
    this.#lastS = lastS;
    this.sizeBytes = endBytes;
  }

  /** Goes on behind the lines that an index has. */
  async resume(index: SegmentIndex): Promise<void> {
    const { firstS, lastS, endBytes } = index.span;
    const { [OFFSETS]: offsets } = await index.readAll();
    this.#offsets = RisingColumn.of(
      offsets instanceof Uint32Array ? offsets.subarray(0, -1) : new Uint32Array(),
    );
    this.#firstS = firstS;
    this.#lastS = lastS;
    this.sizeBytes = endBytes;
  }

  /**
   * Reads records by seeking.
   *
   * @param places Numbers that may lie here.
   * @returns      A line for each place, in the same order; `undefined` where it is damaged or not here.
   */
  async read(places: readonly number[]): Promise<(Line | undefined)[]> {
    for (;;) {
      const index = this.#index;
      const lines = await this.#readLines(places);
      // The file may have been written anew meanwhile, and what was read be of neither.
      if (index === this.#index) return lines;
    }
  }

  /** Whether there should be a record with this number here. */
  has(s: number): boolean {
    if (s < this.#firstS || s > this.#lastS) return false;
    if (this.#index !== undefined) return true;
    const at = s - this.#firstS;
    const end = at + 1 < this.#offsets.length ? this.#offsets.get(at + 1) : this.sizeBytes;
    return this.#offsets.get(at) !== end;
  }

  async #readLines(places: readonly number[]): Promise<(Line | undefined)[]> {
    const lines = new Array<Line | undefined>(places.length).fill(undefined);
    const spans = await this.#findSpans(places);
    if (spans.length === 0) return lines;
    const file = await open(this.path, 'r').catch(ignoreMissing);
    if (file === undefined) return lines;
    try {
      const groups = groupSpans(spans);
      for (let i = 0; i < groups.length; i += READS_AT_ONCE) {
        const some = groups.slice(i, i + READS_AT_ONCE);
        // All of them, so that none still reads when the file is closed.
        const results = await Promise.allSettled(some.map((group) => readGroup(file, group)));
        for (const result of results) {
          if (result.status === 'rejected') throw result.reason;
          for (const { index, line } of result.value) {
            if (line?.s === places[index]) lines[index] = line;
          }
        }
      }
    } finally {
      await file.close();
    }
    return lines;
  }

  /** Where the lines of these places are, sorted. */
  async #findSpans(places: readonly number[]): Promise<Span[]> {
    const wanted = places
      .map((s, index) => ({ index, position: s - this.#firstS }))
      .filter(({ position }) => position >= 0 && position <= this.#lastS - this.#firstS)
      .sort((a, b) => a.position - b.position);
    const spans: Span[] = [];
    for (const group of groupPositions(wanted)) {
      const first = group[0]?.position ?? 0;
      const offsets = await this.#readOffsets(first, (group.at(-1)?.position ?? 0) + 2);
      for (const { index, position } of group) {
        const end = offsets[position - first + 1] ?? this.sizeBytes;
        const start = offsets[position - first] ?? end;
        if (start !== end) spans.push({ index, start, end });
      }
    }
    return spans;
  }

  async #readOffsets(start: number, end: number): Promise<Uint32Array> {
    return this.#index?.read(OFFSETS, start, end) ?? this.#offsets.slice(start, end);
  }

  /** Numbers up to before `s` have no line. */
  #skipTo(s: number, nextStart: number): void {
    for (; this.#lastS < s - 1; this.#lastS++) this.#offsets.push(nextStart);
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

type Wanted = Readonly<{ index: number; position: number }>;

function groupPositions(wanted: readonly Wanted[]): Wanted[][] {
  const groups: Wanted[][] = [];
  for (const one of wanted) {
    const group = groups.at(-1);
    const last = group?.at(-1)?.position;
    if (last !== undefined && one.position - last <= PLACES_GAP) group?.push(one);
    else groups.push([one]);
  }
  return groups;
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

/** The lines of spans that lie close together. */
async function readGroup(
  file: FileHandle,
  spans: readonly Span[],
): Promise<readonly Readonly<{ index: number; line: Line | undefined }>[]> {
  const from = spans[0]?.start ?? 0;
  const bytes = await readAt(file, from, Math.max(...spans.map(({ end }) => end)) - from);
  return spans.map(({ index, start, end }) => ({
    index,
    line: firstLine(bytes, start - from, end - from),
  }));
}

/** The line that starts at `start`; damaged bytes may lie between its end and `end`. */
function firstLine(bytes: Buffer, start: number, end: number): Line | undefined {
  const newline = bytes.indexOf(NEWLINE, start);
  // The last line of a file may have lost its newline.
  const lineEnd = newline === -1 || newline > end ? Math.min(end, bytes.length) : newline;
  return parseLine(bytes, start, lineEnd);
}

/** A segment that was dropped since has no records any more. */
function ignoreMissing(cause: unknown): undefined {
  if (errnoOf(cause) === 'ENOENT') return undefined;
  throw cause;
}
