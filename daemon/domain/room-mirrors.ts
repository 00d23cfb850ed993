import type { Address } from '../wire/address.ts';
import { WireError } from '../wire/check.ts';
import { serverOf } from '../wire/room-names.ts';
import type { RoomBody } from '../wire/room-sync-bodies.ts';
import type { CheckAnswer, RoomCheck } from '../wire/room-sync.ts';
import { DomainError } from './errors.ts';
import type { DomainEvents } from './events.ts';
import { HostPicture } from './host-picture.ts';
import { MirrorMessages } from './mirror-messages.ts';
import type { Clock, Random } from './ports.ts';
import { hashRooms, hashServers, hashServerSessions, hashSessions } from './room-hash.ts';
import { MirrorAnswers } from './room-mirror-answers.ts';
import { isSettled, MirrorBook, type Mirrored } from './room-mirror-book.ts';
import { claimsFor } from './room-mirror-claims.ts';
import { mirrorStatus, type MirrorStatus } from './room-mirror-status.ts';
import type { Mirror, Refusal, Room, RoomUid, RoomUser, WaitingRoomMessage } from './room-model.ts';
import type { RoomStore } from './room-ports.ts';
import { newUid } from './room-uid.ts';
import type { Rooms } from './rooms.ts';

/** What is to be asked for after a check. */
export type Wanted = Readonly<{
  rooms: readonly RoomUid[];
  areServers: boolean;
  /** Who is logged in where may have changed: see `unknownSessions`. */
  areSessions: boolean;
  /** The host does not know who is logged in here. */
  areOwnSessions: boolean;
  /** There is more to be had at once. */
  isMore: boolean;
}>;

/** A room that is looked for by its name. */
export type Sought = Readonly<{ uid: RoomUid; name: string; invite: string }>;

type Dependencies = Readonly<{
  rooms: Rooms;
  store: RoomStore;
  events: DomainEvents;
  clock: Clock;
  random: Pick<Random, 'bytes'>;
  /** The owner as a host knows him: `name@address`. */
  ownUser: (host: Address) => RoomUser;
}>;

/** The rooms of other hosts that the owner is in, or wants to be in. Source: docs/room-sync.md. */
export class RoomMirrors {
  readonly #deps: Dependencies;
  readonly #book: MirrorBook;
  readonly #answers: MirrorAnswers;
  readonly #messages: MirrorMessages;
  readonly #pictures = new Map<Address, HostPicture>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#book = new MirrorBook(deps);
    this.#answers = new MirrorAnswers({ ...deps, book: this.#book });
    this.#messages = new MirrorMessages({ ...deps, book: this.#book });
    deps.events.on('contactMoved', ({ contact, from }) => this.#move(from, contact.address));
  }

