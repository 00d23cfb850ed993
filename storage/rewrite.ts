/** How sealed segments are written anew without what was deleted, as one file, while they are in use. */
import { open, type FileHandle } from 'node:fs/promises';
import type { Digest } from './derivation.ts';
import { CUT_KIND, formatBody, lastNumberOf, lineMaxBytes, NEWLINE, writeLine } from './line.ts';
import { visitLines, type Visit } from './scan.ts';
import { SegmentScan, type ScanSurroundings } from './segment-scan.ts';
import { Segment } from './segment.ts';

/**
 * What becomes of a record: it stays as it is, it goes, or another one takes its place and number. The other one must be
 * shorter.
 */
export type Judge = (record: unknown, s: number) => 'keep' | 'cut' | object;

type NumberedRecord = Readonly<{ record: unknown; s: number }>;

const NEWLINE_BYTES = Buffer.of(NEWLINE);

export type Rewriting = Readonly<{
  /** Adjacent ones, oldest first. */
  segments: readonly Segment[];
  folder: string;
  judge: Judge;
  /** Sees what is written. */
  digest: Digest;
  surroundings: ScanSurroundings;
  /** Called again and again; the work goes on when it resolves. */
  rest: () => Promise<void>;
}>;

/**
 * Writes the new file beside the old ones. Damage in those is reported first: its bytes are in no segment afterwards.
 *
 * @param path Of the new file.
 * @returns    Where its lines are. It is on the disk.
 * @throws What the file system throws; the new file is to be removed.
 */
export async function rewrite(rewriting: Rewriting, path: string): Promise<Segment> {
  const file = await open(path, 'w', 0o600);
  try {
    const target = new Target(file, rewriting);
    for (const segment of rewriting.segments) await copySegment(segment, target, rewriting);
    await target.finish();
    await file.sync();
    return target.layout;
  } finally {
    await file.close();
  }
}

async function copySegment(
  { number, path, firstS, lastS }: Segment,
  target: Target,
  { folder, surroundings, judge, rest }: Rewriting,
): Promise<void> {
  let good: NumberedRecord | undefined;
  const onRecord = (record: unknown, s: number) => void (good = { record, s });
  const former = new Segment(folder, number);
  const bounds = { expectedS: firstS, limitS: lastS + 1, holesFrom: Infinity };
  const scan = new SegmentScan({ ...surroundings, onRecord }, former, bounds);
  const visit: Visit = (bytes, at) => {
    good = undefined;
    scan.visit(bytes, at);
    target.take(good, judge, bytes.subarray(at.start, at.end));
    return 'go on';
  };
  await visitLines(path, visit, {
    async rest() {
      await target.flush();
      await rest();
    },
  });
  scan.finishSealed();
  await scan.reportAll();
  target.cutUpTo(lastS);
}

/** The new file while it is written. */
class Target {
  readonly layout: Segment;
  readonly #file: FileHandle;
  readonly #digest: Digest;
  readonly #lines: Buffer[] = [];
  #sizeBytes = 0;
  #nextS: number;
  /** First number of those that go, up to the next one that stays. */
  #cutS: number | undefined;

  constructor(file: FileHandle, { segments, folder, digest }: Rewriting) {
    this.layout = new Segment(folder, segments[0]?.number ?? 0);
    this.#file = file;
    this.#digest = digest;
    this.#nextS = segments[0]?.firstS ?? 1;
  }

  /** Takes a good record, if there is one, and its line. */
  take(good: NumberedRecord | undefined, judge: Judge, line: Buffer): void {
    if (good === undefined) return;
    const { record, s } = good;
    this.cutUpTo(s - 1);
    const lastS = lastNumberOf(record, s);
    const verdict = lastS > s ? 'cut' : judge(record, s);
    if (verdict === 'cut') {
      this.cutUpTo(lastS);
      return;
    }
    this.#endCut();
    this.#nextS = s + 1;
    if (verdict === 'keep') this.#put(Buffer.concat([line, NEWLINE_BYTES]), record, s);
    else this.#put(encodeLine(s, verdict), verdict, s);
  }

  /** Nothing whole up to this number stays. */
  cutUpTo(s: number): void {
    if (s < this.#nextS) return;
    this.#cutS ??= this.#nextS;
    this.#nextS = s + 1;
  }

  /** Gives what there is to the system. */
  async flush(): Promise<void> {
    if (this.#lines.length > 0) await this.#file.appendFile(Buffer.concat(this.#lines.splice(0)));
  }

  async finish(): Promise<void> {
    this.#endCut();
    await this.flush();
  }

  #endCut(): void {
    const s = this.#cutS;
    if (s === undefined) return;
    this.#cutS = undefined;
    const record = { k: CUT_KIND, to: this.#nextS - 1 };
    this.#put(encodeLine(s, record), record, s, record.to);
  }

  #put(line: Buffer, record: unknown, s: number, lastS = s): void {
    const start = this.#sizeBytes;
    this.#sizeBytes += line.length;
    this.#lines.push(line);
    this.layout.note(s, start, this.#sizeBytes, lastS);
    this.#digest.apply(record, s);
  }
}

function encodeLine(s: number, record: object): Buffer {
  const body = formatBody(record);
  const line = Buffer.alloc(lineMaxBytes(body));
  return line.subarray(0, writeLine(line, 0, s, body));
}
