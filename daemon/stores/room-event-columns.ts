import { Column } from '../../storage/column.ts';
import { decodeBase64url, encodeBase64url } from '../wire/base64url.ts';
import type { RoomEvent, RoomUid } from '../domain/room-model.ts';
import type { StoredPlace } from '../domain/room-ports.ts';
import { decodeEvent, ROOM_UID_BYTES } from './room-records.ts';

/** Lowest bits of a mark; the others are of the hash of the event's uid. */
const IS_MESSAGE = 1;
const IS_FOREIGN = 2;
const HASH_SHIFT = 2;
/** Numbers of one room in one segment lie closer together, so that a wrong one does not fill the memory. */
const GAP_MAX = 2 ** 20;

/** What an index of a segment keeps of rooms: flat columns by name. */
export type RoomSections = Readonly<Record<string, Uint8Array | Uint32Array>>;

/**
 * What the records of one segment tell of rooms, by themselves: where each event of each room lies, in eight bytes an
 * event. It grows record by record, or is what an index has.
 */
export class RoomEventColumns {
  readonly #seed: number;
  readonly #runs = new Map<RoomUid, EventRun>();

  /** @param seed Keeps others from choosing uids that share a hash. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** As `sections` wrote it. */
  static of(sections: Readonly<Record<string, unknown>>): RoomEventColumns {
    const [seed = 0] = cells(sections['roomSeed']);
    const columns = new RoomEventColumns(seed);
    const uids = bytesIn(sections['roomUids']);
    const firsts = cells(sections['roomFirsts']);
    const counts = cells(sections['roomCounts']);
    let start = 0;
    for (const [room, first] of firsts.entries()) {
      const end = start + (counts[room] ?? 0);
      const uid = uids.subarray(room * ROOM_UID_BYTES, (room + 1) * ROOM_UID_BYTES);
      const places = cells(sections['roomPlaces']).subarray(start, end);
      const marks = cells(sections['roomMarks']).subarray(start, end);
      columns.#runs.set(encodeBase64url(uid), EventRun.of(columns.#seed, { first, places, marks }));
      start = end;
    }
    return columns;
  }

  /** How many rooms have events here. */
  get roomCount(): number {
    return this.#runs.size;
  }

