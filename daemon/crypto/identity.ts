/**
 * Who somebody is: a seed, the keys that follow from it, and the fingerprint that stands for both keys.
 *
 * Source: docs/encryption.md#identity.
 */
import { concat, isEqualBytes } from './bytes.ts';
import type { Dh, DhKeyPair } from './dh.ts';
import { hkdf, sha256 } from './kdf.ts';
import { isGenuine, sign, signKeyPair, type SignKeyPair } from './signature.ts';

/** Bytes of the one lasting secret. */
export const SEED_BYTES = 32;

/** What others know of somebody. */
export type PublicIdentity = Readonly<{
  /** Ed25519 public key. */
  id: Uint8Array;
  /** Lasting X25519 public key. */
  dh: Uint8Array;
  /** 32 bytes that stand for both; this is what people compare. */
  fingerprint: Uint8Array;
}>;

/** What we know of ourselves. */
export type Identity = PublicIdentity &
  Readonly<{
    sign: SignKeyPair;
    box: DhKeyPair;
    /** Our signature that binds `dh` to `id`. */
    bind: Uint8Array;
  }>;

/** The identity that belongs to a seed. Slow: a few milliseconds, up to 10 without OpenSSL. */
export function openIdentity(seed: Uint8Array, dh: Dh): Identity {
  if (seed.length !== SEED_BYTES) throw new RangeError(`a seed of ${seed.length} bytes`);
  const signing = signKeyPair(derive(seed, 'vestnik1 id sign'));
  const box = dh.keyPair(derive(seed, 'vestnik1 id box'));
  return {
    ...publicIdentity(signing.publicKey, box.publicKey),
    sign: signing,
    box,
    bind: sign(signing, BIND_LABEL, box.publicKey),
  };
}

/** The identity that two public keys make. Says nothing about whether they belong together: see `isBound`. */
export function publicIdentity(id: Uint8Array, dh: Uint8Array): PublicIdentity {
  return { id, dh, fingerprint: sha256('vestnik1 fp', id, dh) };
}

/** Whether the owner of the sign key says that the other key is his, too. */
export function isBound({ id, dh }: PublicIdentity, bind: Uint8Array): boolean {
  return isGenuine(id, concat(BIND_LABEL, dh), bind);
}

/** Whether two identities are the same. */
export function isSameIdentity(one: PublicIdentity, other: PublicIdentity): boolean {
  return isEqualBytes(one.fingerprint, other.fingerprint);
}

const BIND_LABEL = 'vestnik1 bind';

function derive(seed: Uint8Array, info: string): Uint8Array {
  return hkdf({ salt: '', ikm: seed, info }, 32);
}
