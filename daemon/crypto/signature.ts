/**
 * Ed25519 (RFC 8032) by OpenSSL, which is strict and thirty to eighty times as fast as tweetnacl; the latter is the
 * reference, and stands in where OpenSSL has no Ed25519. There is one verifier, and signature bytes are never an id
 * (E3).
 */
import {
  createPrivateKey,
  createPublicKey,
  sign as signNatively,
  verify,
  type KeyObject,
} from 'node:crypto';
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
  try {
    const exported = createPublicKey(toPrivateKey(seed)).export({ format: 'der', type: 'spki' });
    const publicKey = new Uint8Array(exported.subarray(SPKI_PREFIX.length));
    return { secret: concat(seed, publicKey), publicKey };
  } catch {
    return signKeyPairByReference(seed);
  }
}

/** A signature of 64 bytes over the parts one after another: the same bytes each time, whoever makes them. */
export function sign(key: SignKeyPair, ...parts: readonly Part[]): Uint8Array {
  const message = concat(...parts);
  try {
    const seed = key.secret.subarray(0, nacl.sign.seedLength);
    return new Uint8Array(signNatively(undefined, message, toPrivateKey(seed)));
  } catch {
    return signByReference(key, message);
  }
}

/** The same by tweetnacl. Slow: 3 ms. */
export function signKeyPairByReference(seed: Uint8Array): SignKeyPair {
  const { secretKey, publicKey } = nacl.sign.keyPair.fromSeed(seed);
  return { secret: secretKey, publicKey };
}

/** The same by tweetnacl. Slow: 3 ms. */
export function signByReference(key: SignKeyPair, message: Uint8Array): Uint8Array {
  return nacl.sign.detached(message, key.secret);
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
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** @throws {Error} This OpenSSL does not do Ed25519, or the seed has another size. */
function toPrivateKey(seed: Uint8Array): KeyObject {
  // OpenSSL would pass over bytes that are too many.
  if (seed.length !== nacl.sign.seedLength) throw new RangeError('bad seed size');
  const key = Buffer.from(concat(PKCS8_PREFIX, seed));
  try {
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } finally {
    key.fill(0);
  }
}

/** L, the order of the base point. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** Whether a scalar, little-endian, is below L: only then is a signature the only one of its kind. */
function isBelowOrder(scalar: Uint8Array): boolean {
  const bigEndian = Buffer.from(scalar).reverse();
  return BigInt(`0x${bigEndian.toString('hex')}`) < ORDER;
}
