/**
 * The compression function of SHA-256 without allocation, for short messages: one call of node:crypto costs as much as
 * eight blocks here. Nothing branches on what is hashed, and no place that is read depends on it; so its time does not.
 *
 * Source: FIPS 180-4, sections 4.1.2, 4.2.2, 5.3.3 and 6.2.2.
 */

/** Bytes that are hashed at once. */
export const BLOCK_BYTES = 64;
export const BLOCK_WORDS = 16;
/** Words of a chaining value. */
export const STATE_WORDS = 8;

const ROUNDS = 64;

const ROUND_CONSTANTS = Int32Array.from(firstPrimes(ROUNDS), (prime) =>
  fractionOf(Math.cbrt(prime)),
);

/** The chaining value before the first block. */
export const INITIAL_STATE = Int32Array.from(firstPrimes(STATE_WORDS), (prime) =>
  fractionOf(Math.sqrt(prime)),
);

/** A block as words, big-endian, and room for the 48 that it is stretched by. */
export function createSchedule(): Int32Array {
  return new Int32Array(ROUNDS);
}

/** Mixes the block in `schedule` into a chaining value. The block is left as it was. */
export function compress(state: Int32Array, schedule: Int32Array): void {
  stretch(schedule);
  let a = state[0] ?? 0;
  let b = state[1] ?? 0;
  let c = state[2] ?? 0;
  let d = state[3] ?? 0;
  let e = state[4] ?? 0;
  let f = state[5] ?? 0;
  let g = state[6] ?? 0;
  let h = state[7] ?? 0;
  for (let i = 0; i < ROUNDS; i++) {
    const constant = ROUND_CONSTANTS[i] ?? 0;
    const word = schedule[i] ?? 0;
    const sigma1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const choice = g ^ (e & (f ^ g));
    const first = (h + sigma1 + choice + constant + word) | 0;
    const sigma0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const majority = (a & b) ^ (c & (a ^ b));
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + sigma0 + majority) | 0;
  }
  state[0] = ((state[0] ?? 0) + a) | 0;
  state[1] = ((state[1] ?? 0) + b) | 0;
  state[2] = ((state[2] ?? 0) + c) | 0;
  state[3] = ((state[3] ?? 0) + d) | 0;
  state[4] = ((state[4] ?? 0) + e) | 0;
  state[5] = ((state[5] ?? 0) + f) | 0;
  state[6] = ((state[6] ?? 0) + g) | 0;
  state[7] = ((state[7] ?? 0) + h) | 0;
}

function stretch(schedule: Int32Array): void {
  for (let i = BLOCK_WORDS; i < ROUNDS; i++) {
    const x = schedule[i - 15] ?? 0;
    const y = schedule[i - 2] ?? 0;
    const sigma0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const sigma1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    schedule[i] = (sigma1 + (schedule[i - 7] ?? 0) + sigma0 + (schedule[i - 16] ?? 0)) | 0;
  }
}

function firstPrimes(count: number): readonly number[] {
  const primes: number[] = [];
  for (let number = 2; primes.length < count; number++) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  }
  return primes;
}

/** The first 32 bits behind the point. */
function fractionOf(root: number): number {
  return (root % 1) * 2 ** 32;
}
