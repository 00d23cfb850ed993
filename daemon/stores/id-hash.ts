import type { ContactNumber, Direction } from '../domain/model.ts';

/** Odd numbers with well mixed bits, as in MurmurHash. */
const MULTIPLIER = 0x5bd1e995;
const SPREADER = 0x9e3779b1;

/**
 * A hash of 32 bits for a message's id in its conversation and direction.
 *
 * @param seed Secret, so that nobody can choose ids that share a hash.
 */
export function hashId(
  seed: number,
  conversation: ContactNumber,
  direction: Direction,
  id: string,
): number {
  let hash = seed ^ Math.imul(conversation * 2 + (direction === 'in' ? 1 : 0), SPREADER);
  for (let index = 0; index < id.length; index++) {
    hash = Math.imul(hash ^ id.charCodeAt(index), MULTIPLIER);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, SPREADER);
  return (hash ^ (hash >>> 13)) >>> 0;
}
