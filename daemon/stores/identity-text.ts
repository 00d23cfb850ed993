/** The form of `identity.json`. Source: docs/storage.md#identity. */
import { crc32 } from 'node:zlib';
import * as v from 'valibot';
import { StorageError } from '../../storage/errors.ts';
import { formatCrc } from '../../storage/line.ts';
import { SEED_BYTES } from '../crypto/identity.ts';
import { SALT_BYTES, SEAL_NONCE_BYTES, type ScryptCost } from '../crypto/sealing.ts';
import { Base64url } from '../wire/base64url.ts';
import { isMembers } from './members.ts';

/** Version of the form. */
const VERSION = 1;
/** What secretbox adds. */
const TAG_BYTES = 16;
/** A gigabyte of memory; more would be a mistake. */
const N_MAX = 2 ** 20;

/** A seed, or sealed what holds it; and that of the identity before, while contacts are told of the present one. */
export type StoredSeeds = Readonly<{
  seed: Uint8Array;
  /** `since`: milliseconds since 1970. */
  former: Readonly<{ seed: Uint8Array; since: number }> | undefined;
}>;

/** What the file says. */
export type StoredIdentity =
  | (StoredSeeds & Readonly<{ kind: 'clear' }>)
  | (StoredSeeds & Readonly<{ kind: 'sealed'; cost: ScryptCost; salt: Uint8Array }>);

const Count = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(max));

const Since = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform((text) => Date.parse(text)),
);

const ClearSeed = { seed_in_clear: Base64url(SEED_BYTES) };
const Clear = v.object({
  kdf: v.null(),
  ...ClearSeed,
  former: v.optional(v.object({ ...ClearSeed, since: Since })),
});
const SealedSeed = { nonce: Base64url(SEAL_NONCE_BYTES), box: Base64url(SEED_BYTES + TAG_BYTES) };
const Sealed = v.object({
  kdf: v.object({ N: Count(N_MAX), r: Count(32), p: Count(16), salt: Base64url(SALT_BYTES) }),
  ...SealedSeed,
  former: v.optional(v.object({ ...SealedSeed, since: Since })),
});

/**
 * Decodes the file.
 *
 * @param path For the sentence.
 * @throws {StorageError} `identity_damaged`: it is not as it was written. `format_too_new`.
 */
export function decodeIdentityText(text: string, path: string): StoredIdentity {
  const content = verify(text, path);
  const clear = v.safeParse(Clear, content);
  if (clear.success) return { kind: 'clear', ...seedsIn(clear.output, inClear) };
  const sealed = v.safeParse(Sealed, content);
  if (!sealed.success) throw damaged(path);
  const { salt, ...cost } = sealed.output.kdf;
  return { kind: 'sealed', cost, salt, ...seedsIn(sealed.output, joined) };
}

function seedsIn<Kept>(
  kept: Kept & Readonly<{ former?: (Kept & { since: number }) | undefined }>,
  bytesOf: (kept: Kept) => Uint8Array,
): StoredSeeds {
  const { former } = kept;
  return {
    seed: bytesOf(kept),
    former: former && { seed: bytesOf(former), since: former.since },
  };
}

function inClear({ seed_in_clear }: Readonly<{ seed_in_clear: Uint8Array }>): Uint8Array {
  return seed_in_clear;
}

function joined({ nonce, box }: Readonly<{ nonce: Uint8Array; box: Uint8Array }>): Uint8Array {
  return Buffer.concat([nonce, box]);
}

function verify(text: string, path: string): unknown {
  const value = parse(text);
  if (!isMembers(value)) throw damaged(path);
  const { crc, ...content } = value;
  if (crc !== formatCrc(crc32(JSON.stringify(content)))) throw damaged(path);
  const { v: version } = content;
  if (typeof version === 'number' && version > VERSION) {
    throw new StorageError('format_too_new', `a newer version of this program wrote ${path}`);
  }
  return content;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function damaged(path: string): StorageError {
  return new StorageError(
    'identity_damaged',
    `${path} is not as it was written, and nothing was changed; put back a copy of it. Without one your contacts must ` +
      'get to know you anew: start with a new data folder',
  );
}
