import type { Address } from '../wire/address.ts';
import { DomainError } from './errors.ts';
import type { DomainEvents } from './events.ts';
import { GuestRooms } from './guest-rooms.ts';
import type { Clock, Random } from './ports.ts';
import { RecentEvents } from './recent-events.ts';
import { RoomBook } from './room-book.ts';
import { takeEvents } from './room-history.ts';
import { RoomLog } from './room-log.ts';
import { RoomMemberships } from './room-memberships.ts';
import type {
  NewRoomMessage,
  Room,
  RoomEvent,
  RoomMessage,
  RoomUid,
  RoomUser,
} from './room-model.ts';
import type { RoomStore } from './room-ports.ts';
import { RoomReading } from './room-reading.ts';
import { newInvite, newRoom, type RoomRules } from './room-rules.ts';
import { RoomSpeech, type Said } from './room-speech.ts';
import { newUid } from './room-uid.ts';
import { RoomWaits } from './room-waits.ts';

type Dependencies = Readonly<{
  store: RoomStore;
  events: DomainEvents;
  clock: Clock;
  random: Pick<Random, 'bytes'>;
  rules: RoomRules;
  /** The owner as others see him: `name@address`. May change. */
  ownerUser: () => RoomUser;
}>;

/** What may be changed of a room. */
export type RoomChange = Readonly<
  Partial<Pick<Room, 'topic' | 'isPrivate' | 'isClosed' | 'isMuted'>>
>;

