import { open } from 'node:fs/promises';
import { NEWLINE } from './line.ts';

/** What of a file is in memory at once, unless a line is longer. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * A line in a buffer that lives only during the call: from `start` to `end`, its newline left out.
 * `offset` is its place in the file.
 */
export type Visit = (
  bytes: Buffer,
  at: Readonly<{ start: number; end: number; offset: number; isTerminated: boolean }>,
) => 'go on' | 'stop';

/** Goes through a file line by line without ever holding all of it. */
export async function visitLines(
  path: string,
  visit: Visit,
  chunkBytes = CHUNK_BYTES,
): Promise<void> {
  const file = await open(path, 'r');
  try {
    let buffer = Buffer.allocUnsafe(chunkBytes);
    let filled = 0;
    let offset = 0;
    for (;;) {
      if (filled === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
      const used = visitTerminated(buffer.subarray(0, filled), offset, visit);
      if (used === 'stop') return;
      buffer.copyWithin(0, used, filled);
      filled -= used;
      offset += used;
    }
    if (filled > 0) visit(buffer, { start: 0, end: filled, offset, isTerminated: false });
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
    const at = { start, end, offset: offset + start, isTerminated: true };
    if (visit(bytes, at) === 'stop') return 'stop';
    start = end + 1;
  }
}
