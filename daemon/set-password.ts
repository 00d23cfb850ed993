import { lockFolder } from '../storage/folder-lock.ts';
import { openFolder } from '../storage/folder.ts';
import { openFormat } from '../storage/migrate.ts';
import type { OnNotice } from '../storage/notice.ts';
import { hashPassword } from './gui-listener/password.ts';
import { openLoginStore } from './stores/login-store.ts';
import { OWN_NAMES } from './stores/open-stores.ts';
import { systemRandom } from './system.ts';

/**
 * Sets the password of a data folder on which no daemon runs: one that is to listen beyond loopback does not start
 * without. Every browser is logged out.
 *
 * @throws {WireError} `bad_request`: too short.
 * @throws {StorageError} `folder_in_use` and what else the disk says.
 */
export async function setPassword(
  folder: string,
  password: string,
  onNotice: OnNotice,
): Promise<void> {
  const hash = await hashPassword(password, systemRandom);
  await openFolder(folder, OWN_NAMES);
  const lock = await lockFolder(folder);
  try {
    await openFormat(folder, onNotice);
    const store = await openLoginStore(folder, onNotice);
    await store.save({ password: hash, sessions: [] });
    await store.close();
  } finally {
    await lock.release();
  }
}
