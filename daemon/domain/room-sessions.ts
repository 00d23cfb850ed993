import { accessKeyDigest, isEqualSecret } from '../crypto/digest.ts';
import { encodeBase64url } from '../wire/base64url.ts';
import { foldName } from '../wire/room-names.ts';
import { SESSION_KEY_BYTES } from '../wire/wechat.ts';
import { DomainError } from './errors.ts';
import type { DomainEvents } from './events.ts';
import type { Clock, Random, Timer } from './ports.ts';
import type { RoomLog } from './room-log.ts';
import type { Room, RoomEvent, RoomUid, RoomUser } from './room-model.ts';
import { requireWelcome } from './room-rules.ts';
import { newUid, uidOfGuest } from './room-uid.ts';
import type { Said } from './room-speech.ts';
import type { Rooms } from './rooms.ts';

/** A session ends after this long, however busy it is. Source: docs/security.md. */
export const SESSION_LIFE_MS = 24 * 3_600_000;
/** Requests of one session that may wait at the same time. Source: docs/security.md. */
export const SESSION_MAX_WAITS = 2;
/** Ended sessions that are remembered, so that whoever leaves twice is told so. */
const ENDED_MAX = 1000;
const SWEEP_PAUSE_MS = 1000;

/** A guest in a room, by the key that the guest shows. */
export interface GuestSession {
  readonly room: RoomUid;
  readonly name: RoomUser;
}

/** What a guest gets who came in. `key` is kept nowhere: whoever is given it is the only one who has it. */
export type Joined = Readonly<{
  key: string;
  users: readonly RoomUser[];
  /** Number of the event that told of it. */
  seqnr: number;
}>;

/** Whose a key is: nobody's, somebody's who is gone, or a guest's who is there. */
export type KeyHolder = GuestSession | 'ended' | undefined;

type Dependencies = Readonly<{
  rooms: Rooms;
  events: DomainEvents;
  clock: Clock;
  random: Pick<Random, 'bytes'>;
  /** A guest who asks for nothing in so long is gone, in milliseconds. */
  sessionTimeoutMs: number;
}>;

/** A session with what only this file touches. */
type Session = GuestSession & {
  /** SHA-256 of the key, base64url. */
  readonly keyDigest: string;
  readonly log: RoomLog;
  readonly beganAtMs: number;
  /** On the monotonic clock. */
  seenAtMs: number;
  /** Number of the event that is next for this session. */
  cursor: number;
  /** Requests that wait now. */
  readonly waits: Set<() => void>;
};

/** Guests of the hub listener: who they are, what they have seen, when they are gone. */
export class RoomSessions {
  readonly #deps: Dependencies;
  /** Who was not heard of for longest first. */
  readonly #byDigest = new Map<string, Session>();
  readonly #here = new Map<GuestSession, Session>();
  readonly #ended = new Set<string>();
  #timer: Timer | undefined;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    // Whoever is not told of it now is told with the next event of the room.
    deps.events.on('roomClosed', ({ room }) => void this.clear(room.uid).catch(() => undefined));
    deps.events.on('roomGone', ({ room }) => this.#endAll(room.uid));
  }

  /** How many guests there are. */
  get size(): number {
    return this.#here.size;
  }

