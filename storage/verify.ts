/** The look at sealed segments that opening a journal leaves out (D5). */
import { stat, utimes } from 'node:fs/promises';
import { fingerprintOf } from './fingerprint.ts';
import { visitLines } from './scan.ts';
import { SegmentScan, type ScanSurroundings } from './segment-scan.ts';
import type { SegmentIndex } from './segment-index.ts';
import { Segment } from './segment.ts';

/** A segment that was whole is not looked at again for so long. Source: docs/storage.md#indexes. */
const VERIFIED_FOR_MS = 7 * 24 * 60 * 60_000;

export type Verification = Readonly<{
  folder: string;
  segment: Segment;
  surroundings: ScanSurroundings;
  /** Milliseconds since 1970; `undefined` when a line could not be read, so that it is due whenever it was looked at. */
  nowMs: number | undefined;
  /** Called again and again; the work goes on when it resolves. */
  rest: () => Promise<void>;
}>;

/**
 * Compares a sealed segment with the checksum that its index has of it, when it is due, and reports damage. When that
 * was is in the index's time of change, so that nothing needs to be written.
 *
 * @returns Whether the segment is as its index says, as far as is known.
 */
export async function verify(verification: Verification): Promise<boolean> {
  const { segment, nowMs, rest } = verification;
  const { index, path, indexPath } = segment;
  if (index?.fingerprint === undefined) return true;
  const changedMs = (await stat(path)).mtimeMs;
  const verifiedMs = (await stat(indexPath)).mtimeMs;
  const isDue = nowMs === undefined || Math.abs(nowMs - verifiedMs) >= VERIFIED_FOR_MS;
  if (verifiedMs >= changedMs && !isDue) return true;
  // The checksum of a segment whose line can't be read may have been taken of the damaged bytes.
  if (nowMs === undefined || (await isOther(index, path, rest))) {
    await reportDamage(verification);
    return false;
  }
  const at = new Date(Math.max(nowMs, changedMs));
  await utimes(indexPath, at, at);
  return true;
}

async function isOther(
  { span, fingerprint }: SegmentIndex,
  path: string,
  rest: Verification['rest'],
): Promise<boolean> {
  const { crc } = await fingerprintOf(path, span.endBytes, rest);
  return crc !== fingerprint?.crc;
}

async function reportDamage({ folder, segment, surroundings, rest }: Verification): Promise<void> {
  const { number, path, firstS, lastS } = segment;
  const bounds = { expectedS: firstS, limitS: lastS + 1, holesFrom: Infinity };
  const scan = new SegmentScan(surroundings, new Segment(folder, number), bounds);
  await visitLines(path, (bytes, at) => scan.visit(bytes, at), { rest });
  scan.finishSealed();
  await scan.reportAll();
}
