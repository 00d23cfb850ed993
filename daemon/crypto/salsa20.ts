/**
 * The core of Salsa20 on 32-bit words, and XSalsa20 made of it, for texts that are many and short: no memory of its own
 * for each. Only additions, rotations and exclusive ors, so its time says nothing of what it works on.
 *
 * Source: D. J. Bernstein, "The Salsa20 family of stream ciphers" and "Extending the Salsa20 nonce".
 */

/** Bytes of key stream that are made at once. */
export const STREAM_BLOCK_BYTES = 64;
const BLOCK_WORDS = STREAM_BLOCK_BYTES / 4;

/** "expand 32-byte k", at the corners of the square that a block is. */
const CONSTANTS = Int32Array.of(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574);
/** Where else in a block: from where on the halves of the key are, the nonce, and the counter. */
const FIRST_HALF = 1;
const OTHER_HALF = 11;
const NONCE = 6;
const COUNTER = 8;

/** The key stream of one text after another. */
export class XSalsa20 {
  readonly #input = new Int32Array(BLOCK_WORDS);
  /** Words of the key stream, as `next` made them last. */
  readonly block = new Int32Array(BLOCK_WORDS);

  /**
   * Begins the stream of another text.
   *
   * @param key   32 bytes.
   * @param nonce 24 bytes.
   */
  start(key: Uint8Array, nonce: Uint8Array): void {
    const input = this.#input;
    const { block } = this;
    for (let i = 0; i < 4; i++) {
      input[5 * i] = CONSTANTS[i] ?? 0;
      input[FIRST_HALF + i] = wordAt(key, 4 * i);
      input[OTHER_HALF + i] = wordAt(key, 16 + 4 * i);
      input[NONCE + i] = wordAt(nonce, 4 * i);
    }
    mix(input, block);
    // HSalsa20: what stands where the constants and the nonce were is the key for the rest of the nonce.
    for (let i = 0; i < 4; i++) {
      input[FIRST_HALF + i] = block[5 * i] ?? 0;
      input[OTHER_HALF + i] = block[NONCE + i] ?? 0;
    }
    input[NONCE] = wordAt(nonce, 16);
    input[NONCE + 1] = wordAt(nonce, 20);
    input[COUNTER] = 0;
    input[COUNTER + 1] = 0;
  }

  /** Makes the next block of the stream; 2^32 of them at most. */
  next(): void {
    const { block } = this;
    const input = this.#input;
    mix(input, block);
    for (let i = 0; i < BLOCK_WORDS; i++) block[i] = ((block[i] ?? 0) + (input[i] ?? 0)) | 0;
    input[COUNTER] = ((input[COUNTER] ?? 0) + 1) | 0;
  }

  /** Forgets the key, and what was made with it. */
  wipe(): void {
    this.#input.fill(0);
    this.block.fill(0);
  }
}

/** A word, little-endian. */
function wordAt(bytes: Uint8Array, offset: number): number {
  return (
    (bytes[offset] ?? 0) |
    ((bytes[offset + 1] ?? 0) << 8) |
    ((bytes[offset + 2] ?? 0) << 16) |
    ((bytes[offset + 3] ?? 0) << 24)
  );
}

