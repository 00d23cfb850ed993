import { timingSafeEqual } from 'node:crypto';

/** A run of bytes; a string stands for its UTF-8. */
export type Part = Uint8Array | string;

/** Bytes from a secure source, injected so that tests and vectors can repeat themselves. */
export type RandomBytes = (length: number) => Uint8Array;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text that UTF-8 bytes are; `undefined` if they are none. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    // The one thing that a fatal decoder says by throwing.
    return undefined;
  }
}

/** One run of bytes out of several. */
export function concat(...parts: readonly Part[]): Uint8Array {
  const runs = parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : part));
  const whole = new Uint8Array(runs.reduce((size, run) => size + run.length, 0));
  let offset = 0;
  for (const run of runs) {
    whole.set(run, offset);
    offset += run.length;
  }
  return whole;
}

/** Bytes as base64url, by Node's own means: several times as fast as those of `wire`, which also run in a browser. */
export function toBase64url({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64url');
}

/** Bytes from base64url, by Node's own means, which read it in many ways; `undefined` for all but the canonical one (E1). */
export function fromBase64url(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

/** LP: the length as uint32, big-endian, then the bytes, so that no two lists of parts make the same run. */
export function lengthPrefixed(part: Part): Uint8Array {
  const bytes = concat(part);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return concat(length, bytes);
}

/** Whether two runs of bytes are equal, in a time that does not depend on where they differ. */
export function isEqualBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Order of two runs of bytes of equal length: negative, 0 or positive. Not for secrets. */
export function compareBytes(one: Uint8Array, other: Uint8Array): number {
  return Buffer.compare(one, other);
}
