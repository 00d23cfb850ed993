/**
 * Strict base64url without padding (E1): one text for one run of bytes, so that what was compared as text is
 * equal as bytes and the other way round.
 *
 * Source: docs/encryption.md#encodings (RFC 4648, section 5).
 */
import * as v from 'valibot';
import { WireError } from './check.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const DIGITS: ReadonlyMap<string, number> = new Map(
  Array.from(ALPHABET, (digit, value) => [digit, value]),
);
const FOREIGN = 0xff;
/** What each ASCII character stands for. */
const VALUES = Uint8Array.from(
  { length: 128 },
  (_, code) => DIGITS.get(String.fromCharCode(code)) ?? FOREIGN,
);

/** The code of each digit. */
const CODES = Uint8Array.from(ALPHABET, (digit) => digit.charCodeAt(0));
/** Digits that become text at once, in memory that is used again and again: pieces of text would be many and short-lived. */
const digits = new Uint8Array(4096);
const BYTES_AT_ONCE = (digits.length / 4) * 3;

/** Writes bytes as base64url; a runtime may have a faster way than `encodeBase64url`. */
export type EncodeBase64url = (bytes: Uint8Array) => string;

/** Reads base64url as strictly as `tryDecodeBase64url`, by whatever the runtime has. */
export type DecodeBase64url = (text: string) => Uint8Array | undefined;

/** Bytes as base64url. */
export function encodeBase64url(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += BYTES_AT_ONCE) {
    text += encodeSome(bytes, start, Math.min(bytes.length, start + BYTES_AT_ONCE));
  }
  return text;
}

function encodeSome(bytes: Uint8Array, start: number, end: number): string {
  let length = 0;
  for (let i = start; i < end; i += 3) {
    const bits = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    digits[length] = CODES[bits >> 18] ?? 0;
    digits[length + 1] = CODES[(bits >> 12) & 63] ?? 0;
    digits[length + 2] = CODES[(bits >> 6) & 63] ?? 0;
    digits[length + 3] = CODES[bits & 63] ?? 0;
    length += 4;
  }
  const written = digits.subarray(0, base64urlLength(end - start));
  return Reflect.apply(String.fromCharCode, undefined, written) as string;
}

/** Characters that a number of bytes takes. */
export function base64urlLength(sizeBytes: number): number {
  return Math.ceil((sizeBytes * 4) / 3);
}

/**
 * Reads base64url that was written canonically.
 *
 * @param sizeBytes The number of bytes that it must have; any if not given.
 * @throws {WireError} `bad_request`: a foreign character, padding, bits left over, or another size.
 */
export function decodeBase64url(text: string, sizeBytes?: number): Uint8Array {
  const bytes = tryDecodeBase64url(text);
  if (bytes === undefined) throw new WireError('bad_request', 'not canonical base64url');
  if (sizeBytes !== undefined && bytes.length !== sizeBytes) {
    throw new WireError('bad_request', `${bytes.length} bytes instead of ${sizeBytes}`);
  }
  return bytes;
}

/** A member of fixed size, as bytes. */
export function Base64url(sizeBytes: number) {
  return v.pipe(
    v.string(),
    v.length(base64urlLength(sizeBytes)),
    v.rawTransform(({ dataset, addIssue, NEVER }): Uint8Array => {
      const bytes = tryDecodeBase64url(dataset.value);
      if (bytes !== undefined) return bytes;
      addIssue({ message: 'not canonical base64url' });
      return NEVER;
    }),
  );
}

/** As `decodeBase64url`; `undefined` for what is not canonical. */
export function tryDecodeBase64url(text: string): Uint8Array | undefined {
  const { length } = text;
  const values = roomFor(length);
  for (let i = 0; i < length; i++) values[i] = VALUES[text.charCodeAt(i)] ?? FOREIGN;
  return joinDigits(values, length);
}

/** As `tryDecodeBase64url`, of ASCII codes from `start` up to `end`. */
export function tryDecodeBase64urlCodes(
  codes: Uint8Array,
  start: number,
  end: number,
): Uint8Array | undefined {
  const length = end - start;
  const values = roomFor(length);
  for (let i = 0; i < length; i++) values[i] = VALUES[codes[start + i] ?? 0] ?? FOREIGN;
  return joinDigits(values, length);
}

/** Values of digits while they are being joined, in memory that is used again and again. */
const someValues = new Uint8Array(1024);

/** Room for so many values, with zeros behind them up to a whole group of four. */
function roomFor(length: number): Uint8Array {
  const room = length + 2;
  return room <= someValues.length ? someValues.fill(0, length, room) : new Uint8Array(room);
}

/** Bits of the last of so many digits that must not be set: there is no byte that they could belong to. */
function spareBits(length: number): number {
  if (length % 4 === 0) return 0;
  return length % 4 === 2 ? 0b1111 : 0b11;
}

/** The bytes that so many digits are, by their values. */
function joinDigits(values: Uint8Array, length: number): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  if (base64urlLength(bytes.length) !== length) return undefined;
  // Looked at once, at the end: what is foreign sets bits that no digit has.
  let seen = (values[length - 1] ?? 0) & spareBits(length) ? FOREIGN : 0;
  for (let at = 0, size = 0; at < length; at += 4, size += 3) {
    const a = values[at] ?? 0;
    const b = values[at + 1] ?? 0;
    const c = values[at + 2] ?? 0;
    const d = values[at + 3] ?? 0;
    seen |= a | b | c | d;
    // What would be behind the end is not kept.
    bytes[size] = (a << 2) | (b >> 4);
    bytes[size + 1] = (b << 4) | (c >> 2);
    bytes[size + 2] = (c << 6) | d;
  }
  return seen < ALPHABET.length ? bytes : undefined;
}
