/** What a room is when it is new, who may come into one, and what it is called. */
import { isEqualSecret } from '../crypto/digest.ts';
import { encodeBase64url } from '../wire/base64url.ts';
import { foldName, serverOf } from '../wire/room-names.ts';
import { DomainError } from './errors.ts';
import type { Clock, Random } from './ports.ts';
import type { Room, RoomRole, RoomUser } from './room-model.ts';
import { newUid } from './room-uid.ts';

const INVITE_BYTES = 16;

/** What the owner allows others. */
export type RoomRules = Readonly<{
  /** Guests may create rooms by joining them. */
  guestsCreate: boolean;
  /** Rooms on this daemon, all together; the owner himself is not bound by it. */
  maxRooms: number;
  /** Guests in one room. */
  maxGuests: number;
}>;

type Tools = Readonly<{ clock: Pick<Clock, 'nowMs'>; random: Pick<Random, 'bytes'> }>;

/** A room that nobody is in yet. */
export function newRoom(name: string, isPrivate: boolean, { clock, random }: Tools): Room {
  return {
    uid: newUid(random),
    name,
    host: undefined,
    topic: '',
    isPrivate,
    isClosed: false,
    invite: newInvite(random),
    memberships: [],
    isJoined: false,
    isMuted: false,
    readUpTo: 0,
    keptFrom: 1,
    createdAt: clock.nowMs(),
  };
}

/** What opens a private room, base64url. */
export function newInvite(random: Tools['random']): string {
  return encodeBase64url(random.bytes(INVITE_BYTES));
}

/**
 * Whether somebody may come in.
 *
 * @throws {DomainError} `room_closed`, `banned`, `room_private`.
 */
export function requireWelcome(room: Room, user: RoomUser, invite: string | undefined): void {
  if (room.isClosed) throw new DomainError('room_closed', 'that room is closed');
  if (roleOf(room, user) === 'banned') throw new DomainError('banned', 'you are banned there');
  if (room.isPrivate && !isEqualSecret(invite ?? '', room.invite)) {
    throw new DomainError('room_private', 'that room is private; ask its owner for an invite');
  }
}

/** What somebody is in a room for good; `undefined` for a guest like any other. */
export function roleOf(room: Room, user: RoomUser): RoomRole | undefined {
  const key = foldName(user);
  return room.memberships.find((one) => foldName(one.user) === key)?.role;
}

/** How a room is called on this daemon. */
export function roomTitle({ name, host }: Pick<Room, 'name' | 'host'>): string {
  return host === undefined ? name : `${name}@${host}`;
}

/** What else the owner of a daemon is called in a room: his name there follows his nick with the next check. */
export function otherNicks({ memberships }: Room, user: RoomUser): readonly RoomUser[] {
  const server = serverOf(user);
  if (server === undefined) return [];
  const others = memberships.filter((one) => one.user !== user && one.role !== 'banned');
  return others.filter((one) => serverOf(one.user) === server).map((one) => one.user);
}
