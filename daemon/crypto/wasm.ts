/**
 * WebAssembly, written instruction by instruction: as much of it as the cipher needs, which has four words in one
 * register there, and products of 64 bits. A few lines of bytes instead of a compiler and a file that nobody can read.
 *
 * Source: WebAssembly Core Specification 2.0, chapter 5 (binary format).
 */

/** Instructions as bytes. */
export type Code = readonly number[];

/** Of a local: a number of 32 or 64 bits, or four of 32. */
const TYPES = { i32: 0x7f, i64: 0x7e, i32x4: 0x7b } as const;
export type Type = keyof typeof TYPES;

/** A function that returns nothing. Its locals follow its parameters, and are 0 at first. */
export type FunctionCode = Readonly<{
  name: string;
  parameters: readonly Type[];
  locals: readonly Type[];
  body: Code;
}>;

/** Node has it, though its types do not say so. */
declare const WebAssembly: Readonly<{
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => Readonly<{ exports: unknown }>;
}>;

const PAGE_BYTES = 65_536;
/** "\0asm", and the version of the format. */
const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const SECTIONS = { type: 1, function: 3, memory: 5, export: 7, code: 10 } as const;
const EXPORTED = { function: 0, memory: 2 } as const;
const FUNCTION_TYPE = 0x60;
const NO_RESULT = 0x40;
const END = 0x0b;
/** Instructions on four words at once begin with it. */
const VECTOR = 0xfd;
/** Exponents of two: numbers in memory lie at multiples of their size. */
const ALIGNED = { i32: 2, i64: 3, i32x4: 4 } as const;

const i32 = {
  constant: (value: number): Code => [0x41, ...signed(BigInt(value))],
  load: (offset: number): Code => [0x28, ALIGNED.i32, ...unsigned(offset)],
  isBelow: [0x49],
  add: [0x6a],
  subtract: [0x6b],
} as const;

const i64 = {
  constant: (value: number): Code => [0x42, ...signed(BigInt(value))],
  load: (offset: number): Code => [0x29, ALIGNED.i64, ...unsigned(offset)],
  /** Four bytes, as a number that is not negative. */
  loadWord: (offset: number): Code => [0x35, ALIGNED.i32, ...unsigned(offset)],
  store: (offset: number): Code => [0x37, ALIGNED.i64, ...unsigned(offset)],
  add: [0x7c],
  multiply: [0x7e],
  and: [0x83],
  or: [0x84],
  shiftRight: [0x88],
} as const;

const i32x4 = {
  constant: (...words: readonly [number, number, number, number]): Code => [
    ...vector(0x0c),
    ...new Uint8Array(Int32Array.from(words).buffer),
  ],
  load: (offset: number): Code => [...vector(0x00), ALIGNED.i32x4, ...unsigned(offset)],
  store: (offset: number): Code => [...vector(0x0b), ALIGNED.i32x4, ...unsigned(offset)],
  /** The same word four times. */
  repeat: vector(0x11),
  /** Four words out of those of two registers, 0 to 3 and 4 to 7. */
  pick: (...words: readonly [number, number, number, number]): Code => [
    ...vector(0x0d),
    ...words.flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * word + byte)),
  ],
  or: vector(0x50),
  exclusiveOr: vector(0x51),
  shiftLeft: vector(0xab),
  shiftRight: vector(0xad),
  add: vector(0xae),
} as const;

/** Instructions, by the type that they work on. */
export const op = { i32, i64, i32x4 } as const;

/** Puts a local on the stack. */
export function get(local: number): Code {
  return [0x20, ...unsigned(local)];
}

/** Takes a local from the stack. */
export function set(local: number): Code {
  return [0x21, ...unsigned(local)];
}

/** Copies a local from the stack. */
export function keep(local: number): Code {
  return [0x22, ...unsigned(local)];
}

/** Does something again and again, as long as it leaves a number other than 0. */
export function repeat(body: Code): Code {
  const again = [0x0d, 0];
  return [0x03, NO_RESULT, ...body, ...again, END];
}

/** What a module of `instantiate` has: its memory, all zero, and its functions by name. */
export type Instance<Name extends string> = Readonly<
  { memory: Readonly<{ buffer: ArrayBuffer }> } & Record<Name, (...parameters: number[]) => void>
>;

/**
 * Makes a module of functions that share a memory.
 *
 * @param sizeBytes Of the memory: whole pages of 64 KiB, of which those are taken that are written to.
 * @throws There is no WebAssembly here, or no room for it among the process's addresses.
 */
export function instantiate<Name extends string>(
  functions: readonly (FunctionCode & Readonly<{ name: Name }>)[],
  sizeBytes: number,
): Instance<Name> {
  const module = new WebAssembly.Module(encodeModule(functions, sizeBytes / PAGE_BYTES));
  return new WebAssembly.Instance(module).exports as Instance<Name>;
}

function encodeModule(functions: readonly FunctionCode[], pages: number): Uint8Array {
  const types = functions.map(({ parameters }) => [
    FUNCTION_TYPE,
    ...list(parameters.map((type) => [TYPES[type]])),
    ...list([]),
  ]);
  const exported = functions.map(({ name }, index) => [
    ...encodeName(name),
    EXPORTED.function,
    ...unsigned(index),
  ]);
  return Uint8Array.from([
    ...PREAMBLE,
    ...section('type', list(types)),
    ...section('function', list(functions.map((_, index) => unsigned(index)))),
    ...section('memory', list([[0, ...unsigned(pages)]])),
    ...section('export', list([[...encodeName('memory'), EXPORTED.memory, 0], ...exported])),
    ...section('code', list(functions.map(encodeFunction))),
  ]);
}

function encodeFunction({ locals, body }: FunctionCode): Code {
  const declared = list(locals.map((type) => [1, TYPES[type]]));
  return sized([...declared, ...body, END]);
}

function section(name: keyof typeof SECTIONS, content: Code): Code {
  return [SECTIONS[name], ...sized(content)];
}

function encodeName(name: string): Code {
  return sized([...Buffer.from(name)]);
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function sized(content: Code): Code {
  return [...unsigned(content.length), ...content];
}

function vector(instruction: number): Code {
  return [VECTOR, ...unsigned(instruction)];
}

/** Seven bits a byte, the lowest first; all but the last have the eighth set. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** The same, where the last bit but one says the sign. */
function signed(value: bigint): Code {
  const low = Number(value & 0x7fn);
  const rest = value >> 7n;
  const isLast = rest === ((low & 0x40) === 0 ? 0n : -1n);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}
