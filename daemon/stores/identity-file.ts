/**
 * The one lasting secret, in `identity.json`: the seed of our identity, under the owner's passphrase if there is one.
 * Whoever has it is us; without it our friends must get to know us anew. So nothing here guesses.
 *
 * Source: docs/storage.md#identity, G25, G26.
 */
import { crc32 } from 'node:zlib';
import { join } from 'node:path';
import { removeTemporaries, replaceFile } from '../../storage/durable-file.ts';
import { StorageError, toStorageError } from '../../storage/errors.ts';
import { formatCrc } from '../../storage/line.ts';
import type { OnNotice } from '../../storage/notice.ts';
import { readPrivateText } from '../../storage/private-file.ts';
import { SEED_BYTES } from '../crypto/identity.ts';
import {
  deriveSealKeys,
  SALT_BYTES,
  seal,
  SEAL_NONCE_BYTES,
  SCRYPT_COST,
  unseal,
  type ScryptCost,
} from '../crypto/sealing.ts';
import type { Random } from '../domain/ports.ts';
import { decodeBase64url, encodeBase64url } from '../wire/base64url.ts';
import { decodeIdentityText, type StoredIdentity } from './identity-text.ts';

const FILE_NAME = 'identity.json';

/**
 * Where a passphrase comes from. `undefined`: nobody knows one.
 *
 * @param isNeeded Whether the identity lies under one, so that a person may be asked; otherwise only what was given
 *   unasked counts.
 */
export type AskPassphrase = (isNeeded: boolean) => Promise<string | undefined>;

export type IdentityFileOptions = Readonly<{
  /** The data folder. */
  folder: string;
  random: Pick<Random, 'bytes'>;
  askPassphrase: AskPassphrase;
  /** Friends know us already, so that there must be an identity. */
  isExpected: boolean;
  onNotice: OnNotice;
  /** For a new file; tests make it cheap. */
  cost?: ScryptCost;
}>;

/** What the file holds. */
export type OpenedIdentity = Readonly<{
  /** 32 bytes. */
  seed: Uint8Array;
  /** Key of the session states; `undefined` without a passphrase. */
  sealKey: Uint8Array | undefined;
}>;

/**
 * Reads the seed; the first time it is made, and on the disk before this resolves.
 *
 * @throws {StorageError} `passphrase_needed`, `wrong_passphrase`, `identity_damaged`, `identity_missing`,
 *   `folder_unsafe`, `format_too_new`, or what the disk says. Nothing was changed.
 */
export async function openIdentityFile(options: IdentityFileOptions): Promise<OpenedIdentity> {
  const path = join(options.folder, FILE_NAME);
  try {
    await removeTemporaries(path);
    const text = await readPrivateText(path);
    if (text === undefined) return await create(path, options);
    return await open(decodeIdentityText(text, path), options);
  } catch (cause) {
    throw toStorageError(cause, path);
  }
}

async function create(path: string, options: IdentityFileOptions): Promise<OpenedIdentity> {
  if (options.isExpected) {
    throw new StorageError(
      'identity_missing',
      `${path} is gone, though your contacts know you by it; put back a copy of it, or start with a new data folder ` +
        'as somebody new to them',
    );
  }
  const seed = new Uint8Array(options.random.bytes(SEED_BYTES));
  const passphrase = await options.askPassphrase(false);
  return { seed, sealKey: await writeIdentity(options, { seed, passphrase }) };
}

async function open(
  stored: StoredIdentity,
  { folder, askPassphrase, onNotice }: IdentityFileOptions,
): Promise<OpenedIdentity> {
  if (stored.kind === 'clear') {
    if ((await askPassphrase(false)) !== undefined) {
      const message = `a passphrase was given, but ${FILE_NAME} is not under one; vestnik passphrase sets it`;
      onNotice({ code: 'passphrase_unused', message });
    }
    return { seed: decodeBase64url(stored.seed, SEED_BYTES), sealKey: undefined };
  }
  const passphrase = await askPassphrase(true);
  if (passphrase === undefined) {
    throw new StorageError(
      'passphrase_needed',
      `the identity in ${folder} is under a passphrase; give it in VESTNIK_PASSPHRASE or with --passphrase-file`,
    );
  }
  const keys = await deriveSealKeys(passphrase, decodeBase64url(stored.salt), stored.cost);
  const seed = unseal(keys.identity, joined(stored.nonce, stored.box));
  keys.identity.fill(0);
  if (seed === undefined) {
    throw new StorageError('wrong_passphrase', 'that is not the passphrase of this data folder');
  }
  return { seed, sealKey: keys.sessions };
}

type NewIdentity = Readonly<{ seed: Uint8Array; passphrase: string | undefined }>;

/**
 * Replaces the file; durable when it resolves.
 *
 * @param beforeReplaced Called with the new key of the session states when all but the replacing is done.
 * @returns The key of the session states; `undefined` without a passphrase.
 * @throws {StorageError}
 */
export async function writeIdentity(
  { folder, random, cost = SCRYPT_COST }: Pick<IdentityFileOptions, 'folder' | 'random' | 'cost'>,
  { seed, passphrase }: NewIdentity,
  beforeReplaced: (sealKey: Uint8Array | undefined) => Promise<void> = () => Promise.resolve(),
): Promise<Uint8Array | undefined> {
  const path = join(folder, FILE_NAME);
  try {
    if (passphrase === undefined) {
      await beforeReplaced(undefined);
      await replace(path, { v: 1, kdf: null, seed_in_clear: encodeBase64url(seed) });
      return undefined;
    }
    const salt = new Uint8Array(random.bytes(SALT_BYTES));
    const keys = await deriveSealKeys(passphrase, salt, cost);
    const sealed = seal(keys.identity, seed, random.bytes);
    keys.identity.fill(0);
    await beforeReplaced(keys.sessions);
    await replace(path, {
      v: 1,
      kdf: { ...cost, salt: encodeBase64url(salt) },
      nonce: encodeBase64url(sealed.subarray(0, SEAL_NONCE_BYTES)),
      box: encodeBase64url(sealed.subarray(SEAL_NONCE_BYTES)),
    });
    return keys.sessions;
  } catch (cause) {
    throw toStorageError(cause, path);
  }
}

/** Without a copy of the file before: it would be the seed under the passphrase before, or under none. */
function replace(path: string, content: object): Promise<void> {
  const crc = formatCrc(crc32(JSON.stringify(content)));
  return replaceFile(path, `${JSON.stringify({ ...content, crc }, null, 2)}\n`);
}

function joined(nonce: string, box: string): Uint8Array {
  return Buffer.concat([decodeBase64url(nonce), decodeBase64url(box)]);
}
