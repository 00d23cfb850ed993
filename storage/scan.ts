import { open } from 'node:fs/promises';
import { NEWLINE } from './line.ts';

/** The least that a disk writes at once. */
const SECTOR_BYTES = 512;
/** What of a file is in memory at once, unless a line is longer. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * A line in a buffer that lives only during the call: from `start` to `end`, its newline left out.
 * `offset` is its place in the file, `blankBytes` how many empty lines come directly before it; those are room that was
 * made for lines to come, and never visited themselves.
 */
export type Visit = (bytes: Buffer, at: LineAt) => 'go on' | 'stop';

export type LineAt = Readonly<{
  start: number;
  end: number;
  offset: number;
  isTerminated: boolean;
  blankBytes: number;
}>;

export type ScanOptions = Readonly<{
  /** Where a line starts, with which to begin. */
  startBytes?: number;
  chunkBytes?: number;
  /** Called between chunks; the scan goes on when it resolves. */
  rest?: () => Promise<void>;
}>;

/**
 * Whether the empty lines before a line can be what stays of room where a part of a batch was not written before power
 * went: they are the end of a sector. Others are somebody's doing, or damage.
 */
export function isBehindHole({ offset, blankBytes }: LineAt): boolean {
  return blankBytes > 0 && offset % SECTOR_BYTES < blankBytes;
}

/** How far a file was gone through, and how many empty lines are at its end. */
export type Visited = Readonly<{ sizeBytes: number; blankBytes: number }>;

/** Goes through a file line by line without ever holding all of it. */
export async function visitLines(
  path: string,
  visit: Visit,
  { startBytes = 0, chunkBytes = CHUNK_BYTES, rest }: ScanOptions = {},
): Promise<Visited> {
  const file = await open(path, 'r');
  try {
    let buffer = Buffer.allocUnsafe(chunkBytes);
    let filled = 0;
    let seen: Visited = { sizeBytes: startBytes, blankBytes: 0 };
    for (;;) {
      if (filled === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
      const room = buffer.length - filled;
      const { bytesRead } = await file.read(buffer, filled, room, seen.sizeBytes + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
      const next = visitTerminated(buffer.subarray(0, filled), seen, visit);
      if (next === 'stop') return seen;
      const used = next.sizeBytes - seen.sizeBytes;
      buffer.copyWithin(0, used, filled);
      filled -= used;
      seen = next;
      await rest?.();
    }
    if (filled === 0) return seen;
    const { sizeBytes: offset, blankBytes } = seen;
    visit(buffer, { start: 0, end: filled, offset, isTerminated: false, blankBytes });
    return { sizeBytes: offset + filled, blankBytes: 0 };
  } finally {
    await file.close();
  }
}

/** @returns What has been gone through with the whole lines of this. */
function visitTerminated(
  bytes: Buffer,
  { sizeBytes: offset, blankBytes }: Visited,
  visit: Visit,
): Visited | 'stop' {
  let blank = blankBytes;
  let start = 0;
  for (;;) {
    const lineStart = skipBlank(bytes, start);
    blank += lineStart - start;
    const end = bytes.indexOf(NEWLINE, lineStart);
    if (end === -1) return { sizeBytes: offset + lineStart, blankBytes: blank };
    const at = { start: lineStart, end, offset: offset + lineStart, isTerminated: true };
    if (visit(bytes, { ...at, blankBytes: blank }) === 'stop') return 'stop';
    blank = 0;
    start = end + 1;
  }
}

function skipBlank(bytes: Buffer, start: number): number {
  let end = start;
  while (bytes[end] === NEWLINE) end += 1;
  return end;
}