  /** How many requests wait for an event. */
  get waiting(): number {
    let waiting = 0;
    for (const { waits } of this.#here.values()) waiting += waits.size;
    return waiting;
  }

  /**
   * Lets a guest into a room; one that is not there is made, if guests may do so. Durable when it resolves.
   *
   * @param invite What the guest shows to be let into a private room.
   * @throws {DomainError} `creation_refused`, `room_closed`, `room_private`, `banned`, `room_full`, `name_taken`.
   * @throws {StorageError} The guest is not in.
   */
  async join(roomName: string, name: RoomUser, invite: string | undefined): Promise<Joined> {
    const { rooms, clock, random } = this.#deps;
    const room = await rooms.forGuests.find(roomName);
    requireWelcome(room, name, invite);
    const log = rooms.log(room);
    const { maxGuests } = rooms.rules;
    if (log.size >= maxGuests) throw new DomainError('room_full', `there are ${maxGuests} already`);
    if (!log.enter(name)) throw new DomainError('name_taken', 'somebody there has that name');
    const key = encodeBase64url(random.bytes(SESSION_KEY_BYTES));
    const seqnr = await this.#announce(room, name, invite);
    const nowMs = clock.monotonicMs();
    this.#begin({
      ...{
        room: room.uid,
        name,
        log,
        cursor: seqnr + 1,
        keyDigest: accessKeyDigest(key),
      },
      ...{ beganAtMs: nowMs, seenAtMs: nowMs, waits: new Set() },
    });
    return { key, users: log.users, seqnr };
  }

  /** Whose a key is, in a time that tells nothing of the keys of others. Counts as a sign of life. */
  holder(roomName: string, key: string | undefined): KeyHolder {
    if (key === undefined) return undefined;
    const digest = accessKeyDigest(key);
    const uid = this.#deps.rooms.named(roomName)?.uid;
    if (this.#ended.has(`${uid}/${digest}`)) return 'ended';
    const session = this.#byDigest.get(digest);
    if (session === undefined || !isEqualSecret(session.keyDigest, digest)) return undefined;
    // A key is good in one room: in another it is as good as none.
    if (session.room !== uid) return undefined;
    this.#touch(session);
    return session;
  }

  /** Who is in a guest's room. */
  users(guest: GuestSession): readonly RoomUser[] {
    return this.#require(guest).log.users;
  }

  /** A guest leaves. @throws {StorageError} The guest is gone, but the others have not been told yet. */
  async leave(guest: GuestSession): Promise<void> {
    const session = this.#require(guest);
    this.#end(session);
    await session.log.tellDirectory();
  }

  /**
   * A guest says something; durable when it resolves.
   *
   * @param id Makes a repeat harmless.
   * @throws {DomainError} `room_closed`, `id_conflict`.
   * @throws {StorageError}
   */
  async say(guest: GuestSession, text: string, id: string | undefined): Promise<Said> {
    const { name, room } = this.#require(guest);
    const { rooms, random } = this.#deps;
    const uid = id === undefined ? newUid(random) : uidOfGuest(name, id);
    return rooms.say(room, { uid, from: name, origin: 'guest', text }, id !== undefined);
  }

  /** Puts a guest's cursor somewhere else; outside of what there is, to the nearest event. */
  seek(guest: GuestSession, seqnr: number): void {
    const session = this.#require(guest);
    session.cursor = Math.max(1, Math.min(seqnr, session.log.lastSeqnr + 1));
  }

  /** The next events for a guest, at most `limit`, who has had them from now on; none if there are none. */
  async take(guest: GuestSession, limit: number): Promise<readonly RoomEvent[]> {
    const session = this.#require(guest);
    const { log } = session;
    // Round again only where all that was asked for is damaged.
    while (session.cursor <= log.lastSeqnr) {
      const first = Math.max(session.cursor, log.firstSeqnr);
      const last = Math.min(first + limit - 1, log.lastSeqnr);
      // Before the disk is read, so that two requests at a time do not get the same event.
      session.cursor = last + 1;
      const events = await log.read(first, last);
      if (events.length > 0) return events;
    }
    return [];
  }

  /** Events never reached the guest: they are next again, unless the guest has gone on since. */
  giveBack(guest: GuestSession, events: readonly RoomEvent[]): void {
    const session = this.#here.get(guest);
    const [first, last] = [events[0], events.at(-1)];
    if (session !== undefined && first !== undefined && session.cursor === (last?.seqnr ?? 0) + 1) {
      session.cursor = first.seqnr;
    }
  }

  /**
   * Waits until there is an event for a guest, the time is over or the guest is gone; not at all if there is one.
   *
   * @param onEnd Called once, unless the wait was called off before.
   * @returns Calls the wait off.
   * @throws {DomainError} `too_many_waits`.
   */
  wait(guest: GuestSession, waitMs: number, onEnd: () => void): () => void {
    const session = this.#require(guest);
    if (session.waits.size >= SESSION_MAX_WAITS) {
      throw new DomainError('too_many_waits', `at most ${SESSION_MAX_WAITS} requests may wait`);
    }
    const over = (): void => {
      session.waits.delete(end);
      if (this.#here.has(session)) this.#touch(session);
    };
    const cancel = this.#deps.rooms.waits.begin(session.room, waitMs, () => {
      over();
      onEnd();
    });
    const end = (): void => {
      cancel();
      over();
      onEnd();
    };
    session.waits.add(end);
    return () => {
      cancel();
      over();
    };
  }

  /** Whether a guest is still there. */
  isHere(guest: GuestSession): boolean {
    return this.#here.has(guest);
  }

  /** Puts a guest out of a room; the key is good for nothing from now on. @returns Whether there was one. */
  async remove(room: RoomUid, name: RoomUser): Promise<boolean> {
    const key = foldName(name);
    const sessions = [...this.#byDigest.values()].filter(
      (one) => one.room === room && foldName(one.name) === key,
    );
    for (const session of sessions) this.#end(session);
    if (sessions.length > 0) await this.#deps.rooms.log({ uid: room }).tellDirectory();
    return sessions.length > 0;
  }

  /** Puts all guests out of a room. */
  async clear(room: RoomUid): Promise<void> {
    this.#endAll(room);
    await this.#deps.rooms.log({ uid: room }).tellDirectory();
  }

  /** Ends every wait, so that the listener can close; nobody is told to go. */
  stop(): void {
    this.#timer?.cancel();
    for (const { waits } of this.#byDigest.values()) for (const end of [...waits]) end();
  }

  /** Tells the others of a guest. @returns The number of the event that did. */
  async #announce(room: Room, name: RoomUser, invite: string | undefined): Promise<number> {
    const { rooms } = this.#deps;
    const log = rooms.log(room);
    try {
      const seqnr = await log.tellDirectory();
      // The owner may have closed or forgotten the room meanwhile.
      const present = rooms.get(room.uid) ?? { ...room, isClosed: true };
      requireWelcome(present, name, invite);
      return seqnr;
    } catch (error) {
      log.leave(name);
      throw error;
    }
  }

  #begin(session: Session): void {
    this.#here.set(session, session);
    this.#byDigest.set(session.keyDigest, session);
    this.#watch();
    this.#deps.rooms.tellChanged(session.room);
  }

  #require(guest: GuestSession): Session {
    const session = this.#here.get(guest);
    if (session === undefined) throw new DomainError('not_member', 'you are not in that room');
    return session;
  }

  /** Puts it last among those who might be gone. */
  #touch(session: Session): void {
    session.seenAtMs = this.#deps.clock.monotonicMs();
    this.#byDigest.delete(session.keyDigest);
    this.#byDigest.set(session.keyDigest, session);
  }

  #end(session: Session): void {
    this.#here.delete(session);
    this.#byDigest.delete(session.keyDigest);
    this.#ended.add(`${session.room}/${session.keyDigest}`);
    const [oldest] = this.#ended;
    if (this.#ended.size > ENDED_MAX && oldest !== undefined) this.#ended.delete(oldest);
    session.log.leave(session.name);
    for (const end of [...session.waits]) end();
    this.#deps.rooms.tellChanged(session.room);
  }

  #endAll(room: RoomUid): void {
    for (const session of [...this.#byDigest.values()]) {
      if (session.room === room) this.#end(session);
    }
  }

  /** Looks again when the first of all could be gone. */
  #watch(): void {
    const [first] = this.#byDigest.values();
    if (this.#timer !== undefined || first === undefined) return;
    const { clock, sessionTimeoutMs } = this.#deps;
    const dueMs = first.seenAtMs + sessionTimeoutMs - clock.monotonicMs();
    // Whoever waits is there, however long that takes.
    this.#timer = clock.after(dueMs > 0 ? Math.ceil(dueMs) : SWEEP_PAUSE_MS, () => {
      this.#timer = undefined;
      this.#sweep();
      this.#watch();
    });
  }

  #sweep(): void {
    const gone = [...this.#byDigest.values()].filter((session) => this.#isGone(session));
    for (const session of gone) this.#end(session);
    for (const log of new Set(gone.map((session) => session.log))) {
      // What can't be told now is told with the next event of the room.
      log.tellDirectory().catch(() => undefined);
    }
  }

  #isGone({ seenAtMs, beganAtMs, waits }: Session): boolean {
    const nowMs = this.#deps.clock.monotonicMs();
    if (nowMs - beganAtMs >= SESSION_LIFE_MS) return true;
    return waits.size === 0 && nowMs - seenAtMs >= this.#deps.sessionTimeoutMs;
  }
}
