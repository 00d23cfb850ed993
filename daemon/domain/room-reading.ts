import type { RoomBook } from './room-book.ts';
import { pageOf, type RoomPageQuery } from './room-history.ts';
import type { RoomLog } from './room-log.ts';
import type { Room, RoomEvent, RoomUid } from './room-model.ts';
import type { RoomStore } from './room-ports.ts';

type Dependencies = Readonly<{
  book: Pick<RoomBook, 'update'>;
  store: Pick<RoomStore, 'lastMessage' | 'countUnread'>;
  log: (uid: RoomUid) => RoomLog;
}>;

/** What the owner reads of rooms, and how far he is. */
export class RoomReading {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Events of a room, oldest first. */
  page({ uid }: Room, query: RoomPageQuery): Promise<readonly RoomEvent[]> {
    return pageOf(this.#deps.log(uid), query);
  }

  /** The newest message of a room. */
  async lastMessage({ uid }: Room): Promise<RoomEvent | undefined> {
    const seqnr = this.#deps.store.lastMessage(uid);
    if (seqnr === 0) return undefined;
    const [event] = await this.#deps.log(uid).read(seqnr, seqnr);
    return event;
  }

  /** How many messages of others he has not read yet; none while he is not in the room. */
  countUnread({ uid, isJoined, readUpTo }: Room): number {
    return isJoined ? this.#deps.store.countUnread(uid, readUpTo) : 0;
  }

  /** Moves the read mark; it never goes back. @throws {StorageError} */
  async markRead(uid: RoomUid, upTo: number): Promise<Room> {
    const last = this.#deps.log(uid).lastSeqnr;
    return this.#deps.book.update(uid, (room) => {
      const readUpTo = Math.max(room.readUpTo, Math.min(upTo, last));
      return readUpTo === room.readUpTo ? room : { ...room, readUpTo };
    });
  }
}
