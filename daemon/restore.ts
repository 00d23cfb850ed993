import { readdir } from 'node:fs/promises';
import { errnoOf, StorageError, toStorageError } from '../storage/errors.ts';
import { lockFolder } from '../storage/folder-lock.ts';
import { openFolder } from '../storage/folder.ts';
import { finishStagedChange, StagedChange, STAGING_NAMES } from '../storage/staged-change.ts';
import type { BackupManifest } from './stores/backup-manifest.ts';
import { OWN_NAMES } from './stores/open-stores.ts';
import { readBackup } from './stores/read-backup.ts';

/** What may lie in an empty folder: left by a restore that was cut off. */
const NO_CONTENT: readonly string[] = ['lock', ...STAGING_NAMES];

export type Restoring = Readonly<{
  /** The backup. */
  file: string;
  /** The data folder; empty, or not there yet. */
  folder: string;
  passphrase: string;
}>;

/**
 * Puts a backup into an empty data folder. All of it is proven before anything counts; after a crash at any moment
 * either nothing is there or everything.
 *
 * @throws {StorageError} `folder_not_empty`, `folder_in_use`, `folder_unsafe`, and those of `readBackup`; the folder is
 *   as empty as before.
 */
export async function restoreBackup({
  file,
  folder,
  passphrase,
}: Restoring): Promise<BackupManifest> {
  await requireEmpty(folder);
  await openFolder(folder, OWN_NAMES);
  const lock = await lockFolder(folder);
  try {
    // A restore before this one may have been decided and not finished.
    await finishStagedChange(folder);
    await requireEmpty(folder);
    return await restoreInto(folder, file, passphrase);
  } finally {
    await lock.release();
  }
}

async function restoreInto(
  folder: string,
  file: string,
  passphrase: string,
): Promise<BackupManifest> {
  const change = await StagedChange.begin(folder);
  try {
    const manifest = await readBackup(file, passphrase, change.filesFolder);
    await change.commit({ removed: [], keepAs: undefined });
    return manifest;
  } catch (cause) {
    await change.discard();
    throw toStorageError(cause, folder);
  }
}

async function requireEmpty(folder: string): Promise<void> {
  const names = await namesIn(folder);
  const content = names.filter((name) => !NO_CONTENT.includes(name));
  if (content.length === 0) return;
  throw new StorageError(
    'folder_not_empty',
    `${folder} is not empty (${content.slice(0, 3).join(', ')}); a backup is restored into an empty folder only: name ` +
      'another one with --data, or move away what is there',
  );
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return [];
    throw toStorageError(cause, folder);
  }
}
