import { createHash, timingSafeEqual } from 'node:crypto';

/** SHA-256 over length-prefixed parts, so that no two lists of parts share a digest. */
function digestParts(parts: readonly string[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = Buffer.from(part, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.byteLength);
    hash.update(length).update(bytes);
  }
  return hash.digest();
}

/** What makes a plain message the same message, since the base protocol has no ids (D9). */
export type PlainMessageParts = Readonly<{
  from: string;
  to: string;
  wireTimestamp: string;
  message: string;
}>;

/** 22 characters base64url: the first 16 bytes of SHA-256(LP(from) ‖ LP(to) ‖ LP(timestamp) ‖ LP(message)) (D9). */
export function plainMessageId({ from, to, wireTimestamp, message }: PlainMessageParts): string {
  return digestParts([from, to, wireTimestamp, message]).subarray(0, 16).toString('base64url');
}

/** A fingerprint under which an access key may be looked up without comparing the key itself. */
export function accessKeyDigest(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('base64url');
}

/** Whether two texts are equal, in a time that does not depend on where they differ (G20). */
export function isEqualSecret(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(one), digest(other));
}
