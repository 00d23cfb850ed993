import { Column } from '../../storage/column.ts';
import type { RoomEvent, RoomUid } from '../domain/room-model.ts';
import { decodeEvent } from './room-records.ts';

/** Lowest bits of a mark; the others are of the hash of the event's uid. */
const IS_MESSAGE = 1;
const IS_FOREIGN = 2;
const HASH_SHIFT = 2;
/** An event's number is not more than this beyond the one before, so that a wrong one does not fill the memory. */
const GAP_MAX = 2 ** 20;

/**
 * Where in the journal each event of each room lies, in eight bytes an event. Fed with every record in order, it is the
 * same after a restart as before.
 */
export class RoomEventIndex {
  readonly #rooms = new Map<RoomUid, EventColumns>();
  readonly #seed: number;

  /** @param seed Keeps others from choosing uids that collide. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Bytes that are taken. */
  get sizeBytes(): number {
    let sizeBytes = 0;
    for (const columns of this.#rooms.values()) sizeBytes += columns.sizeBytes;
    return sizeBytes;
  }

  /** All rooms that have events. */
  get rooms(): Iterable<RoomUid> {
    return this.#rooms.keys();
  }

  /** Takes in the record at place `s`, if it is an event of a room. */
  apply(record: unknown, s: number): void {
    const event = decodeEvent(record);
    if (event === undefined) return;
    const columns = this.#rooms.get(event.room) ?? new EventColumns();
    this.#rooms.set(event.room, columns);
    columns.add(event.seqnr, s, markOf(event, this.#seed));
  }

  lastSeqnr(room: RoomUid): number {
    return this.#rooms.get(room)?.last ?? 0;
  }

  lastDirectory(room: RoomUid): number {
    return this.#rooms.get(room)?.lastWith((mark) => (mark & IS_MESSAGE) === 0) ?? 0;
  }

  lastMessage(room: RoomUid): number {
    return this.#rooms.get(room)?.lastWith((mark) => (mark & IS_MESSAGE) !== 0) ?? 0;
  }

  countForeign(room: RoomUid, afterSeqnr: number): number {
    return this.#rooms.get(room)?.countForeign(afterSeqnr) ?? 0;
  }

  /** Places of the events from `first` to `last`; those that were damaged are left out. */
  places(room: RoomUid, first: number, last: number): number[] {
    return this.#rooms.get(room)?.places(first, last) ?? [];
  }

  /** Places of the events that may have this uid, the newest first. */
  candidates(room: RoomUid, uid: string): number[] {
    return this.#rooms.get(room)?.candidates(hashOf(uid, this.#seed)) ?? [];
  }
}

/** The events of one room: number `n` in row `n - 1`. Place 0 is that of an event that is lost. */
class EventColumns {
  readonly #places = Column.uint32();
  readonly #marks = Column.uint32();

  get sizeBytes(): number {
    return this.#places.sizeBytes + this.#marks.sizeBytes;
  }

  get last(): number {
    return this.#places.length;
  }

  add(seqnr: number, place: number, mark: number): void {
    // A number that is there already was given again after the first was lost in a power cut that another survived.
    if (seqnr <= this.last) {
      this.#places.set(seqnr - 1, place);
      this.#marks.set(seqnr - 1, mark);
      return;
    }
    if (seqnr - this.last > GAP_MAX) return;
    while (this.last < seqnr - 1) this.#push(0, 0);
    this.#push(place, mark);
  }

  lastWith(isIt: (mark: number) => boolean): number {
    for (let seqnr = this.last; seqnr > 0; seqnr--) {
      if (this.#places.get(seqnr - 1) !== 0 && isIt(this.#marks.get(seqnr - 1))) return seqnr;
    }
    return 0;
  }

  countForeign(afterSeqnr: number): number {
    let count = 0;
    for (let row = afterSeqnr; row < this.last; row++) {
      if ((this.#marks.get(row) & IS_FOREIGN) !== 0) count++;
    }
    return count;
  }

  places(first: number, last: number): number[] {
    const places: number[] = [];
    for (let row = first - 1; row < Math.min(last, this.last); row++) {
      const place = this.#places.get(row);
      if (place !== 0) places.push(place);
    }
    return places;
  }

  candidates(hash: number): number[] {
    const places: number[] = [];
    for (let row = this.last - 1; row >= 0; row--) {
      if (this.#marks.get(row) >>> HASH_SHIFT === hash) places.push(this.#places.get(row));
    }
    return places;
  }

  #push(place: number, mark: number): void {
    this.#places.push(place);
    this.#marks.push(mark);
  }
}

function markOf(event: RoomEvent, seed: number): number {
  const hash = hashOf(event.uid, seed) << HASH_SHIFT;
  if (event.type === 'DIR') return hash >>> 0;
  return (hash | IS_MESSAGE | (event.origin === 'owner' ? 0 : IS_FOREIGN)) >>> 0;
}

/** 30 bits of FNV-1a. */
function hashOf(uid: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < uid.length; i++) hash = Math.imul(hash ^ uid.charCodeAt(i), 0x0100_0193);
  return hash >>> HASH_SHIFT;
}
