import { chmod, lstat, mkdir, readdir } from 'node:fs/promises';
import { StorageError, toStorageError } from './errors.ts';

/** Read, write or enter for anybody but the owner. */
const FOREIGN_ACCESS = 0o077;

/**
 * Makes sure that a folder is there and is ours alone: mode 0700, no symbolic link, owned by this user (G25). From
 * then on this process makes files that nobody else may read, whatever the mode asked for.
 *
 * @param ownNames Names of which one at least lies in a folder that is ours. Another folder that has something in it
 *   keeps its mode, so that a slip in a setting locks nobody out of `/tmp`.
 * @throws {StorageError} `folder_unsafe`, with advice; `storage_failed`.
 */
export async function openFolder(path: string, ownNames: readonly string[]): Promise<void> {
  try {
    if (process.platform !== 'win32') process.umask(FOREIGN_ACCESS);
    await mkdir(path, { recursive: true, mode: 0o700 });
    await refuseForeign(path);
    await closeToOthers(path, ownNames);
  } catch (cause) {
    throw toStorageError(cause, path);
  }
}

async function refuseForeign(path: string): Promise<void> {
  const stats = await lstat(path);
  if (stats.isSymbolicLink()) throw unsafe(`${path} is a symbolic link; name the folder itself`);
  const user = process.getuid?.();
  if (user !== undefined && stats.uid !== user) {
    throw unsafe(`${path} belongs to another user (${stats.uid}); choose a folder of your own`);
  }
}

async function closeToOthers(path: string, ownNames: readonly string[]): Promise<void> {
  const { mode } = await lstat(path);
  if (process.platform === 'win32' || (mode & FOREIGN_ACCESS) === 0) return;
  const names = await readdir(path);
  if (names.length > 0 && !names.some((name) => ownNames.includes(name))) {
    throw unsafe(`${path} is open to other users and holds other things; choose an empty folder`);
  }
  await chmod(path, 0o700);
}

function unsafe(message: string): StorageError {
  return new StorageError('folder_unsafe', message);
}
