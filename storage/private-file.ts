import { stat } from 'node:fs/promises';
import { readText } from './durable-file.ts';
import { StorageError } from './errors.ts';

/** Read, write or enter for anybody but the owner. */
const FOREIGN_ACCESS = 0o077;

/**
 * Reads a file that only the owner may read (G25).
 *
 * @returns `undefined` when it is not there.
 * @throws {StorageError} `folder_unsafe`: others may read it, or it is a symbolic link.
 */
export async function readPrivateText(path: string): Promise<string | undefined> {
  const text = await readText(path);
  if (text !== undefined) await refuseForeignAccess(path);
  return text;
}

/**
 * Refuses a file that anybody but the owner may read or write.
 *
 * @throws {StorageError} `folder_unsafe`, with advice.
 */
export async function refuseForeignAccess(path: string): Promise<void> {
  const { mode } = await stat(path);
  if (process.platform === 'win32' || (mode & FOREIGN_ACCESS) === 0) return;
  throw new StorageError(
    'folder_unsafe',
    `${path} can be read by other users; run chmod 600 on it, and think of what it holds as known if they may have`,
  );
}
