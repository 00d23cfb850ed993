/** Looks at a journal, or at a log of lines, from beginning to end and changes nothing (D5). */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from './errors.ts';
import { parseLine, type Line } from './line.ts';
import { visitLines } from './scan.ts';
import { parseSegmentName } from './segment.ts';

/** Something that is not as it was written. */
export type JournalFinding = Readonly<{
  /**
   * - `damaged`: bytes that are no record.
   * - `torn_tail`: the end of a write that was cut off; the next start removes it.
   * - `missing`: numbers of which there is no record.
   */
  kind: 'damaged' | 'torn_tail' | 'missing';
  /** Path of the file. */
  path: string;
  offset: number;
  sizeBytes: number;
  /** Records concerned, as far as can be told. */
  records: number;
}>;

export type JournalReport = Readonly<{
  records: number;
  sizeBytes: number;
  /** Number of the last good record; 0 when there is none. */
  lastS: number;
  findings: readonly JournalFinding[];
}>;

/** Sees every good record in order. */
export type OnRecord = (record: unknown, s: number) => void;

/** All segments of a journal, which need not be there. */
export async function checkJournal(folder: string, onRecord?: OnRecord): Promise<JournalReport> {
  const names = (await readdir(folder).catch(ignoreMissing)) ?? [];
  const segments = names.filter((name) => parseSegmentName(name) !== undefined).sort();
  const check = new LineCheck({ isGapless: true, onRecord });
  for (const name of segments) await check.read(join(folder, name));
  return check.finish();
}

/** A log of which only the newest lines count; it need not be there. */
export async function checkLog(path: string): Promise<JournalReport> {
  const check = new LineCheck({ isGapless: false, onRecord: undefined });
  await check.read(path).catch(ignoreMissing);
  return check.finish();
}

type Bad = { offset: number; end: number; lines: number };

/** One pass over files of lines, in their order. */
class LineCheck {
  readonly #isGapless: boolean;
  readonly #onRecord: OnRecord | undefined;
  readonly #findings: JournalFinding[] = [];
  #path = '';
  #records = 0;
  #sizeBytes = 0;
  #lastS = 0;
  /** No good line of this file was seen yet. */
  #isFileNew = true;
  #firstSOfFile = 0;
  /** Damaged bytes since the last good line. */
  #bad: Bad | undefined;

  constructor({
    isGapless,
    onRecord,
  }: Readonly<{ isGapless: boolean; onRecord?: OnRecord | undefined }>) {
    this.#isGapless = isGapless;
    this.#onRecord = onRecord;
  }

  async read(path: string): Promise<void> {
    // Of a file that another one follows the end is damaged as the middle would be.
    this.#closeBad('damaged');
    this.#path = path;
    this.#isFileNew = true;
    await visitLines(path, (bytes, { start, end, offset, isTerminated }) => {
      const sizeBytes = end - start + (isTerminated ? 1 : 0);
      this.#sizeBytes += sizeBytes;
      const line = parseLine(bytes, start, end);
      if (line === undefined || !this.#canFollow(line.s)) this.#addBad(offset, sizeBytes);
      else this.#take(line, offset);
      return 'go on';
    });
  }

  finish(): JournalReport {
    this.#closeBad('torn_tail');
    return {
      records: this.#records,
      sizeBytes: this.#sizeBytes,
      lastS: this.#lastS,
      findings: this.#findings,
    };
  }

  /** After a failed sync the lines that nobody was told of are written again, in the next segment (D6). */
  #canFollow(s: number): boolean {
    if (s > this.#lastS) return true;
    return this.#isGapless && this.#isFileNew && s > this.#firstSOfFile;
  }

  #take({ s, lastS, record }: Line, offset: number): void {
    const gap = s - this.#lastS - 1;
    if (this.#bad !== undefined) this.#closeBad('damaged', Math.max(gap, 0));
    // What was dropped at the beginning of a journal is no loss.
    else if (this.#isGapless && gap > 0 && this.#records > 0) this.#note('missing', offset, gap);
    if (this.#isFileNew) this.#firstSOfFile = s;
    this.#isFileNew = false;
    this.#lastS = lastS;
    this.#records += 1;
    this.#onRecord?.(record, s);
  }

  #addBad(offset: number, sizeBytes: number): void {
    const { offset: begin, lines } = this.#bad ?? { offset, lines: 0 };
    this.#bad = { offset: begin, end: offset + sizeBytes, lines: lines + 1 };
  }

  #closeBad(kind: 'damaged' | 'torn_tail', records?: number): void {
    const bad = this.#bad;
    this.#bad = undefined;
    if (bad === undefined) return;
    const { offset, end, lines } = bad;
    const place = { path: this.#path, offset, sizeBytes: end - offset };
    this.#findings.push({ kind, ...place, records: records ?? lines });
  }

  #note(kind: 'missing', offset: number, records: number): void {
    this.#findings.push({ kind, path: this.#path, offset, sizeBytes: 0, records });
  }
}

function ignoreMissing(cause: unknown): undefined {
  if (errnoOf(cause) === 'ENOENT') return undefined;
  throw cause;
}