/** Twenty rounds. Spelled out word by word: a loop over places would take six times as long. */
function mix(input: Int32Array, output: Int32Array): void {
  let x0 = input[0] ?? 0;
  let x1 = input[1] ?? 0;
  let x2 = input[2] ?? 0;
  let x3 = input[3] ?? 0;
  let x4 = input[4] ?? 0;
  let x5 = input[5] ?? 0;
  let x6 = input[6] ?? 0;
  let x7 = input[7] ?? 0;
  let x8 = input[8] ?? 0;
  let x9 = input[9] ?? 0;
  let x10 = input[10] ?? 0;
  let x11 = input[11] ?? 0;
  let x12 = input[12] ?? 0;
  let x13 = input[13] ?? 0;
  let x14 = input[14] ?? 0;
  let x15 = input[15] ?? 0;
  let sum = 0;
  for (let round = 0; round < 20; round += 2) {
    // Columns.
    sum = (x0 + x12) | 0;
    x4 ^= (sum << 7) | (sum >>> 25);
    sum = (x4 + x0) | 0;
    x8 ^= (sum << 9) | (sum >>> 23);
    sum = (x8 + x4) | 0;
    x12 ^= (sum << 13) | (sum >>> 19);
    sum = (x12 + x8) | 0;
    x0 ^= (sum << 18) | (sum >>> 14);
    sum = (x5 + x1) | 0;
    x9 ^= (sum << 7) | (sum >>> 25);
    sum = (x9 + x5) | 0;
    x13 ^= (sum << 9) | (sum >>> 23);
    sum = (x13 + x9) | 0;
    x1 ^= (sum << 13) | (sum >>> 19);
    sum = (x1 + x13) | 0;
    x5 ^= (sum << 18) | (sum >>> 14);
    sum = (x10 + x6) | 0;
    x14 ^= (sum << 7) | (sum >>> 25);
    sum = (x14 + x10) | 0;
    x2 ^= (sum << 9) | (sum >>> 23);
    sum = (x2 + x14) | 0;
    x6 ^= (sum << 13) | (sum >>> 19);
    sum = (x6 + x2) | 0;
    x10 ^= (sum << 18) | (sum >>> 14);
    sum = (x15 + x11) | 0;
    x3 ^= (sum << 7) | (sum >>> 25);
    sum = (x3 + x15) | 0;
    x7 ^= (sum << 9) | (sum >>> 23);
    sum = (x7 + x3) | 0;
    x11 ^= (sum << 13) | (sum >>> 19);
    sum = (x11 + x7) | 0;
    x15 ^= (sum << 18) | (sum >>> 14);
    // Rows.
    sum = (x0 + x3) | 0;
    x1 ^= (sum << 7) | (sum >>> 25);
    sum = (x1 + x0) | 0;
    x2 ^= (sum << 9) | (sum >>> 23);
    sum = (x2 + x1) | 0;
    x3 ^= (sum << 13) | (sum >>> 19);
    sum = (x3 + x2) | 0;
    x0 ^= (sum << 18) | (sum >>> 14);
    sum = (x5 + x4) | 0;
    x6 ^= (sum << 7) | (sum >>> 25);
    sum = (x6 + x5) | 0;
    x7 ^= (sum << 9) | (sum >>> 23);
    sum = (x7 + x6) | 0;
    x4 ^= (sum << 13) | (sum >>> 19);
    sum = (x4 + x7) | 0;
    x5 ^= (sum << 18) | (sum >>> 14);
    sum = (x10 + x9) | 0;
    x11 ^= (sum << 7) | (sum >>> 25);
    sum = (x11 + x10) | 0;
    x8 ^= (sum << 9) | (sum >>> 23);
    sum = (x8 + x11) | 0;
    x9 ^= (sum << 13) | (sum >>> 19);
    sum = (x9 + x8) | 0;
    x10 ^= (sum << 18) | (sum >>> 14);
    sum = (x15 + x14) | 0;
    x12 ^= (sum << 7) | (sum >>> 25);
    sum = (x12 + x15) | 0;
    x13 ^= (sum << 9) | (sum >>> 23);
    sum = (x13 + x12) | 0;
    x14 ^= (sum << 13) | (sum >>> 19);
    sum = (x14 + x13) | 0;
    x15 ^= (sum << 18) | (sum >>> 14);
  }
  output[0] = x0;
  output[1] = x1;
  output[2] = x2;
  output[3] = x3;
  output[4] = x4;
  output[5] = x5;
  output[6] = x6;
  output[7] = x7;
  output[8] = x8;
  output[9] = x9;
  output[10] = x10;
  output[11] = x11;
  output[12] = x12;
  output[13] = x13;
  output[14] = x14;
  output[15] = x15;
}
