/**
 * What two daemons compare instead of their rooms: SHA-1 of a canonical text.
 *
 * Source: docs/room-sync.md#hashes.
 */
import { sha1Hex } from '../crypto/digest.ts';
import { membershipUid } from '../wire/room-sync-bodies.ts';
import { joinFields } from '../wire/sync-fields.ts';
import type { Membership, Room } from './room-model.ts';

/** What of a room is hashed: what it is and who is in it for good, as its host tells it. */
export type HashedRoom = Pick<Room, 'uid' | 'name' | 'topic' | 'isPrivate' | 'isClosed'> &
  Readonly<{ memberships: readonly Membership[] }>;

/** What a room is, in words, sorted. */
export function roomFlags({
  isPrivate,
  isClosed,
}: Pick<HashedRoom, 'isPrivate' | 'isClosed'>): readonly ('closed' | 'private')[] {
  return [...(isClosed ? (['closed'] as const) : []), ...(isPrivate ? (['private'] as const) : [])];
}

export function roomText(room: HashedRoom): string {
  const { uid, name, topic, memberships } = room;
  const members = memberships.map(({ user, role }) =>
    joinFields('member', membershipUid(uid, user), user, role),
  );
  return canonical(joinFields('room', uid, name, topic, roomFlags(room).join(',')), members);
}

export function hashRoom(room: HashedRoom): string {
  return sha1Hex(roomText(room));
}

/** @param hashes By uid, of all rooms that the asker may see. */
export function hashRooms(hashes: Iterable<readonly [uid: string, hash: string]>): string {
  return sha1Hex(canonical('rooms', hashLines('room', hashes)));
}

/** Of the users who are logged in at one server. */
export function hashServerSessions(server: string, users: readonly string[]): string {
  const sessions = users.map((user) => joinFields('session', user));
  return sha1Hex(canonical(joinFields('server', server), sessions));
}

/** @param hashes By server, of those with at least one session. */
export function hashSessions(hashes: Iterable<readonly [server: string, hash: string]>): string {
  return sha1Hex(canonical('sessions', hashLines('server', hashes)));
}

/** @param nicks By server. */
export function hashServers(nicks: Iterable<readonly [server: string, nick: string]>): string {
  return sha1Hex(canonical('servers', hashLines('server', nicks)));
}

function hashLines(word: string, entries: Iterable<readonly [string, string]>): string[] {
  return Array.from(entries, ([key, value]) => joinFields(word, key, value));
}

/** The first line, then the others by code point, one newline between. */
function canonical(first: string, others: readonly string[]): string {
  return [first, ...[...others].sort(compareCodePoints)].join('\n');
}

/** JavaScript compares UTF-16 units, which puts U+FF00 behind U+1F600. */
function compareCodePoints(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let i = 0; i < length; i++) {
    const [a, b] = [one.charCodeAt(i), other.charCodeAt(i)];
    if (a !== b) return rank(a) - rank(b);
  }
  return one.length - other.length;
}

/** Surrogates, which stand for what lies beyond all other units, come last. */
function rank(unit: number): number {
  const isSurrogate = unit >= 0xd800 && unit <= 0xdfff;
  return isSurrogate ? unit + 0x10000 : unit;
}
