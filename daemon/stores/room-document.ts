/**
 * What `rooms.json` holds: rooms, what is wanted of those of other hosts, and what the history has still to lose of them.
 *
 * Source: docs/storage.md#rooms.
 */
import type {
  Membership,
  Mirror,
  Mirrors,
  Refusal,
  Room,
  RoomRole,
  WaitingRoomMessage,
} from '../domain/room-model.ts';
import { tryParseAddress } from '../wire/address.ts';
import { FieldReader, formatTime } from './field-reader.ts';
import type { Cut } from './room-event-index.ts';

const ROLES = ['member', 'admin', 'banned'] as const satisfies readonly RoomRole[];
const WISHES = ['in', 'out'] as const satisfies readonly Mirror['wish'][];

/** Everything in it. */
export type RoomState = Readonly<{
  rooms: readonly Room[];
  mirrors: Mirrors;
  cuts: readonly Cut[];
}>;

/** As it is written. */
export type StoredRooms = Readonly<{
  rooms: readonly object[];
  mirrors?: readonly object[];
  waiting?: readonly object[];
  cursors?: readonly object[];
  cuts?: readonly object[];
}>;

/** @throws {FieldError} */
export function decodeRoomState(value: unknown): RoomState {
  return { rooms: decodeRooms(value), mirrors: decodeMirrors(value), cuts: decodeCuts(value) };
}

export function encodeRoomState({ rooms, mirrors, cuts }: RoomState): StoredRooms {
  const stored = {
    rooms: rooms.map(encodeRoom),
    ...(cuts.length === 0 ? {} : { cuts: cuts.map(encodeCut) }),
  };
  if (mirrors.mirrors.length === 0) return stored;
  return {
    ...stored,
    mirrors: mirrors.mirrors.map(encodeMirror),
    waiting: mirrors.waiting.map(encodeWaiting),
    cursors: Array.from(mirrors.cursors, ([host, cursor]) => ({ host, cursor })),
  };
}

function decodeRooms(value: unknown): readonly Room[] {
  return new FieldReader(value).list('rooms').map((room) => ({
    uid: room.text('uid'),
    name: room.text('name'),
    host: room.has('host') ? tryParseAddress(room.text('host')) : undefined,
    topic: room.text('topic'),
    isPrivate: room.flag('private'),
    isClosed: room.flag('closed'),
    invite: room.text('invite'),
    memberships: room.list('members').map(decodeMembership),
    isJoined: room.flag('joined'),
    isMuted: room.flag('muted'),
    readUpTo: room.count('read_up_to', 0),
    keptFrom: room.has('kept_from') ? room.count('kept_from', 1) : 1,
    createdAt: room.time('created') ?? 0,
  }));
}

function decodeMembership(member: FieldReader): Membership {
  return { user: member.text('user'), role: member.choice('role', ROLES, 'member') };
}

function decodeMirrors(value: unknown): Mirrors {
  const state = new FieldReader(value);
  const cursors = listOf(state, 'cursors').flatMap((one) => {
    const host = tryParseAddress(one.text('host'));
    return host === undefined ? [] : [[host, one.count('cursor', 0)] as const];
  });
  return {
    mirrors: listOf(state, 'mirrors').map(decodeMirror),
    waiting: listOf(state, 'waiting').map(decodeWaiting),
    cursors: new Map(cursors),
  };
}

/** Files from before rooms of other hosts have no such lists. */
function listOf(state: FieldReader, name: string): readonly FieldReader[] {
  return state.has(name) ? state.list(name) : [];
}

function decodeMirror(mirror: FieldReader): Mirror {
  return {
    room: mirror.text('room'),
    isFound: mirror.flag('found'),
    wish: mirror.choice('wish', WISHES, 'in'),
    // Where it is not said, the host is told again, which changes nothing there.
    settledAs: mirror.has('settled_as') ? mirror.text('settled_as') : undefined,
    isBehind: mirror.flag('behind'),
    invite: mirror.text('invite'),
    refusal: decodeRefusal(mirror),
  };
}

function decodeWaiting(message: FieldReader): WaitingRoomMessage {
  return {
    uid: message.text('id'),
    room: message.text('room'),
    text: message.text('text'),
    at: message.time('at') ?? 0,
    refusal: decodeRefusal(message),
  };
}

/** Files from before refusals had codes have the sentence alone. */
function decodeRefusal(one: FieldReader): Refusal | undefined {
  if (!one.has('refusal')) return undefined;
  const code = one.has('refusal_code') ? one.text('refusal_code') : 'refused';
  return { code, reason: one.text('refusal') };
}

function encodeRefusal(refusal: Refusal | undefined): object {
  return refusal === undefined ? {} : { refusal: refusal.reason, refusal_code: refusal.code };
}

function encodeMirror(mirror: Mirror): object {
  const { room, isFound, wish, settledAs, isBehind, invite, refusal } = mirror;
  const settled = settledAs === undefined ? {} : { settled_as: settledAs };
  const one = { room, found: isFound, wish, ...settled, behind: isBehind, invite };
  return { ...one, ...encodeRefusal(refusal) };
}

function encodeWaiting({ uid, room, text, at, refusal }: WaitingRoomMessage): object {
  return { id: uid, room, text, at: formatTime(at), ...encodeRefusal(refusal) };
}

function encodeRoom(room: Room): object {
  return {
    uid: room.uid,
    name: room.name,
    ...(room.host === undefined ? {} : { host: room.host }),
    topic: room.topic,
    private: room.isPrivate,
    closed: room.isClosed,
    invite: room.invite,
    members: room.memberships,
    joined: room.isJoined,
    muted: room.isMuted,
    read_up_to: room.readUpTo,
    ...(room.keptFrom > 1 ? { kept_from: room.keptFrom } : {}),
    created: formatTime(room.createdAt),
  };
}

function decodeCuts(value: unknown): readonly Cut[] {
  return listOf(new FieldReader(value), 'cuts').map((cut) => ({
    room: cut.text('room'),
    fromSeqnr: cut.count('from', 1),
    upToPlace: cut.count('up_to', 0),
    places: cut.counts('places'),
  }));
}

function encodeCut({ room, fromSeqnr, upToPlace, places }: Cut): object {
  return { room, from: fromSeqnr, up_to: upToPlace, places };
}
