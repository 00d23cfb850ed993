import type { RoomEvent, RoomUid } from './room-model.ts';

/** What all rooms together keep at hand, as UTF-16. Enough for whoever follows a room closely. */
const MAX_BYTES = 4 * 2 ** 20;
/** What an event takes besides its text. */
const EVENT_BYTES = 250;

type Range = Readonly<{ first: number; events: readonly RoomEvent[] }>;

/** The newest events of all rooms, so that those who follow are served without reading the disk. */
export class RecentEvents {
  readonly #maxBytes: number;
  readonly #rooms = new Map<RoomUid, Map<number, RoomEvent>>();
  /** All of them, oldest first. */
  readonly #order = new Set<RoomEvent>();
  /** The range that was asked for last in each room. */
  readonly #ranges = new Map<RoomUid, Range>();
  #sizeBytes = 0;

  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  put(event: RoomEvent): void {
    const room = this.#rooms.get(event.room) ?? new Map<number, RoomEvent>();
    this.#rooms.set(event.room, room.set(event.seqnr, event));
    this.#order.add(event);
    this.#sizeBytes += sizeOf(event);
    for (const oldest of this.#order) {
      if (this.#sizeBytes <= this.#maxBytes) break;
      this.#drop(oldest);
    }
  }

  /**
   * Events from `first` to `last`; `undefined` unless all of them are at hand. All who ask for the same range one after
   * another are given the same array, so that what is made of it once can serve them all.
   */
  range(room: RoomUid, first: number, last: number): readonly RoomEvent[] | undefined {
    const known = this.#ranges.get(room);
    if (known?.first === first && known.events.length === last - first + 1) return known.events;
    const events = this.#collect(room, first, last);
    if (events !== undefined) this.#ranges.set(room, { first, events });
    return events;
  }

  /** Nothing of this room is asked for as it was. */
  forget(room: RoomUid): void {
    for (const event of this.#rooms.get(room)?.values() ?? []) this.#drop(event);
  }

  #collect(room: RoomUid, first: number, last: number): readonly RoomEvent[] | undefined {
    const bySeqnr = this.#rooms.get(room);
    const events: RoomEvent[] = [];
    for (let seqnr = first; seqnr <= last; seqnr++) {
      const event = bySeqnr?.get(seqnr);
      if (event === undefined) return undefined;
      events.push(event);
    }
    return events;
  }

  #drop(event: RoomEvent): void {
    this.#order.delete(event);
    this.#sizeBytes -= sizeOf(event);
    const room = this.#rooms.get(event.room);
    room?.delete(event.seqnr);
    if (room?.size === 0) this.#rooms.delete(event.room);
    this.#ranges.delete(event.room);
  }
}

function sizeOf(event: RoomEvent): number {
  const length =
    event.type === 'MSG'
      ? event.text.length + event.from.length
      : event.users.reduce((sum, user) => sum + user.length, 0);
  return EVENT_BYTES + 2 * length;
}
