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
import { encodeBase64url } from '../wire/base64url.ts';
import { WireError } from '../wire/check.ts';
import { decodeIdentityText, type StoredIdentity } from './identity-text.ts';

const FILE_NAME = 'identity.json';
/** UTF-16 units. */
export const PASSPHRASE_MIN_LENGTH = 10;

/**
 * Where a passphrase comes from. `undefined`: nobody knows one.
 *
 * @param isNeeded Whether the identity lies under one, so that a person may be asked; otherwise only what was given
 *   unasked counts.
 */
export type AskPassphrase = (isNeeded: boolean) => Promise<string | undefined>;

/** For whoever has no way to ask. */
export const noPassphrase: AskPassphrase = () => Promise.resolve(undefined);

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
 * @throws {WireError} `bad_request`: the passphrase given for a new identity is too short.
 */
export async function openIdentityFile(options: IdentityFileOptions): Promise<OpenedIdentity> {
  return (await readIdentityFile(options)) ?? create(options);
}

/**
 * Reads the seed.
 *
 * @returns `undefined` when there is none yet.
 * @throws {StorageError} As `openIdentityFile`.
 */
export async function readIdentityFile(
  options: Pick<IdentityFileOptions, 'folder' | 'askPassphrase' | 'onNotice'>,
): Promise<OpenedIdentity | undefined> {
  const path = join(options.folder, FILE_NAME);
  const text = await readFile(path);
  return text === undefined ? undefined : open(decodeIdentityText(text, path), options);
}

async function readFile(path: string): Promise<string | undefined> {
  try {
    await removeTemporaries(path);
    return await readPrivateText(path);
  } catch (cause) {
    throw toStorageError(cause, path);
  }
}

async function create(options: IdentityFileOptions): Promise<OpenedIdentity> {
  if (options.isExpected) {
    throw new StorageError(
      'identity_missing',
      `${join(options.folder, FILE_NAME)} is gone, though your contacts know you by it; put back a copy of it, or ` +
        'start with a new data folder as somebody new to them',
    );
  }
  const seed = new Uint8Array(options.random.bytes(SEED_BYTES));
  const passphrase = await options.askPassphrase(false);
  return { seed, sealKey: await writeIdentity(options, { seed, passphrase }) };
}

async function open(
  stored: StoredIdentity,
  { folder, askPassphrase, onNotice }: Parameters<typeof readIdentityFile>[0],
): Promise<OpenedIdentity> {
  if (stored.kind === 'clear') {
    if ((await askPassphrase(false)) !== undefined) {
      const message = `a passphrase was given, but ${FILE_NAME} is not under one; vestnik passphrase sets it`;
      onNotice({ code: 'passphrase_unused', message });
    }
    return { seed: stored.seed, sealKey: undefined };
  }
  const passphrase = await askPassphrase(true);
  if (passphrase === undefined) {
    throw new StorageError(
      'passphrase_needed',
      `the identity in ${folder} is under a passphrase; give it in VESTNIK_PASSPHRASE or with --passphrase-file`,
    );
  }
  const keys = await deriveSealKeys(passphrase, stored.salt, stored.cost);
  const seed = unseal(keys.identity, stored.sealed);
  keys.identity.fill(0);
  if (seed === undefined) {
    throw new StorageError('wrong_passphrase', 'that is not the passphrase of this data folder');
  }
  return { seed, sealKey: keys.sessions };
}

/** A seed, and the passphrase under which it is to lie; `undefined` for none. */
type NewIdentity = Readonly<{ seed: Uint8Array; passphrase: string | undefined }>;

/**
 * Replaces the file; durable when it resolves.
 *
 * @param beforeReplaced Called with the new key of the session states when all but the replacing is done.
 * @returns The key of the session states; `undefined` without a passphrase.
 * @throws {WireError} `bad_request`: the passphrase is too short.
 * @throws {StorageError}
 */
export async function writeIdentity(
  { folder, random, cost = SCRYPT_COST }: Pick<IdentityFileOptions, 'folder' | 'random' | 'cost'>,
  { seed, passphrase }: NewIdentity,
  beforeReplaced: (sealKey: Uint8Array | undefined) => Promise<void> = () => Promise.resolve(),
): Promise<Uint8Array | undefined> {
  const path = join(folder, FILE_NAME);
  if (passphrase === undefined) {
    await beforeReplaced(undefined);
    await replace(path, { v: 1, kdf: null, seed_in_clear: encodeBase64url(seed) });
    return undefined;
  }
  requireLength(passphrase);
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
}

function requireLength(passphrase: string): void {
  if (passphrase.length >= PASSPHRASE_MIN_LENGTH) return;
  throw new WireError(
    'bad_request',
    `a passphrase has ${PASSPHRASE_MIN_LENGTH} characters or more`,
    'passphrase',
  );
}

/** Without a copy of the file before: it would be the seed under the passphrase before, or under none. */
async function replace(path: string, content: object): Promise<void> {
  const crc = formatCrc(crc32(JSON.stringify(content)));
  try {
    await replaceFile(path, `${JSON.stringify({ ...content, crc }, null, 2)}\n`);
  } catch (cause) {
    throw toStorageError(cause, path);
  }
}
