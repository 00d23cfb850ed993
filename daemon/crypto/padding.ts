/** Padding to a few sizes, so that the length of a message says little. Source: docs/encryption.md#messages. */

/** Bytes that a padded text can have. */
export const PADDED_SIZES: readonly number[] = [
  256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536,
];
/** Bytes that a text can have before it is padded. */
export const PLAIN_MAX_BYTES = 65_000;

const MARK = 0x80;

/**
 * A text, a mark and zeros up to the next size.
 *
 * @throws {RangeError} More than `PLAIN_MAX_BYTES`.
 */
export function pad(plain: Uint8Array): Uint8Array {
  const padded = new Uint8Array(requirePaddedSize(plain.length));
  padInto(padded, plain);
  return padded;
}

/** Pads a text into memory of its padded size that is all zero. */
export function padInto(padded: Uint8Array, plain: Uint8Array): void {
  padded.set(plain);
  padded[plain.length] = MARK;
}

/**
 * Bytes that a text has when it is padded.
 *
 * @throws {RangeError} More than `PLAIN_MAX_BYTES`.
 */
export function requirePaddedSize(sizeBytes: number): number {
  const size = paddedSize(sizeBytes);
  if (size === undefined) throw new RangeError(`${sizeBytes} bytes are too many to encrypt`);
  return size;
}

/**
 * The text that was padded.
 *
 * @returns `undefined` if it was not padded by `pad`: another size, no mark, or something behind it.
 */
export function unpad(padded: Uint8Array): Uint8Array | undefined {
  let end = padded.length - 1;
  while (end > 0 && padded[end] === 0) end--;
  if (padded[end] !== MARK || paddedSize(end) !== padded.length) return undefined;
  return padded.slice(0, end);
}

function paddedSize(sizeBytes: number): number | undefined {
  if (sizeBytes > PLAIN_MAX_BYTES) return undefined;
  return PADDED_SIZES.find((size) => size > sizeBytes);
}
