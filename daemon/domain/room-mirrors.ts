import type { Address } from '../wire/address.ts';
import { WireError } from '../wire/check.ts';
import { serverOf } from '../wire/room-names.ts';
import {
  decodeDirectory,
  membershipUid,
  type CheckAnswer,
  type RoomBody,
  type RoomCheck,
  type SyncClaim,
  type SyncEvent,
  type SyncVerdict,
} from '../wire/room-sync.ts';
import { DomainError } from './errors.ts';
import type { DomainEvents } from './events.ts';
import type { Clock, Random, Timer } from './ports.ts';
import { hashRoom, hashRooms, hashServers, hashServerSessions, hashSessions } from './room-hash.ts';
import type {
  Mirror,
  Mirrors,
  Room,
  RoomEvent,
  RoomUid,
  RoomUser,
  WaitingRoomMessage,
} from './room-model.ts';
import type { RoomStore } from './room-ports.ts';
import { newUid } from './room-uid.ts';
import type { Rooms } from './rooms.ts';

/** Messages of the owner that one check carries, and about how many bytes of them. */
const CHECK_MAX_MESSAGES = 100;
const CHECK_MAX_LENGTH = 200_000;
/** The owner's messages that may wait for one host. */
export const WAITING_MAX_MESSAGES = 10_000;
/** The cursor is written this long after it moved: without it events come again and are passed over. */
const CURSOR_SAVE_MS = 1000;
/** A number is not believed that is further beyond the one before. */
const GAP_MAX = 2 ** 20;

/** How a room of another host stands. */
export type MirrorStatus = Readonly<{
  /** `joining`: the host has not let the owner in yet; `behind`: events or what the room is are on their way. */
  state: 'joining' | 'refused' | 'left' | 'behind' | 'equal';
  isHostAway: boolean;
  reason: string | undefined;
  /** Numbers up to this one are here. */
  events: number;
  hash: string;
  /** When the host was asked last, milliseconds since 1970. */
  checkedAt: number | undefined;
  waiting: readonly WaitingRoomMessage[];
}>;

/** What is to be asked for after a check. */
export type Wanted = Readonly<{
  rooms: readonly RoomUid[];
  areServers: boolean;
  /** The host does not know who is logged in here. */
  areOwnSessions: boolean;
  /** There is more to be had at once. */
  isMore: boolean;
}>;

type Dependencies = Readonly<{
  rooms: Rooms;
  store: RoomStore;
  events: DomainEvents;
  clock: Clock;
  random: Pick<Random, 'bytes'>;
  /** The owner as a host knows him: `name@address`. */
  ownUser: (host: Address) => RoomUser;
}>;

/** What is known of a host since the start. */
class HostPicture {
  /** Hashes of its rooms as it told them. */
  rooms = new Map<RoomUid, string>();
  /** As told in the last answer; not all of these are here yet. */
  told: ReadonlyMap<RoomUid, string> = new Map();
  sessions: ReadonlyMap<string, string> = new Map();
  servers: ReadonlyMap<string, string> = new Map();
  checkedAt: number | undefined;
  /** Until it has answered once, nobody knows. */
  isAway = true;
}

/** The rooms of other hosts that the owner is in, or wants to be in. Source: docs/room-sync.md. */
export class RoomMirrors {
  readonly #deps: Dependencies;
  readonly #mirrors = new Map<RoomUid, Mirror>();
  readonly #waiting = new Map<string, WaitingRoomMessage>();
  readonly #cursors: Map<Address, number>;
  readonly #pictures = new Map<Address, HostPicture>();
  #cursorTimer: Timer | undefined;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    const { mirrors, waiting, cursors } = deps.store.initialMirrors;
    for (const mirror of mirrors) this.#mirrors.set(mirror.room, mirror);
    for (const message of waiting) this.#waiting.set(message.uid, message);
    this.#cursors = new Map(cursors);
    deps.events.on('contactMoved', ({ contact, from }) => this.#move(from, contact.address));
  }

