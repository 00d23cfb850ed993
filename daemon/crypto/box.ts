/**
 * `secretbox` of NaCl (XSalsa20-Poly1305) on memory that is used again and again: messages are many, and fresh memory for
 * each of them would cost more than the cipher. What is left behind is wiped.
 */
import nacl from 'tweetnacl';

/** As NaCl has it in C: output, input, length, nonce, key; 0 for success. The types of the package leave it out. */
type Cipher = (
  output: Uint8Array,
  input: Uint8Array,
  sizeBytes: number,
  nonce: Uint8Array,
  key: Uint8Array,
) => number;
type LowLevel = Readonly<{ crypto_secretbox: Cipher; crypto_secretbox_open: Cipher }>;
const { crypto_secretbox: secretbox, crypto_secretbox_open: secretboxOpen } = (
  nacl as unknown as Readonly<{ lowlevel: LowLevel }>
).lowlevel;

/** Zeros that the cipher wants before a text, and before what it makes of it. */
const TEXT_OFFSET = 32;
const BOX_OFFSET = 16;
/** Larger ones get memory of their own. */
const SCRATCH_BYTES = 4096 + TEXT_OFFSET;

const text = new Uint8Array(SCRATCH_BYTES);
const box = new Uint8Array(SCRATCH_BYTES);

/**
 * Tag and ciphertext.
 *
 * @param write Writes the text, `sizeBytes` long, into memory that is all zero.
 * @param read  Is given tag and ciphertext, and must not keep them.
 */
export function sealBox<Result>(
  key: Uint8Array,
  nonce: Uint8Array,
  sizeBytes: number,
  write: (text: Uint8Array) => void,
  read: (sealed: Uint8Array) => Result,
): Result {
  const end = TEXT_OFFSET + sizeBytes;
  const plain = zeroed('text', end);
  const sealed = zeroed('box', end);
  try {
    write(plain.subarray(TEXT_OFFSET));
    secretbox(sealed, plain, end, nonce, key);
    return read(sealed.subarray(BOX_OFFSET));
  } finally {
    plain.fill(0);
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
  if (sealed.length < BOX_OFFSET) return undefined;
  const end = BOX_OFFSET + sealed.length;
  const plain = zeroed('text', end);
  const whole = zeroed('box', end);
  whole.set(sealed, BOX_OFFSET);
  try {
    return secretboxOpen(plain, whole, end, nonce, key) === 0
      ? read(plain.subarray(TEXT_OFFSET))
      : undefined;
  } finally {
    plain.fill(0);
  }
}

/** Memory that is all zero; the one used before, unless it would be too small. */
function zeroed(which: 'text' | 'box', sizeBytes: number): Uint8Array {
  if (sizeBytes > SCRATCH_BYTES) return new Uint8Array(sizeBytes);
  return (which === 'text' ? text : box).subarray(0, sizeBytes).fill(0);
}
