import { lockFolder } from '../storage/folder-lock.ts';
import { openFolder } from '../storage/folder.ts';
import { openFormat } from '../storage/migrate.ts';
import { StorageError } from '../storage/errors.ts';
import type { OnNotice } from '../storage/notice.ts';
import type { ScryptCost } from './crypto/sealing.ts';
import {
  readIdentityFile,
  writeIdentity,
  type AskPassphrase,
  type OpenedIdentity,
} from './stores/identity-file.ts';
import { OWN_NAMES } from './stores/open-stores.ts';
import { openSessionStore } from './stores/session-store.ts';
import { systemClock, systemRandom } from './system.ts';

export type PassphraseChange = Readonly<{
  /** The data folder. */
  folder: string;
  /** The passphrase until now, if there is one. */
  askPresent: AskPassphrase;
  /** The passphrase from now on; `undefined` for none. Called when the present one was right. */
  askNew: () => Promise<string | undefined>;
  onNotice: OnNotice;
  /** Tests make it cheap. */
  cost?: ScryptCost;
}>;

/**
 * Sets, changes or removes the passphrase of a data folder on which no daemon runs. After a crash at any moment the
 * former or the new one opens all that lies under it.
 *
 * @throws {WireError} `bad_request`: the new one is too short.
 * @throws {StorageError} `folder_in_use`, those of `openIdentityFile`, and what else the disk says.
 */
export async function changePassphrase(change: PassphraseChange): Promise<void> {
  const { folder, askPresent, askNew, onNotice } = change;
  await openFolder(folder, OWN_NAMES);
  const lock = await lockFolder(folder);
  try {
    await openFormat(folder, onNotice);
    const identity = await readIdentityFile({
      folder,
      // Without one at present there is nothing to complain of.
      askPassphrase: (isNeeded) => (isNeeded ? askPresent(true) : Promise.resolve(undefined)),
      onNotice,
    });
    if (identity === undefined) throw noIdentity(folder);
    await sealAnew(change, identity, await askNew());
  } finally {
    await lock.release();
  }
}

async function sealAnew(
  { folder, onNotice, cost }: PassphraseChange,
  { seed, former, sealKey, cover }: OpenedIdentity,
  passphrase: string | undefined,
): Promise<void> {
  const sessions = await openSessionStore({
    folder,
    sealKey,
    fsync: 'always',
    intervalMs: 0,
    random: systemRandom,
    clock: systemClock,
    onNotice,
  });
  try {
    const place = { folder, random: systemRandom, ...(cost && { cost }) };
    const newKey = await writeIdentity(place, { seed, former, passphrase }, (key) =>
      sessions.prepareKey(key),
    );
    await sessions.useKey(newKey);
  } finally {
    await sessions.close();
    seed.fill(0);
    former?.seed.fill(0);
    cover?.key.fill(0);
  }
}

function noIdentity(folder: string): StorageError {
  return new StorageError(
    'identity_missing',
    `there is no identity in ${folder} yet; the first start makes it, under the passphrase in VESTNIK_PASSPHRASE or ` +
      '--passphrase-file if there is one',
  );
}
