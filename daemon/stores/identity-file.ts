/**
 * The one lasting secret, in `identity.json`: the seed of our identity, under the owner's passphrase if there is one.
 * Whoever has it is us; without it our friends must get to know us anew. So nothing here guesses.
 *
 * Source: docs/storage.md#identity, G25, G26.
 */
import { crc32 } from 'node:zlib';
import { join } from 'node:path';
import { readText, removeTemporaries, replaceFile } from '../../storage/durable-file.ts';
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
import type { IdentityStore, OwnSeeds, Random } from '../domain/ports.ts';
import { encodeBase64url } from '../wire/base64url.ts';
import { WireError } from '../wire/check.ts';
import { decodeIdentityText, type StoredIdentity, type StoredSeeds } from './identity-text.ts';

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

/** What the seeds lie under, from the passphrase; `undefined` without one. */
type Cover = Readonly<{ key: Uint8Array; cost: ScryptCost; salt: Uint8Array }> | undefined;

/** What the file holds. */
export type OpenedIdentity = OwnSeeds &
  Readonly<{
    /** Key of the session states; `undefined` without a passphrase. */
    sealKey: Uint8Array | undefined;
    cover: Cover;
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

/**
 * Looks at the identity without changing anything.
 *
 * @returns `sealed`: it lies under a passphrase that nobody told; as a file it is whole.
 */
export async function inspectIdentity(
  folder: string,
  askPassphrase: AskPassphrase,
): Promise<'opened' | 'sealed' | 'wrong_passphrase' | 'damaged' | 'missing'> {
  const path = join(folder, FILE_NAME);
  try {
    const text = await readText(path);
    if (text === undefined) return 'missing';
    const stored = decodeIdentityText(text, path);
    if (stored.kind === 'sealed' && (await askPassphrase(false)) === undefined) return 'sealed';
    const { seed, former } = await open(stored, {
      folder,
      askPassphrase,
      onNotice: () => undefined,
    });
    seed.fill(0);
    former?.seed.fill(0);
    return 'opened';
  } catch (cause) {
    if (!(cause instanceof StorageError)) throw cause;
    return cause.code === 'wrong_passphrase' ? cause.code : 'damaged';
  }
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
  const seeds = { seed: new Uint8Array(options.random.bytes(SEED_BYTES)), former: undefined };
  const passphrase = await options.askPassphrase(false);
  return { ...seeds, ...(await writeUnder(options, { ...seeds, passphrase })) };
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
    return { ...seedsOf(stored, (seed) => seed), sealKey: undefined, cover: undefined };
  }
  const passphrase = await askPassphrase(true);
  if (passphrase === undefined) {
    throw new StorageError(
      'passphrase_needed',
      `the identity in ${folder} is under a passphrase; give it in VESTNIK_PASSPHRASE or with --passphrase-file`,
    );
  }
  const { salt, cost } = stored;
  const keys = await deriveSealKeys(passphrase, salt, cost);
  const unsealed = (sealed: Uint8Array): Uint8Array => {
    const seed = unseal(keys.identity, sealed);
    if (seed !== undefined) return seed;
    throw new StorageError('wrong_passphrase', 'that is not the passphrase of this data folder');
  };
  const cover = { key: keys.identity, cost, salt };
  return { ...seedsOf(stored, unsealed), sealKey: keys.sessions, cover };
}

function seedsOf({ seed, former }: StoredSeeds, read: (kept: Uint8Array) => Uint8Array): OwnSeeds {
  return {
    seed: read(seed),
    former: former && { seed: read(former.seed), since: former.since },
  };
}

/** The seeds, and the passphrase under which they are to lie; `undefined` for none. */
type NewIdentity = Readonly<{
  seed: Uint8Array;
  former?: OwnSeeds['former'];
  passphrase: string | undefined;
}>;

/**
 * Replaces the file; durable when it resolves.
 *
 * @param beforeReplaced Called with the new key of the session states when all but the replacing is done.
 * @returns The key of the session states; `undefined` without a passphrase.
 * @throws {WireError} `bad_request`: the passphrase is too short.
 * @throws {StorageError}
 */
export async function writeIdentity(
  place: Place,
  identity: NewIdentity,
  beforeReplaced: (sealKey: Uint8Array | undefined) => Promise<void> = () => Promise.resolve(),
): Promise<Uint8Array | undefined> {
  const { sealKey, cover } = await writeUnder(place, identity, beforeReplaced);
  cover?.key.fill(0);
  return sealKey;
}

type Place = Pick<IdentityFileOptions, 'folder' | 'random' | 'cost'>;

async function writeUnder(
  place: Place,
  { seed, former, passphrase }: NewIdentity,
  beforeReplaced: (sealKey: Uint8Array | undefined) => Promise<void> = () => Promise.resolve(),
): Promise<Pick<OpenedIdentity, 'sealKey' | 'cover'>> {
  const keys = await coverWith(place, passphrase);
  await beforeReplaced(keys.sealKey);
  await writeSeeds(place, { seed, former }, keys.cover);
  return keys;
}

async function coverWith(
  { random, cost = SCRYPT_COST }: Place,
  passphrase: string | undefined,
): Promise<Pick<OpenedIdentity, 'sealKey' | 'cover'>> {
  if (passphrase === undefined) return { sealKey: undefined, cover: undefined };
  requireLength(passphrase);
  const salt = new Uint8Array(random.bytes(SALT_BYTES));
  const { identity, sessions } = await deriveSealKeys(passphrase, salt, cost);
  return { sealKey: sessions, cover: { key: identity, cost, salt } };
}

async function writeSeeds(
  { folder, random }: Place,
  { seed, former }: OwnSeeds,
  cover: Cover,
): Promise<void> {
  const kept = (one: Uint8Array): object => covered(one, cover, random);
  await replace(join(folder, FILE_NAME), {
    v: 1,
    kdf: cover === undefined ? null : { ...cover.cost, salt: encodeBase64url(cover.salt) },
    ...kept(seed),
    ...(former && {
      former: { since: new Date(former.since).toISOString(), ...kept(former.seed) },
    }),
  });
}

/** A seed's members in the file. */
function covered(seed: Uint8Array, cover: Cover, random: Pick<Random, 'bytes'>): object {
  if (cover === undefined) return { seed_in_clear: encodeBase64url(seed) };
  const sealed = seal(cover.key, seed, random.bytes);
  return {
    nonce: encodeBase64url(sealed.subarray(0, SEAL_NONCE_BYTES)),
    box: encodeBase64url(sealed.subarray(SEAL_NONCE_BYTES)),
  };
}

/** The file while a daemon runs on it, which never asks for the passphrase again. */
export class IdentityFile implements IdentityStore {
  readonly initial: OwnSeeds;
  readonly #place: Place;
  readonly #cover: Cover;
  #writing: Promise<void> = Promise.resolve();

  constructor(place: Place, { seed, former, cover }: OpenedIdentity) {
    this.initial = { seed, former };
    this.#place = place;
    this.#cover = cover;
  }

  /** One write after another, in the order of the calls. */
  save(seeds: OwnSeeds): Promise<void> {
    const write = (): Promise<void> => writeSeeds(this.#place, seeds, this.#cover);
    const written = this.#writing.then(write, write);
    // Whoever called hears of a failure; the next one writes all the same.
    this.#writing = written.catch(() => undefined);
    return written;
  }

  /** Waits for what is being written. */
  close(): Promise<void> {
    return this.#writing;
  }
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