/** All rooms of this daemon: what they are, who is in those that it hosts, what was said. */
export class Rooms {
  readonly waits: RoomWaits;
  /** Who is in rooms of ours for good. */
  readonly members: RoomMemberships;
  readonly reading: RoomReading;
  readonly forGuests: GuestRooms;
  readonly #deps: Dependencies;
  readonly #book: RoomBook;
  readonly #logs = new Map<RoomUid, RoomLog>();
  readonly #recent = new RecentEvents();
  readonly #speech: RoomSpeech;
  /** As the logs know the owner. */
  #ownerUser: RoomUser | undefined;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.waits = new RoomWaits(deps.clock);
    this.#book = new RoomBook(deps);
    const log = (uid: RoomUid): RoomLog => this.log({ uid });
    this.#speech = new RoomSpeech({ store: deps.store, log });
    const parts = { ...deps, book: this.#book, log };
    this.members = new RoomMemberships({ ...parts, maxGuests: deps.rules.maxGuests });
    this.reading = new RoomReading(parts);
    this.forGuests = new GuestRooms({ ...parts, create: (name) => this.create(name) });
    deps.events.on('renamed', () => this.#noteOwnerUser());
  }

  get rules(): RoomRules {
    return this.#deps.rules;
  }

  /** The owner as others see him. */
  get ownerUser(): RoomUser {
    return this.#deps.ownerUser();
  }

  list(): readonly Room[] {
    return this.#book.list();
  }

  /** The rooms that this daemon hosts. */
  hosted(): readonly Room[] {
    return this.list().filter(({ host }) => host === undefined);
  }

  get(uid: RoomUid): Room | undefined {
    return this.#book.get(uid);
  }

  /** A room that is hosted here. */
  named(name: string): Room | undefined {
    return this.#book.named(name);
  }

  /** @throws {DomainError} `not_found`. */
  require(name: string): Room {
    const room = this.named(name);
    if (room === undefined) throw new DomainError('not_found', 'there is no room of that name');
    return room;
  }

  /** Events and people of a room. */
  log({ uid }: Pick<Room, 'uid'>): RoomLog {
    const known = this.#logs.get(uid);
    if (known !== undefined) return known;
    this.#ownerUser ??= this.ownerUser;
    const log = new RoomLog(uid, lastingUsers(this.#book.get(uid), this.ownerUser), {
      ...{ ...this.#deps, recent: this.#recent },
      onEvents: (events) => this.#tellEvents(uid, events),
    });
    this.#logs.set(uid, log);
    return log;
  }

  /**
   * Makes a room; durable when it resolves. Nobody is in it yet.
   *
   * @throws {DomainError} `room_exists`.
   * @throws {StorageError}
   */
  async create(name: string, isPrivate = false): Promise<Room> {
    const room = newRoom(name, isPrivate, this.#deps);
    await this.adopt(room);
    return room;
  }

  /** A room of ours as it was elsewhere; as `create`. */
  async adopt(room: Room): Promise<void> {
    await this.#book.add(room);
  }

  /** Takes events as they were elsewhere: see `takeEvents`. @throws {StorageError} None was. */
  async takeEvents(room: Room, events: readonly RoomEvent[]): Promise<number | undefined> {
    const taken = await takeEvents(this.#deps.store, room, events);
    this.tellChanged(room.uid);
    return taken;
  }

  /** Makes a room and goes into it. As `create`. */
  async createAsOwner(name: string, isPrivate: boolean): Promise<Room> {
    const { uid } = await this.create(name, isPrivate);
    return this.joinAsOwner(uid);
  }

  /**
   * Changes what a room is; durable when it resolves.
   *
   * @throws {StorageError} Nothing was changed.
   */
  async change(uid: RoomUid, change: RoomChange): Promise<Room> {
    const isOpen = this.#book.get(uid)?.isClosed === false;
    const room = await this.#book.update(uid, (before) => ({ ...before, ...change }));
    if (isOpen && room.isClosed) this.#deps.events.emit('roomClosed', { room });
    return room;
  }

  /** Gives a room another invite; those who have the former one need the new one. @throws {StorageError} */
  async renewInvite(uid: RoomUid): Promise<Room> {
    const invite = newInvite(this.#deps.random);
    return this.#book.update(uid, (room) => ({ ...room, invite }));
  }

  /** The owner goes into a room. @throws {StorageError} */
  async joinAsOwner(uid: RoomUid): Promise<Room> {
    const log = this.log({ uid });
    const readUpTo = log.lastSeqnr;
    const room = await this.#book.update(uid, (before) =>
      before.isJoined ? before : { ...before, isJoined: true, readUpTo },
    );
    this.#noteOwnerUser();
    log.enter(this.ownerUser);
    await log.tellDirectory();
    return room;
  }

  /** The owner leaves a room, which stays where it is. @throws {StorageError} */
  async leaveAsOwner(uid: RoomUid): Promise<Room> {
    const room = await this.#book.update(uid, (before) => ({ ...before, isJoined: false }));
    this.#noteOwnerUser();
    this.log({ uid }).leave(this.ownerUser);
    await this.log({ uid }).tellDirectory();
    return room;
  }

  /**
   * The owner says something.
   *
   * @param id Makes a repeat harmless.
   * @throws {DomainError} `not_member`, and as `say`.
   * @throws {StorageError}
   */
  async sayAsOwner({ uid, isJoined }: Room, text: string, id?: string): Promise<Said> {
    if (!isJoined) throw new DomainError('not_member', 'join the room first');
    this.#noteOwnerUser();
    const message = { uid: id ?? newUid(this.#deps.random), from: this.ownerUser, text };
    return this.say(uid, { ...message, origin: 'owner' }, id !== undefined);
  }

  /**
   * Says something; durable when it resolves.
   *
   * @param isRepeatable The uid was chosen by whoever says it, and may have come before.
   * @throws {DomainError} `not_found`; `room_closed`; `id_conflict`: somebody said something else under this uid.
   * @throws {StorageError}
   */
  async say(uid: RoomUid, message: NewRoomMessage, isRepeatable: boolean): Promise<Said> {
    const room = this.#book.get(uid);
    if (room === undefined) throw new DomainError('not_found', 'there is no such room');
    if (!room.isClosed) return this.#speech.say(uid, message, isRepeatable);
    const known = isRepeatable ? await this.said(uid, message) : undefined;
    if (known !== undefined) return { message: known, isNew: false };
    throw new DomainError('room_closed', 'that room is closed');
  }

  /**
   * What was said under a uid before; whoever repeats it is told so, also where he could not say it any more.
   *
   * @throws {DomainError} `id_conflict`.
   */
  said(uid: RoomUid, message: NewRoomMessage): Promise<RoomMessage | undefined> {
    return this.#speech.said(uid, message);
  }

  /**
   * Forgets the events of a room before this number. It is noted first that they are gone: what is not cleared away by then
   * is so another time. Of a room of another host nothing goes from the last event on that tells who is there.
   *
   * @throws {StorageError} Nothing is gone.
   */
  async trim(uid: RoomUid, before: number): Promise<void> {
    const { store } = this.#deps;
    const isOurs = this.#book.get(uid)?.host === undefined;
    if (isOurs) await this.log({ uid }).repeatDirectory(before);
    const keptFrom = isOurs ? before : Math.min(before, store.lastDirectory(uid));
    const room = await this.#book.update(uid, (present) =>
      keptFrom > present.keptFrom ? { ...present, keptFrom } : present,
    );
    store.trim(uid, room.keptFrom);
  }

  /** Somebody else's room of this name. */
  mirrored(host: Address, name: string): Room | undefined {
    return this.#book.mirrored(host, name);
  }

  /** Notes a room of another host as it is now; durable when it resolves. As `RoomBook.keepMirrored`. */
  async keepMirrored(room: Room, former?: RoomUid): Promise<void> {
    await this.#book.keepMirrored(room, former);
  }

  /**
   * Events of another host's room from a number on are none of the host's any more; durable when it resolves.
   *
   * @throws {StorageError} They are there.
   */
  async cutMirrored(uid: RoomUid, from: number): Promise<void> {
    const isUnread = (room: Room): Room =>
      room.readUpTo < from ? room : { ...room, readUpTo: from - 1 };
    await Promise.all([this.#book.update(uid, isUnread), this.#deps.store.cut(uid, from)]);
    this.#recent.forget(uid);
    await this.log({ uid }).recall();
    // Whoever shows it shows it anew.
    const room = this.#book.get(uid);
    if (room !== undefined) this.#deps.events.emit('roomGone', { room });
    this.tellChanged(uid);
  }

  /**
   * Forgets a room, with all that was said in it; durable when it resolves. Of ours, nobody is in it any more.
   *
   * @throws {DomainError} `still_joined`: the owner is in it.
   * @throws {StorageError} It is there.
   */
  async forget(room: Room): Promise<void> {
    if (room.isJoined && room.host === undefined) {
      throw new DomainError('still_joined', 'leave the room first');
    }
    await this.#book.remove(room);
    this.#logs.delete(room.uid);
    this.#recent.forget(room.uid);
  }

  /** Somebody came or went, or was told. */
  tellChanged(uid: RoomUid): void {
    this.#book.tellChanged(uid);
  }

  #tellEvents(uid: RoomUid, events: readonly RoomEvent[]): void {
    const room = this.#book.get(uid);
    if (room !== undefined) this.#deps.events.emit('roomEvents', { room, events });
    this.waits.wake(uid);
  }

  /** The owner has another nick, or the daemon another address. */
  #noteOwnerUser(): void {
    const former = this.#ownerUser;
    const present = this.ownerUser;
    this.#ownerUser = present;
    if (former === undefined || former === present) return;
    for (const [uid, log] of this.#logs) {
      if (this.#book.get(uid)?.host !== undefined || !log.leave(former)) continue;
      log.enter(present);
      // It is told with the next event at the latest.
      log.tellDirectory().then(
        () => this.tellChanged(uid),
        () => undefined,
      );
    }
  }
}

/** Users of daemons are in a room as long as they are members; guests as long as their session lasts. */
function lastingUsers(room: Room | undefined, ownerUser: RoomUser): readonly RoomUser[] {
  // Of another host's room its events tell.
  if (room === undefined || room.host !== undefined) return [];
  const members = room.memberships.filter(({ role }) => role !== 'banned');
  const users = members.map(({ user }) => user);
  return room.isJoined ? [ownerUser, ...users] : users;
}
