import type { RoomUid } from '../domain/room-model.ts';
import type { StoredPlace } from '../domain/room-ports.ts';
import { RoomEventColumns, type EventRun, type RoomSections } from './room-event-columns.ts';
import { decodeEvent } from './room-records.ts';

/**
 * Events of a room that are gone, though some may still lie in the journal: those from a number on, as far as they were there
 * when they went. What is stored later may have the same numbers.
 */
export type Cut = Readonly<{
  room: RoomUid;
  fromSeqnr: number;
  /** Place of the last event that was there. */
  upToPlace: number;
  /** Of each segment that has some of them, the place of one. */
  places: readonly number[];
}>;

/**
 * Where in the journal each event of each room lies: the columns of every segment, one after another. Fed with every
 * record in order, or with what the indexes of sealed segments have, it is the same after a restart as before.
 */
export class RoomEventIndex {
  readonly #seed: number;
  /** Of sealed segments, oldest first. */
  #sealed: readonly RoomEventColumns[] = [];
  #open: RoomEventColumns;
  /** Number of the first event of each room that is kept, where some are not. */
  readonly #keptFrom = new Map<RoomUid, number>();
  /** What the files have still to lose. */
  #cuts: readonly Cut[] = [];
  /** What was looked up of rooms since the last change of segments. */
  readonly #runs = new Map<RoomUid, readonly EventRun[]>();

  /** @param seed As for `RoomEventColumns`. */
  constructor(seed: number) {
    this.#seed = seed;
    this.#open = new RoomEventColumns(seed);
  }

  /** Bytes that are taken. */
  get sizeBytes(): number {
    return this.#sealed.reduce((sum, one) => sum + one.sizeBytes, this.#open.sizeBytes);
  }

