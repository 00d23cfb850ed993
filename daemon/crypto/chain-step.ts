/**
 * KDF_CK, the step from a message to the next: two HMAC-SHA256 of one byte each under one key, with what they have in
 * common made once: six blocks instead of eight, and no memory but for what comes out. Every message takes this step on
 * either side; node:crypto is twice as slow at messages of this size.
 *
 * Source: docs/encryption.md#messages, RFC 2104; for the end of a message FIPS 180-4, section 5.1.1.
 */
import {
  BLOCK_BYTES,
  BLOCK_WORDS,
  compress,
  createSchedule,
  INITIAL_STATE,
  STATE_WORDS,
} from './sha256-block.ts';

/** Bytes of a chain key, and of the key of a message. */
export const CHAIN_KEY_BYTES = 32;

const INNER_PAD = 0x36363636;
const OUTER_PAD = 0x5c5c5c5c;
/** What a chain key makes a message's key, and the next chain key, from: that byte and the mark that ends a message. */
const MESSAGE_KEY = 0x01_80_00_00;
const NEXT_CHAIN_KEY = 0x02_80_00_00;
const END_MARK = 0x80_00_00_00;
/** Lengths are in bits, and count the block of the key. */
const INNER_BITS = 8 * (BLOCK_BYTES + 1);
const OUTER_BITS = 8 * (BLOCK_BYTES + CHAIN_KEY_BYTES);

/** Memory that is used again and again, and wiped after every step. */
const schedule = createSchedule();
const innerStart = new Int32Array(STATE_WORDS);
const outerStart = new Int32Array(STATE_WORDS);
const state = new Int32Array(STATE_WORDS);

/** What a chain key is used up for. */
export type ChainStep = Readonly<{ messageKey: Uint8Array; nextKey: Uint8Array }>;

/** The key of the chain's next message, and the chain key after it. */
export function stepChain(chainKey: Uint8Array): ChainStep {
  absorbKey(chainKey);
  const messageKey = hmacOf(MESSAGE_KEY);
  const nextKey = hmacOf(NEXT_CHAIN_KEY);
  wipe();
  return { messageKey, nextKey };
}

function absorbKey(key: Uint8Array): void {
  absorbPadded(innerStart, key, INNER_PAD);
  absorbPadded(outerStart, key, OUTER_PAD);
}

/** The chaining value behind the block of a key. */
function absorbPadded(start: Int32Array, key: Uint8Array, pad: number): void {
  for (let i = 0; i < STATE_WORDS; i++) schedule[i] = wordAt(key, 4 * i) ^ pad;
  for (let i = STATE_WORDS; i < BLOCK_WORDS; i++) schedule[i] = pad;
  copyState(start, INITIAL_STATE);
  compress(start, schedule);
}

/** The HMAC of one byte. */
function hmacOf(byteAndMark: number): Uint8Array {
  schedule[0] = byteAndMark;
  clearSchedule(1);
  schedule[BLOCK_WORDS - 1] = INNER_BITS;
  copyState(state, innerStart);
  compress(state, schedule);
  copyState(schedule, state);
  schedule[STATE_WORDS] = END_MARK;
  clearSchedule(STATE_WORDS + 1);
  schedule[BLOCK_WORDS - 1] = OUTER_BITS;
  copyState(state, outerStart);
  compress(state, schedule);
  return bytesOf(state);
}

function clearSchedule(start: number): void {
  for (let i = start; i < BLOCK_WORDS; i++) schedule[i] = 0;
}

/** Eight words: `set` would take longer. */
function copyState(to: Int32Array, from: Int32Array): void {
  for (let i = 0; i < STATE_WORDS; i++) to[i] = from[i] ?? 0;
}

function wordAt(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset] ?? 0) << 24) |
    ((bytes[offset + 1] ?? 0) << 16) |
    ((bytes[offset + 2] ?? 0) << 8) |
    (bytes[offset + 3] ?? 0)
  );
}

function bytesOf(words: Int32Array): Uint8Array {
  const bytes = new Uint8Array(CHAIN_KEY_BYTES);
  for (let i = 0; i < CHAIN_KEY_BYTES; i++) {
    bytes[i] = (words[i >> 2] ?? 0) >>> (24 - 8 * (i & 3));
  }
  return bytes;
}

function wipe(): void {
  schedule.fill(0);
  innerStart.fill(0);
  outerStart.fill(0);
  state.fill(0);
}
