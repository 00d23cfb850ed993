/** SHA-256, HMAC-SHA256 and HKDF (RFC 5869). Source: docs/encryption.md#notation. */
import { createHash, createHmac, type Hash } from 'node:crypto';
import { concat, type Part } from './bytes.ts';

const HASH_BYTES = 32;

/** SHA-256 of the parts one after another. */
export function sha256(...parts: readonly Part[]): Uint8Array {
  return finish(createHash('sha256'), parts);
}

/** HMAC-SHA256 of the parts one after another. */
export function hmac(key: Part, ...parts: readonly Part[]): Uint8Array {
  return finish(createHmac('sha256', key), parts);
}

/** What HKDF is fed with. */
export type HkdfInput = Readonly<{ salt: Part; ikm: Uint8Array; info: Part }>;

/** HKDF with SHA-256: extract, then expand. Built from HMAC, since `hkdfSync` costs eight times as much. */
export function hkdf({ salt, ikm, info }: HkdfInput, length: number): Uint8Array {
  return hkdfExpand(hmac(salt, ikm), info, length);
}

/**
 * The second half of HKDF.
 *
 * @param prk    A key that is uniform already.
 * @param length Bytes wanted, at most 8160.
 */
export function hkdfExpand(prk: Uint8Array, info: Part, length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let counter = 1; blocks.length * HASH_BYTES < length; counter++) {
    blocks.push(hmac(prk, blocks.at(-1) ?? '', info, Uint8Array.of(counter)));
  }
  return concat(...blocks).subarray(0, length);
}

function finish(hash: Hash | ReturnType<typeof createHmac>, parts: readonly Part[]): Uint8Array {
  for (const part of parts) hash.update(part);
  const digest = hash.digest();
  // Buffer's own slice shares memory where everybody expects a copy.
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.byteLength);
}
