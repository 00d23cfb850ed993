import { sha256 } from '../crypto/kdf.ts';
import { encodeBase64url } from '../wire/base64url.ts';
import type { Random } from './ports.ts';

const UID_BYTES = 16;

/** A fresh uid for a room or an event: 22 characters base64url. */
export function newUid(random: Pick<Random, 'bytes'>): string {
  return encodeBase64url(random.bytes(UID_BYTES));
}

/**
 * The uid of what a guest says under an id of the guest's own choice: the same for a repeat, and nobody else's, whatever
 * others choose.
 */
export function uidOfGuest(name: string, id: string): string {
  return encodeBase64url(sha256(`${id}\n${name}`).subarray(0, UID_BYTES));
}
