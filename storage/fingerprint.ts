/** How it is told that an index was made from the bytes that a segment has. */
import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Fingerprint } from './index-format.ts';
import { formatCrc } from './line.ts';
import { readAt } from './segment-index.ts';

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
    return { crc: formatCrc(crc), tailCrc: await tailCrcOf(file, sizeBytes) };
  } finally {
    await file.close();
  }
}

/**
 * Whether a file begins with bytes that have this fingerprint, as far as its last ones tell.
 *
 * @returns How many bytes come after those; `undefined` when it does not.
 */
export async function bytesBehind(
  path: string,
  sizeBytes: number,
  fingerprint: Fingerprint,
): Promise<number | undefined> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size < sizeBytes) return undefined;
    const isSame = (await tailCrcOf(file, sizeBytes)) === fingerprint.tailCrc;
    return isSame ? size - sizeBytes : undefined;
  } finally {
    await file.close();
  }
}

async function tailCrcOf(file: FileHandle, sizeBytes: number): Promise<string> {
  const start = Math.max(0, sizeBytes - TAIL_BYTES);
  return formatCrc(crc32(await readAt(file, start, sizeBytes - start)));
}
