/**
 * `secretbox` of NaCl (XSalsa20-Poly1305) in memory that is used again and again: messages are many, and what tweetnacl
 * makes and throws away for each costs as much as the cipher. Tweetnacl remains the reference, and does what has no
 * whole blocks. What is left behind is wiped.
 *
 * Source: D. J. Bernstein, "Cryptography in NaCl", section 10.
 */
import nacl from 'tweetnacl';
import { MAC_BLOCK_BYTES, MAC_KEY_WORDS, Poly1305, TAG_WORDS } from './poly1305.ts';
import { STREAM_BLOCK_BYTES, XSalsa20 } from './salsa20.ts';

/** Bytes of the authenticator, which a box begins with. */
export const TAG_BYTES = nacl.secretbox.overheadLength;
/** The key stream begins with the key of the tag. */
const MAC_KEY_BYTES = 4 * MAC_KEY_WORDS;

/** Tag and text; larger ones get memory of their own. */
const scratch = new DataView(new ArrayBuffer(TAG_BYTES + 4096));
const stream = new XSalsa20();
const mac = new Poly1305();

/**
 * Tag and ciphertext.
 *
 * @param sizeBytes Of the text: whole blocks of 16 bytes.
 * @param write     Writes the text into memory that is all zero.
 * @param read      Is given tag and ciphertext, and must not keep them.
 */
export function sealBox<Result>(
  key: Uint8Array,
  nonce: Uint8Array,
  sizeBytes: number,
  write: (text: Uint8Array) => void,
  read: (sealed: Uint8Array) => Result,
): Result {
  const { box, bytes } = memoryFor(TAG_BYTES + sizeBytes);
  try {
    write(bytes.subarray(TAG_BYTES));
    startCipher(key, nonce);
    cipher(box, bytes.length);
    makeTag(box, bytes.length);
    for (let i = 0; i < TAG_WORDS; i++) box.setInt32(4 * i, mac.tag[i] ?? 0, true);
    return read(bytes);
  } finally {
    wipe(bytes);
  }
}

/**
 * Opens what `sealBox` made.
 *
 * @param read Is given the text, and must not keep it.
 * @returns    `undefined` when it was changed, or is under another key.
 */
export function openBox<Result>(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  read: (text: Uint8Array) => Result,
): Result | undefined {
  if (sealed.length % MAC_BLOCK_BYTES !== 0 || sealed.length < TAG_BYTES) {
    const text = nacl.secretbox.open(sealed, nonce, key);
    return text === null ? undefined : read(text);
  }
  const { box, bytes } = memoryFor(sealed.length);
  try {
    bytes.set(sealed);
    startCipher(key, nonce);
    makeTag(box, bytes.length);
    if (!hasTag(box)) return undefined;
    cipher(box, bytes.length);
    return read(bytes.subarray(TAG_BYTES));
  } finally {
    wipe(bytes);
  }
}

/** Tag and text in one run of memory, all zero. */
type Memory = Readonly<{ box: DataView; bytes: Uint8Array }>;

function memoryFor(sizeBytes: number): Memory {
  const box = sizeBytes > scratch.byteLength ? new DataView(new ArrayBuffer(sizeBytes)) : scratch;
  return { box, bytes: new Uint8Array(box.buffer, 0, sizeBytes) };
}

/** Makes the first block of the key stream, of which one half is the key of the tag. */
function startCipher(key: Uint8Array, nonce: Uint8Array): void {
  stream.start(key, nonce);
  stream.next();
  mac.start(stream.block);
}

/** Encrypts the text, or decrypts it: the key stream from the other half of its first block on. */
function cipher(box: DataView, end: number): void {
  const { block } = stream;
  let used = MAC_KEY_BYTES;
  for (let at = TAG_BYTES; at < end; at += 4, used += 4) {
    if (used === STREAM_BLOCK_BYTES) {
      stream.next();
      used = 0;
    }
    box.setInt32(at, box.getInt32(at, true) ^ (block[used >> 2] ?? 0), true);
  }
}

function makeTag(box: DataView, end: number): void {
  mac.absorb(box, TAG_BYTES, end);
  mac.finish();
}

/** Whether the tag is the one that was made, in a time that does not depend on where it differs. */
function hasTag(box: DataView): boolean {
  let difference = 0;
  for (let i = 0; i < TAG_WORDS; i++) difference |= box.getInt32(4 * i, true) ^ (mac.tag[i] ?? 0);
  return difference === 0;
}

function wipe(bytes: Uint8Array): void {
  bytes.fill(0);
  stream.wipe();
  mac.wipe();
}