  get sizeBytes(): number {
    let sizeBytes = 0;
    for (const run of this.#runs.values()) sizeBytes += run.sizeBytes;
    return sizeBytes;
  }

  /** Takes in the record at place `s`, if it is an event of a room. */
  apply(record: unknown, s: number): void {
    const event = decodeEvent(record);
    if (event === undefined) return;
    const run = this.#runs.get(event.room) ?? new EventRun(this.#seed);
    this.#runs.set(event.room, run);
    run.add(event, s);
  }

  /** The events of a room; `undefined` if there are none here. */
  run(room: RoomUid): EventRun | undefined {
    return this.#runs.get(room);
  }

  /** Takes events of a room out, as `EventRun.cut`. */
  cut(room: RoomUid, fromSeqnr: number, upToPlace: number): void {
    const run = this.#runs.get(room);
    if (run === undefined) return;
    run.cut(fromSeqnr, upToPlace);
    if (run.last < run.first) this.#runs.delete(room);
  }

  /** A place here, if at least half of the events come before the first of their room that is kept. */
  thinPlace(keptFrom: ReadonlyMap<RoomUid, number>): number | undefined {
    let place: number | undefined;
    let [all, trimmed] = [0, 0];
    for (const [room, run] of this.#runs) {
      const before = run.before(keptFrom.get(room) ?? 1);
      all += run.count;
      trimmed += before.count;
      if (before.count > 0) place = before.place;
    }
    return trimmed * 2 >= all ? place : undefined;
  }

  /** All that was taken in so far. */
  sections(): RoomSections {
    const runs = [...this.#runs.values()];
    const uids = [...this.#runs.keys()].map((uid) => decodeBase64url(uid, ROOM_UID_BYTES));
    return {
      roomSeed: Uint32Array.of(this.#seed),
      roomUids: Uint8Array.from(uids.flatMap((uid) => [...uid])),
      roomFirsts: Uint32Array.from(runs, ({ first }) => first),
      roomCounts: Uint32Array.from(runs, ({ first, last }) => last - first + 1),
      roomPlaces: joined(runs.map((run) => run.places())),
      roomMarks: joined(runs.map((run) => run.marks())),
    };
  }
}

/** Events of one room that follow one another. Place 0 is that of an event that is lost. */
export class EventRun {
  /** Number of the first event. */
  first = 1;
  readonly #seed: number;
  #places = Column.uint32();
  #marks = Column.uint32();

  constructor(seed: number) {
    this.#seed = seed;
  }

  static of(
    seed: number,
    { first, places, marks }: Readonly<{ first: number; places: Uint32Array; marks: Uint32Array }>,
  ): EventRun {
    const run = new EventRun(seed);
    run.first = first;
    // Views of what is in memory already; they are copied when the run grows.
    run.#places = Column.of(places);
    run.#marks = Column.of(marks);
    return run;
  }

  get sizeBytes(): number {
    return this.#places.sizeBytes + this.#marks.sizeBytes;
  }

  /** Number of the last event; one less than `first` when there is none. */
  get last(): number {
    return this.first + this.#places.length - 1;
  }

  /** How many events are here; those that are lost do not count. */
  get count(): number {
    return this.before(Infinity).count;
  }

  /** How many events come before a number, and where one of them is. */
  before(seqnr: number): Readonly<{ count: number; place: number }> {
    const rows = Math.min(this.#places.length, Math.max(0, seqnr - this.first));
    let [count, place] = [0, 0];
    for (let row = 0; row < rows; row++) {
      const found = this.#places.get(row);
      if (found === 0) continue;
      count += 1;
      place = found;
    }
    return { count, place };
  }

  add(event: RoomEvent, place: number): void {
    const { seqnr } = event;
    if (this.#places.length === 0 || seqnr < this.first || seqnr - this.last > GAP_MAX) {
      this.#begin(seqnr);
    }
    while (this.last < seqnr) {
      this.#places.push(0);
      this.#marks.push(0);
    }
    this.#places.set(seqnr - this.first, place);
    this.#marks.set(seqnr - this.first, markOf(event, this.#seed));
  }

  /** Place of one of the events from a number on; `undefined` when there is none. */
  placeFrom(seqnr: number): number | undefined {
    for (let row = Math.max(0, seqnr - this.first); row < this.#places.length; row++) {
      const place = this.#places.get(row);
      if (place !== 0) return place;
    }
    return undefined;
  }

  /** Takes out the events from a number on, as far as they lie up to a place: what came in their stead stays. */
  cut(fromSeqnr: number, upToPlace: number): void {
    const places = this.places();
    const marks = this.marks();
    for (let row = Math.max(0, fromSeqnr - this.first); row < places.length; row++) {
      if ((places[row] ?? 0) > upToPlace) continue;
      places[row] = 0;
      marks[row] = 0;
    }
    this.#keepBetweenHoles(places, marks);
  }

  /** Number of the newest event of a kind, 0 when there is none. */
  lastOf(kind: RoomEvent['type']): number {
    const wanted = kind === 'MSG' ? IS_MESSAGE : 0;
    for (let row = this.#places.length - 1; row >= 0; row--) {
      const isIt = (this.#marks.get(row) & IS_MESSAGE) === wanted;
      if (isIt && this.#places.get(row) !== 0) return this.first + row;
    }
    return 0;
  }

  /** Place of the newest event, 0 when all are lost. */
  get lastPlace(): number {
    for (let row = this.#places.length - 1; row >= 0; row--) {
      const place = this.#places.get(row);
      if (place !== 0) return place;
    }
    return 0;
  }

  /** Events that lie after a place, oldest first; looked for from the end, where nearly all who ask are. */
  storedAfter(after: number, limit: number): readonly StoredPlace[] {
    let row = this.#places.length;
    while (row > 0 && isAfter(this.#places.get(row - 1), after)) row--;
    const found: StoredPlace[] = [];
    for (; row < this.#places.length && found.length < limit; row++) {
      const place = this.#places.get(row);
      if (place !== 0) found.push({ seqnr: this.first + row, place });
    }
    return found;
  }

  /** Messages after this number that the owner of this daemon did not say. */
  countForeign(afterSeqnr: number): number {
    let count = 0;
    for (let row = Math.max(0, afterSeqnr - this.first + 1); row < this.#marks.length; row++) {
      if ((this.#marks.get(row) & IS_FOREIGN) !== 0) count++;
    }
    return count;
  }

  /** Place of an event, 0 if it is not here. */
  placeOf(seqnr: number): number {
    return seqnr < this.first ? 0 : this.#places.get(seqnr - this.first);
  }

  /** Places of the events that may have this uid, the newest first. */
  candidates(uid: string): number[] {
    const hash = hashOf(uid, this.#seed);
    const places: number[] = [];
    for (let row = this.#marks.length - 1; row >= 0; row--) {
      const place = this.#places.get(row);
      if (this.#marks.get(row) >>> HASH_SHIFT === hash && place !== 0) places.push(place);
    }
    return places;
  }

  places(): Uint32Array {
    return Uint32Array.from({ length: this.#places.length }, (_, row) => this.#places.get(row));
  }

  marks(): Uint32Array {
    return Uint32Array.from({ length: this.#marks.length }, (_, row) => this.#marks.get(row));
  }

  /** What was cut off at either end is not missing: the room begins later, or ends sooner. */
  #keepBetweenHoles(places: Uint32Array, marks: Uint32Array): void {
    const start = Math.max(
      0,
      places.findIndex((place) => place !== 0),
    );
    const end = places.findLastIndex((place) => place !== 0) + 1;
    this.first += start;
    this.#places = Column.of(places.slice(start, end));
    this.#marks = Column.of(marks.slice(start, end));
  }

  #begin(seqnr: number): void {
    this.first = seqnr;
    this.#places = Column.uint32();
    this.#marks = Column.uint32();
  }
}

/** A lost event may lie anywhere. */
function isAfter(place: number, after: number): boolean {
  return place === 0 || place > after;
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

function joined(parts: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of parts) {
    all.set(part, start);
    start += part.length;
  }
  return all;
}

function cells(section: unknown): Uint32Array {
  return section instanceof Uint32Array ? section : new Uint32Array();
}

function bytesIn(section: unknown): Uint8Array {
  return section instanceof Uint8Array ? section : new Uint8Array();
}