  /** Finds out who is in each room, as its last event says. */
  async start(): Promise<void> {
    for (const uid of this.#mirrors.keys()) await this.#deps.rooms.log({ uid }).recall();
  }

  /** Writes what was not written yet. */
  async stop(): Promise<void> {
    if (this.#cursorTimer === undefined) return;
    this.#cursorTimer.cancel();
    this.#cursorTimer = undefined;
    await this.#save();
  }

  /** Hosts that there is something to say to, or to hear from. */
  hosts(): ReadonlySet<Address> {
    const hosts = new Set<Address>();
    for (const mirror of this.#mirrors.values()) {
      const host = this.#deps.rooms.get(mirror.room)?.host;
      if (host !== undefined && isOfUse(mirror, this.#deps.rooms.get(mirror.room))) hosts.add(host);
    }
    return hosts;
  }

  /**
   * The owner wants to be in a room; durable when it resolves. The host lets him in when it is there.
   *
   * @throws {StorageError}
   */
  async join(host: Address, name: string, invite = '', uid?: RoomUid): Promise<Room> {
    const { rooms, random, clock } = this.#deps;
    const known = rooms.mirrored(host, name);
    const room: Room = known ?? {
      ...{ uid: uid ?? newUid(random), name, host, topic: '', invite: '', memberships: [] },
      ...{ isPrivate: false, isClosed: false, isJoined: false, isMuted: false, readUpTo: 0 },
      createdAt: clock.nowMs(),
    };
    if (known === undefined && rooms.get(room.uid) !== undefined) {
      throw new DomainError('room_exists', 'that room is there under another name');
    }
    const former = this.#mirrors.get(room.uid);
    this.#mirrors.set(room.uid, {
      room: room.uid,
      isFound: former?.isFound ?? uid !== undefined,
      ...{ wish: 'in', isBehind: true, refusal: undefined },
      invite: invite === '' ? (former?.invite ?? '') : invite,
    });
    if (known === undefined) await rooms.keepMirrored(room);
    await this.#saveAndTell(room);
    return room;
  }

  /** The owner leaves; a room that he never was in is forgotten. Durable when it resolves. @throws {StorageError} */
  async leave(room: Room): Promise<Room> {
    const { rooms } = this.#deps;
    const mirror = this.#require(room);
    if (!room.isJoined && room.memberships.length === 0) {
      this.#mirrors.delete(room.uid);
      this.#dropWaiting(room);
      await rooms.forgetMirrored(room);
      await this.#saveAndTell(room);
      return room;
    }
    this.#mirrors.set(room.uid, { ...mirror, wish: 'out' });
    await this.#saveAndTell(room);
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
    const { store, random, clock } = this.#deps;
    if (this.#require(room).wish === 'out')
      throw new DomainError('not_member', 'join the room first');
    const uid = id ?? newUid(random);
    const former = this.#waiting.get(uid) ?? (await this.#said(room, uid));
    if (former !== undefined) {
      if (former.text === text && former.room === room.uid) return former;
      throw new DomainError('id_conflict', 'something else was said under that id');
    }
    if (this.#waiting.size >= WAITING_MAX_MESSAGES) {
      throw new DomainError('forbidden', `${WAITING_MAX_MESSAGES} messages wait already`);
    }
    const message = { uid, room: room.uid, text, at: clock.nowMs(), refusal: undefined };
    this.#waiting.set(uid, message);
    try {
      await store.saveMirrors(this.#state());
    } catch (error) {
      this.#waiting.delete(uid);
      throw error;
    }
    this.#tell(room);
    return message;
  }

  /** Takes back what the host has not taken. @throws {DomainError} `not_found`. @throws {StorageError} */
  async takeBack(room: Room, uid: string): Promise<void> {
    if (this.#waiting.get(uid)?.room !== room.uid) {
      throw new DomainError('not_found', 'nothing of that id waits');
    }
    this.#waiting.delete(uid);
    await this.#saveAndTell(room);
  }

  status(room: Room): MirrorStatus {
    const mirror = this.#require(room);
    const picture = this.#pictures.get(this.#hostOf(room));
    const hash = hashRoom(room);
    return {
      ...{ hash, state: this.#stateOf(room, mirror, hash), reason: mirror.refusal },
      isHostAway: picture?.isAway ?? true,
      events: this.#deps.rooms.log(room).lastSeqnr,
      checkedAt: picture?.checkedAt,
      waiting: [...this.#waiting.values()].filter((message) => message.room === room.uid),
    };
  }

  /** Users who are logged in here. */
  ownSessions(host: Address): readonly RoomUser[] {
    return [this.#deps.ownUser(host)];
  }

  /** What there is to say to a host now. */
  request(host: Address): RoomCheck {
    const picture = this.#picture(host);
    const server = this.#serverFor(host);
    const mirrors = this.#of(host).filter(({ mirror }) => mirror.isFound);
    return {
      me: undefined,
      servers: hashServers(picture.servers),
      sessions: hashSessions(picture.sessions),
      ownSessions: { server, hash: hashServerSessions(server, this.ownSessions(host)) },
      rooms: hashRooms(picture.rooms),
      claims: this.#claims(host),
      cursor: this.#cursors.get(host) ?? 0,
      repairs: new Map(
        mirrors
          .filter(({ mirror, room }) => mirror.isBehind && room.isJoined)
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
    picture.checkedAt = this.#deps.clock.nowMs();
    picture.isAway = false;
    for (const verdict of answer.verdicts) await this.#takeVerdict(host, verdict);
    await this.#takeEvents(host, check, answer);
    this.#takeCursor(host, check, answer);
    if (answer.sessions !== undefined) picture.sessions = answer.sessions;
    const own = check.ownSessions;
    const isKnown = own === undefined || picture.sessions.get(own.server) === own.hash;
    const rooms = await this.#takeHashes(host, answer.rooms);
    for (const { room } of this.#of(host)) this.#deps.rooms.tellChanged(room.uid);
    return {
      rooms,
      areServers: answer.servers !== undefined,
      areOwnSessions: !isKnown,
      isMore: answer.events.length > 0 || answer.verdicts.length > 0 || rooms.length > 0,
    };
  }

  /** A host can't be reached. */
  noteAway(host: Address): void {
    const picture = this.#picture(host);
    if (picture.isAway) return;
    picture.isAway = true;
    for (const { room } of this.#of(host)) this.#deps.rooms.tellChanged(room.uid);
  }

  takeServers(host: Address, nicks: ReadonlyMap<string, string>): void {
    this.#picture(host).servers = nicks;
  }

  /** Takes a room as its host tells it. @throws {StorageError} */
  async takeRoom(host: Address, body: RoomBody): Promise<void> {
    const { rooms } = this.#deps;
    const picture = this.#picture(host);
    const known = this.#byUid(host, body.uid) ?? (await this.#find(host, body));
    if (known !== undefined) {
      const memberships = body.members.map(({ userUID, role }) => ({ user: userUID, role }));
      const isJoined = memberships.some(
        ({ user, role }) => user === this.#deps.ownUser(host) && role !== 'banned',
      );
      const present = rooms.get(known.uid) ?? known;
      const isPrivate = body.flags.includes('private');
      const isClosed = body.flags.includes('closed');
      const { name, topic } = body;
      await rooms.keepMirrored({
        ...{ ...present, name, topic, isPrivate, isClosed, memberships, isJoined },
      });
      this.#noteMembership(known.uid, present.isJoined, isJoined);
      await this.#save();
    }
    const told = picture.told.get(body.uid);
    if (told !== undefined) picture.rooms.set(body.uid, told);
  }

  /** A host is at another address, and its rooms with it. */
  #move(from: Address, to: Address): void {
    const moved = this.#of(from);
    const cursor = this.#cursors.get(from);
    this.#cursors.delete(from);
    if (cursor !== undefined) this.#cursors.set(to, cursor);
    for (const { room } of moved) {
      this.#deps.events.emit('roomGone', { room });
      // What the disk does not take now is taken with the next change.
      this.#deps.rooms.keepMirrored({ ...room, host: to }).catch(() => undefined);
    }
    if (moved.length > 0) this.#deps.events.emit('mirrorDue', { host: to });
  }

  /** The host put the owner out, unless he wanted to go. */
  #noteMembership(uid: RoomUid, was: boolean, is: boolean): void {
    const mirror = this.#mirrors.get(uid);
    if (mirror === undefined || was === is) return;
    const isPutOut = !is && mirror.wish === 'in';
    const refusal = isPutOut ? 'the host let you out' : undefined;
    this.#mirrors.set(uid, { ...mirror, refusal, isBehind: is || mirror.isBehind });
  }

  /** A room that was asked for by its name is there. */
  async #find(host: Address, { uid, name }: RoomBody): Promise<Room | undefined> {
    const { rooms } = this.#deps;
    const sought = rooms.mirrored(host, name);
    const mirror = sought === undefined ? undefined : this.#mirrors.get(sought.uid);
    // No host may put itself in the place of a room that is here already.
    if (sought === undefined || mirror === undefined || mirror.isFound) return undefined;
    if (rooms.get(uid) !== undefined) return undefined;
    const room = { ...sought, uid };
    this.#mirrors.delete(sought.uid);
    this.#mirrors.set(uid, { ...mirror, room: uid, isFound: true, refusal: undefined });
    for (const message of this.#waiting.values()) {
      if (message.room === sought.uid) this.#waiting.set(message.uid, { ...message, room: uid });
    }
    await rooms.keepMirrored(room, sought.uid);
    return room;
  }

  #byUid(host: Address, uid: RoomUid): Room | undefined {
    const room = this.#deps.rooms.get(uid);
    return room?.host === host && this.#mirrors.has(uid) ? room : undefined;
  }

  /** @returns Rooms to be asked for. */
  async #takeHashes(
    host: Address,
    told: ReadonlyMap<RoomUid, string> | undefined,
  ): Promise<readonly RoomUid[]> {
    if (told === undefined) return [];
    const picture = this.#picture(host);
    picture.told = told;
    for (const uid of picture.rooms.keys()) if (!told.has(uid)) picture.rooms.delete(uid);
    const isSeeking = this.#of(host).some(({ mirror }) => !mirror.isFound);
    const wanted: RoomUid[] = [];
    for (const [uid, hash] of told) {
      if (picture.rooms.get(uid) === hash) continue;
      const room = this.#byUid(host, uid);
      if (room !== undefined ? hashRoom(room) !== hash : isSeeking) wanted.push(uid);
      else picture.rooms.set(uid, hash);
    }
    await this.#noteUnseen(host, told);
    return wanted;
  }

  /** Rooms that the host does not show, or does not have. */
  async #noteUnseen(host: Address, told: ReadonlyMap<RoomUid, string>): Promise<void> {
    for (const { mirror, room } of this.#of(host)) {
      if (!mirror.isFound || told.has(room.uid) || !room.isJoined) continue;
      this.#noteMembership(room.uid, true, false);
      await this.#deps.rooms.keepMirrored({ ...room, isJoined: false, memberships: [] });
    }
  }

  async #takeVerdict(host: Address, verdict: SyncVerdict): Promise<void> {
    const message = this.#waiting.get(verdict.uid);
    if (message !== undefined) {
      if (verdict.isDone) this.#waiting.delete(verdict.uid);
      else this.#waiting.set(verdict.uid, { ...message, refusal: verdict.reason });
      await this.#save();
      return;
    }
    const user = this.#deps.ownUser(host);
    const found = this.#of(host).find(({ room }) => membershipUid(room.uid, user) === verdict.uid);
    if (found !== undefined) await this.#takeMembership(found, verdict);
  }

  async #takeMembership({ mirror, room }: Mirrored, verdict: SyncVerdict): Promise<void> {
    if (!verdict.isDone) {
      this.#mirrors.set(room.uid, { ...mirror, refusal: verdict.reason });
    } else if (mirror.wish === 'in') {
      this.#mirrors.set(room.uid, { ...mirror, isBehind: true, refusal: undefined });
    }
    if (verdict.isDone) {
      await this.#deps.rooms.keepMirrored({ ...room, isJoined: mirror.wish === 'in' });
    }
    await this.#save();
  }

  async #takeEvents(host: Address, check: RoomCheck, { events }: CheckAnswer): Promise<void> {
    const byRoom = new Map<RoomUid, SyncEvent[]>();
    for (const event of events) {
      byRoom.set(event.room, [...(byRoom.get(event.room) ?? []), event]);
    }
    for (const [uid, ones] of byRoom) await this.#adopt(host, uid, ones, check.repairs.has(uid));
    for (const [uid, asked] of check.repairs) {
      const mirror = this.#mirrors.get(uid);
      const isWhole = !byRoom.has(uid) && asked === this.#deps.rooms.log({ uid }).lastSeqnr;
      if (mirror !== undefined && isWhole) this.#mirrors.set(uid, { ...mirror, isBehind: false });
    }
    if (check.repairs.size > 0) await this.#save();
  }

  async #adopt(
    host: Address,
    uid: RoomUid,
    events: readonly SyncEvent[],
    isRepair: boolean,
  ): Promise<void> {
    const room = this.#byUid(host, uid);
    const mirror = this.#mirrors.get(uid);
    if (room === undefined || mirror === undefined) return;
    const log = this.#deps.rooms.log(room);
    let last = log.lastSeqnr;
    const fresh: RoomEvent[] = [];
    for (const event of events) {
      if (event.seqnr <= last) continue;
      if (event.seqnr !== last + 1 && (!isRepair || event.seqnr - last > GAP_MAX)) {
        this.#mirrors.set(uid, { ...mirror, isBehind: true });
        break;
      }
      fresh.push(this.#toEvent(host, event));
      last = event.seqnr;
    }
    await log.adopt(fresh);
    for (const event of fresh) this.#waiting.delete(event.uid);
  }

  /** @throws {WireError} A directory that is none. */
  #toEvent(host: Address, { room, seqnr, uid, at, type, from, body }: SyncEvent): RoomEvent {
    const frame = { room, seqnr, uid, at };
    if (type === 'DIR') return { ...frame, type, users: decodeDirectory(body) };
    const server = serverOf(from);
    const origin =
      server === undefined ? 'guest' : server === this.#serverFor(host) ? 'owner' : 'contact';
    return { ...frame, type, from, origin, text: body };
  }

  #takeCursor(host: Address, check: RoomCheck, { cursor }: CheckAnswer): void {
    if (cursor === undefined) return;
    const known = this.#cursors.get(host) ?? 0;
    if (check.cursor !== undefined && cursor < check.cursor) {
      // The host was restored: nobody knows which numbers it gave again.
      for (const { mirror } of this.#of(host)) {
        this.#mirrors.set(mirror.room, { ...mirror, isBehind: true });
      }
    } else if (cursor <= known) return;
    this.#cursors.set(host, cursor);
    this.#cursorTimer ??= this.#deps.clock.after(CURSOR_SAVE_MS, () => {
      this.#cursorTimer = undefined;
      // The cursor alone is no loss.
      this.#save().catch(() => undefined);
    });
  }

  /** What the owner said before he left is said before. */
  #claims(host: Address): readonly SyncClaim[] {
    const memberships = this.#memberships(host);
    const messages = this.#messages(host);
    if (messages.length === 0) return memberships;
    return [...memberships.filter(({ kind }) => kind === 'mb'), ...messages];
  }

  #memberships(host: Address): readonly SyncClaim[] {
    const user = this.#deps.ownUser(host);
    return this.#of(host).flatMap(({ mirror, room }): readonly SyncClaim[] => {
      if (!mirror.isFound) return [];
      const uid = membershipUid(room.uid, user);
      const former = this.#formerSelves(host, room);
      if (mirror.wish === 'out') return room.isJoined ? [...former, { kind: 'mx', uid }] : former;
      if (room.isJoined || mirror.refusal !== undefined) return former;
      const { invite } = mirror;
      return [...former, { kind: 'mb', uid, user, room: room.uid, role: 'member', invite }];
    });
  }

  /** The owner under another nick. */
  #formerSelves(host: Address, { uid, memberships }: Room): readonly SyncClaim[] {
    const [user, server] = [this.#deps.ownUser(host), this.#serverFor(host)];
    return memberships
      .filter((one) => one.user !== user && one.role !== 'banned')
      .filter((one) => serverOf(one.user) === server)
      .map((one) => ({ kind: 'mx', uid: membershipUid(uid, one.user) }));
  }

  #messages(host: Address): readonly SyncClaim[] {
    const from = this.#deps.ownUser(host);
    const claims: SyncClaim[] = [];
    let length = 0;
    for (const { uid, room, text, at, refusal } of this.#waiting.values()) {
      const isDue = this.#byUid(host, room)?.isJoined === true && refusal === undefined;
      if (!isDue) continue;
      length += text.length;
      if (claims.length >= CHECK_MAX_MESSAGES || (claims.length > 0 && length > CHECK_MAX_LENGTH)) {
        break;
      }
      claims.push({ kind: 'ms', uid, from, to: '*', room, at, text });
    }
    return claims;
  }

  #of(host: Address): readonly Mirrored[] {
    return [...this.#mirrors.values()].flatMap((mirror) => {
      const room = this.#deps.rooms.get(mirror.room);
      return room?.host === host ? [{ mirror, room }] : [];
    });
  }

  #stateOf(room: Room, mirror: Mirror, hash: string): MirrorStatus['state'] {
    if (mirror.refusal !== undefined) return 'refused';
    if (mirror.wish === 'out') return 'left';
    if (!room.isJoined) return 'joining';
    const told = this.#pictures.get(this.#hostOf(room))?.told.get(room.uid);
    return mirror.isBehind || told !== hash ? 'behind' : 'equal';
  }

  async #said({ uid: room }: Room, uid: string): Promise<WaitingRoomMessage | undefined> {
    const event = await this.#deps.store.find(room, uid);
    if (event?.type !== 'MSG') return undefined;
    return { uid, room, text: event.text, at: event.at, refusal: undefined };
  }

  #dropWaiting(room: Room): void {
    for (const message of [...this.#waiting.values()]) {
      if (message.room === room.uid) this.#waiting.delete(message.uid);
    }
  }

  #picture(host: Address): HostPicture {
    const known = this.#pictures.get(host) ?? new HostPicture();
    this.#pictures.set(host, known);
    return known;
  }

  #serverFor(host: Address): Address {
    const server = serverOf(this.#deps.ownUser(host));
    if (server === undefined) throw new WireError('bad_address', 'this daemon has no address');
    return server;
  }

  #hostOf({ host }: Room): Address {
    if (host === undefined) throw new TypeError('a room of this daemon is no mirror');
    return host;
  }

  #require({ uid }: Room): Mirror {
    const mirror = this.#mirrors.get(uid);
    if (mirror === undefined) throw new DomainError('not_found', 'there is no such room');
    return mirror;
  }

  #state(): Mirrors {
    return {
      mirrors: [...this.#mirrors.values()],
      waiting: [...this.#waiting.values()],
      cursors: new Map(this.#cursors),
    };
  }

  async #save(): Promise<void> {
    await this.#deps.store.saveMirrors(this.#state());
  }

  async #saveAndTell(room: Room): Promise<void> {
    await this.#save();
    this.#tell(room);
  }

  #tell(room: Room): void {
    this.#deps.rooms.tellChanged(room.uid);
    this.#deps.events.emit('mirrorDue', { host: this.#hostOf(room) });
  }
}

type Mirrored = Readonly<{ mirror: Mirror; room: Room }>;

/** Whether the host is asked because of this room: the owner is in it, or wants to come or go. */
function isOfUse({ wish }: Mirror, room: Room | undefined): boolean {
  return wish === 'in' || room?.isJoined === true;
}
