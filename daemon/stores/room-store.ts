/** Rooms on disk: what they are in `rooms.json`, their events in the journal of messages. */
import { join } from 'node:path';
import { openDocument, type Document } from '../../storage/document.ts';
import type { OnNotice } from '../../storage/notice.ts';
import { tryParseAddress } from '../wire/address.ts';
import type {
  Membership,
  Mirror,
  Mirrors,
  Refusal,
  Room,
  RoomEvent,
  RoomRole,
  RoomUid,
  WaitingRoomMessage,
} from '../domain/room-model.ts';
import type { RoomStore, StoredPlace } from '../domain/room-ports.ts';
import { FieldReader, formatTime } from './field-reader.ts';
import type { RoomEventIndex } from './room-event-index.ts';
import { decodeEvent, encodeEvent } from './room-records.ts';

const ROLES = ['member', 'admin', 'banned'] as const satisfies readonly RoomRole[];

/** The part of the journal of messages that room events need. */
export interface RoomRecords {
  /** @throws {StorageError} Nothing was kept. */
  append(records: readonly object[]): Promise<unknown>;
  readMany(places: readonly number[]): Promise<unknown[]>;
  /** Some of them will not be needed any more. */
  noteDeletion(): void;
}

export type RoomStoreOptions = Readonly<{
  /** The data folder. */
  folder: string;
  records: RoomRecords;
  /** Fed with what the journal holds already, and from then on with what is appended. */
  index: RoomEventIndex;
  onNotice: OnNotice;
}>;

type StoredRooms = Readonly<{
  rooms: readonly object[];
  mirrors?: readonly object[];
  waiting?: readonly object[];
  cursors?: readonly object[];
}>;

const WISHES = ['in', 'out'] as const satisfies readonly Mirror['wish'][];

/** @throws {StorageError} */
export async function openRoomStore(options: RoomStoreOptions): Promise<FileRoomStore> {
  const document = await openDocument<StoredRooms>({
    path: join(options.folder, 'rooms.json'),
    bare: false,
    empty: { rooms: [] },
    decode: (value) => encodeState(decodeRooms(value), decodeMirrors(value)),
    onNotice: options.onNotice,
  });
  return new FileRoomStore(document, options);
}

/** As `openRoomStore` makes it. */
export class FileRoomStore implements RoomStore {
  readonly initial: readonly Room[];
  readonly initialMirrors: Mirrors;
  readonly #document: Document<StoredRooms>;
  readonly #records: RoomRecords;
  readonly #index: RoomEventIndex;
  #rooms: readonly Room[];
  #mirrors: Mirrors;

  constructor(document: Document<StoredRooms>, { records, index }: RoomStoreOptions) {
    this.initial = decodeRooms(document.data);
    this.initialMirrors = decodeMirrors(document.data);
    this.#rooms = this.initial;
    this.#mirrors = this.initialMirrors;
    this.#document = document;
    this.#records = records;
    this.#index = index;
    for (const { uid, keptFrom } of this.initial) index.trim(uid, keptFrom);
  }

  /** Bytes in memory that the events take. */
  get indexBytes(): number {
    return this.#index.sizeBytes;
  }

  async save(rooms: readonly Room[]): Promise<void> {
    this.#rooms = rooms;
    await this.#write();
  }

  async saveMirrors(mirrors: Mirrors): Promise<void> {
    this.#mirrors = mirrors;
    await this.#write();
  }

  async append(events: readonly RoomEvent[]): Promise<void> {
    await this.#records.append(events.map(encodeEvent));
  }

  trim(room: RoomUid, firstSeqnr: number): void {
    this.#index.trim(room, firstSeqnr);
    this.#records.noteDeletion();
  }

  firstSeqnr(room: RoomUid): number {
    return this.#index.firstSeqnr(room);
  }

  lastSeqnr(room: RoomUid): number {
    return this.#index.lastSeqnr(room);
  }

  lastDirectory(room: RoomUid): number {
    return this.#index.lastDirectory(room);
  }

  lastMessage(room: RoomUid): number {
    return this.#index.lastMessage(room);
  }

  lastPlace(room: RoomUid): number {
    return this.#index.lastPlace(room);
  }

  storedAfter(room: RoomUid, place: number, limit: number): readonly StoredPlace[] {
    return this.#index.storedAfter(room, place, limit);
  }

  countUnread(room: RoomUid, afterSeqnr: number): number {
    return this.#index.countForeign(room, afterSeqnr);
  }

  async read(room: RoomUid, first: number, last: number): Promise<readonly RoomEvent[]> {
    const events = await this.#read(this.#index.places(room, first, last));
    return events.filter((event) => event.room === room);
  }

  async find(room: RoomUid, uid: string): Promise<RoomEvent | undefined> {
    const events = await this.#read(this.#index.candidates(room, uid));
    return events.find((event) => event.room === room && event.uid === uid);
  }

  /** Resolves when everything is on the disk. */
  close(): Promise<void> {
    return this.#document.close();
  }

  async #write(): Promise<void> {
    this.#document.data = encodeState(this.#rooms, this.#mirrors);
    await this.#document.write();
  }

  async #read(places: readonly number[]): Promise<readonly RoomEvent[]> {
    if (places.length === 0) return [];
    const records = await this.#records.readMany(places);
    return records.map(decodeEvent).filter((event) => event !== undefined);
  }
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

function encodeState(rooms: readonly Room[], mirrors: Mirrors): StoredRooms {
  if (mirrors.mirrors.length === 0) return { rooms: rooms.map(encodeRoom) };
  return {
    rooms: rooms.map(encodeRoom),
    mirrors: mirrors.mirrors.map(encodeMirror),
    waiting: mirrors.waiting.map(encodeWaiting),
    cursors: Array.from(mirrors.cursors, ([host, cursor]) => ({ host, cursor })),
  };
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
