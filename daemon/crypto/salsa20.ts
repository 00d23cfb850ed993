/**
 * The key stream of Salsa20, four blocks at a time, and XSalsa20 made of it. Only additions, rotations and exclusive ors,
 * so its time says nothing of what it works on.
 *
 * Source: D. J. Bernstein, "The Salsa20 family of stream ciphers" and "Extending the Salsa20 nonce".
 */
import { get, keep, op, repeat, set, type Code, type FunctionCode, type Instance } from './wasm.ts';

const { i32, i32x4 } = op;

const BLOCK_WORDS = 16;
const BLOCK_BYTES = 4 * BLOCK_WORDS;
const BLOCKS_AT_ONCE = 4;
/** Bytes of the key stream that are made at once. */
export const STREAM_STEP_BYTES = BLOCKS_AT_ONCE * BLOCK_BYTES;

/** "expand 32-byte k", at the corners of the square that a block is. */
const CONSTANTS = Int32Array.of(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574);
/** Where else in a block: from where on the halves of the key are, the nonce, and the counter. */
const FIRST_HALF = 1;
const OTHER_HALF = 11;
const NONCE = 6;
const COUNTER = 8;

const ROUNDS = 20;
type Quarter = readonly [a: number, b: number, c: number, d: number];
/** Words of the quarters of a block, column by column, and row by row. */
const QUARTERS: readonly Quarter[] = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
];

/** Parameters and locals, by number: of each word four, one for each block. */
const [INPUT, FROM, TO, STEPS] = [0, 1, 2, 3];
const FIRST_WORD = 4;
const FIRST_INPUT = FIRST_WORD + BLOCK_WORDS;
const ROUND = FIRST_INPUT + BLOCK_WORDS;
const SUM = ROUND + 1;
const HALVES = [SUM + 1, SUM + 2, SUM + 3, SUM + 4] as const;

const WORDS = Array.from({ length: BLOCK_WORDS }, (_, word) => word);

/**
 * Writes a text, exclusive or the key stream, to another place or to its own.
 *
 * Parameters: where the first block's input is, the text, and the result, and how often `STREAM_STEP_BYTES` of it.
 */
export const KEY_STREAM: FunctionCode & Readonly<{ name: 'keyStream' }> = {
  name: 'keyStream',
  parameters: ['i32', 'i32', 'i32', 'i32'],
  locals: [
    ...WORDS.map(() => 'i32x4' as const),
    ...WORDS.map(() => 'i32x4' as const),
    'i32',
    ...[SUM, ...HALVES].map(() => 'i32x4' as const),
  ],
  body: [
    ...WORDS.flatMap((word) => [
      ...[...get(INPUT), ...i32.load(4 * word), ...i32x4.repeat],
      ...set(FIRST_INPUT + word),
    ]),
    ...count(i32x4.constant(0, 1, 2, 3)),
    ...repeat([
      ...WORDS.flatMap((word) => [...get(FIRST_INPUT + word), ...set(FIRST_WORD + word)]),
      ...[...i32.constant(ROUNDS / 2), ...set(ROUND)],
      ...repeat([...QUARTERS.flatMap(mixQuarter), ...countDown(ROUND)]),
      ...WORDS.flatMap((word) => [
        ...[...get(FIRST_WORD + word), ...get(FIRST_INPUT + word), ...i32x4.add],
        ...set(FIRST_WORD + word),
      ]),
      ...[0, 4, 8, 12].flatMap(applyFourWords),
      ...count([...i32.constant(BLOCKS_AT_ONCE), ...i32x4.repeat]),
      ...[FROM, TO].flatMap((place) => [
        ...[...get(place), ...i32.constant(STREAM_STEP_BYTES), ...i32.add],
        ...set(place),
      ]),
      ...countDown(STEPS),
    ]),
  ],
};

/** Adds to each block's counter. */
function count(steps: Code): Code {
  return [...get(FIRST_INPUT + COUNTER), ...steps, ...i32x4.add, ...set(FIRST_INPUT + COUNTER)];
}

function countDown(local: number): Code {
  return [...get(local), ...i32.constant(1), ...i32.subtract, ...keep(local)];
}

function mixQuarter([a, b, c, d]: Quarter): Code {
  return [...mix(b, a, d, 7), ...mix(c, b, a, 9), ...mix(d, c, b, 13), ...mix(a, d, c, 18)];
}

