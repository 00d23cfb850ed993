import type { Mirrors, Room, RoomEvent, RoomUid } from '../../daemon/domain/room-model.ts';
import type { PlacedEvent, RoomStore, StoredPlace } from '../../daemon/domain/room-ports.ts';

/** What guests may do unless a test says otherwise. */
export const ROOM_RULES = {
  guestsCreate: true,
  maxRooms: 1000,
  maxGuests: 1000,
  sessionTimeoutMs: 120_000,
  retention: 'forever',
} as const;

const NO_MIRRORS: Mirrors = { mirrors: [], waiting: [], cursors: new Map() };

/** Rooms and their events in memory: what a test stores is gone with it, unless it is opened again. */
export class MemoryRoomStore implements RoomStore {
  readonly initial: readonly Room[];
  readonly initialMirrors: Mirrors;
  savedMirrors: Mirrors;
  saved: readonly Room[];
  /** What waited for hosts, as it was kept when events were cut off last. */
  waitingAtCut: Mirrors['waiting'] = [];
  /** Thrown by the next writes, if set. */
  failure: Error | undefined;
  readonly #events: Map<RoomUid, RoomEvent[]>;
  readonly #places: Map<RoomEvent, number>;
  #place: number;

  /** @param firstPlace Where the first event lies, among what is stored elsewhere. */
  constructor(former?: MemoryRoomStore, firstPlace = 1) {
    this.initial = former?.saved ?? [];
    this.saved = this.initial;
    this.initialMirrors = former?.savedMirrors ?? NO_MIRRORS;
    this.savedMirrors = this.initialMirrors;
    this.#events = new Map(former === undefined ? [] : former.#events);
    this.#places = new Map(former === undefined ? [] : former.#places);
    this.#place = former === undefined ? firstPlace - 1 : former.#place;
  }

  async save(rooms: readonly Room[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.saved = rooms;
  }

  async saveMirrors(mirrors: Mirrors): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    // Not before whatever is begun at the same time.
    await Promise.resolve();
    this.savedMirrors = mirrors;
  }

  async append(events: readonly RoomEvent[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    for (const event of events) {
      this.#events.set(event.room, [...this.eventsOf(event.room), event]);
      this.#places.set(event, ++this.#place);
    }
  }

  /** Where the last event of all lies. */
  get place(): number {
    return this.#place;
  }

  /** All events of a room, as they lie there. */
  eventsOf(room: RoomUid): readonly RoomEvent[] {
    return this.#events.get(room) ?? [];
  }

  trim(room: RoomUid, firstSeqnr: number): void {
    this.#events.set(
      room,
      this.eventsOf(room).filter(({ seqnr }) => seqnr >= firstSeqnr),
    );
  }

  async cut(room: RoomUid, fromSeqnr: number): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.waitingAtCut = this.savedMirrors.waiting;
    this.#events.set(
      room,
      this.eventsOf(room).filter(({ seqnr }) => seqnr < fromSeqnr),
    );
  }

  async readPlaces(places: readonly number[]): Promise<readonly PlacedEvent[]> {
    const byPlace = new Map(Array.from(this.#places, ([event, place]) => [place, event]));
    return places.flatMap((place) => {
      const event = byPlace.get(place);
      const isThere = event !== undefined && this.eventsOf(event.room).includes(event);
      return isThere ? [{ place, event }] : [];
    });
  }

  firstSeqnr(room: RoomUid): number {
    return this.eventsOf(room)[0]?.seqnr ?? 1;
  }

  lastSeqnr(room: RoomUid): number {
    return this.eventsOf(room).at(-1)?.seqnr ?? 0;
  }

  lastDirectory(room: RoomUid): number {
    return this.#last(room, 'DIR');
  }

  lastMessage(room: RoomUid): number {
    return this.#last(room, 'MSG');
  }

  lastPlace(room: RoomUid): number {
    return this.#placeOf(this.eventsOf(room).at(-1));
  }

  storedAfter(room: RoomUid, place: number, limit: number): readonly StoredPlace[] {
    return this.eventsOf(room)
      .map((event) => ({ seqnr: event.seqnr, place: this.#placeOf(event) }))
      .filter((one) => one.place > place)
      .slice(0, limit);
  }

  countUnread(room: RoomUid, afterSeqnr: number): number {
    return this.eventsOf(room).filter(
      (event) => event.seqnr > afterSeqnr && event.type === 'MSG' && event.origin !== 'owner',
    ).length;
  }

  async read(room: RoomUid, first: number, last: number): Promise<readonly RoomEvent[]> {
    return this.eventsOf(room).filter(({ seqnr }) => seqnr >= first && seqnr <= last);
  }

  async find(room: RoomUid, uid: string): Promise<RoomEvent | undefined> {
    return this.eventsOf(room).find((event) => event.uid === uid);
  }

  #placeOf(event: RoomEvent | undefined): number {
    return event === undefined ? 0 : (this.#places.get(event) ?? 0);
  }

  #last(room: RoomUid, type: RoomEvent['type']): number {
    return this.eventsOf(room).findLast((event) => event.type === type)?.seqnr ?? 0;
  }
}
