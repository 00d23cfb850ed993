/** The nouns of rooms, as plain data. Instants are milliseconds since 1970. */
import type { Address } from '../wire/address.ts';

/** A room's lasting name, 22 characters base64url; never reused, whatever the room is called. */
export type RoomUid = string;

/**
 * Somebody in a room: a guest by `name` alone, the user of a daemon by `name@address`. No guest has a name of the second
 * form.
 */
export type RoomUser = string;

/** What somebody is in a room for longer than a session. */
export type RoomRole = 'member' | 'admin' | 'banned';

export type Membership = Readonly<{ user: RoomUser; role: RoomRole }>;

/** A room as it is kept. The owner of this daemon is not among its memberships: see `isJoined`. */
export type Room = Readonly<{
  uid: RoomUid;
  /** Unique among the rooms of one host. */
  name: string;
  /** The daemon that hosts it; `undefined`: this one. */
  host: Address | undefined;
  topic: string;
  /** Whoever wants in needs the invite. */
  isPrivate: boolean;
  /** Nobody comes in and nothing is said any more. */
  isClosed: boolean;
  /** Opens the room while it is private, base64url. */
  invite: string;
  /** In the order in which they began. */
  memberships: readonly Membership[];
  /** The owner of this daemon is in it. */
  isJoined: boolean;
  isMuted: boolean;
  /** `seqnr` of the last event that the owner has read, 0 before the first. */
  readUpTo: number;
  /** `seqnr` of the first event that is kept; those before it are gone for their age. */
  keptFrom: number;
  createdAt: number;
}>;

/** Who said something, as the host knows: a guest of its hub listener, its owner, or the user of another daemon. */
export type RoomOrigin = 'guest' | 'owner' | 'contact';

type EventFrame = Readonly<{
  room: RoomUid;
  /** Counts from 1 in each room, without a gap. */
  seqnr: number;
  /** Unique in its room, 22 characters base64url unless whoever said it chose one. */
  uid: string;
  at: number;
}>;

/** Somebody said something. */
export type RoomMessage = EventFrame &
  Readonly<{ type: 'MSG'; from: RoomUser; origin: RoomOrigin; text: string }>;

/** Who is in the room from here on, in order of joining. */
export type RoomDirectory = EventFrame & Readonly<{ type: 'DIR'; users: readonly RoomUser[] }>;

/** One entry of a room. */
export type RoomEvent = RoomMessage | RoomDirectory;

/** What somebody says, before the host has given it a number. */
export type NewRoomMessage = Pick<RoomMessage, 'uid' | 'from' | 'origin' | 'text'>;

/** Why something is not so: a stable code, and a sentence for a person. Source: docs/room-sync.md#refusals. */
export type Refusal = Readonly<{ code: string; reason: string }>;

/** What this daemon wants of a room that another one hosts, and how far it is. Kept beside the room. */
export type Mirror = Readonly<{
  room: RoomUid;
  /** The host told which room it is; until then its uid is one of our own making. */
  isFound: boolean;
  wish: 'in' | 'out';
  /** The owner's name when the host granted the wish; as long as it is not his present one, the host is told again. */
  settledAs: RoomUser | undefined;
  /** Events may be missing that the cursor does not bring. */
  isBehind: boolean;
  /** Opens the room while it is private; `''` without one. */
  invite: string;
  /** Why the host does not grant it; `undefined`: nothing is known against it. */
  refusal: Refusal | undefined;
}>;

/** What the owner said in a room of another host, which has not taken it yet. */
export type WaitingRoomMessage = Readonly<{
  uid: string;
  room: RoomUid;
  text: string;
  at: number;
  /** Why the host does not take it; it is not tried again. */
  refusal: Refusal | undefined;
}>;

/** Everything about rooms of other hosts that has to outlast a restart. */
export type Mirrors = Readonly<{
  mirrors: readonly Mirror[];
  waiting: readonly WaitingRoomMessage[];
  /** By host, how far its events are here. Losing the newest state costs a repetition. */
  cursors: ReadonlyMap<Address, number>;
}>;
