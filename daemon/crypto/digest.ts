import { hash, timingSafeEqual } from 'node:crypto';
import { isInnerId } from '../wire/dr1-inner.ts';

const LENGTH_BYTES = 4;

/** SHA-256 over length-prefixed parts, so that no two lists of parts share a digest. */
function digestParts(parts: readonly string[]): Buffer {
  const sizes = parts.map((part) => Buffer.byteLength(part, 'utf8'));
  const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + LENGTH_BYTES + size, 0));
  let end = 0;
  for (const [index, part] of parts.entries()) {
    end = bytes.writeUInt32BE(sizes[index] ?? 0, end);
    end += bytes.write(part, end, 'utf8');
  }
  return hash('sha256', bytes, 'buffer');
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

/** Bytes of a message's id on the wire. */
const WIRE_ID_BYTES = 16;

/**
 * The id that an outgoing message has inside its encryption, 22 characters base64url: its own where that is of 16 bytes,
 * else a digest of it, so that programs may name their messages as they like.
 */
export function wireMessageId(id: string): string {
  if (isInnerId(id)) return id;
  const digest = hash('sha256', `vestnik1 message id${id}`, 'buffer');
  return digest.subarray(0, WIRE_ID_BYTES).toString('base64url');
}

/**
 * The id of the request to delete a message, 22 characters base64url: the same for every repeat, so that an answer finds
 * its message.
 *
 * @param target The message's id on the wire.
 */
export function deletionId(target: string): string {
  const digest = hash('sha256', `vestnik1 deletion id${target}`, 'buffer');
  return digest.subarray(0, WIRE_ID_BYTES).toString('base64url');
}

/** A fingerprint under which an access key may be looked up without comparing the key itself. */
export function accessKeyDigest(key: string): string {
  return hash('sha256', key, 'base64url');
}

/** Whether two texts are equal, in a time that does not depend on where they differ (G20). */
export function isEqualSecret(one: string, other: string): boolean {
  const digest = (text: string): Buffer => hash('sha256', text, 'buffer');
  return timingSafeEqual(digest(one), digest(other));
}

/** SHA-1, lower-case hex, of a text: for comparing states (docs/room-sync.md#hashes), never for proving anything. */
export function sha1Hex(text: string): string {
  return hash('sha1', text, 'hex');
}
