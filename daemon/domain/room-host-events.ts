import type { Repair, RoomCheck, SyncEvent, SyncVerdict } from '../wire/room-sync.ts';
import { ANSWER_MAX_EVENTS, EventAnswer } from './event-answer.ts';
import type { View } from './room-host-views.ts';
import type { Room, RoomUid } from './room-model.ts';
import type { RoomStore } from './room-ports.ts';
import type { Rooms } from './rooms.ts';

/** What an asker is told of events. */
export type ToldEvents = Readonly<{
  events: readonly SyncEvent[];
  /** The cursor after these; `undefined`: there are none, and its own is as good. */
  cursor: number | undefined;
  /** Of repairs: whether the event that the asker named is ours. */
  verdicts: readonly SyncVerdict[];
}>;

type Dependencies = Readonly<{
  rooms: Rooms;
  store: Pick<RoomStore, 'lastPlace' | 'storedAfter'>;
}>;

/** The events of our rooms, as they are told to the daemons that mirror them: by one cursor for all, and by room for repair. */
export class RoomHostEvents {
  readonly #deps: Dependencies;
  #lastPlace = 0;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** A room of ours may have a new event. */
  note({ uid }: Room): void {
    this.#lastPlace = Math.max(this.#lastPlace, this.#deps.store.lastPlace(uid));
  }

  /** What somebody who may see this is told now. */
  async tell(
    { joined }: Pick<View, 'joined'>,
    { cursor, repairs }: Pick<RoomCheck, 'cursor' | 'repairs'>,
  ): Promise<ToldEvents> {
    // Taken before anything is read: what is stored meanwhile comes the next time.
    const upTo = this.#lastPlace;
    const answer = new EventAnswer();
    const verdicts: SyncVerdict[] = [];
    for (const [uid, repair] of repairs) {
      // What does not fit in is asked for again.
      if (answer.isFull || !joined.has(uid)) continue;
      const isOurs = await this.#isOurs(uid, repair);
      const isTold = !isOurs || answer.addAll(await this.#after(uid, repair.seqnr));
      if (isTold && repair.uid !== undefined) verdicts.push(verdictOf(uid, isOurs));
    }
    const rest = [...joined].filter((uid) => !repairs.has(uid));
    const reached = cursor === undefined ? 0 : await this.#addNews(answer, rest, cursor, upTo);
    if (answer.events.length > 0) return { events: answer.events, cursor: reached, verdicts };
    // A cursor from before a restore of ours: the asker has to know.
    const isAhead = cursor !== undefined && cursor > upTo;
    return { events: [], cursor: isAhead ? upTo : undefined, verdicts };
  }

  /** Whether an event is ours; of one that is damaged or not kept any more nobody knows. */
  async #isOurs(uid: RoomUid, { seqnr, uid: named, at }: Repair): Promise<boolean> {
    if (named === undefined || seqnr === 0) return true;
    const log = this.#deps.rooms.log({ uid });
    if (seqnr > log.lastSeqnr) return false;
    const [event] = await log.read(seqnr, seqnr);
    return event === undefined || (event.uid === named && event.at === (at ?? event.at));
  }

  #after(uid: RoomUid, seqnr: number) {
    const log = this.#deps.rooms.log({ uid });
    const first = Math.max(seqnr + 1, log.firstSeqnr);
    return log.read(first, first + ANSWER_MAX_EVENTS - 1);
  }

  /** @returns The cursor after what was added. */
  async #addNews(
    answer: EventAnswer,
    uids: readonly RoomUid[],
    cursor: number,
    upTo: number,
  ): Promise<number> {
    const { store, rooms } = this.#deps;
    const found = uids
      .filter((uid) => store.lastPlace(uid) > cursor)
      .flatMap((uid) =>
        store
          .storedAfter(uid, cursor, ANSWER_MAX_EVENTS + 1)
          .filter(({ place }) => place <= upTo)
          .map((one) => ({ uid, ...one })),
      )
      .sort((one, other) => one.place - other.place);
    let reached = cursor;
    for (const { uid, seqnr, place } of found.slice(0, ANSWER_MAX_EVENTS)) {
      const [event] = await rooms.log({ uid }).read(seqnr, seqnr);
      if (event !== undefined && !answer.add(event)) return reached;
      reached = place;
    }
    return found.length > ANSWER_MAX_EVENTS ? reached : Math.max(reached, upTo);
  }
}

function verdictOf(uid: RoomUid, isOurs: boolean): SyncVerdict {
  if (isOurs) return { uid, isDone: true };
  return { uid, isDone: false, code: 'other_events', reason: 'that event is another here' };
}
