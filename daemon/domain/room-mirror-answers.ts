import type { Address } from '../wire/address.ts';
import { membershipUid, type RoomBody } from '../wire/room-sync-bodies.ts';
import type { RoomCheck, SyncVerdict } from '../wire/room-sync.ts';
import type { DomainEvents } from './events.ts';
import type { HostPicture } from './host-picture.ts';
import { hashRoom } from './room-hash.ts';
import { isSettled, type MirrorBook } from './room-mirror-book.ts';
import type { Refusal, Room, RoomUid, RoomUser } from './room-model.ts';
import type { Rooms } from './rooms.ts';

const PUT_OUT: Refusal = { code: 'put_out', reason: 'the host let you out' };
const NOT_SHOWN: Refusal = { code: 'not_found', reason: 'the host shows no room of that name' };
/** No host tells this of a room. */
const NO_HASH = '';

type Dependencies = Readonly<{
  rooms: Rooms;
  book: MirrorBook;
  events: DomainEvents;
  /** The owner as a host knows him: `name@address`. */
  ownUser: (host: Address) => RoomUser;
}>;

/** Takes what hosts answer: what became of claims, hashes, and rooms as they are. */
export class MirrorAnswers {
  readonly #deps: Dependencies;
  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Hashes of all rooms that a host shows, as far as they are known here. A room that the owner is in and of which nothing was told
   * makes the host say all of them: it may have that room no more.
   */
  knownHashes(host: Address, { rooms }: HostPicture): ReadonlyMap<RoomUid, string> {
    const { book, ownUser } = this.#deps;
    const own = ownUser(host);
    const untold = book
      .of(host)
      .filter(({ mirror, room }) => mirror.isFound && room.isJoined && isSettled(mirror, own))
      .filter(({ room }) => !rooms.has(room.uid));
    return new Map([...rooms, ...untold.map(({ room }) => [room.uid, NO_HASH] as const)]);
  }

  /** @throws {StorageError} The host is to be asked again. */
  async takeVerdicts(
    host: Address,
    picture: HostPicture,
    { claims }: RoomCheck,
    verdicts: readonly SyncVerdict[],
  ): Promise<void> {
    const kinds = new Map(claims.map(({ uid, kind }) => [uid, kind]));
    for (const verdict of verdicts) {
      const kind = kinds.get(verdict.uid);
      if (kind === 'ms') this.#takeMessage(verdict);
      else if (kind !== undefined) await this.#takeMembership(host, picture, kind, verdict);
    }
    if (verdicts.length > 0) await this.#deps.book.save();
  }

  /**
   * Notes the hashes of all rooms that a host shows.
   *
   * @returns Rooms to be asked for.
   * @throws {StorageError}
   */
  async takeHashes(
    host: Address,
    picture: HostPicture,
    told: ReadonlyMap<RoomUid, string>,
  ): Promise<readonly RoomUid[]> {
    const { book, ownUser } = this.#deps;
    const own = ownUser(host);
    picture.told = told;
    picture.soughtInVain.clear();
    for (const uid of picture.rooms.keys()) if (!told.has(uid)) picture.rooms.delete(uid);
    const isSeeking = picture.isNameless && book.of(host).some(({ mirror }) => !mirror.isFound);
    const wanted: RoomUid[] = [];
    for (const [uid, hash] of told) {
      if (picture.rooms.get(uid) === hash) continue;
      const room = book.roomOf(host, uid);
      const isWanted = room !== undefined ? !isKnownAs(hash, room, own) : isSeeking;
      if (!isWanted) {
        picture.rooms.set(uid, hash);
        continue;
      }
      // Until it is here its hash is unknown: it would not be told again where the room becomes what it was.
      picture.rooms.delete(uid);
      wanted.push(uid);
    }
    await this.#noteUnseen(host, told);
    return wanted;
  }

  /** Takes a room as its host tells it, after its hash. @throws {StorageError} */
  async takeRoom(host: Address, picture: HostPicture, body: RoomBody): Promise<void> {
    const { uid } = body;
    const before = this.#hashOf(host, uid);
    await this.#takeBody(host, body);
    const after = this.#hashOf(host, uid);
    // The room may have changed behind its hash, and may change back. A host that tells the same again hashes otherwise than we.
    if (after !== undefined && after !== before)
      picture.told = new Map(picture.told).set(uid, after);
    const told = picture.told.get(uid);
    if (told !== undefined) picture.rooms.set(uid, told);
  }

  /** Takes a room that was asked for by its name: what was told of its hash may be older. @throws {StorageError} */
  async takeFound(host: Address, picture: HostPicture, body: RoomBody): Promise<void> {
    picture.rooms.delete(body.uid);
    await this.#takeBody(host, body);
  }

