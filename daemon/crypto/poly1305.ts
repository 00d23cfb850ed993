/**
 * Poly1305 over whole blocks. A number is five limbs of 26 bits, whose products and sums of five of them fit into 64.
 * Nothing branches on a secret.
 *
 * Source: RFC 8439, section 2.5.
 */
import { get, keep, op, repeat, set, type Code, type FunctionCode, type Instance } from './wasm.ts';

const { i32, i64 } = op;

/** Bytes that are taken in at once. */
export const MAC_BLOCK_BYTES = 16;
/** Words of a one-time key, and of a tag. */
export const MAC_KEY_WORDS = 8;
export const TAG_WORDS = 4;

const LIMBS = [0, 1, 2, 3, 4] as const;
const LIMB_BITS = 26;
const LIMB_MASK = 2 ** LIMB_BITS - 1;
/** 2^130, where a sixth limb would begin, is 5 modulo 2^130 - 5. */
const WRAPPED = 5;
/** A block ends with a bit of its own, 2^128: in its last limb, which begins at 2^104. */
const BLOCK_END = 2 ** 24;
/** In which byte of a block each limb begins, or before it, and by how many bits. */
const IN_BLOCK = [
  [0, 0],
  [3, 2],
  [6, 4],
  [9, 6],
  [12, 8],
] as const;
/** In the memory: sum and factor, eight bytes a limb. */
const SUM_BYTES = 8 * LIMBS.length;
const STATE_BYTES = 2 * SUM_BYTES;
const WORD = 2 ** 32;

/** Parameters and locals, by number. */
const [STATE, AT, END] = [0, 1, 2];
const [H, R, S, P] = [3, 8, 13, 18];
const CARRY = 23;

/**
 * Takes blocks into a sum.
 *
 * Parameters: where sum and factor are, where the first block begins and where the last one ends.
 */
export const ABSORB: FunctionCode & Readonly<{ name: 'absorb' }> = {
  name: 'absorb',
  parameters: ['i32', 'i32', 'i32'],
  locals: [...[H, R, S, P].flatMap(() => LIMBS.map(() => 'i64' as const)), 'i64'],
  body: [
    ...LIMBS.flatMap((limb) => [...get(STATE), ...i64.load(8 * limb), ...set(H + limb)]),
    ...LIMBS.flatMap((limb) => [
      ...[...get(STATE), ...i64.load(SUM_BYTES + 8 * limb), ...keep(R + limb)],
      ...[...i64.constant(WRAPPED), ...i64.multiply, ...set(S + limb)],
    ]),
    ...repeat([
      ...LIMBS.flatMap(addToLimb),
      ...LIMBS.flatMap(multiplyLimb),
      ...carryOn(),
      ...[...get(AT), ...i32.constant(MAC_BLOCK_BYTES), ...i32.add, ...keep(AT)],
      ...[...get(END), ...i32.isBelow],
    ]),
    ...LIMBS.flatMap((limb) => [...get(STATE), ...get(H + limb), ...i64.store(8 * limb)]),
  ],
};

/** Adds a limb of the block, the last one with the bit behind the block's end. */
function addToLimb(limb: (typeof LIMBS)[number]): Code {
  const [offset, bits] = IN_BLOCK[limb];
  const shifted = bits === 0 ? [] : [...i64.constant(bits), ...i64.shiftRight];
  const cut =
    limb === 4 ? [...i64.constant(BLOCK_END), ...i64.or] : [...i64.constant(LIMB_MASK), ...i64.and];
  return [
    ...get(H + limb),
    ...[...get(AT), ...i64.loadWord(offset), ...shifted, ...cut],
    ...[...i64.add, ...set(H + limb)],
  ];
}

/** A limb of the product, with what the one before carries. Products beyond the fifth limb come in again at the front. */
function multiplyLimb(limb: number): Code {
  const products = LIMBS.flatMap((of) => {
    const factor = of <= limb ? R + limb - of : S + LIMBS.length + limb - of;
    return [...get(H + of), ...get(factor), ...i64.multiply, ...(of === 0 ? [] : i64.add)];
  });
  return [...products, ...(limb === 0 ? [] : [...get(CARRY), ...i64.add]), ...split(P + limb)];
}

/** Leaves a limb of what is on the stack, the rest as the carry. */
function split(limb: number): Code {
  return [
    ...[...keep(limb), ...i64.constant(LIMB_BITS), ...i64.shiftRight, ...set(CARRY)],
    ...[...get(limb), ...i64.constant(LIMB_MASK), ...i64.and, ...set(limb)],
  ];
}

/** What the last limb carries comes in again at the front; so far that the next block may be added. */
function carryOn(): Code {
  return [
    ...[...get(P), ...get(CARRY), ...i64.constant(WRAPPED), ...i64.multiply, ...i64.add],
    ...split(P),
    ...[...get(P + 1), ...get(CARRY), ...i64.add, ...set(P + 1)],
    ...LIMBS.flatMap((limb) => [...get(P + limb), ...set(H + limb)]),
  ];
}

