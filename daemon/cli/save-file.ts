import { link, lstat, open, rename, unlink } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { nodeDisk } from '../../storage/disk.ts';
import { errnoOf, StorageError, toStorageError } from '../../storage/errors.ts';

/**
 * Puts what comes into a new file that only the owner can read. It has its name once it is whole and on the disk.
 *
 * @throws {StorageError} `file_exists`; `storage_full` or `storage_failed`. Nothing is left behind.
 * @throws What the stream throws; nothing is left behind either.
 */
export async function saveFile(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  await refuseExisting(path);
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await writeNew(temporary, bytes);
    await giveName(temporary, path);
    nodeDisk.syncFolder(dirname(path));
  } catch (cause) {
    // It may not be there; what counts is the first error.
    await unlink(temporary).catch(() => undefined);
    throw errnoOf(cause)?.startsWith('E') === true ? toStorageError(cause, path) : cause;
  }
}

/**
 * Refuses to write over anything.
 *
 * @throws {StorageError} `file_exists`.
 */
export async function refuseExisting(path: string): Promise<void> {
  const isThere = await lstat(path).then(
    () => true,
    () => false,
  );
  if (isThere) throw alreadyThere(path);
}

async function writeNew(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const part of bytes) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Also when another file has got that name meanwhile, none is replaced. */
async function giveName(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
    await unlink(temporary);
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST') throw alreadyThere(path);
    // FAT and some network file systems have no hard links.
    await rename(temporary, path);
  }
}

function alreadyThere(path: string): StorageError {
  return new StorageError('file_exists', `${path} is there already; choose another name`);
}
