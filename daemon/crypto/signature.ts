/**
 * Ed25519 (RFC 8032). tweetnacl signs; OpenSSL verifies, since it is strict and eighty times as fast. There is one
 * verifier, and signature bytes are never an id (E3).
 */
import { createPublicKey, verify } from 'node:crypto';
import nacl from 'tweetnacl';
import { concat, type Part } from './bytes.ts';

/** A key that signs: `secret` is tweetnacl's 64 bytes, the seed and the public key. */
export type SignKeyPair = Readonly<{ secret: Uint8Array; publicKey: Uint8Array }>;

/** Checks a signature. */
export type Verifier = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean;

/** The key pair of a secret seed of 32 bytes. */
export function signKeyPair(seed: Uint8Array): SignKeyPair {
  const { secretKey, publicKey } = nacl.sign.keyPair.fromSeed(seed);
  return { secret: secretKey, publicKey };
}

/** A signature of 64 bytes over the parts one after another. Slow: 3 ms. */
export function sign(key: SignKeyPair, ...parts: readonly Part[]): Uint8Array {
  return nacl.sign.detached(concat(...parts), key.secret);
}

/** Whether a signature is genuine and in its one canonical form. */
export const isGenuine: Verifier = (publicKey, message, signature) => {
  if (publicKey.length !== nacl.sign.publicKeyLength) return false;
  const key = Buffer.from(concat(SPKI_PREFIX, publicKey));
  try {
    const imported = createPublicKey({ key, format: 'der', type: 'spki' });
    return verify(undefined, message, imported, signature);
  } catch {
    // This OpenSSL does not do Ed25519, or does not take the key; the reference knows which.
    return isGenuineByReference(publicKey, message, signature);
  }
};

/** The same by tweetnacl, which by itself would take S + L for S. */
export const isGenuineByReference: Verifier = (publicKey, message, signature) =>
  publicKey.length === nacl.sign.publicKeyLength &&
  signature.length === nacl.sign.signatureLength &&
  isBelowOrder(signature.subarray(32)) &&
  nacl.sign.detached.verify(message, signature, publicKey);

const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** L, the order of the base point. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** Whether a scalar, little-endian, is below L: only then is a signature the only one of its kind. */
function isBelowOrder(scalar: Uint8Array): boolean {
  const bigEndian = Buffer.from(scalar).reverse();
  return BigInt(`0x${bigEndian.toString('hex')}`) < ORDER;
}
