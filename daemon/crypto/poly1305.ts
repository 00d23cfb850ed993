/**
 * Poly1305 over whole blocks, for texts that are many and short: no memory of its own for each. A number is six limbs of
 * 22 bits in doubles; sums of six products stay below 2^52, so every step is exact. Nothing branches on a secret.
 *
 * Source: RFC 8439, section 2.5.
 */

/** Bytes that are taken in at once. */
export const MAC_BLOCK_BYTES = 16;
/** Words of a one-time key, and of a tag. */
export const MAC_KEY_WORDS = 8;
export const TAG_WORDS = 4;

const LIMBS = 6;
const LIMB = 2 ** 22;
/** Exact, as is every power of two. */
const PER_LIMB = 1 / LIMB;
const LIMB_MASK = LIMB - 1;
/** 2^132, where a seventh limb would begin, is 4 · 5 modulo 2^130 - 5. */
const WRAPPED = 20;
/** A block ends with a bit of its own, 2^128: in its last limb, which begins at 2^110. */
const BLOCK_END = 2 ** 18;
/** Bits of the last limb below 2^130. */
const TOP_BITS = 20;
const TOP = 2 ** TOP_BITS;
const WORD = 2 ** 32;
/** Bits of r that are never set: in its first word, and in the others. */
const [CLAMP_FIRST, CLAMP] = [0x0fffffff, 0x0ffffffc] as const;

/** Tags of one text after another, each under a key of its own. */
export class Poly1305 {
  readonly #r = new Float64Array(LIMBS);
  readonly #sum = new Float64Array(LIMBS);
  readonly #end = new Int32Array(TAG_WORDS);
  readonly #limbs = new Int32Array(LIMBS);
  readonly #beyond = new Int32Array(LIMBS);
  /** Words of the tag, as `finish` made it last. */
  readonly tag = new Int32Array(TAG_WORDS);

  /**
   * Begins another text.
   *
   * @param key The first eight words of it, little-endian, are the one-time key.
   */
  start(key: Int32Array): void {
    const k0 = (key[0] ?? 0) & CLAMP_FIRST;
    const k1 = (key[1] ?? 0) & CLAMP;
    const k2 = (key[2] ?? 0) & CLAMP;
    const k3 = (key[3] ?? 0) & CLAMP;
    const r = this.#r;
    r[0] = k0 & LIMB_MASK;
    r[1] = ((k0 >>> 22) | (k1 << 10)) & LIMB_MASK;
    r[2] = ((k1 >>> 12) | (k2 << 20)) & LIMB_MASK;
    r[3] = (k2 >>> 2) & LIMB_MASK;
    r[4] = ((k2 >>> 24) | (k3 << 8)) & LIMB_MASK;
    r[5] = k3 >>> 14;
    for (let i = 0; i < TAG_WORDS; i++) this.#end[i] = key[TAG_WORDS + i] ?? 0;
    this.#sum.fill(0);
  }

