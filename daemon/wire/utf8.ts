/**
 * Strict UTF-8 by the language's own means: this project has neither Node's nor the browser's globals, and the
 * URI functions of ECMAScript read and write UTF-8 exactly, refusing overlong forms and surrogates. Meant for
 * texts of a few hundred bytes, nearly always ASCII.
 */
import { WireError } from './check.ts';

const ASCII_MAX = 0x7f;

const ESCAPES: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `%${byte.toString(16).padStart(2, '0')}`,
);

/**
 * Text of UTF-8 bytes. A byte order mark is kept.
 *
 * @throws {WireError} `bad_request`: not UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  if (bytes.every((byte) => byte <= ASCII_MAX)) return decodeAscii(bytes);
  let escaped = '';
  for (const byte of bytes) escaped += ESCAPES[byte] ?? '';
  try {
    return decodeURIComponent(escaped);
  } catch (cause) {
    throw new WireError('bad_request', 'not UTF-8', '', { cause });
  }
}

/** Bytes that become text at once: one by one they would leave many short-lived pieces. */
const BYTES_AT_ONCE = 4096;

function decodeAscii(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += BYTES_AT_ONCE) {
    const some = bytes.subarray(start, start + BYTES_AT_ONCE);
    text += Reflect.apply(String.fromCharCode, undefined, some) as string;
  }
  return text;
}

/**
 * UTF-8 bytes of a text.
 *
 * @throws {WireError} `bad_request`: a lone surrogate.
 */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > ASCII_MAX) return encodeEscaped(text);
    bytes[i] = code;
  }
  return bytes;
}

function encodeEscaped(text: string): Uint8Array {
  const parts = escape(text).match(/%..|[^%]/g) ?? [];
  return Uint8Array.from(parts, (part) =>
    part.length === 1 ? part.charCodeAt(0) : Number.parseInt(part.slice(1), 16),
  );
}

function escape(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch (cause) {
    throw new WireError('bad_request', 'has a lone surrogate', '', { cause });
  }
}

/** How many bytes a well-formed text has in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
