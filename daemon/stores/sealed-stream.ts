/** Streams of any length under a passphrase, chunk by chunk. Source: docs/backup.md#the-file. */
import type { FileHandle } from 'node:fs/promises';
import { StorageError } from '../../storage/errors.ts';
import {
  AGE_CHUNK_BYTES,
  AGE_HEAD_MAX_BYTES,
  AGE_TAG_BYTES,
  createAgeHead,
  openAgeHead,
  type AgeChunks,
  type AgeHeadOptions,
} from '../crypto/age.ts';

const SEALED_CHUNK_BYTES = AGE_CHUNK_BYTES + AGE_TAG_BYTES;

/** Seals what comes, as it comes. */
export async function* sealStream(
  plain: AsyncIterable<Uint8Array>,
  passphrase: string,
  options: AgeHeadOptions,
): AsyncGenerator<Uint8Array, void> {
  const { head, chunks } = await createAgeHead(passphrase, options);
  yield head;
  // The last chunk is sealed as such, so one is held back until it is known what follows.
  const buffer = Buffer.allocUnsafe(AGE_CHUNK_BYTES);
  let filled = 0;
  for await (const bytes of plain) {
    for (let start = 0; start < bytes.length;) {
      if (filled === AGE_CHUNK_BYTES) {
        yield chunks.seal(buffer, false);
        filled = 0;
      }
      const taken = Math.min(AGE_CHUNK_BYTES - filled, bytes.length - start);
      buffer.set(bytes.subarray(start, start + taken), filled);
      filled += taken;
      start += taken;
    }
  }
  yield chunks.seal(buffer.subarray(0, filled), true);
}

/**
 * Unseals a file from its beginning. Each chunk is proven to be as it was written before it is handed over; that
 * nothing is missing at the end is known when the stream ends.
 *
 * @throws {StorageError} `wrong_passphrase` or `backup_damaged`.
 */
export async function* unsealFile(
  file: FileHandle,
  passphrase: string,
): AsyncGenerator<Uint8Array, void> {
  const { size: totalBytes } = await file.stat();
  const opened = await openAgeHead(await readAt(file, 0, AGE_HEAD_MAX_BYTES), passphrase);
  if (opened === 'damaged') throw damagedBackup('it does not begin like a backup');
  if (opened === 'wrong_passphrase') {
    throw new StorageError(
      'wrong_passphrase',
      'that is not the passphrase of this backup, or its beginning is damaged',
    );
  }
  let offset = opened.sizeBytes;
  do {
    const sealed = await readAt(file, offset, SEALED_CHUNK_BYTES);
    offset += sealed.length;
    yield unsealChunk(opened.chunks, sealed, offset >= totalBytes);
  } while (offset < totalBytes);
}

/** A backup that can't be used, for a person. */
export function damagedBackup(why: string, options?: ErrorOptions): StorageError {
  return new StorageError('backup_damaged', `the backup can’t be used: ${why}`, options);
}

function unsealChunk(chunks: AgeChunks, sealed: Buffer, isLast: boolean): Uint8Array {
  const plain = chunks.unseal(sealed, isLast);
  if (plain !== undefined) return plain;
  throw damagedBackup('it is not as it was written, or its end is missing');
}

/** As many bytes as are there, up to `maxBytes`. */
async function readAt(file: FileHandle, offset: number, maxBytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(maxBytes);
  let filled = 0;
  while (filled < maxBytes) {
    const { bytesRead } = await file.read(buffer, filled, maxBytes - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