  /** Takes in the whole blocks from `start` to `end`. */
  absorb(text: DataView, start: number, end: number): void {
    const sum = this.#sum;
    for (let at = start; at < end; at += MAC_BLOCK_BYTES) {
      addBlock(sum, text, at);
      multiply(sum, this.#r);
    }
  }

  /** Makes the tag of what was taken in. */
  finish(): void {
    const limbs = this.#limbs;
    for (let i = 0; i < LIMBS; i++) limbs[i] = this.#sum[i] ?? 0;
    reduce(limbs, this.#beyond);
    const l0 = limbs[0] ?? 0;
    const l1 = limbs[1] ?? 0;
    const l2 = limbs[2] ?? 0;
    const l3 = limbs[3] ?? 0;
    const l4 = limbs[4] ?? 0;
    const l5 = limbs[5] ?? 0;
    const { tag } = this;
    tag[0] = l0 | (l1 << 22);
    tag[1] = (l1 >>> 10) | (l2 << 12);
    tag[2] = (l2 >>> 20) | (l3 << 2) | (l4 << 24);
    tag[3] = (l4 >>> 8) | (l5 << 14);
    let carry = 0;
    for (let i = 0; i < TAG_WORDS; i++) {
      const word = ((tag[i] ?? 0) >>> 0) + ((this.#end[i] ?? 0) >>> 0) + carry;
      tag[i] = word | 0;
      carry = Math.floor(word / WORD);
    }
  }

  /** Forgets the key, and what was made with it. */
  wipe(): void {
    this.#r.fill(0);
    this.#sum.fill(0);
    this.#end.fill(0);
    this.#limbs.fill(0);
    this.#beyond.fill(0);
    this.tag.fill(0);
  }
}

/** Adds the block at a place, with the bit behind its end. */
function addBlock(sum: Float64Array, text: DataView, at: number): void {
  const w0 = text.getInt32(at, true);
  const w1 = text.getInt32(at + 4, true);
  const w2 = text.getInt32(at + 8, true);
  const w3 = text.getInt32(at + 12, true);
  sum[0] = (sum[0] ?? 0) + (w0 & LIMB_MASK);
  sum[1] = (sum[1] ?? 0) + (((w0 >>> 22) | (w1 << 10)) & LIMB_MASK);
  sum[2] = (sum[2] ?? 0) + (((w1 >>> 12) | (w2 << 20)) & LIMB_MASK);
  sum[3] = (sum[3] ?? 0) + ((w2 >>> 2) & LIMB_MASK);
  sum[4] = (sum[4] ?? 0) + (((w2 >>> 24) | (w3 << 8)) & LIMB_MASK);
  sum[5] = (sum[5] ?? 0) + (w3 >>> 14) + BLOCK_END;
}

/** Multiplies by r, modulo 2^130 - 5, so far that the next block may be added: limbs are below 2^22 + 2^13. */
function multiply(sum: Float64Array, r: Float64Array): void {
  const h0 = sum[0] ?? 0;
  const h1 = sum[1] ?? 0;
  const h2 = sum[2] ?? 0;
  const h3 = sum[3] ?? 0;
  const h4 = sum[4] ?? 0;
  const h5 = sum[5] ?? 0;
  const r0 = r[0] ?? 0;
  const r1 = r[1] ?? 0;
  const r2 = r[2] ?? 0;
  const r3 = r[3] ?? 0;
  const r4 = r[4] ?? 0;
  const r5 = r[5] ?? 0;
  // Products beyond the sixth limb come in again at the front.
  const s1 = r1 * WRAPPED;
  const s2 = r2 * WRAPPED;
  const s3 = r3 * WRAPPED;
  const s4 = r4 * WRAPPED;
  const s5 = r5 * WRAPPED;

  const p0 = h0 * r0 + h1 * s5 + h2 * s4 + h3 * s3 + h4 * s2 + h5 * s1;
  const c0 = Math.floor(p0 * PER_LIMB);
  const p1 = h0 * r1 + h1 * r0 + h2 * s5 + h3 * s4 + h4 * s3 + h5 * s2 + c0;
  const c1 = Math.floor(p1 * PER_LIMB);
  const p2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s5 + h4 * s4 + h5 * s3 + c1;
  const c2 = Math.floor(p2 * PER_LIMB);
  const p3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s5 + h5 * s4 + c2;
  const c3 = Math.floor(p3 * PER_LIMB);
  const p4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0 + h5 * s5 + c3;
  const c4 = Math.floor(p4 * PER_LIMB);
  const p5 = h0 * r5 + h1 * r4 + h2 * r3 + h3 * r2 + h4 * r1 + h5 * r0 + c4;
  const c5 = Math.floor(p5 * PER_LIMB);
  const again = p0 - c0 * LIMB + c5 * WRAPPED;
  const c6 = Math.floor(again * PER_LIMB);

  sum[0] = again - c6 * LIMB;
  sum[1] = p1 - c1 * LIMB + c6;
  sum[2] = p2 - c2 * LIMB;
  sum[3] = p3 - c3 * LIMB;
  sum[4] = p4 - c4 * LIMB;
  sum[5] = p5 - c5 * LIMB;
}

/**
 * Reduces a sum wholly, modulo 2^130 - 5.
 *
 * @param beyond Room for another.
 */
function reduce(limbs: Int32Array, beyond: Int32Array): void {
  carryOver(limbs);
  const last = limbs[LIMBS - 1] ?? 0;
  limbs[LIMBS - 1] = last & (TOP - 1);
  limbs[0] = (limbs[0] ?? 0) + 5 * (last >>> TOP_BITS);
  carryOver(limbs);
  // 5 more reach 2^130 just if the number is not below 2^130 - 5; what is beyond is then the remainder.
  for (let i = 0; i < LIMBS; i++) beyond[i] = limbs[i] ?? 0;
  beyond[0] = (beyond[0] ?? 0) + 5;
  carryOver(beyond);
  const isBeyond = -((beyond[LIMBS - 1] ?? 0) >>> TOP_BITS);
  for (let i = 0; i < LIMBS; i++) {
    limbs[i] = ((limbs[i] ?? 0) & ~isBeyond) | ((beyond[i] ?? 0) & isBeyond);
  }
  limbs[LIMBS - 1] = (limbs[LIMBS - 1] ?? 0) & (TOP - 1);
}

/** Leaves 22 bits in every limb but the last. */
function carryOver(limbs: Int32Array): void {
  for (let i = 0; i + 1 < LIMBS; i++) {
    const limb = limbs[i] ?? 0;
    limbs[i] = limb & LIMB_MASK;
    limbs[i + 1] = (limbs[i + 1] ?? 0) + (limb >>> 22);
  }
}
