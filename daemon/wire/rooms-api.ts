/**
 * Rooms over REST, between the GUI (or the command line) and its own daemon.
 *
 * Source: docs/gui-api.md#rooms.
 */
import * as v from 'valibot';
import { ADDRESS_MAX_LENGTH, type Address } from './address.ts';
import { WellFormed } from './check.ts';
import type { IsoTime } from './gui-api.ts';
import { NAME_MAX_LENGTH } from './room-names.ts';

/** UTF-16 units in the topic of a room. */
export const ROOM_TOPIC_MAX_LENGTH = 500;
/** A name and an address, in UTF-16 units: two a character. */
const USER_MAX_LENGTH = 2 * NAME_MAX_LENGTH + 1 + ADDRESS_MAX_LENGTH;

/** A link with a name in which every character is percent-encoded. */
const ROOM_LINK_MAX_LENGTH = 1200;

/** Who said something: a guest of the hub listener, the owner of this daemon, or the user of another one. */
export type ApiRoomOrigin = 'guest' | 'owner' | 'contact';

type EventFrame = Readonly<{
  id: string;
  /** The room as it is called here. */
  room: string;
  seqnr: number;
  /** When its host had it. */
  timestamp: IsoTime;
}>;

export type ApiRoomMessage = EventFrame &
  Readonly<{
    type: 'MSG';
    /** A guest's bare name, or `name@address`. */
    from: string;
    origin: ApiRoomOrigin;
    message: string;
  }>;

/** Who is in the room from here on. */
export type ApiRoomDirectory = EventFrame & Readonly<{ type: 'DIR'; users: readonly string[] }>;

export type ApiRoomEvent = ApiRoomMessage | ApiRoomDirectory;

export type ApiRoom = Readonly<{
  /** What it is called here: `name`, or `name@address` if another daemon hosts it. */
  room: string;
  uid: string;
  name: string;
  /** The daemon that hosts it, `null` for this one. */
  host: Address | null;
  topic: string;
  private: boolean;
  closed: boolean;
  /** The owner of this daemon is in it. */
  joined: boolean;
  muted: boolean;
  /** Opens it while it is private; `null` where another daemon hosts it. */
  invite: string | null;
  /** How many are in it now. */
  members: number;
  /** How many of them are there, as far as that is known: guests, and users of daemons that are logged in. */
  online: number;
  /** Number of its newest event, 0 when there is none. */
  seqnr: number;
  /** Messages of others that were not read; 0 while the owner is not in it. */
  unread: number;
  /** Number of the last event that was read. */
  read_up_to: number;
  /** The newest message. */
  last: ApiRoomEvent | null;
  created: IsoTime;
  /** How it stands with the daemon that hosts it, `null` for this one. */
  sync: ApiRoomSync | null;
}>;

/** What the owner said that the host has not taken yet. */
export type ApiWaitingRoomMessage = Readonly<{
  id: string;
  message: string;
  timestamp: IsoTime;
  state: 'waiting' | 'refused';
  /** Why it is refused: see `ApiRoomSync`. */
  code: string | null;
  reason: string | null;
}>;

export type ApiRoomSync = Readonly<{
  state: 'joining' | 'refused' | 'left' | 'behind' | 'equal';
  /** The host does not answer just now. */
  away: boolean;
  /** Why the owner is not let in, else why nothing is heard of the host. Source: docs/room-sync.md#refusals. */
  code: string | null;
  /** The same as a sentence. */
  reason: string | null;
  /** Numbers up to this one are here. */
  events: number;
  /** Of what the room is and who is in it, as it is here. */
  hash: string;
  /** When the host was heard last. */
  checked: IsoTime | null;
  waiting: readonly ApiWaitingRoomMessage[];
}>;

/** Somebody in a room, or kept out of it. */
export type ApiRoomUser = Readonly<{
  user: string;
  origin: ApiRoomOrigin;
  /** `null` for a guest like any other. */
  role: 'owner' | 'admin' | 'member' | 'banned' | null;
  /** In the room now. */
  present: boolean;
  /** There now: a guest, or logged in at his daemon; `null` where nobody knows. */
  online: boolean | null;
}>;

const RoomName = v.pipe(v.string(), v.maxLength(USER_MAX_LENGTH));
const RoomUserName = v.pipe(WellFormed, v.minLength(1), v.maxLength(USER_MAX_LENGTH));
const Topic = v.pipe(WellFormed, v.trim(), v.maxLength(ROOM_TOPIC_MAX_LENGTH));

export const CreateRoomRequest = v.object({
  name: RoomName,
  topic: v.optional(Topic),
  private: v.optional(v.boolean()),
});

const Invite = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{0,64}$/, 'that is no invite'));

export const JoinRoomRequest = v.object({
  /** A name, `name@address`, or a room link. */
  room: v.pipe(v.string(), v.maxLength(ROOM_LINK_MAX_LENGTH)),
  invite: v.optional(Invite),
});

export const InviteToRoomRequest = v.object({
  address: v.pipe(v.string(), v.maxLength(ADDRESS_MAX_LENGTH)),
});

export const PatchRoomRequest = v.object({
  topic: v.optional(Topic),
  private: v.optional(v.boolean()),
  closed: v.optional(v.boolean()),
  muted: v.optional(v.boolean()),
});

export const SayRequest = v.object({
  message: v.pipe(
    WellFormed,
    v.check((text) => text.trim() !== '', 'a message is not blank'),
  ),
  id: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'an id is 1–64 of A–Z a–z 0–9 _ -')),
  ),
});

export const ReadRoomRequest = v.object({
  upTo: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});

export const RoomUserRequest = v.object({ user: RoomUserName });
