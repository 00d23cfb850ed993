import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Disk } from './disk.ts';
import { isNoSpace } from './errors.ts';
import { formatCrc, parseLine } from './line.ts';
import { setAsideBytes, type SetAside } from './quarantine.ts';
import { isBehindHole, type LineAt, type Visited } from './scan.ts';
import type { Segment } from './segment.ts';

/** Something in a journal is not as it was written. */
export type Damage = Readonly<{
  /**
   * - `torn_tail`: a write that was cut off, never acknowledged; it was removed.
   * - `damaged`: bytes that are no record; they stay where they are and are skipped.
   * - `missing`: nothing is there where records should be.
   * - `superseded`: records that were never acknowledged and written again in the next segment.
   */
  kind: 'torn_tail' | 'damaged' | 'missing' | 'superseded';
  /** File name of the segment. */
  segment: string;
  /** Where the bytes are, and how many. */
  offset: number;
  sizeBytes: number;
  /** Records lost, as far as can be told. */
  records: number;
  /** Number of the last good record before; 0 when there is none. */
  afterS: number;
  /** Path of the copy of the bytes; `undefined` when there are none or no copy could be made. */
  copy: string | undefined;
  /** It was there at an earlier start. */
  isKnown: boolean;
}>;

/** What a scan needs of its surroundings. */
export type ScanSurroundings = Readonly<{
  /** Where copies of damaged bytes go. */
  quarantine: string;
  disk: Disk;
  onRecord: (record: unknown, s: number) => void;
  onDamage: (damage: Damage) => void;
}>;

type Region = { offset: number; end: number; lines: number };
export type ScanBounds = Readonly<{
  /** Number that the first record should have; `undefined` before the first one of all. */
  expectedS: number | undefined;
  /** The next segment begins with this number. */
  limitS: number | undefined;
  /** Room with lines behind it is, from this place on, where a batch was not written as a whole. */
  holesFrom: number;
}>;
type Finding = Omit<Damage, 'segment' | 'copy' | 'isKnown'>;

/** One pass over one segment, or over the rest of one that was resumed. */
export class SegmentScan {
  /** Number that the next record should have; `undefined` before the first one of all. */
  expectedS: number | undefined;
  readonly #recovery: ScanSurroundings;
  readonly #segment: Segment;
  readonly #limitS: number | undefined;
  readonly #holesFrom: number;
  readonly #findings: Finding[] = [];
  /** Damaged bytes since the last good line. */
  #bad: Region | undefined;
  #superseded: Region | undefined;
  #isTerminated = true;
  /** There was a hole since the last good line. */
  #hasHole = false;
  /** What was written in one go was not written as a whole: nothing of it was ever acknowledged. */
  #isCutOff = false;

  constructor(
    recovery: ScanSurroundings,
    segment: Segment,
    { expectedS, limitS, holesFrom }: ScanBounds,
  ) {
    this.#recovery = recovery;
    this.#segment = segment;
    this.expectedS = expectedS;
    this.#limitS = limitS;
    this.#holesFrom = holesFrom;
  }

