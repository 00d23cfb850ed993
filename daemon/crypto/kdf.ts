/** SHA-256, HMAC-SHA256 and HKDF (RFC 5869). Source: docs/encryption.md#notation. */
import { createHash, createHmac, hash, type Hash } from 'node:crypto';
import { concat, type Part } from './bytes.ts';

const HASH_BYTES = 32;

/** SHA-256 of the parts one after another; of a single one, as a body is, without a handle for the garbage collector. */
export function sha256(...parts: readonly Part[]): Uint8Array {
  const [first = ''] = parts;
  if (parts.length > 1) return finish(createHash('sha256'), parts);
  return toUint8Array(hash('sha256', first, 'buffer'));
}

const BLOCK_BYTES = 64;
/** Source: RFC 2104. */
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
/** A block of the key, and a short message; used again and again, and wiped of all that is secret. */
const text = Buffer.alloc(2048);

/**
 * HMAC-SHA256 of the parts one after another. Nearly all keys and messages are short: two hashes by hand then take less
 * than `createHmac`, whose handle the garbage collector must follow.
 */
export function hmac(key: Part, ...parts: readonly Part[]): Uint8Array {
  const end = writeParts(BLOCK_BYTES, parts);
  if (end === undefined || typeof key === 'string' || key.length > BLOCK_BYTES) {
    return finish(createHmac('sha256', key), parts);
  }
  writeKey(key, INNER_PAD);
  const inner = hash('sha256', text.subarray(0, end), 'binary');
  writeKey(key, OUTER_PAD);
  text.write(inner, BLOCK_BYTES, 'binary');
  const digest = hash('sha256', text.subarray(0, BLOCK_BYTES + HASH_BYTES), 'buffer');
  text.fill(0, 0, end);
  return toUint8Array(digest);
}

/** The block that a key is to both hashes of an HMAC. */
function writeKey(key: Uint8Array, pad: number): void {
  text.fill(pad, 0, BLOCK_BYTES);
  for (let i = 0; i < key.length; i++) text[i] = (key[i] ?? 0) ^ pad;
}

/** Where the parts end, one after another; `undefined` when there is no room. */
function writeParts(start: number, parts: readonly Part[]): number | undefined {
  let end = start;
  for (const part of parts) {
    // UTF-8 takes at most three bytes for one unit of UTF-16.
    const maxBytes = typeof part === 'string' ? 3 * part.length : part.length;
    if (maxBytes > text.length - end) return undefined;
    if (typeof part === 'string') end += text.write(part, end, 'utf8');
    else {
      text.set(part, end);
      end += part.length;
    }
  }
  return end;
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
  return toUint8Array(hash.digest());
}

/** Buffer's own slice shares memory where everybody expects a copy. */
function toUint8Array(digest: Buffer): Uint8Array {
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.byteLength);
}
