import type { Address } from '../wire/address.ts';
import { serverOf } from '../wire/room-names.ts';
import { decodeDirectory } from '../wire/room-sync-answer.ts';
import type { CheckAnswer, RoomCheck, SyncEvent } from '../wire/room-sync.ts';
import type { MirrorRepairs } from './mirror-repairs.ts';
import type { MirrorBook } from './room-mirror-book.ts';
import type { RoomEvent, RoomUid, RoomUser } from './room-model.ts';
import type { RoomStore } from './room-ports.ts';
import type { Rooms } from './rooms.ts';

/** Numbers that a host may leave out in one room until the next start: each takes eight bytes of memory. */
const HOLES_MAX = 2 ** 19;

type Dependencies = Readonly<{
  rooms: Rooms;
  store: Pick<RoomStore, 'cut'>;
  book: MirrorBook;
  repairs: MirrorRepairs;
  /** The owner as a host knows him: `name@address`. */
  ownUser: (host: Address) => RoomUser;
}>;

/** Takes the events that hosts tell, in their order and each once. */
export class MirrorEvents {
  readonly #deps: Dependencies;
  /** Numbers that were left out, by room. */
  readonly #holes = new Map<RoomUid, number>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** @throws {StorageError} The host is to be asked again. */
  async take(host: Address, check: RoomCheck, answer: CheckAnswer): Promise<void> {
    const { book, repairs } = this.#deps;
    const byRoom = eventsByRoom(answer.events);
    const verdicts = new Map(answer.verdicts.map(({ uid, isDone }) => [uid, isDone]));
    for (const [uid, told] of byRoom) {
      if (check.repairs.has(uid)) continue;
      if (repairs.isInDoubt(host, uid)) book.change(uid, { isBehind: true });
      else await this.#adopt(host, uid, told, false);
    }
    for (const [uid, asked] of check.repairs) {
      const told = byRoom.get(uid) ?? [];
      const isCrowded = answer.events.length > told.length;
      const isSame = verdicts.get(uid);
      const fresh = await repairs.take(host, uid, { asked, told, isSame, isCrowded });
      await this.#adopt(host, uid, fresh, true);
    }
    if (check.repairs.size > 0) await book.save();
  }

  takeCursor(host: Address, check: RoomCheck, { cursor }: CheckAnswer): void {
    const { book } = this.#deps;
    if (cursor === undefined) return;
    if (check.cursor !== undefined && cursor < check.cursor) {
      // The host was set back: nobody knows which numbers it gave again.
      for (const { mirror } of book.of(host)) book.change(mirror.room, { isBehind: true });
    } else if (cursor <= book.cursor(host)) return;
    book.setCursor(host, cursor);
  }

  async #adopt(
    host: Address,
    uid: RoomUid,
    told: readonly SyncEvent[],
    isRepair: boolean,
  ): Promise<void> {
    const { book, rooms, store, ownUser } = this.#deps;
    const room = book.roomOf(host, uid);
    if (room === undefined || told.length === 0) return;
    const log = rooms.log(room);
    const own = ownUser(host);
    let last = log.lastSeqnr;
    const fresh: RoomEvent[] = [];
    for (const event of told) {
      if (event.seqnr <= last) continue;
      if (!this.#mayFollow(uid, last, event.seqnr, isRepair)) {
        book.change(uid, { isBehind: true });
        break;
      }
      fresh.push(toRoomEvent(event, own));
      last = event.seqnr;
    }
    await log.adopt(fresh);
    // The owner may have forgotten the room meanwhile.
    if (book.get(uid) === undefined) await store.cut(uid, 1);
    for (const event of fresh) {
      if (event.type === 'MSG' && event.from === own) book.removeMessage(event.uid);
    }
  }

  /** Whether an event may come after one; a room may begin anywhere, since hosts need not keep all. */
  #mayFollow(uid: RoomUid, last: number, seqnr: number, isRepair: boolean): boolean {
    if (seqnr === last + 1) return true;
    if (!isRepair) return false;
    if (last === 0) return true;
    const holes = (this.#holes.get(uid) ?? 0) + seqnr - last - 1;
    if (holes > HOLES_MAX) return false;
    this.#holes.set(uid, holes);
    return true;
  }
}

function eventsByRoom(events: readonly SyncEvent[]): ReadonlyMap<RoomUid, readonly SyncEvent[]> {
  const byRoom = new Map<RoomUid, SyncEvent[]>();
  for (const event of events) {
    const ones = byRoom.get(event.room);
    if (ones === undefined) byRoom.set(event.room, [event]);
    else ones.push(event);
  }
  return byRoom;
}

/** @param own The owner of this daemon. */
function toRoomEvent(event: SyncEvent, own: RoomUser): RoomEvent {
  const { room, seqnr, uid, at, type, from, body } = event;
  const frame = { room, seqnr, uid, at };
  if (type === 'DIR') return { ...frame, type, users: decodeDirectory(body) };
  const server = serverOf(from);
  const isOwn = server !== undefined && server === serverOf(own);
  const origin = server === undefined ? 'guest' : isOwn ? 'owner' : 'contact';
  return { ...frame, type, from, origin, text: body };
}