  visit(bytes: Buffer, at: LineAt): 'go on' {
    this.#isTerminated = at.isTerminated;
    const end = at.offset + at.end - at.start + 1;
    const line = parseLine(bytes, at.start, at.end);
    this.#noteRoom(at);
    if (line === undefined || !this.#isNext(line.s) || this.#isAfterCut(line.s)) {
      this.#bad = extend(this.#bad, at.offset, at.isTerminated ? end : end - 1);
    } else if (this.#limitS !== undefined && line.s >= this.#limitS) {
      this.#superseded = extend(this.#superseded, at.offset, end);
    } else {
      // A cut may reach into segments that a crash has left behind the one that was to take them in.
      const lastS = Math.min(line.lastS, (this.#limitS ?? Infinity) - 1);
      this.#noteGap(line.s, at.offset);
      this.#segment.note(line.s, at.offset, end, lastS);
      this.expectedS = lastS + 1;
      this.#hasHole = false;
      this.#recovery.onRecord(line.record, line.s);
    }
    return 'go on';
  }

  /** Bytes that room follows are no line that was complete, but the beginning of one. */
  #noteRoom(at: LineAt): void {
    if (at.blankBytes > 0 && this.#bad !== undefined) this.#bad.lines -= 1;
    this.#hasHole ||= isBehindHole(at) && at.offset >= this.#holesFrom;
  }

  /**
   * The disk writes a batch in any order. Where lines are missing and there is room in their place, power went before it
   * had all of it, and what came after counts no more than what is missing (D5).
   */
  #isAfterCut(s: number): boolean {
    this.#isCutOff ||= this.#hasHole && s !== this.expectedS;
    return this.#isCutOff;
  }

  /** The end of a segment that another one follows: bad bytes stay. */
  finishSealed(): void {
    if (this.#superseded !== undefined) this.#noteSuperseded(this.#superseded);
    const nextS = Math.max(this.#limitS ?? 0, this.expectedS ?? 0);
    this.#noteGap(nextS, this.#segment.sizeBytes);
    if (nextS > 0) this.expectedS = nextS;
  }

  /**
   * The end of the newest segment: bad bytes are cut off after a copy was made, room as well, a missing newline is added.
   *
   * @returns Whether lines can be added here.
   */
  async finishNewest({ blankBytes, sizeBytes }: Visited): Promise<boolean> {
    try {
      if (this.#bad !== undefined) await this.#cutTail(this.#bad, blankBytes > 0);
      else if (blankBytes > 0) this.#write((fd) => this.#truncate(fd, sizeBytes - blankBytes));
      else if (!this.#isTerminated) this.#write((fd) => this.#addNewline(fd));
      return true;
    } catch (cause) {
      // On a full disk the bytes stay for now; the next line goes to a new segment.
      if (!isNoSpace(cause)) throw cause;
      return false;
    }
  }

  /** Makes the copies and tells about all that was found. */
  async reportAll(): Promise<void> {
    for (const finding of this.#findings) {
      const aside = await this.#copy(finding).catch(ignoreNoSpace);
      this.#report(finding, aside);
    }
  }

  #isNext(s: number): boolean {
    return this.#segment.canFollow(s) && (this.expectedS === undefined || s >= this.expectedS);
  }

  #noteGap(s: number, offset: number): void {
    const afterS = (this.expectedS ?? 1) - 1;
    const gap = s - (this.expectedS ?? s);
    const bad = this.#bad;
    this.#bad = undefined;
    if (bad !== undefined) {
      const records = this.expectedS === undefined ? bad.lines : gap;
      this.#findings.push({ kind: 'damaged', ...placeOf(bad), records, afterS });
    } else if (gap > 0) {
      this.#findings.push({ kind: 'missing', offset, sizeBytes: 0, records: gap, afterS });
    }
  }

  #noteSuperseded(region: Region): void {
    const afterS = (this.expectedS ?? 1) - 1;
    this.#findings.push({ kind: 'superseded', ...placeOf(region), records: region.lines, afterS });
  }

  async #cutTail(bad: Region, isRoomBehind: boolean): Promise<void> {
    const isLastWhole = this.#isTerminated && !isRoomBehind;
    const whole = isLastWhole ? bad.lines : bad.lines - 1;
    const lines = this.#isCutOff ? 0 : whole;
    const afterS = (this.expectedS ?? 1) - 1;
    const finding = { kind: 'torn_tail', ...placeOf(bad), records: lines, afterS } as const;
    const aside = await this.#copy(finding);
    this.#write((fd) => this.#truncate(fd, bad.offset));
    this.#report(finding, aside);
  }

  #truncate(fd: number, sizeBytes: number): void {
    this.#recovery.disk.truncate(fd, sizeBytes);
  }

  #addNewline(fd: number): void {
    this.#recovery.disk.write(fd, Buffer.from('\n'), this.#segment.sizeBytes - 1);
  }

  #write(change: (fd: number) => void): void {
    const { disk } = this.#recovery;
    const fd = disk.open(this.#segment.path, 'existing');
    try {
      change(fd);
      disk.sync(fd);
    } finally {
      disk.close(fd);
    }
  }

  async #copy({ kind, offset, sizeBytes }: Finding): Promise<SetAside | undefined> {
    if (sizeBytes === 0 || kind === 'superseded') return undefined;
    const bytes = await readRange(this.#segment.path, offset, sizeBytes);
    const name = `${this.#segment.name}.${offset}.${formatCrc(crc32(bytes))}`;
    return setAsideBytes(this.#recovery.quarantine, name, bytes);
  }

  #report(finding: Finding, aside: SetAside | undefined): void {
    const isKnown = aside?.isKnown ?? false;
    this.#recovery.onDamage({
      ...finding,
      segment: this.#segment.name,
      copy: aside?.path,
      isKnown,
    });
  }
}

function extend(region: Region | undefined, offset: number, end: number): Region {
  return { offset: region?.offset ?? offset, end, lines: (region?.lines ?? 0) + 1 };
}

function placeOf({ offset, end }: Region): Readonly<{ offset: number; sizeBytes: number }> {
  return { offset, sizeBytes: end - offset };
}

async function readRange(path: string, offset: number, sizeBytes: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(sizeBytes), 0, sizeBytes, offset);
    return buffer;
  } finally {
    await file.close();
  }
}

/** Damage is reported also when there is no room for a copy. */
function ignoreNoSpace(cause: unknown): undefined {
  if (isNoSpace(cause)) return undefined;
  throw cause;
}
