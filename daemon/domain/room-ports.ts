/** What rooms need from the disk. Implemented in `stores/` and, for tests, in `test/helpers/`. */
import type { Mirrors, Room, RoomEvent, RoomUid } from './room-model.ts';

/** Where an event lies. */
export type StoredPlace = Readonly<{ seqnr: number; place: number }>;

/** An event, and where it lies among all that this daemon stored. */
export type PlacedEvent = Readonly<{ place: number; event: RoomEvent }>;

/** Rooms and their events. Nothing here keeps more than a few bytes an event in memory. */
export interface RoomStore {
  /** What was there at start. */
  readonly initial: readonly Room[];
  readonly initialMirrors: Mirrors;
  /**
   * Replaces all rooms; resolves once they are durable. Calls within a few milliseconds share one write.
   *
   * @throws {StorageError}
   */
  save(rooms: readonly Room[]): Promise<void>;

  /**
   * Replaces what is kept of rooms of other hosts, together with the rooms; as `save`.
   *
   * @throws {StorageError}
   */
  saveMirrors(mirrors: Mirrors): Promise<void>;

  /**
   * Stores events of one room, each with a number above its last one; resolves once they are durable.
   *
   * @throws {StorageError} `storage_full` or `storage_failed`; none was kept.
   */
  append(events: readonly RoomEvent[]): Promise<void>;
  /** Forgets the events of a room before this number; soon they are in no file either. */
  trim(room: RoomUid, firstSeqnr: number): void;
  /**
   * Takes out all events of a room that are there, from this number on; soon they are in no file either. What is appended
   * later may have the same numbers. Resolves once that is durable, and shares a write with `save`.
   *
   * @throws {StorageError} All are there.
   */
  cut(room: RoomUid, fromSeqnr: number): Promise<void>;
  /** Number of a room's oldest event that is kept, 1 when there is none. */
  firstSeqnr(room: RoomUid): number;
  /** Number of a room's newest event, 0 when there is none. */
  lastSeqnr(room: RoomUid): number;
  /** Number of the newest event of type `DIR`, 0 when there is none. */
  lastDirectory(room: RoomUid): number;
  /** Number of the newest event of type `MSG`, 0 when there is none. */
  lastMessage(room: RoomUid): number;
  /** Place of a room's newest event among all that this daemon stored, 0 when there is none; it never goes back. */
  lastPlace(room: RoomUid): number;
  /** Events of a room that were stored after a place, oldest first, at most `limit`. */
  storedAfter(room: RoomUid, place: number, limit: number): readonly StoredPlace[];
  /** Messages after this number that the owner of this daemon did not say himself. */
  countUnread(room: RoomUid, afterSeqnr: number): number;
  /** Events from `first` to `last`, both included, in order. Damaged ones are left out. */
  read(room: RoomUid, first: number, last: number): Promise<readonly RoomEvent[]>;
  /** Of some places those at which an event lies that is there for its room, in their order. */
  readPlaces(places: readonly number[]): Promise<readonly PlacedEvent[]>;
  /** The event of this uid. */
  find(room: RoomUid, uid: string): Promise<RoomEvent | undefined>;
}
