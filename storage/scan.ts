import { open } from 'node:fs/promises';
import { NEWLINE } from './line.ts';

/** What of a file is in memory at once, unless a line is longer. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * A line in a buffer that lives only during the call: from `start` to `end`, its newline left out.
 * `offset` is its place in the file, `offsetAfter` that of the next one. Empty lines that follow one another are one.
 */
export type LineAt = Readonly<{
  start: number;
  end: number;
  offset: number;
  offsetAfter: number;
  isTerminated: boolean;
}>;

export type Visit = (bytes: Buffer, at: LineAt) => 'go on' | 'stop';

export type ScanOptions = Readonly<{
  /** Where a line starts, with which to begin. */
  startBytes?: number;
  chunkBytes?: number;
  /** Called between chunks; the scan goes on when it resolves. */
  rest?: () => Promise<void>;
}>;

/** Goes through a file line by line without ever holding all of it. */
export async function visitLines(
  path: string,
  visit: Visit,
  { startBytes = 0, chunkBytes = CHUNK_BYTES, rest }: ScanOptions = {},
): Promise<void> {
  const file = await open(path, 'r');
  try {
    let buffer = Buffer.allocUnsafe(chunkBytes);
    let filled = 0;
    let offset = startBytes;
    for (;;) {
      if (filled === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
      const room = buffer.length - filled;
      const { bytesRead } = await file.read(buffer, filled, room, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
      const used = visitTerminated(buffer.subarray(0, filled), offset, visit);
      if (used === 'stop') return;
      buffer.copyWithin(0, used, filled);
      filled -= used;
      offset += used;
      await rest?.();
    }
    const offsetAfter = offset + filled;
    if (filled > 0)
      visit(buffer, { start: 0, end: filled, offset, offsetAfter, isTerminated: false });
  } finally {
    await file.close();
  }
}

/** @returns How many bytes made whole lines. */
function visitTerminated(bytes: Buffer, offset: number, visit: Visit): number | 'stop' {
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(NEWLINE, start);
    if (end === -1) return start;
    const next = end === start ? endOfBlank(bytes, start) : end + 1;
    const at = {
      start,
      end,
      offset: offset + start,
      offsetAfter: offset + next,
      isTerminated: true,
    };
    if (visit(bytes, at) === 'stop') return 'stop';
    start = next;
  }
}

/** Room in advance is full of newlines. */
function endOfBlank(bytes: Buffer, start: number): number {
  let end = start;
  while (bytes[end] === NEWLINE) end++;
  return end;
}
