import type { Address } from '../wire/address.ts';
import { WireError } from '../wire/check.ts';
import { serverOf } from '../wire/room-names.ts';
import type { RoomBody } from '../wire/room-sync-bodies.ts';
import type { CheckAnswer, RoomCheck } from '../wire/room-sync.ts';
import type { DomainEvents } from './events.ts';
import { hostOf, HostPictures } from './host-picture.ts';
import { MirrorEvents } from './mirror-events.ts';
import { MirrorMessages } from './mirror-messages.ts';
import { MirrorRepairs } from './mirror-repairs.ts';
import { MirrorWishes } from './mirror-wishes.ts';
import type { Clock, Random } from './ports.ts';
import { hashRooms, hashServers, hashServerSessions, hashSessions } from './room-hash.ts';
import { MirrorAnswers } from './room-mirror-answers.ts';
import { isSettled, MirrorBook, type Mirrored } from './room-mirror-book.ts';
import { claimsFor } from './room-mirror-claims.ts';
import { mirrorStatus, type MirrorStatus } from './room-mirror-status.ts';
import type { Refusal, Room, RoomUid, RoomUser, WaitingRoomMessage } from './room-model.ts';
import type { RoomStore } from './room-ports.ts';
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
  /** What the owner wants of them. */
  readonly wishes: MirrorWishes;
  readonly #deps: Dependencies;
  readonly #book: MirrorBook;
  readonly #answers: MirrorAnswers;
  readonly #events: MirrorEvents;
  readonly #repairs: MirrorRepairs;
  readonly #messages: MirrorMessages;
  readonly #pictures = new HostPictures();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#book = new MirrorBook(deps);
    const parts = { ...deps, book: this.#book, pictures: this.#pictures };
    this.wishes = new MirrorWishes({ ...parts, onWish: (room) => this.#tell(room) });
    this.#answers = new MirrorAnswers(parts);
    this.#messages = new MirrorMessages(parts);
    this.#repairs = new MirrorRepairs({ ...parts, messages: this.#messages });
    this.#events = new MirrorEvents({ ...parts, repairs: this.#repairs });
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
    return new Set(useful.map(({ room }) => hostOf(room)));
  }

  /** Asks a host now. */
  wake(host: Address): void {
    this.#deps.events.emit('mirrorDue', { host });
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
    const picture = this.#pictures.of(hostOf(room));
    const { lastSeqnr } = this.#deps.rooms.log(room);
    return mirrorStatus({ mirror, room }, picture, lastSeqnr, this.#book);
  }

  /** Whether nothing is heard of the host of a room just now. */
  isHostAway(room: Room): boolean {
    return this.#pictures.of(hostOf(room)).absence !== undefined;
  }

  /** Whether somebody in a room of another host is logged in at his daemon; `undefined`: nobody knows just now. */
  isOnline(room: Room, user: RoomUser): boolean | undefined {
    const host = hostOf(room);
    return user === this.#deps.ownUser(host) || this.#pictures.of(host).isOnline(user);
  }

  /** Users who are logged in here. */
  ownSessions(host: Address): readonly RoomUser[] {
    return [this.#deps.ownUser(host)];
  }

  /** Rooms that this host has to be asked for by their names before anything can be told it of them. */
  sought(host: Address): readonly Sought[] {
    const { soughtInVain, isNameless } = this.#pictures.of(host);
    if (isNameless) return [];
    return this.#book
      .of(host)
      .filter(({ mirror, room }) => !mirror.isFound && !soughtInVain.has(room.uid))
      .filter(({ mirror }) => mirror.wish === 'in')
      .map(({ mirror: { invite }, room: { uid, name } }) => ({ uid, name, invite }));
  }

  /** What there is to say to a host now. */
  async request(host: Address): Promise<RoomCheck> {
    const repairs = await this.#repairs.request(host);
    const picture = this.#pictures.of(host);
    const own = this.#deps.ownUser(host);
    const server = serverOf(own);
    if (server === undefined) throw new WireError('bad_address', 'this daemon has no address');
    return {
      me: undefined,
      servers: hashServers(picture.servers),
      sessions: hashSessions(picture.sessions),
      ownSessions: { server, hash: hashServerSessions(server, this.ownSessions(host)) },
      rooms: hashRooms(this.#answers.knownHashes(host, picture)),
      claims: claimsFor(host, own, this.#book),
      cursor: this.#book.cursor(host),
      repairs,
    };
  }

  /**
   * Takes what a host answered to a check.
   *
   * @throws {StorageError} It is to be asked again.
   */
  async take(host: Address, check: RoomCheck, answer: CheckAnswer): Promise<Wanted> {
    const picture = this.#pictures.of(host);
    const answers = this.#answers;
    picture.checkedAt = this.#deps.clock.nowMs();
    picture.absence = undefined;
    await answers.takeVerdicts(host, picture, check, answer.verdicts);
    await this.#events.take(host, check, answer);
    this.#events.takeCursor(host, check, answer);
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
    const picture = this.#pictures.of(host);
    // Whatever happens to it meanwhile.
    picture.verified.clear();
    if (picture.absence?.reason === why.reason) return;
    picture.absence = why;
    this.#tellOf(host);
  }

  takeServers(host: Address, nicks: ReadonlyMap<string, string>): void {
    this.#pictures.of(host).servers = nicks;
  }

  /** Servers whose people in our rooms can't be told from what the host said already. */
  unknownSessions(host: Address): readonly Address[] {
    const joined = this.#book.of(host).filter(({ room }) => room.isJoined);
    const unknown = this.#pictures.of(host).unknownSessions(joined.map(({ room }) => room));
    // Of the others it is known now.
    this.#tellOf(host);
    return unknown;
  }

  /** Takes who is logged in at a server, as the host says. */
  takeSessions(host: Address, server: Address, users: readonly RoomUser[]): void {
    this.#pictures.of(host).setUsers(server, users);
    this.#tellOf(host);
  }

  /** Takes a room as its host tells it. @throws {StorageError} */
  async takeRoom(host: Address, body: RoomBody): Promise<void> {
    await this.#answers.takeRoom(host, this.#pictures.of(host), body);
  }

  /**
   * Takes what a host says about a name that was looked for.
   *
   * @param body `null`: it shows no room of that name.
   * @throws {StorageError}
   */
  async takeSought(host: Address, { uid }: Sought, body: RoomBody | null): Promise<void> {
    if (body !== null) await this.#answers.takeFound(host, this.#pictures.of(host), body);
    this.#pictures.of(host).soughtInVain.add(uid);
    await this.#answers.noteNotShown(uid);
  }

  /** A host does not look rooms up by name: they are looked for among all that it shows. */
  noteNameless(host: Address, { uid }: Sought): void {
    this.#pictures.of(host).isNameless = true;
    this.#pictures.seekAgain(host, uid, this.#book);
  }

  /** All rooms that a host shows are known: whatever was looked for among them is not there. @throws {StorageError} */
  async endSearch(host: Address): Promise<void> {
    if (!this.#pictures.of(host).isNameless) return;
    for (const { room } of this.#book.of(host)) await this.#answers.noteNotShown(room.uid);
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

  /** Whether the host is asked because of a room: the owner is in it, or wants to come or go. */
  #isOfUse({ mirror, room }: Mirrored): boolean {
    if (mirror.wish === 'in' || room.isJoined) return true;
    const own = this.#deps.ownUser(hostOf(room));
    return mirror.isFound && mirror.refusal === undefined && !isSettled(mirror, own);
  }

  #tellOf(host: Address): void {
    for (const { room } of this.#book.of(host)) this.#deps.rooms.tellChanged(room.uid);
  }

  #tell(room: Room): void {
    this.#deps.rooms.tellChanged(room.uid);
    this.#deps.events.emit('mirrorDue', { host: hostOf(room) });
  }
}