  /** Of a room as it is here. */
  #hashOf(host: Address, uid: RoomUid): string | undefined {
    const room = this.#deps.book.roomOf(host, uid);
    return room && hashRoom(room);
  }

  async #takeBody(host: Address, body: RoomBody): Promise<void> {
    const known = this.#deps.book.roomOf(host, body.uid) ?? (await this.#find(host, body));
    if (known !== undefined) await this.#keep(host, known, body);
  }

  /** A host shows no room of the name that is looked for. @throws {StorageError} */
  async noteNotShown(uid: RoomUid): Promise<void> {
    const { book, rooms } = this.#deps;
    if (book.get(uid)?.isFound !== false) return;
    book.change(uid, { refusal: NOT_SHOWN });
    await book.save();
    rooms.tellChanged(uid);
  }

  /** A room that was asked for by its name is there. */
  async #find(host: Address, { uid, name }: RoomBody): Promise<Room | undefined> {
    const { rooms, book } = this.#deps;
    const sought = rooms.mirrored(host, name);
    const mirror = sought && book.get(sought.uid);
    // No host may put itself in the place of a room that is here already.
    if (sought === undefined || mirror?.isFound !== false) return undefined;
    if (rooms.get(uid) !== undefined) return undefined;
    const room = { ...sought, uid };
    book.rename(sought.uid, uid);
    await rooms.keepMirrored(room, sought.uid);
    return room;
  }

  async #keep(host: Address, { uid }: Room, body: RoomBody): Promise<void> {
    const { rooms, book, ownUser } = this.#deps;
    const present = rooms.get(uid);
    if (present === undefined) return;
    const own = ownUser(host);
    const memberships = body.members.map(({ userUID, role }) => ({ user: userUID, role }));
    const isPrivate = body.flags.includes('private');
    const isClosed = body.flags.includes('closed');
    const name = this.#nameFor(host, present, body.name);
    const { topic } = body;
    const isJoined = this.#judgeMembership(own, present, isMember(memberships, own));
    // What was said before the owner came is not news to him.
    const isNew = present.readUpTo === 0 && rooms.log(present).lastSeqnr === 0;
    const readUpTo = isNew ? body.seqnr : present.readUpTo;
    await rooms.keepMirrored({
      ...{ ...present, name, topic, isPrivate, isClosed, memberships, isJoined, readUpTo },
    });
    await book.save();
  }

  /** A host may call a room otherwise, but no two of its rooms the same. */
  #nameFor(host: Address, room: Room, name: string): string {
    if (name === room.name || this.#deps.rooms.mirrored(host, name) !== undefined) return room.name;
    this.#deps.events.emit('roomGone', { room });
    return name;
  }

  /**
   * The host says whether the owner is a member. Where the owner wants another thing than he wanted before, and the host
   * has not answered that yet, it does not count: what it says may be older.
   *
   * @returns Whether he is in from now on.
   */
  #judgeMembership(own: RoomUser, { uid, isJoined }: Room, isIn: boolean): boolean {
    const { book } = this.#deps;
    const mirror = book.get(uid);
    if (mirror === undefined || !isSettled(mirror, own)) return isJoined;
    const isWanted = mirror.wish === 'in';
    if (isIn === isWanted) return isIn;
    // Put out; or a member who has left, whatever became of his leaving.
    if (isWanted) book.change(uid, { refusal: PUT_OUT });
    else book.change(uid, { settledAs: undefined });
    return false;
  }

  /** Rooms that the host does not show, or does not have. */
  async #noteUnseen(host: Address, told: ReadonlyMap<RoomUid, string>): Promise<void> {
    const { rooms, book, ownUser } = this.#deps;
    const unseen = book
      .of(host)
      .filter(({ mirror, room }) => mirror.isFound && !told.has(room.uid));
    for (const { uid } of unseen.map((one) => one.room)) {
      // As it is now: the owner may have changed it, or forgotten it, meanwhile.
      const room = rooms.get(uid);
      if (room?.isJoined !== true) continue;
      const isJoined = this.#judgeMembership(ownUser(host), room, false);
      await rooms.keepMirrored({ ...room, isJoined, memberships: [] });
    }
  }

  #takeMessage(verdict: SyncVerdict): void {
    const { book } = this.#deps;
    const message = book.message(verdict.uid);
    if (message === undefined) return;
    if (verdict.isDone) book.removeMessage(verdict.uid);
    else book.setMessage({ ...message, refusal: refusalOf(verdict) });
  }

  /** @param kind What was asked for; the owner may want another thing by now. */
  async #takeMembership(
    host: Address,
    picture: HostPicture,
    kind: 'mb' | 'mx',
    verdict: SyncVerdict,
  ): Promise<void> {
    const { book, ownUser } = this.#deps;
    const user = ownUser(host);
    const found = book.of(host).find(({ room }) => membershipUid(room.uid, user) === verdict.uid);
    if (found === undefined) return;
    const { mirror, room } = found;
    const isAnswered = mirror.wish === (kind === 'mb' ? 'in' : 'out');
    const { isDone } = verdict;
    // Who is in it now is told next. A host that is set back before that may tell what was known here already.
    if (isDone) picture.rooms.delete(room.uid);
    if (isAnswered) {
      book.change(
        room.uid,
        isDone ? { settledAs: user, refusal: undefined } : { refusal: refusalOf(verdict) },
      );
    }
    if (isDone && kind === 'mb') book.change(room.uid, { isBehind: true });
    await this.#enterOrLeave(room, isDone && kind === 'mb');
  }

  async #enterOrLeave(room: Room, isJoined: boolean): Promise<void> {
    const { rooms, book } = this.#deps;
    const isEmpty = rooms.log(room).lastSeqnr === 0 && book.waitingFor(room.uid).length === 0;
    if (!isJoined && isEmpty && book.get(room.uid)?.wish === 'out') {
      await book.forget(room);
    } else await rooms.keepMirrored({ ...room, isJoined });
  }
}

/** Whether a room is here as its host has it, and the owner is in it if he is one of its members. */
function isKnownAs(hash: string, room: Room, own: RoomUser): boolean {
  return hashRoom(room) === hash && isMember(room.memberships, own) === room.isJoined;
}

function isMember(memberships: Room['memberships'], own: RoomUser): boolean {
  return memberships.some(({ user, role }) => user === own && role !== 'banned');
}

function refusalOf({ code, reason }: Extract<SyncVerdict, { isDone: false }>): Refusal {
  return { code, reason };
}
