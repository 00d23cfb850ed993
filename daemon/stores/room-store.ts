/** Rooms on disk: what they are in `rooms.json`, their events in the journal of messages. */
import { join } from 'node:path';
import { openDocument, type Document } from '../../storage/document.ts';
import type { OnNotice } from '../../storage/notice.ts';
import { tryParseAddress } from '../wire/address.ts';
import type { Membership, Room, RoomEvent, RoomRole, RoomUid } from '../domain/room-model.ts';
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
}

export type RoomStoreOptions = Readonly<{
  /** The data folder. */
  folder: string;
  records: RoomRecords;
  /** Fed with what the journal holds already, and from then on with what is appended. */
  index: RoomEventIndex;
  onNotice: OnNotice;
}>;

type StoredRooms = Readonly<{ rooms: readonly object[] }>;

/** @throws {StorageError} */
export async function openRoomStore(options: RoomStoreOptions): Promise<FileRoomStore> {
  const document = await openDocument<StoredRooms>({
    path: join(options.folder, 'rooms.json'),
    bare: false,
    empty: { rooms: [] },
    decode: (value) => encodeRooms(decodeRooms(value)),
    onNotice: options.onNotice,
  });
  return new FileRoomStore(document, options);
}

/** As `openRoomStore` makes it. */
export class FileRoomStore implements RoomStore {
  readonly initial: readonly Room[];
  readonly #document: Document<StoredRooms>;
  readonly #records: RoomRecords;
  readonly #index: RoomEventIndex;

  constructor(document: Document<StoredRooms>, { records, index }: RoomStoreOptions) {
    this.initial = decodeRooms(document.data);
    this.#document = document;
    this.#records = records;
    this.#index = index;
  }

  /** Bytes in memory that the events take. */
  get indexBytes(): number {
    return this.#index.sizeBytes;
  }

  async save(rooms: readonly Room[]): Promise<void> {
    this.#document.data = encodeRooms(rooms);
    await this.#document.write();
  }

  async append(events: readonly RoomEvent[]): Promise<void> {
    await this.#records.append(events.map(encodeEvent));
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
    createdAt: room.time('created') ?? 0,
  }));
}

function decodeMembership(member: FieldReader): Membership {
  return { user: member.text('user'), role: member.choice('role', ROLES, 'member') };
}

function encodeRooms(rooms: readonly Room[]): StoredRooms {
  return { rooms: rooms.map(encodeRoom) };
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
    created: formatTime(room.createdAt),
  };
}