  /** Takes in the record at place `s`, if it is an event of a room. */
  apply(record: unknown, s: number): void {
    const before = this.#open.roomCount;
    this.#open.apply(record, s);
    // A room that had no events in this segment may have some now.
    if (before !== this.#open.roomCount) this.#runs.clear();
  }

  /** What the open segment's index keeps. */
  sections(): RoomSections {
    return this.#open.sections();
  }

  /** Columns for a segment that is read by itself. */
  createColumns(): RoomEventColumns {
    return new RoomEventColumns(this.#seed);
  }

  /** A sealed segment; what was applied since the one before is what these columns have. */
  adopt(columns: RoomEventColumns): void {
    this.#set([...this.#sealed, this.#withoutCuts(columns)], this.createColumns());
  }

  /** The first records of the open segment. */
  resume(columns: RoomEventColumns): void {
    this.#set(this.#sealed, this.#withoutCuts(columns));
  }

  /** Sealed segments were written anew as one. */
  replace(former: readonly RoomEventColumns[], columns: RoomEventColumns): void {
    const sealed = this.#sealed.flatMap((one) => {
      if (one === former[0]) return [this.#withoutCuts(columns)];
      return former.includes(one) ? [] : [one];
    });
    this.#set(sealed, this.#open);
  }

  /** Events of a room before this number are not needed any more. */
  trim(room: RoomUid, firstSeqnr: number): void {
    if (firstSeqnr > 1) this.#keptFrom.set(room, firstSeqnr);
  }

  /** Cuts that some file has still to lose. */
  get cuts(): readonly Cut[] {
    return this.#cuts;
  }

  /** What a cut from this number on would take out now; `undefined`: nothing is there. */
  planCut(room: RoomUid, fromSeqnr: number): Cut | undefined {
    const runs = this.#runsOf(room).filter((run) => run.last >= fromSeqnr);
    const places = runs.flatMap((run) => run.placeFrom(fromSeqnr) ?? []);
    if (places.length === 0) return undefined;
    return { room, fromSeqnr, upToPlace: this.lastPlace(room), places };
  }

  /** Takes events out, as planned or as an earlier run did; they leave the files soon. */
  cut(cut: Cut): void {
    for (const columns of [...this.#sealed, this.#open]) {
      columns.cut(cut.room, cut.fromSeqnr, cut.upToPlace);
    }
    this.#cuts = [...this.#cuts, cut];
    if (cut.fromSeqnr === 1) this.#keptFrom.delete(cut.room);
    this.#runs.clear();
  }

  /** These cuts are in no file any more. */
  forgetCuts(done: readonly Cut[]): void {
    this.#cuts = this.#cuts.filter((cut) => !done.includes(cut));
  }

  /** Whether a record is an event that is not needed any more, or is gone. */
  isGone(record: unknown, s: number): boolean {
    if (this.#keptFrom.size === 0 && this.#cuts.length === 0) return false;
    const event = decodeEvent(record);
    if (event === undefined) return false;
    const { room, seqnr } = event;
    if (seqnr < (this.#keptFrom.get(room) ?? 1)) return true;
    return this.#cuts.some(
      (cut) => cut.room === room && seqnr >= cut.fromSeqnr && s <= cut.upToPlace,
    );
  }

  /** Whether the event that lies at a place is there for its room. */
  has(room: RoomUid, seqnr: number, place: number): boolean {
    if (seqnr < (this.#keptFrom.get(room) ?? 1)) return false;
    return this.#runsOf(room).some((run) => seqnr <= run.last && run.placeOf(seqnr) === place);
  }

  /**
   * One place in each sealed segment at least half of whose events are not needed any more: worth writing it anew without
   * them, which happens to one segment a few times at most.
   */
  thinPlaces(): readonly number[] {
    if (this.#keptFrom.size === 0) return [];
    return this.#sealed.flatMap((columns) => columns.thinPlace(this.#keptFrom) ?? []);
  }

  firstSeqnr(room: RoomUid): number {
    const first = this.#runsOf(room)[0]?.first ?? 1;
    return Math.max(first, this.#keptFrom.get(room) ?? 1);
  }

  lastSeqnr(room: RoomUid): number {
    return this.#runsOf(room).at(-1)?.last ?? 0;
  }

  lastDirectory(room: RoomUid): number {
    return (
      this.#runsOf(room)
        .findLast((run) => run.lastOf('DIR') > 0)
        ?.lastOf('DIR') ?? 0
    );
  }

  lastMessage(room: RoomUid): number {
    return (
      this.#runsOf(room)
        .findLast((run) => run.lastOf('MSG') > 0)
        ?.lastOf('MSG') ?? 0
    );
  }

  lastPlace(room: RoomUid): number {
    return this.#runsOf(room).findLast((run) => run.lastPlace > 0)?.lastPlace ?? 0;
  }

  storedAfter(room: RoomUid, place: number, limit: number): readonly StoredPlace[] {
    return this.#runsOf(room)
      .filter((run) => run.lastPlace > place)
      .flatMap((run) => run.storedAfter(place, limit))
      .slice(0, limit);
  }

  countForeign(room: RoomUid, afterSeqnr: number): number {
    return this.#runsOf(room).reduce((sum, run) => sum + run.countForeign(afterSeqnr), 0);
  }

  /** Places of the events from `first` to `last`; those that were damaged are left out. */
  places(room: RoomUid, first: number, last: number): number[] {
    const places: number[] = [];
    for (const run of this.#runsOf(room)) {
      const end = Math.min(last, run.last);
      for (let seqnr = Math.max(first, run.first); seqnr <= end; seqnr++) {
        const place = run.placeOf(seqnr);
        if (place !== 0) places.push(place);
      }
    }
    return places;
  }

  /** Places of the events that may have this uid, the newest first. */
  candidates(room: RoomUid, uid: string): number[] {
    return this.#runsOf(room)
      .toReversed()
      .flatMap((run) => run.candidates(uid));
  }

  /** Columns that were made while something was cut may have it still. */
  #withoutCuts(columns: RoomEventColumns): RoomEventColumns {
    for (const { room, fromSeqnr, upToPlace } of this.#cuts) {
      columns.cut(room, fromSeqnr, upToPlace);
    }
    return columns;
  }

  #runsOf(room: RoomUid): readonly EventRun[] {
    const known = this.#runs.get(room);
    if (known !== undefined) return known;
    const runs = [...this.#sealed, this.#open].flatMap((columns) => columns.run(room) ?? []);
    this.#runs.set(room, runs);
    return runs;
  }

  #set(sealed: readonly RoomEventColumns[], open: RoomEventColumns): void {
    this.#sealed = sealed;
    this.#open = open;
    this.#runs.clear();
  }
}
