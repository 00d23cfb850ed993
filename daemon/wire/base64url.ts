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
  const bytes = tryDecode(text);
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
      const bytes = tryDecode(dataset.value);
      if (bytes !== undefined) return bytes;
      addIssue({ message: 'not canonical base64url' });
      return NEVER;
    }),
  );
}

function tryDecode(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  if (base64urlLength(bytes.length) !== text.length) return undefined;
  let bits = 0;
  let bitCount = 0;
  let size = 0;
  for (let i = 0; i < text.length; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? FOREIGN;
    if (value === FOREIGN) return undefined;
    bits = ((bits << 6) | value) & 0xfff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[size++] = bits >> bitCount;
    }
  }
  const isCanonical = (bits & ((1 << bitCount) - 1)) === 0;
  return isCanonical ? bytes : undefined;
}
