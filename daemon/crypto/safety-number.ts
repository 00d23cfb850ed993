/** The number that two people compare to know that nobody stands between them. */
import { createHash } from 'node:crypto';
import { compareBytes } from './bytes.ts';

const ROUNDS = 5200;
const GROUPS_EACH = 6;
const GROUP_BYTES = 5;
const GROUP_DIGITS = 5;

/**
 * Twelve groups of five digits, the same on both sides. Slow: 26 ms, so keep it.
 *
 * @param one   Fingerprint of one of the two, 32 bytes.
 * @param other Fingerprint of the other; their order does not matter.
 * @see docs/encryption.md#safety-number
 */
export function safetyNumber(one: Uint8Array, other: Uint8Array): readonly string[] {
  return [one, other].sort(compareBytes).flatMap(halfOf);
}

/** Hashing many times over makes it dear to search for a fingerprint with the same half. */
function halfOf(fingerprint: Uint8Array): readonly string[] {
  let hash = Buffer.from(fingerprint);
  for (let round = 0; round < ROUNDS; round++) {
    hash = createHash('sha512').update('vestnik1 sn').update(hash).update(fingerprint).digest();
  }
  return Array.from({ length: GROUPS_EACH }, (_, group) => {
    const number = hash.readUIntBE(group * GROUP_BYTES, GROUP_BYTES) % 10 ** GROUP_DIGITS;
    return String(number).padStart(GROUP_DIGITS, '0');
  });
}
