import type { Address } from '../wire/address.ts';
import { DomainError } from './errors.ts';
import { hostOf, type HostPictures } from './host-picture.ts';
import type { Clock, Random } from './ports.ts';
import { isSettled, type MirrorBook } from './room-mirror-book.ts';
import type { Mirror, Room, RoomUid, RoomUser } from './room-model.ts';
import type { RoomStore } from './room-ports.ts';
import { newUid } from './room-uid.ts';
import type { Rooms } from './rooms.ts';

type Dependencies = Readonly<{
  rooms: Rooms;
  store: Pick<RoomStore, 'cut'>;
  book: MirrorBook;
  pictures: HostPictures;
  clock: Pick<Clock, 'nowMs'>;
  random: Pick<Random, 'bytes'>;
  /** The owner as a host knows him: `name@address`. */
  ownUser: (host: Address) => RoomUser;
  /** There is something to say to the host of a room. */
  onWish: (room: Room) => void;
}>;

/** What the owner wants of rooms of other hosts: to be in, to be out, or to hear nothing of one any more. */
export class MirrorWishes {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * The owner wants to be in a room; durable when it resolves. The host lets him in when it is there.
   *
   * @param uid Of the room, where it is known; else it is looked for by its name.
   * @throws {DomainError} `room_exists`: the room is here under another name.
   * @throws {StorageError}
   */
  async join(host: Address, name: string, invite = '', uid?: RoomUid): Promise<Room> {
    const { rooms, book, pictures, onWish } = this.#deps;
    const known = rooms.mirrored(host, name);
    const room = known ?? this.#newMirrored(host, name, uid);
    if (known === undefined && rooms.get(room.uid) !== undefined) {
      throw new DomainError('room_exists', 'that room is there under another name');
    }
    const former = book.get(room.uid);
    const wish: Mirror = {
      room: room.uid,
      isFound: former?.isFound ?? uid !== undefined,
      ...{ wish: 'in', settledAs: undefined, isBehind: true, refusal: undefined },
      invite: invite === '' ? (former?.invite ?? '') : invite,
    };
    await this.#keep(wish, known === undefined ? room : undefined);
    book.retryMessages(room.uid, 'not_member');
    pictures.seekAgain(host, room.uid, book);
    onWish(room);
    return room;
  }

  /**
   * Takes in a room as it was elsewhere; nothing is asked yet.
   *
   * @param isWanted Whether the owner wants to be in it.
   * @throws {StorageError}
   */
  async adopt(room: Room, isWanted: boolean): Promise<void> {
    const own = this.#deps.ownUser(hostOf(room));
    const mirror: Mirror = {
      ...{ room: room.uid, isFound: true, isBehind: true, invite: '', refusal: undefined },
      wish: isWanted ? 'in' : 'out',
      settledAs: isWanted ? undefined : own,
    };
    await this.#keep(mirror, room);
  }

  /** The owner leaves; a room that he never was in is forgotten. Durable when it resolves. @throws {StorageError} */
  async leave(room: Room): Promise<Room> {
    const { rooms, book, ownUser, onWish } = this.#deps;
    const mirror = book.require(room);
    const own = ownUser(hostOf(room));
    const isUnderWay = mirror.isFound && mirror.refusal === undefined && !isSettled(mirror, own);
    const mayBeMember = room.isJoined || isUnderWay;
    // Who leaves a second time does not care whether the host hears of it.
    const isNothing = !mayBeMember || mirror.wish === 'out';
    if (isNothing && rooms.log(room).lastSeqnr === 0) {
      await book.forget(room);
      return room;
    }
    // Whoever may be a member there has to be told out.
    const settledAs = mayBeMember ? undefined : own;
    await this.#keep({ ...mirror, wish: 'out', refusal: undefined, settledAs });
    onWish(room);
    return room;
  }

  /**
   * Forgets a room that the owner has left, or was not let into, with all that was said there; durable when it resolves. A host
   * that has not heard of his leaving yet is not told any more.
   *
   * @throws {DomainError} `still_joined`.
   * @throws {StorageError} It is there.
   */
  async forget(room: Room): Promise<void> {
    const { wish, refusal } = this.#deps.book.require(room);
    if (wish === 'in' && refusal === undefined) {
      throw new DomainError('still_joined', 'leave the room first');
    }
    await this.#deps.book.forget(room);
  }

  /** @param newRoom Where the room is new here. @throws {StorageError} All is as it was. */
  async #keep(mirror: Mirror, newRoom?: Room): Promise<void> {
    const { book, rooms, store } = this.#deps;
    const former = book.get(mirror.room);
    book.set(mirror);
    try {
      // Of a room that was forgotten while its host answered, some events may have come behind that.
      if (newRoom !== undefined) await store.cut(newRoom.uid, 1);
      // In one write: no room is there without what is wanted of it.
      const kept = newRoom === undefined ? undefined : rooms.keepMirrored(newRoom);
      await Promise.all([kept, book.save()]);
    } catch (error) {
      if (former === undefined) book.remove(mirror.room);
      else book.set(former);
      throw error;
    }
  }

  #newMirrored(host: Address, name: string, uid: RoomUid | undefined): Room {
    const { random, clock } = this.#deps;
    return {
      ...{ uid: uid ?? newUid(random), name, host, topic: '', invite: '', memberships: [] },
      ...{ isPrivate: false, isClosed: false, isJoined: false, isMuted: false, readUpTo: 0 },
      keptFrom: 1,
      createdAt: clock.nowMs(),
    };
  }
}
