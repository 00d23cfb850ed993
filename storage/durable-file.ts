/** How a small file is replaced so that after any crash either the old or the new one is there, whole (D4). */
import { copyFile, link, lstat, open, readdir, rename, unlink } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { nodeDisk } from './disk.ts';
import { errnoOf, StorageError } from './errors.ts';

/** The file's text; `undefined` when it is not there. */
export async function readText(path: string): Promise<string | undefined> {
  await refuseLink(path);
  const file = await open(path, 'r').catch(ignoreMissing);
  if (file === undefined) return undefined;
  try {
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/**
 * Replaces a file, mode 0600; durable when it resolves.
 *
 * @param backup Where the replaced one stays.
 * @throws What the file system throws; the file is as before, or the new one is there and may not last.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  backup?: string,
): Promise<void> {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await writeNew(temporary, content);
    if (backup !== undefined) await keepBackup(path, backup);
    await rename(temporary, path);
  } catch (cause) {
    // It may not be there yet; what counts is the first error.
    await unlink(temporary).catch(() => undefined);
    throw cause;
  }
  nodeDisk.syncFolder(dirname(path));
}

/** Removes what an interrupted `replaceFile` left. */
export async function removeTemporaries(path: string): Promise<void> {
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(folder)) {
    if (name.startsWith(prefix) && name.endsWith('.tmp')) await unlink(join(folder, name));
  }
}

async function writeNew(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives a file a second name, in place of what had it, so that it is never without any. What is not there gets none. */
export async function keepBackup(path: string, backup: string): Promise<void> {
  const temporary = `${backup}.tmp`;
  await unlink(temporary).catch(ignoreMissing);
  try {
    await link(path, temporary);
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return;
    // FAT and some network file systems have no hard links.
    await copyFile(path, temporary);
  }
  await rename(temporary, backup);
  // Renaming over another name of the same file does nothing at all, says POSIX.
  await unlink(temporary).catch(ignoreMissing);
}

/** A link in the data folder could make us overwrite or publish a file elsewhere (G25). */
export async function refuseLink(path: string): Promise<void> {
  const stats = await lstat(path).catch(ignoreMissing);
  if (stats?.isSymbolicLink() === true) {
    throw new StorageError(
      'folder_unsafe',
      `${path} is a symbolic link; put the file itself there`,
    );
  }
}

function ignoreMissing(cause: unknown): undefined {
  if (errnoOf(cause) === 'ENOENT') return undefined;
  throw cause;
}
