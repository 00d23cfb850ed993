/**
 * One line of a journal: a JSON object whose first member is its number `s` and whose last is `c`,
 * the CRC-32 in hex of all bytes before `,"c":` (D1).
 */
import { crc32 } from 'node:zlib';

/** Length of `,"c":"01234567"}`. */
const CHECKSUM_BYTES = 16;
/** Room for `{"s":9007199254740991`, the checksum and the newline. */
const FRAME_MAX_BYTES = 48;

export const NEWLINE = 0x0a;
const COMMA = 0x2c;
const EMPTY_BODY = '{}';

/** Kind of a record that stands for itself and those after it up to number `to`, which were deleted. */
export const CUT_KIND = 'cut';

/** A line that was read, and the last number for which it stands. The record still has its `s` and `c`. */
export type Line = Readonly<{ s: number; lastS: number; record: unknown }>;

/** What a record is in its line besides the frame. */
export type Format<Record extends object> = (record: Record) => string;

/** As JSON says it; made at once, so that the caller may change the record later. */
export function formatBody(record: object): string {
  return JSON.stringify(record);
}

/** The record of a body. */
export function parseBody(body: string): unknown {
  return JSON.parse(body);
}

/** At least as many bytes as `writeLine` takes for this body. */
export function lineMaxBytes(body: string): number {
  return body.length * 3 + FRAME_MAX_BYTES;
}

/** Writes a line with its newline. @returns Where it ends. */
export function writeLine(target: Buffer, start: number, s: number, body: string): number {
  let end = start + target.write(`{"s":${s}`, start, 'latin1');
  if (body !== EMPTY_BODY) {
    const sizeBytes = target.write(body, end, 'utf8');
    // In the frame its members follow others, and go on: a copy without its braces would cost more.
    target[end] = COMMA;
    end += sizeBytes - 1;
  }
  const checksum = formatChecksum(target, start, end);
  return end + target.write(`${checksum}\n`, end, 'latin1');
}

/** Reads the line in `bytes` from `start` to `end`, its newline left out; `undefined` when it is damaged. */
export function parseLine(bytes: Buffer, start: number, end: number): Line | undefined {
  const checksumStart = end - CHECKSUM_BYTES;
  if (checksumStart <= start) return undefined;
  const checksum = bytes.toString('latin1', checksumStart, end);
  if (checksum !== formatChecksum(bytes, start, checksumStart)) return undefined;
  return parseRecord(bytes.toString('utf8', start, end));
}

function formatChecksum(bytes: Buffer, start: number, end: number): string {
  return `,"c":"${formatCrc(crc32(bytes.subarray(start, end)))}"}`;
}

/** Eight hexadecimal digits. */
export function formatCrc(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

function parseRecord(text: string): Line | undefined {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    // The checksum fits a text that is not ours: as good as damaged.
    return undefined;
  }
  if (typeof record !== 'object' || record === null || !('s' in record)) return undefined;
  const { s } = record;
  return isNumber(s) ? { s, lastS: lastNumberOf(record, s), record } : undefined;
}

/** The last number for which a record at `s` stands. */
export function lastNumberOf(record: unknown, s: number): number {
  if (typeof record !== 'object' || record === null || !('k' in record)) return s;
  if (record.k !== CUT_KIND || !('to' in record)) return s;
  return isNumber(record.to) && record.to > s ? record.to : s;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
