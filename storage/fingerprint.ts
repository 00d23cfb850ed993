/** How it is told that an index was made from the bytes that a segment has. */
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Fingerprint } from './index-format.ts';
import { formatCrc } from './line.ts';
import { readAt, readFileAt } from './segment-index.ts';

/** The last lines, and so their numbers and checksums: looked at when a journal is opened. */
const TAIL_BYTES = 4096;
const CHUNK_BYTES = 256 * 1024;

/**
 * Of the first `sizeBytes` bytes of a file.
 *
 * @param rest Called between chunks; reading goes on when it resolves.
 */
export async function fingerprintOf(
  path: string,
  sizeBytes: number,
  rest?: () => Promise<void>,
): Promise<Fingerprint> {
  const file = await open(path, 'r');
  try {
    let crc = 0;
    for (let position = 0; position < sizeBytes; position += CHUNK_BYTES) {
      crc = crc32(await readAt(file, position, Math.min(CHUNK_BYTES, sizeBytes - position)), crc);
      await rest?.();
    }
    const { position, length } = tailOf(sizeBytes);
    const tailCrc = crc32(await readAt(file, position, length));
    return { crc: formatCrc(crc), tailCrc: formatCrc(tailCrc) };
  } finally {
    await file.close();
  }
}

/**
 * Whether a file begins with bytes that have this fingerprint, as far as its last ones tell.
 *
 * @returns How many bytes come after those; `undefined` when it does not.
 */
export function bytesBehind(
  path: string,
  sizeBytes: number,
  fingerprint: Fingerprint,
): number | undefined {
  return readFileAt(path, (read, fd) => {
    const { size } = fs.fstatSync(fd);
    const { position, length } = tailOf(sizeBytes);
    const isSame = formatCrc(crc32(read(position, length))) === fingerprint.tailCrc;
    return isSame && size >= sizeBytes ? size - sizeBytes : undefined;
  });
}

function tailOf(sizeBytes: number) {
  const position = Math.max(0, sizeBytes - TAIL_BYTES);
  return { position, length: sizeBytes - position };
}
