/**
 * Secrets on the disk under the owner's passphrase.
 *
 * Source: docs/storage.md#the-passphrase, G26.
 */
import { scrypt } from 'node:crypto';
import nacl from 'tweetnacl';
import { concat, type RandomBytes } from './bytes.ts';
import { hkdf } from './kdf.ts';

/** How much work a guess at the passphrase costs. */
export type ScryptCost = Readonly<{ N: number; r: number; p: number }>;

/** About half a second and 128 MiB on a desktop. */
export const SCRYPT_COST: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };
export const SALT_BYTES = 16;
export const SEAL_NONCE_BYTES = nacl.secretbox.nonceLength;

const KEY_BYTES = 32;

/** Keys that follow from a passphrase. */
export type SealKeys = Readonly<{
  /** Of the seed. */
  identity: Uint8Array;
  /** Of the session states. */
  sessions: Uint8Array;
}>;

/** Does the work, off the main thread, and derives the keys. */
export async function deriveSealKeys(
  passphrase: string,
  salt: Uint8Array,
  cost: ScryptCost,
): Promise<SealKeys> {
  const master = await stretch(passphrase, salt, cost);
  const derive = (info: string): Uint8Array => hkdf({ salt: '', ikm: master, info }, KEY_BYTES);
  const keys = {
    identity: derive('vestnik1 seal identity'),
    sessions: derive('vestnik1 seal sessions'),
  };
  master.fill(0);
  return keys;
}

/** Bytes that only the key opens: a random nonce, then the box. */
export function seal(key: Uint8Array, plain: Uint8Array, randomBytes: RandomBytes): Uint8Array {
  const nonce = new Uint8Array(randomBytes(SEAL_NONCE_BYTES));
  return concat(nonce, nacl.secretbox(plain, nonce, key));
}

/** What was sealed; `undefined` for another key, or when a bit of it has changed. */
export function unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < SEAL_NONCE_BYTES) return undefined;
  const nonce = sealed.subarray(0, SEAL_NONCE_BYTES);
  return nacl.secretbox.open(sealed.subarray(SEAL_NONCE_BYTES), nonce, key) ?? undefined;
}

/** A name for a key that tells nothing of it: 8 characters. */
export function sealKeyName(key: Uint8Array): string {
  const name = hkdf({ salt: '', ikm: key, info: 'vestnik1 seal name' }, 6);
  return Buffer.from(name).toString('base64url');
}

function stretch(passphrase: string, salt: Uint8Array, cost: ScryptCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { ...cost, maxmem: 256 * cost.N * cost.r };
    // The same passphrase may be typed in two ways that look alike.
    scrypt(passphrase.normalize('NFKC'), salt, KEY_BYTES, options, (error, derived) => {
      if (error === null) resolve(derived);
      else reject(error);
    });
  });
}
