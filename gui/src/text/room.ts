/** What is said about rooms, and about those who are in them. */
import { splitAddress, tryParseAddress, type Address } from '../../../daemon/wire/address.ts';
import { serverOf } from '../../../daemon/wire/room-names.ts';
import type { ApiRoom, ApiRoomOrigin } from '../../../daemon/wire/rooms-api.ts';
import type { TextName } from '../texts/language.ts';
import type { Words } from '../texts/words.ts';
import type { NameOf } from './message.ts';
import { isolate, showName, showSteering } from './visible.ts';

/** So many are named, the others are counted. */
const NAMED_USERS = 3;

/** How a room stands with us, and we with it. */
export type RoomStanding =
  /** Our daemon hosts it, or we are in it. */
  | 'in'
  /** Its host has not let us in yet. */
  | 'joining'
  | 'refused'
  | 'out';

export function standingOf({ joined, sync }: Pick<ApiRoom, 'joined' | 'sync'>): RoomStanding {
  if (sync?.state === 'refused' || sync?.state === 'joining') return sync.state;
  if (sync?.state === 'left') return 'out';
  return joined ? 'in' : 'out';
}

/** Whether what one writes in a room is taken, or waits to be. */
export function canSpeak(room: Pick<ApiRoom, 'joined' | 'sync' | 'closed'>): boolean {
  const standing = standingOf(room);
  return !room.closed && (standing === 'in' || standing === 'joining');
}

/** Whether we know who is in a room: of one elsewhere its host tells those who are in it. */
export function knowsPeople(room: Pick<ApiRoom, 'host' | 'joined' | 'sync'>): boolean {
  return room.host === null || standingOf(room) === 'in';
}

/** The name under which a room's draft is shared. A name that looks like an address is no contact's draft. */
export function draftOfRoom(title: string): string {
  return tryParseAddress(title) === undefined ? title : `room/${title}`;
}

/** Somebody in a room, made ready to be shown. */
export type RoomPerson = Readonly<{
  /** Safe to be shown anywhere (G9). */
  name: string;
  /** Where their daemon is; `undefined` for guests. */
  address: Address | undefined;
  isGuest: boolean;
}>;

export type People = Readonly<{
  nameOf: NameOf;
  isContact: (address: Address) => boolean;
}>;

/** Contacts go by the names that we gave them, everybody else by their own. */
export function personOf(user: string, origin: ApiRoomOrigin, people: People): RoomPerson {
  const address = origin === 'guest' ? undefined : serverOf(user);
  const isGuest = address === undefined;
  if (address !== undefined && people.isContact(address)) {
    return { name: people.nameOf(address), address, isGuest };
  }
  const ownName = address === undefined ? user : user.slice(0, user.lastIndexOf('@'));
  return { name: showName(ownName), address, isGuest };
}

/** "Ann, Bob and 3 others", each name wrapped so that it can't disturb the sentence. */
export function namesText(names: readonly string[], { t, all }: Words): string {
  const isolated = names.map(isolate);
  // Nobody is "1 other".
  if (isolated.length <= NAMED_USERS + 1) return all(isolated);
  const rest = isolated.length - NAMED_USERS;
  return all([...isolated.slice(0, NAMED_USERS), t('room.others', { count: rest })]);
}

const REFUSALS: Readonly<Record<string, TextName>> = {
  room_closed: 'room.reason.closed',
  banned: 'room.reason.banned',
  room_private: 'room.reason.private',
  room_full: 'room.reason.full',
  put_out: 'room.reason.putOut',
  not_found: 'room.reason.gone',
  not_member: 'room.reason.notMember',
  refused: 'room.reason.unknown',
};

const DELAYS: Readonly<Record<string, TextName>> = {
  host_away: 'room.delay.away',
  not_accepted: 'room.delay.notAccepted',
  no_contact: 'room.delay.noContact',
  unauthorized: 'room.delay.noContact',
  blocked: 'room.delay.blocked',
  no_rooms: 'room.delay.noRooms',
  bad_answer: 'room.delay.noRooms',
  too_many_requests: 'room.delay.busy',
};

/** Why somebody says no, as code and sentence. Source: docs/room-sync.md#refusals. */
export type RoomReason = Readonly<{ code: string | null; reason: string | null }>;

/** Why the host says no, in our words where we know the code. */
export function refusalText({ code, reason }: RoomReason, { t }: Words): string {
  const known = REFUSALS[code ?? ''];
  if (known !== undefined) return t(known);
  return reason === null ? t('room.reason.unknown') : showSteering(reason);
}

/**
 * Why nothing is heard of the host yet.
 *
 * @param host What it is called.
 */
export function delayText({ code }: Pick<RoomReason, 'code'>, host: string, { t }: Words): string {
  return t(DELAYS[code ?? ''] ?? 'room.delay.away', { name: host });
}

/** Somebody who could be invited. */
export type Friend = Readonly<{ address: Address; name: string }>;

/** Whether the owner can invite others to a room: into a private one elsewhere only its host can. */
export function canInviteTo(room: ApiRoom): boolean {
  return standingOf(room) === 'in' && !room.closed && (room.host === null || !room.private);
}

/**
 * Where guests find a room of ours, as it is typed behind `vestnik wechat`; `undefined`: nowhere.
 *
 * @param hub        URL of the hub listener. One that listens everywhere is found at our own address.
 * @param ownAddress What others know this daemon by.
 */
export function guestAddress(
  hub: string | undefined,
  ownAddress: Address | undefined,
  name: string,
): string | undefined {
  if (hub === undefined) return undefined;
  const url = new URL(`/chats/${encodeURIComponent(name)}`, hub);
  const isEverywhere = url.hostname === '[::]' || url.hostname === '0.0.0.0';
  if (isEverywhere && ownAddress !== undefined) {
    const { host } = splitAddress(ownAddress);
    url.hostname = host.includes(':') ? `[${host}]` : host;
  }
  return url.href;
}

/** How our copy of a room compares with its host's, as far as that is known. */
export type Equality = 'own' | 'equal' | 'behind' | 'away' | 'awayBehind' | 'unknown';

/** `undefined` where there is nothing to compare. */
export function equalityOf(room: ApiRoom): Equality | undefined {
  const { sync } = room;
  if (sync === null) return 'own';
  if (standingOf(room) !== 'in') return undefined;
  if (sync.checked === null) return 'unknown';
  if (sync.away) return sync.state === 'equal' ? 'away' : 'awayBehind';
  return sync.state === 'equal' ? 'equal' : 'behind';
}
