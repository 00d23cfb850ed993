/**
 * What the journal holds of rooms: one record an event, beside those of messages.
 *
 * Source: docs/storage.md#history.
 */
import type { RoomEvent, RoomOrigin, RoomUid } from '../domain/room-model.ts';
import { SEQNR_MAX } from '../wire/sync-fields.ts';
import { isMembers, isOneOf, isTexts, type Members } from './members.ts';

/** An event of a room. */
export type EventRecord = Readonly<{
  k: 'ev';
  r: RoomUid;
  q: number;
  id: string;
  /** When the host had it, in milliseconds. */
  at: number;
  /** Of a message: who said it, the text, and the origin unless it is a guest's. */
  f?: string | undefined;
  m?: string | undefined;
  o?: RoomOrigin | undefined;
  /** Of a directory: who is in the room. */
  u?: readonly string[] | undefined;
}>;

/** Random bytes of a room's uid. */
export const ROOM_UID_BYTES = 16;

const ORIGINS = ['guest', 'owner', 'contact'] as const satisfies readonly RoomOrigin[];

/** Checks a record; `undefined` for what is no event of a room. */
export function decodeEvent(value: unknown): RoomEvent | undefined {
  if (!isMembers(value) || value['k'] !== 'ev') return undefined;
  const { r: room, q: seqnr, id: uid, at } = value;
  if (!isRoomUid(room) || typeof uid !== 'string' || typeof at !== 'number') return undefined;
  if (typeof seqnr !== 'number' || !Number.isInteger(seqnr) || seqnr < 1 || seqnr > SEQNR_MAX)
    return undefined;
  const { u: users } = value;
  if (isTexts(users)) return { type: 'DIR', room, seqnr, uid, at, users };
  return decodeMessage(value, { room, seqnr, uid, at });
}

/** An event as a record. */
export function encodeEvent(event: RoomEvent): EventRecord {
  const { room: r, seqnr: q, uid: id, at } = event;
  if (event.type === 'DIR') return { k: 'ev', r, q, id, at, u: event.users };
  const { from: f, text: m, origin } = event;
  return origin === 'guest'
    ? { k: 'ev', r, q, id, at, f, m }
    : { k: 'ev', r, q, id, at, f, o: origin, m };
}

/** 22 characters base64url whose last one has no bits to spare. */
function isRoomUid(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{21}[AQgw]$/.test(value);
}

function decodeMessage(
  { f: from, m: text, o: origin = 'guest' }: Members,
  frame: Pick<RoomEvent, 'room' | 'seqnr' | 'uid' | 'at'>,
): RoomEvent | undefined {
  if (typeof from !== 'string' || typeof text !== 'string' || !isOneOf(ORIGINS, origin)) {
    return undefined;
  }
  const { room, seqnr, uid, at } = frame;
  return { type: 'MSG', room, seqnr, uid, at, from, origin, text };
}
