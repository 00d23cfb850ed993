/**
 * What a journal does at start: reads the indexes of the sealed segments, and of those without one the segments, reports
 * what is damaged, and repairs the newest one's end (D5).
 */
import { readdir, stat } from 'node:fs/promises';
import type { FoundIndex, IndexKeeper } from './index-keeper.ts';
import { parseLine } from './line.ts';
import { visitLines } from './scan.ts';
import { SegmentScan, type ScanSurroundings } from './segment-scan.ts';
import { parseSegmentName, Segment } from './segment.ts';

/** Enough for the first line of a segment. */
const PEEK_BYTES = 64 * 1024;

export type Recovery = ScanSurroundings &
  Readonly<{
    /** Where the segments are. */
    folder: string;
    /** `undefined`: nothing is kept beside the segments, and all of them are read. */
    keeper: IndexKeeper | undefined;
  }>;

export type Recovered = Readonly<{
  segments: Segment[];
  /** The newest segment ends well, so that lines can be added to it. */
  canAppend: boolean;
}>;

/**
 * What a write that was cut off can have left, at most: a batch, and the room behind it.
 * Source: docs/storage.md#what-happens-at-start.
 */
const CUT_OFF_MAX_BYTES = 2 * 1024 * 1024;

/** A segment, and what is known of it before it is read. */
type Candidate = Readonly<{
  segment: Segment;
  found: FoundIndex | undefined;
  /** Number with which the next one begins. */
  limitS: number | undefined;
  isNewest: boolean;
}>;

/**
 * Hands over all good records in order, one by one or in indexes, and repairs the newest segment's end. Sealed segments
 * are never changed.
 *
 * @throws What the file system throws, for a folder or file that can't be read at all.
 */
export async function recover(recovery: Recovery): Promise<Recovered> {
  const names = (await readdir(recovery.folder)).map(parseSegmentName);
  const numbers = names.filter((number) => number !== undefined).sort((a, b) => a - b);
  const segments = numbers.map((number) => new Segment(recovery.folder, number));
  const found = segments.map((segment) => recovery.keeper?.find(segment));
  const limits = await findLimits(segments, found);
  let expectedS: number | undefined;
  let canAppend = true;
  for (const [i, segment] of segments.entries()) {
    const isNewest = i === segments.length - 1;
    const candidate = { segment, found: found[i], limitS: limits[i], isNewest };
    ({ expectedS, canAppend } = await recoverOne(recovery, candidate, expectedS));
  }
  return { segments, canAppend };
}

async function recoverOne(
  recovery: Recovery,
  candidate: Candidate,
  expectedS: number | undefined,
): Promise<Readonly<{ expectedS: number | undefined; canAppend: boolean }>> {
  const { keeper } = recovery;
  const { segment, limitS, isNewest } = candidate;
  const found = fitting(candidate, expectedS);
  if (found !== undefined && (isNewest || found.restBytes > 0)) {
    await keeper?.resume(segment, found.index);
  } else if (found !== undefined) {
    keeper?.adopt(segment, found.index);
  }
  const scan = new SegmentScan(recovery, segment, {
    expectedS: found === undefined ? expectedS : segment.lastS + 1,
    limitS,
    holesFrom: isNewest ? await findHolesFrom(segment) : Infinity,
  });
  const startBytes = segment.sizeBytes;
  const visited =
    found?.restBytes === 0
      ? { sizeBytes: startBytes, blankBytes: 0 }
      : await visitLines(segment.path, (bytes, at) => scan.visit(bytes, at), { startBytes });
  let canAppend = true;
  if (isNewest) canAppend = await scan.finishNewest(visited);
  else scan.finishSealed();
  await scan.reportAll();
  if (!isNewest) await finishSealed(segment, found, keeper);
  return { expectedS: scan.expectedS, canAppend };
}

async function findHolesFrom({ path }: Segment): Promise<number> {
  const { size } = await stat(path);
  return size - CUT_OFF_MAX_BYTES;
}

/** The index of a segment, if its records are those that count. */
function fitting(
  { found, limitS }: Candidate,
  expectedS: number | undefined,
): FoundIndex | undefined {
  if (found === undefined) return undefined;
  const { firstS, lastS } = found.index.span;
  const isInOrder = expectedS === undefined || firstS >= expectedS;
  return isInOrder && (limitS === undefined || lastS < limitS) ? found : undefined;
}

async function finishSealed(
  segment: Segment,
  found: FoundIndex | undefined,
  keeper: IndexKeeper | undefined,
): Promise<void> {
  segment.seal();
  if (segment.index !== undefined) return;
  // What comes behind the lines that the index has may be no lines at all.
  if (found !== undefined && found.index.span.lastS === segment.lastS) {
    keeper?.adopt(segment, found.index);
    return;
  }
  keeper?.seal(segment);
  await keeper?.idle();
}

/**
 * For each segment the number with which the next one begins: after a failed sync the lines that were not acknowledged
 * are written again in a new segment, and what the disk kept of them in the old one does not count (D6).
 */
async function findLimits(
  segments: readonly Segment[],
  found: readonly (FoundIndex | undefined)[],
): Promise<(number | undefined)[]> {
  const limits = new Array<number | undefined>(segments.length).fill(undefined);
  let nextS: number | undefined;
  for (let i = segments.length - 1; i >= 0; i--) {
    const path = segments[i]?.path ?? '';
    const firstS = found[i]?.index.span.firstS ?? (await findFirstS(path));
    // A next segment that begins before this one is a stray copy and supersedes nothing.
    if (nextS !== undefined && nextS >= (firstS ?? 0)) limits[i] = nextS;
    nextS = firstS ?? nextS;
  }
  return limits;
}

async function findFirstS(path: string): Promise<number | undefined> {
  let first: number | undefined;
  await visitLines(
    path,
    (bytes, { start, end }) => {
      first = parseLine(bytes, start, end)?.s;
      return first === undefined ? 'go on' : 'stop';
    },
    { chunkBytes: PEEK_BYTES },
  );
  return first;
}