/** A word becomes itself, exclusive or the sum of two others that is rotated. */
function mix(word: number, one: number, other: number, bits: number): Code {
  return [
    ...[...get(FIRST_WORD + one), ...get(FIRST_WORD + other), ...i32x4.add, ...keep(SUM)],
    ...[...i32.constant(bits), ...i32x4.shiftLeft],
    ...[...get(SUM), ...i32.constant(32 - bits), ...i32x4.shiftRight, ...i32x4.or],
    ...[...get(FIRST_WORD + word), ...i32x4.exclusiveOr, ...set(FIRST_WORD + word)],
  ];
}

/** Four neighbouring words of each block, which lie side by side in the text, but each with its like of the others here. */
function applyFourWords(first: number): Code {
  const a = FIRST_WORD + first;
  const [b, c, d] = [a + 1, a + 2, a + 3] as const;
  const [lowAB, lowCD, highAB, highCD] = HALVES;
  const pick = (one: number, other: number, picked: Code): Code => [
    ...get(one),
    ...get(other),
    ...picked,
  ];
  const [low, high] = [i32x4.pick(0, 4, 1, 5), i32x4.pick(2, 6, 3, 7)];
  const [firstHalves, otherHalves] = [i32x4.pick(0, 1, 4, 5), i32x4.pick(2, 3, 6, 7)];
  const blocks = [
    pick(lowAB, lowCD, firstHalves),
    pick(lowAB, lowCD, otherHalves),
    pick(highAB, highCD, firstHalves),
    pick(highAB, highCD, otherHalves),
  ];
  return [
    ...[...pick(a, b, low), ...set(lowAB), ...pick(c, d, low), ...set(lowCD)],
    ...[...pick(a, b, high), ...set(highAB), ...pick(c, d, high), ...set(highCD)],
    ...blocks.flatMap((block, index) => {
      const offset = BLOCK_BYTES * index + 4 * first;
      const applied = [...get(FROM), ...i32x4.load(offset), ...i32x4.exclusiveOr];
      return [...get(TO), ...block, ...applied, ...i32x4.store(offset)];
    }),
  ];
}

/** The key stream of one text after another. */
export class XSalsa20 {
  /** Bytes of the memory that one needs. */
  static readonly MEMORY_BYTES = BLOCK_BYTES + STREAM_STEP_BYTES;

  readonly #code: Instance<'keyStream'>;
  readonly #inputAt: number;
  readonly #blockAt: number;
  readonly #input: Int32Array;
  readonly #block: Int32Array;

  /** @param at Where in the memory it may work: at a multiple of 16. */
  constructor(code: Instance<'keyStream'>, at: number) {
    this.#code = code;
    this.#inputAt = at;
    this.#blockAt = at + BLOCK_BYTES;
    this.#input = new Int32Array(code.memory.buffer, this.#inputAt, BLOCK_WORDS);
    this.#block = new Int32Array(code.memory.buffer, this.#blockAt, STREAM_STEP_BYTES / 4);
  }

  /**
   * Begins the stream of another text.
   *
   * @param key   32 bytes.
   * @param nonce 24 bytes.
   */
  start(key: Uint8Array, nonce: Uint8Array): void {
    const input = this.#input;
    const block = this.#block;
    for (let i = 0; i < 4; i++) {
      input[5 * i] = CONSTANTS[i] ?? 0;
      input[FIRST_HALF + i] = wordAt(key, 4 * i);
      input[OTHER_HALF + i] = wordAt(key, 16 + 4 * i);
      input[NONCE + i] = wordAt(nonce, 4 * i);
    }
    block.fill(0);
    this.#code.keyStream(this.#inputAt, this.#blockAt, this.#blockAt, 1);
    // HSalsa20: what stands where the constants and the nonce were, before the input is added to it at last, is the key
    // for the rest of the nonce.
    for (let i = 0; i < 4; i++) {
      input[FIRST_HALF + i] = (block[5 * i] ?? 0) - (input[5 * i] ?? 0);
      input[OTHER_HALF + i] = (block[NONCE + i] ?? 0) - (input[NONCE + i] ?? 0);
    }
    input[NONCE] = wordAt(nonce, 16);
    input[NONCE + 1] = wordAt(nonce, 20);
    input[COUNTER] = 0;
    input[COUNTER + 1] = 0;
  }

  /**
   * Applies the stream, from its beginning, to what lies in the memory.
   *
   * @param to    Where the result goes to; it may be the place itself.
   * @param steps How often `STREAM_STEP_BYTES`.
   */
  apply(from: number, to: number, steps: number): void {
    this.#code.keyStream(this.#inputAt, from, to, steps);
  }

  /** Forgets the key, and what was made with it. */
  wipe(): void {
    this.#input.fill(0);
    this.#block.fill(0);
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