  /** Finds out who is in each room, as its last event says. */
  async start(): Promise<void> {
    for (const { room } of this.#book.all()) await this.#deps.rooms.log(room).recall();
  }

  /** Writes what was not written yet. */
  async stop(): Promise<void> {
    await this.#book.flush();
  }

  /** Hosts that there is something to say to, or to hear from. */
  hosts(): ReadonlySet<Address> {
    const useful = this.#book.all().filter((one) => this.#isOfUse(one));
    return new Set(useful.map(({ room }) => this.#hostOf(room)));
  }

  /**
   * The owner wants to be in a room; durable when it resolves. The host lets him in when it is there.
   *
   * @param uid Of the room, where it is known; else it is looked for by its name.
   * @throws {DomainError} `room_exists`: the room is here under another name.
   * @throws {StorageError}
   */
  async join(host: Address, name: string, invite = '', uid?: RoomUid): Promise<Room> {
    const { rooms } = this.#deps;
    const known = rooms.mirrored(host, name);
    const room = known ?? this.#newMirrored(host, name, uid);
    if (known === undefined && rooms.get(room.uid) !== undefined) {
      throw new DomainError('room_exists', 'that room is there under another name');
    }
    const former = this.#book.get(room.uid);
    await this.#keepWish(
      {
        room: room.uid,
        isFound: former?.isFound ?? uid !== undefined,
        ...{ wish: 'in', settledAs: undefined, isBehind: true, refusal: undefined },
        invite: invite === '' ? (former?.invite ?? '') : invite,
      },
      async () => {
        if (known === undefined) await rooms.keepMirrored(room);
      },
    );
    this.#book.retryMessages(room.uid, 'not_member');
    this.#seekAgain(host, room.uid);
    this.#tell(room);
    return room;
  }

  /**
   * Takes in a room as it was elsewhere; nothing is asked before `wake`.
   *
   * @param isWanted Whether the owner wants to be in it.
   * @throws {StorageError}
   */
  async adopt(room: Room, isWanted: boolean): Promise<void> {
    const own = this.#deps.ownUser(this.#hostOf(room));
    const mirror: Mirror = {
      ...{ room: room.uid, isFound: true, isBehind: true, invite: '', refusal: undefined },
      wish: isWanted ? 'in' : 'out',
      settledAs: isWanted ? undefined : own,
    };
    await this.#keepWish(mirror, () => this.#deps.rooms.keepMirrored(room));
  }

  /** Asks a host now. */
  wake(host: Address): void {
    this.#deps.events.emit('mirrorDue', { host });
  }

  /** The owner leaves; a room that he never was in is forgotten. Durable when it resolves. @throws {StorageError} */
  async leave(room: Room): Promise<Room> {
    const { rooms, ownUser } = this.#deps;
    const mirror = this.#book.require(room);
    const own = ownUser(this.#hostOf(room));
    const isUnderWay = mirror.isFound && mirror.refusal === undefined && !isSettled(mirror, own);
    const mayBeMember = room.isJoined || isUnderWay;
    // Who leaves a second time does not care whether the host hears of it.
    const isNothing = !mayBeMember || mirror.wish === 'out';
    if (isNothing && rooms.log(room).lastSeqnr === 0) {
      this.#book.remove(room.uid);
      await rooms.forgetMirrored(room);
      await this.#book.save();
    } else {
      // Whoever may be a member there has to be told out.
      const settledAs = mayBeMember ? undefined : own;
      await this.#keepWish({ ...mirror, wish: 'out', refusal: undefined, settledAs });
    }
    this.#tell(room);
    return room;
  }

  /**
   * The owner says something; durable when it resolves, and said when the host has taken it.
   *
   * @param id Makes a repeat harmless.
   * @throws {DomainError} `not_member`; `id_conflict`; `forbidden`: too much waits already.
   * @throws {StorageError}
   */
  async say(room: Room, text: string, id?: string): Promise<WaitingRoomMessage> {
    const message = await this.#messages.say(room, text, id);
    this.#tell(room);
    return message;
  }

  /** Takes back what the host has not taken. @throws {DomainError} `not_found`. @throws {StorageError} */
  async takeBack(room: Room, uid: string): Promise<void> {
    await this.#messages.takeBack(room, uid);
    this.#tell(room);
  }

  status(room: Room): MirrorStatus {
    const mirror = this.#book.require(room);
    const picture = this.#picture(this.#hostOf(room));
    const { lastSeqnr } = this.#deps.rooms.log(room);
    return mirrorStatus({ mirror, room }, picture, lastSeqnr, this.#book);
  }

  /** Whether nothing is heard of the host of a room just now. */
  isHostAway(room: Room): boolean {
    return this.#picture(this.#hostOf(room)).absence !== undefined;
  }

  /** Whether somebody in a room of another host is logged in at his daemon; `undefined`: nobody knows just now. */
  isOnline(room: Room, user: RoomUser): boolean | undefined {
    const host = this.#hostOf(room);
    return user === this.#deps.ownUser(host) || this.#picture(host).isOnline(user);
  }

  /** Users who are logged in here. */
  ownSessions(host: Address): readonly RoomUser[] {
    return [this.#deps.ownUser(host)];
  }

  /** Rooms that this host has to be asked for by their names before anything can be told it of them. */
  sought(host: Address): readonly Sought[] {
    const { soughtInVain, isNameless } = this.#picture(host);
    if (isNameless) return [];
    return this.#book
      .of(host)
      .filter(({ mirror, room }) => !mirror.isFound && !soughtInVain.has(room.uid))
      .filter(({ mirror }) => mirror.wish === 'in')
      .map(({ mirror: { invite }, room: { uid, name } }) => ({ uid, name, invite }));
  }

  /** What there is to say to a host now. */
  request(host: Address): RoomCheck {
    const picture = this.#picture(host);
    const own = this.#deps.ownUser(host);
    const server = serverOf(own);
    if (server === undefined) throw new WireError('bad_address', 'this daemon has no address');
    return {
      me: undefined,
      servers: hashServers(picture.servers),
      sessions: hashSessions(picture.sessions),
      ownSessions: { server, hash: hashServerSessions(server, this.ownSessions(host)) },
      rooms: hashRooms(picture.rooms),
      claims: claimsFor(host, own, this.#book),
      cursor: this.#book.cursor(host),
      repairs: new Map(
        this.#book
          .of(host)
          .filter(({ mirror, room }) => mirror.isFound && mirror.isBehind && room.isJoined)
          .map(({ room }) => [room.uid, this.#deps.rooms.log(room).lastSeqnr]),
      ),
    };
  }

  /**
   * Takes what a host answered to a check.
   *
   * @throws {StorageError} It is to be asked again.
   */
  async take(host: Address, check: RoomCheck, answer: CheckAnswer): Promise<Wanted> {
    const picture = this.#picture(host);
    const answers = this.#answers;
    picture.checkedAt = this.#deps.clock.nowMs();
    picture.absence = undefined;
    await answers.takeVerdicts(host, check, answer.verdicts);
    await answers.takeEvents(host, check, answer);
    answers.takeCursor(host, check, answer);
    if (answer.sessions !== undefined) picture.sessions = answer.sessions;
    const own = check.ownSessions;
    const isKnown = own === undefined || picture.sessions.get(own.server) === own.hash;
    const { rooms: told } = answer;
    const rooms = told === undefined ? [] : await answers.takeHashes(host, picture, told);
    this.#tellOf(host);
    return {
      rooms,
      areServers: answer.servers !== undefined,
      areSessions: answer.sessions !== undefined || told !== undefined,
      areOwnSessions: !isKnown,
      isMore: answer.cursor !== undefined || answer.verdicts.length > 0 || rooms.length > 0,
    };
  }

  /** Nothing is heard of a host; why, as far as that is known. */
  noteAway(host: Address, why: Refusal): void {
    const picture = this.#picture(host);
    if (picture.absence?.reason === why.reason) return;
    picture.absence = why;
    this.#tellOf(host);
  }

  takeServers(host: Address, nicks: ReadonlyMap<string, string>): void {
    this.#picture(host).servers = nicks;
  }

  /** Servers whose people in our rooms can't be told from what the host said already. */
  unknownSessions(host: Address): readonly Address[] {
    const joined = this.#book.of(host).filter(({ room }) => room.isJoined);
    return this.#picture(host).unknownSessions(joined.map(({ room }) => room));
  }

  /** Takes who is logged in at a server, as the host says. */
  takeSessions(host: Address, server: Address, users: readonly RoomUser[]): void {
    this.#picture(host).setUsers(server, users);
    this.#tellOf(host);
  }

  /** Takes a room as its host tells it. @throws {StorageError} */
  async takeRoom(host: Address, body: RoomBody): Promise<void> {
    await this.#answers.takeRoom(host, this.#picture(host), body);
  }

  /**
   * Takes what a host says about a name that was looked for.
   *
   * @param body `null`: it shows no room of that name.
   * @throws {StorageError}
   */
  async takeSought(host: Address, { uid }: Sought, body: RoomBody | null): Promise<void> {
    if (body !== null) await this.takeRoom(host, body);
    this.#picture(host).soughtInVain.add(uid);
    await this.#answers.noteNotShown(uid);
  }

  /** A host does not look rooms up by name: they are looked for among all that it shows. */
  noteNameless(host: Address, { uid }: Sought): void {
    this.#picture(host).isNameless = true;
    this.#seekAgain(host, uid);
  }

  /** All rooms that a host shows are known: whatever was looked for among them is not there. @throws {StorageError} */
  async endSearch(host: Address): Promise<void> {
    if (!this.#picture(host).isNameless) return;
    for (const { room } of this.#book.of(host)) await this.#answers.noteNotShown(room.uid);
  }

  /** @param keepRoom Where the room itself is new. @throws {StorageError} All is as it was. */
  async #keepWish(mirror: Mirror, keepRoom = async (): Promise<void> => undefined): Promise<void> {
    const former = this.#book.get(mirror.room);
    this.#book.set(mirror);
    try {
      await keepRoom();
      await this.#book.save();
    } catch (error) {
      if (former === undefined) this.#book.remove(mirror.room);
      else this.#book.set(former);
      throw error;
    }
  }

  /** A host is at another address, and its rooms with it. */
  #move(from: Address, to: Address): void {
    const moved = this.#book.of(from);
    this.#book.moveCursor(from, to);
    for (const { room } of moved) {
      this.#deps.events.emit('roomGone', { room });
      // What the disk does not take now is taken with the next change.
      this.#deps.rooms.keepMirrored({ ...room, host: to }).catch(() => undefined);
    }
    if (moved.length > 0) this.#deps.events.emit('mirrorDue', { host: to });
  }

  #seekAgain(host: Address, sought: RoomUid): void {
    const { soughtInVain, isNameless, rooms } = this.#picture(host);
    soughtInVain.delete(sought);
    if (!isNameless) return;
    // So that it tells all of its rooms again.
    for (const uid of [...rooms.keys()]) {
      if (this.#book.roomOf(host, uid) === undefined) rooms.delete(uid);
    }
  }

  /** Whether the host is asked because of a room: the owner is in it, or wants to come or go. */
  #isOfUse({ mirror, room }: Mirrored): boolean {
    if (mirror.wish === 'in' || room.isJoined) return true;
    const own = this.#deps.ownUser(this.#hostOf(room));
    return mirror.isFound && mirror.refusal === undefined && !isSettled(mirror, own);
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

  #picture(host: Address): HostPicture {
    const known = this.#pictures.get(host) ?? new HostPicture();
    this.#pictures.set(host, known);
    return known;
  }

  #hostOf({ host }: Room): Address {
    if (host === undefined) throw new TypeError('a room of this daemon is no mirror');
    return host;
  }

  #tellOf(host: Address): void {
    for (const { room } of this.#book.of(host)) this.#deps.rooms.tellChanged(room.uid);
  }

  #tell(room: Room): void {
    this.#deps.rooms.tellChanged(room.uid);
    this.#deps.events.emit('mirrorDue', { host: this.#hostOf(room) });
  }
}