/** Tags of one text after another, each under a key of its own. */
export class Poly1305 {
  /** Bytes of the memory that one needs. */
  static readonly MEMORY_BYTES = STATE_BYTES;

  readonly #code: Instance<'absorb'>;
  readonly #at: number;
  /** Limbs of the sum, then of the factor: each in the first of two words. */
  readonly #state: Int32Array;
  readonly #end = new Int32Array(TAG_WORDS);
  readonly #limbs = new Int32Array(LIMBS.length);
  readonly #beyond = new Int32Array(LIMBS.length);
  /** Words of the tag, as `finish` made it last. */
  readonly tag = new Int32Array(TAG_WORDS);

  /** @param at Where in the memory it may work: at a multiple of 8. */
  constructor(code: Instance<'absorb'>, at: number) {
    this.#code = code;
    this.#at = at;
    this.#state = new Int32Array(code.memory.buffer, at, STATE_BYTES / 4);
  }

  /**
   * Begins another text.
   *
   * @param key The first eight words of it, little-endian, are the one-time key.
   */
  start(key: Int32Array): void {
    const [k0 = 0, k1 = 0, k2 = 0, k3 = 0] = key;
    const state = this.#state;
    state.fill(0);
    // Without the bits that a factor never has.
    const factor = SUM_BYTES / 4;
    state[factor] = k0 & 0x3ffffff;
    state[factor + 2] = ((k0 >>> 26) | (k1 << 6)) & 0x3ffff03;
    state[factor + 4] = ((k1 >>> 20) | (k2 << 12)) & 0x3ffc0ff;
    state[factor + 6] = ((k2 >>> 14) | (k3 << 18)) & 0x3f03fff;
    state[factor + 8] = (k3 >>> 8) & 0x00fffff;
    for (let i = 0; i < TAG_WORDS; i++) this.#end[i] = key[TAG_WORDS + i] ?? 0;
  }

  /** Takes in the whole blocks of the memory from `start` to `end`. */
  absorb(start: number, end: number): void {
    if (start < end) this.#code.absorb(this.#at, start, end);
  }

  /** Makes the tag of what was taken in. */
  finish(): void {
    const limbs = this.#limbs;
    for (const limb of LIMBS) limbs[limb] = this.#state[2 * limb] ?? 0;
    reduce(limbs, this.#beyond);
    const [l0 = 0, l1 = 0, l2 = 0, l3 = 0, l4 = 0] = limbs;
    const { tag } = this;
    tag[0] = l0 | (l1 << 26);
    tag[1] = (l1 >>> 6) | (l2 << 20);
    tag[2] = (l2 >>> 12) | (l3 << 14);
    tag[3] = (l3 >>> 18) | (l4 << 8);
    let carry = 0;
    for (let i = 0; i < TAG_WORDS; i++) {
      const word = ((tag[i] ?? 0) >>> 0) + ((this.#end[i] ?? 0) >>> 0) + carry;
      tag[i] = word | 0;
      carry = Math.floor(word / WORD);
    }
  }

  /** Forgets the key, and what was made with it. */
  wipe(): void {
    this.#state.fill(0);
    this.#end.fill(0);
    this.#limbs.fill(0);
    this.#beyond.fill(0);
    this.tag.fill(0);
  }
}

/**
 * Reduces a sum wholly, modulo 2^130 - 5.
 *
 * @param beyond Room for another.
 */
function reduce(limbs: Int32Array, beyond: Int32Array): void {
  // Twice, since what comes in again at the front may carry once more.
  wrap(limbs);
  wrap(limbs);
  // 5 more reach 2^130 just if the number is not below 2^130 - 5; what is beyond is then the remainder.
  for (const limb of LIMBS) beyond[limb] = limbs[limb] ?? 0;
  beyond[0] = (beyond[0] ?? 0) + WRAPPED;
  const isBeyond = -carryOver(beyond);
  for (const limb of LIMBS) {
    limbs[limb] = ((limbs[limb] ?? 0) & ~isBeyond) | ((beyond[limb] ?? 0) & isBeyond);
  }
}

function wrap(limbs: Int32Array): void {
  const carry = carryOver(limbs);
  limbs[0] = (limbs[0] ?? 0) + WRAPPED * carry;
}

/** Leaves 26 bits in every limb. @returns What the last one carries. */
function carryOver(limbs: Int32Array): number {
  let carry = 0;
  for (const limb of LIMBS) {
    const sum = (limbs[limb] ?? 0) + carry;
    limbs[limb] = sum & LIMB_MASK;
    carry = sum >>> LIMB_BITS;
  }
  return carry;
}
