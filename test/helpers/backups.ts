/** Backups for tests: small, and cheap to open. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { openStores, type Stores, type StoresOptions } from '../../daemon/stores/open-stores.ts';
import { extentOfFolder } from '../../daemon/stores/backup-members.ts';
import { sealStream } from '../../daemon/stores/sealed-stream.ts';
import { writeBackup } from '../../daemon/stores/write-backup.ts';
import { systemClock, systemRandom } from '../../daemon/system.ts';
import { DEFAULT_SETTINGS } from './memory-stores.ts';

export const BACKUP_PASSPHRASE = 'bring the thermos';
const WORK = 2;

/** Opens a data folder as a daemon does, but for what is given. */
export function openFolderStores(
  folder: string,
  options: Partial<StoresOptions> = {},
): Promise<Stores> {
  return openStores({
    folder,
    journal: { fsync: 'always', intervalMs: 5000 },
    choices: { nick: '', status: 'online', settings: DEFAULT_SETTINGS },
    clock: systemClock,
    random: systemRandom,
    onNotice: () => undefined,
    onDiskChange: () => undefined,
    ...options,
  });
}

/** A data folder in which a few things have happened. */
export async function makeDataFolder(folder: string): Promise<void> {
  const stores = await openFolderStores(folder);
  await stores.messages.nameConversation(1, 'fc00::b');
  await stores.requests.save([]);
  await stores.owner.save(stores.owner.initial);
  await stores.login.save({ password: undefined, sessions: [] });
  await stores.drafts.save(new Map([['draft/fc00::b', 'shall we']]));
  for (let i = 0; i < 5; i++) await stores.messages.countSequence(1, i + 1);
  await stores.close();
}

/** Begins a backup of a folder on which no daemon runs. */
export function beginBackup(
  folder: string,
  passphrase = BACKUP_PASSPHRASE,
): ReturnType<typeof writeBackup> {
  return writeBackup({
    source: { folder, settle: () => extentOfFolder(folder) },
    passphrase,
    version: '0.0.0-test',
    nowMs: 1_795_219_874_000,
    random: systemRandom,
    work: WORK,
  });
}

/** Makes a backup of a folder on which no daemon runs. */
export async function backUpFolder(
  folder: string,
  file: string,
  passphrase = BACKUP_PASSPHRASE,
): Promise<Buffer> {
  return save(await beginBackup(folder, passphrase), file);
}

/** Seals an archive that our own program would not have made. */
export async function forgeBackup(archive: Buffer, file: string): Promise<void> {
  const bytes = sealStream(Readable.from([archive]), BACKUP_PASSPHRASE, {
    randomBytes,
    work: WORK,
  });
  await save(bytes, file);
}

async function save(bytes: AsyncIterable<Uint8Array>, file: string): Promise<Buffer> {
  const whole = await buffer(Readable.from(bytes));
  await writeFile(file, whole, { mode: 0o600 });
  return whole;
}
