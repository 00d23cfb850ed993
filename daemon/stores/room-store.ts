/** Rooms on disk: what they are in `rooms.json`, their events in the journal of messages. */
import { join } from 'node:path';
import { openDocument, type Document } from '../../storage/document.ts';
import type { OnNotice } from '../../storage/notice.ts';
import type { Mirrors, Room, RoomEvent, RoomUid } from '../domain/room-model.ts';
import type { PlacedEvent, RoomStore, StoredPlace } from '../domain/room-ports.ts';
import { decodeRoomState, encodeRoomState, type StoredRooms } from './room-document.ts';
import type { Cut, RoomEventIndex } from './room-event-index.ts';
import { decodeEvent, encodeEvent } from './room-records.ts';

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

/** @throws {StorageError} */
export async function openRoomStore(options: RoomStoreOptions): Promise<FileRoomStore> {
  const document = await openDocument<StoredRooms>({
    path: join(options.folder, 'rooms.json'),
    bare: false,
    empty: { rooms: [] },
    decode: (value) => encodeRoomState(decodeRoomState(value)),
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
  /** Cuts that are being written. */
  readonly #cutting = new Set<Cut>();

  constructor(document: Document<StoredRooms>, { records, index }: RoomStoreOptions) {
    const { rooms, mirrors, cuts } = decodeRoomState(document.data);
    this.initial = rooms;
    this.initialMirrors = mirrors;
    this.#rooms = this.initial;
    this.#mirrors = this.initialMirrors;
    this.#document = document;
    this.#records = records;
    this.#index = index;
    for (const cut of cuts) index.cut(cut);
    for (const { uid, keptFrom } of rooms) index.trim(uid, keptFrom);
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

  async cut(room: RoomUid, fromSeqnr: number): Promise<void> {
    const cut = this.#index.planCut(room, fromSeqnr);
    if (cut === undefined) return;
    this.#cutting.add(cut);
    try {
      await this.#write();
      this.#index.cut(cut);
    } finally {
      this.#cutting.delete(cut);
    }
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

  async readPlaces(places: readonly number[]): Promise<readonly PlacedEvent[]> {
    if (places.length === 0) return [];
    const records = await this.#records.readMany(places);
    return places.flatMap((place, index) => {
      const event = decodeEvent(records[index]);
      const isThere = event !== undefined && this.#index.has(event.room, event.seqnr, place);
      return isThere ? [{ place, event }] : [];
    });
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
    this.#document.data = encodeRoomState({
      rooms: this.#rooms,
      mirrors: this.#mirrors,
      cuts: [...this.#index.cuts, ...this.#cutting],
    });
    await this.#document.write();
  }

  async #read(places: readonly number[]): Promise<readonly RoomEvent[]> {
    if (places.length === 0) return [];
    const records = await this.#records.readMany(places);
    return records.map(decodeEvent).filter((event) => event !== undefined);
  }
}
