/** The two ways to a backup: of a daemon at work, and of a folder at rest (D13). */
import { StorageError } from '../storage/errors.ts';
import { lockFolder } from '../storage/folder-lock.ts';
import { finishStagedChange } from '../storage/staged-change.ts';
import type { Contacts } from './domain/contacts.ts';
import { extentOfFolder } from './stores/backup-members.ts';
import type { JournalMessageStore } from './stores/message-store.ts';
import { writeBackup } from './stores/write-backup.ts';
import { systemClock, systemRandom } from './system.ts';
import { readVersion } from './version.ts';

/** What a daemon at work must put down first. */
export type Working = Readonly<{
  stores: Readonly<{ messages: Pick<JournalMessageStore, 'settle'> }>;
  domain: Readonly<{ contacts: Pick<Contacts, 'flush'> }>;
}>;

/**
 * A backup of the folder on which this daemon works; it goes on meanwhile.
 *
 * @throws {WireError | StorageError} As `writeBackup`.
 */
export async function backUpRunning(
  folder: string,
  { stores, domain }: Working,
  passphrase: string,
): Promise<AsyncGenerator<Uint8Array>> {
  // A disk that takes nothing any more is one more reason to save what is on it.
  await domain.contacts.flush().catch(ignoreStorageError);
  return backUp(folder, () => stores.messages.settle(), passphrase);
}

/**
 * A backup of a folder on which no daemon runs, and on which none can start until it is done.
 *
 * @param save Takes the bytes.
 * @throws {StorageError} `folder_in_use`, and as `writeBackup`.
 */
export async function backUpResting(
  folder: string,
  passphrase: string,
  save: (bytes: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const lock = await lockFolder(folder);
  try {
    await finishStagedChange(folder);
    await save(await backUp(folder, () => extentOfFolder(folder), passphrase));
  } finally {
    await lock.release();
  }
}

function backUp(
  folder: string,
  settle: Parameters<typeof writeBackup>[0]['source']['settle'],
  passphrase: string,
): Promise<AsyncGenerator<Uint8Array>> {
  return writeBackup({
    source: { folder, settle },
    passphrase,
    version: readVersion(),
    nowMs: systemClock.nowMs(),
    random: systemRandom,
  });
}

function ignoreStorageError(cause: unknown): void {
  if (!(cause instanceof StorageError)) throw cause;
}
