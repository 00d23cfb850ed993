/** Rooms as somebody types them. */
import type { Address } from '../../../daemon/wire/address.ts';
import { WireError } from '../../../daemon/wire/check.ts';
import { isRoomLink, parseRoomLink } from '../../../daemon/wire/room-link.ts';
import { decodeRoomName, serverOf } from '../../../daemon/wire/room-names.ts';
import type { ApiRoom } from '../../../daemon/wire/rooms-api.ts';
import { standingOf } from './room.ts';

/** What can be said about the room that somebody wants to join, while it is being typed. */
export type RoomVerdict = Readonly<
  | { state: 'empty' | 'bad' | 'bad_link' }
  /** Our own daemon has no such room. */
  | { state: 'no_own' }
  /** The owner is in it, or wants to be. */
  | { state: 'known'; title: string }
  | { state: 'own'; name: string }
  /** The host is no contact. */
  | { state: 'stranger'; host: Address }
  | { state: 'good'; name: string; host: Address; isLink: boolean }
>;

/** What is here already. */
export type RoomSurroundings = Readonly<{
  own: readonly Address[];
  isContact: (address: Address) => boolean;
  rooms: ReadonlyMap<string, ApiRoom>;
}>;

/** Judges what somebody types as a room to join: a name of our own, `name@address`, or a room link. */
export function judgeRoom(text: string, known: RoomSurroundings): RoomVerdict {
  const typed = text.trim();
  if (typed === '') return { state: 'empty' };
  const isLink = isRoomLink(typed);
  const place = readPlace(typed, isLink);
  if (place === undefined) return { state: isLink ? 'bad_link' : 'bad' };
  const { name, host } = place;
  const isOwn = host === undefined || known.own.includes(host);
  const title = isOwn ? name : `${name}@${host}`;
  const room = known.rooms.get(title);
  if (room !== undefined && isWanted(room)) return { state: 'known', title };
  if (isOwn) {
    if (room !== undefined) return { state: 'own', name };
    // A bare word is more likely an address that is still to come.
    return { state: host === undefined ? 'bad' : 'no_own' };
  }
  if (!known.isContact(host)) return { state: 'stranger', host };
  return { state: 'good', name, host, isLink };
}

/** Whether a new room can have this name. */
export function isRoomName(text: string): boolean {
  return readName(text) !== undefined;
}

function isWanted(room: ApiRoom): boolean {
  const standing = standingOf(room);
  return standing === 'in' || standing === 'joining';
}

function readPlace(
  typed: string,
  isLink: boolean,
): Readonly<{ name: string; host: Address | undefined }> | undefined {
  if (isLink) {
    const link = orNothing(() => parseRoomLink(typed));
    return link && { name: link.name, host: link.address };
  }
  const host = serverOf(typed);
  const name = readName(host === undefined ? typed : typed.slice(0, typed.lastIndexOf('@')));
  return name === undefined ? undefined : { name, host };
}

function readName(text: string): string | undefined {
  return orNothing(() => decodeRoomName(text.trim()));
}

function orNothing<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
