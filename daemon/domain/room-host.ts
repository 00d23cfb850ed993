import { isEqualSecret } from '../crypto/digest.ts';
import type { Address } from '../wire/address.ts';
import { membershipUid, type RoomBody } from '../wire/room-sync-bodies.ts';
import {
  ALL_EQUAL,
  type CheckAnswer,
  type RoomCheck,
  type SyncVerdict,
} from '../wire/room-sync.ts';
import type { DomainEvents } from './events.ts';
import type { ForgedLines } from './forged-lines.ts';
import type { Clock } from './ports.ts';
import { judgeClaim, type Asker } from './room-claims.ts';
import { roomFlags } from './room-hash.ts';
import { RoomHostEvents } from './room-host-events.ts';
import { RoomHostViews } from './room-host-views.ts';
import type { Room, RoomUid } from './room-model.ts';
import type { RoomStore } from './room-ports.ts';
import { RoomWaits } from './room-waits.ts';
import type { Rooms } from './rooms.ts';
import { ServerSessions } from './server-sessions.ts';

/** Other hashes are told at most so often to those who wait: many may come or go at the same time. */
const HASH_PACE_MS = 500;
/** Requests of one asker that may wait at the same time. */
const ASKER_MAX_WAITS = 2;

type Dependencies = Readonly<{
  rooms: Rooms;
  store: Pick<RoomStore, 'lastPlace' | 'storedAfter'>;
  events: DomainEvents;
  clock: Clock;
  /** How this daemon is called as a server. May change. */
  ownServer: () => Address;
  ownNick: () => string;
  forged: Pick<ForgedLines, 'note'>;
  onDefect: (error: unknown) => void;
}>;

/** The rooms of this daemon, as it tells them to the daemons that mirror them. Source: docs/room-sync.md. */
export class RoomHost {
  readonly sessions: ServerSessions;
  readonly #deps: Dependencies;
  readonly #waits: RoomWaits;
  readonly #waiting = new Map<Address, number>();
  readonly #views: RoomHostViews;
  readonly #events: RoomHostEvents;
  #owner: Readonly<{ server: Address; user: string }> | undefined;
  #isTellingHashes = false;
  #isStopped = false;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#waits = new RoomWaits(deps.clock);
    const { rooms, events, clock } = deps;
    this.#views = new RoomHostViews(rooms);
    this.#events = new RoomHostEvents(deps);
    this.sessions = new ServerSessions({ clock, onChange: (server) => this.#tellPresence(server) });
    for (const room of rooms.hosted()) this.#events.note(room);
    events.on('room', ({ uid }) => this.#noteRoom(uid));
    events.on('roomEvents', ({ room }) => {
      if (room.host !== undefined) return;
      this.#events.note(room);
      for (const server of this.#views.membersOf(room)) this.#waits.wakeNow(server);
    });
    events.on('roomGone', ({ room }) => this.#noteGone(room));
    events.on('status', () => this.#noteOwner());
  }

  /**
   * Answers a check; where all is equal and the asker may wait, as soon as there is news.
   *
   * @param waitMs 0: at once.
   * @param gone   Aborted when nobody waits for the answer any more.
   */
  async check(
    asker: Asker,
    check: RoomCheck,
    waitMs: number,
    gone: AbortSignal,
  ): Promise<CheckAnswer> {
    const { clock } = this.#deps;
    this.sessions.touch(asker.server);
    const endMs = clock.monotonicMs() + waitMs;
    let verdicts: readonly SyncVerdict[] | undefined;
    for (;;) {
      const { news, cancel } = this.#listen(asker, endMs - clock.monotonicMs(), gone);
      try {
        verdicts ??= await this.#judge(asker, check);
        const answer = await this.#compare(asker, check, verdicts);
        if (answer !== ALL_EQUAL || news === undefined) return answer;
        // News of a room may be none for this asker: then it waits on.
        await news;
      } finally {
        cancel();
      }
    }
  }

  /** A room as this asker may see it; `undefined`: not at all. */
  room({ server }: Asker, uid: RoomUid): RoomBody | undefined {
    const room = this.#deps.rooms.get(uid);
    if (room === undefined || !this.#views.isVisible(room, server)) return undefined;
    return this.#body(room);
  }

  /**
   * The room of a name, as this asker may see it.
   *
   * @param invite Shows a private room to whoever has it.
   */
  find(asker: Asker, name: string, invite: string): RoomBody | undefined {
    const room = this.#deps.rooms.named(name);
    if (room === undefined) return undefined;
    const isInvited = invite !== '' && isEqualSecret(invite, room.invite);
    return isInvited ? this.#body(room) : this.room(asker, room.uid);
  }

  /** Hash over all rooms that an asker may see. */
  roomsHash({ server }: Asker): string {
    return this.#views.of(server).hash;
  }

  /** Takes who is logged in at a server. */
  setSessions({ server, nick }: Asker, users: readonly string[]): void {
    this.sessions.set(server, nick, users);
    this.sessions.touch(server);
  }

  /** Answers all who wait, so that the listener can close. */
  stop(): void {
    this.#isStopped = true;
    this.#waits.wakeAll();
    this.sessions.stop();
  }

  #body(room: Room): RoomBody {
    const { uid } = room;
    const { name, topic, memberships } = this.#views.hashed(room);
    return {
      ...{ uid, name, topic, flags: [...roomFlags(room)], host: this.#deps.ownServer() },
      seqnr: this.#deps.rooms.log(room).lastSeqnr,
      members: memberships.map(({ user, role }) => {
        return { uid: membershipUid(uid, user), userUID: user, role };
      }),
    };
  }

  /** Begun before anything is compared, so that no news falls between. */
  #listen(
    { server }: Asker,
    waitMs: number,
    gone: AbortSignal,
  ): Readonly<{ news: Promise<void> | undefined; cancel: () => void }> {
    const waiting = this.#waiting.get(server) ?? 0;
    if (waitMs < 1 || waiting >= ASKER_MAX_WAITS || gone.aborted || this.#isStopped) {
      return { news: undefined, cancel: () => undefined };
    }
    this.#waiting.set(server, waiting + 1);
    let cancelWait = (): void => undefined;
    let onGone = (): void => undefined;
    const news = new Promise<void>((resolve) => {
      cancelWait = this.#waits.begin(server, waitMs, resolve);
      onGone = resolve;
      gone.addEventListener('abort', onGone);
    });
    const cancel = (): void => {
      cancelWait();
      gone.removeEventListener('abort', onGone);
      const left = (this.#waiting.get(server) ?? 1) - 1;
      if (left === 0) this.#waiting.delete(server);
      else this.#waiting.set(server, left);
    };
    return { news, cancel };
  }

  /** One after another, so that what somebody says stays in order. */
  async #judge(asker: Asker, { claims }: RoomCheck): Promise<readonly SyncVerdict[]> {
    const verdicts: SyncVerdict[] = [];
    try {
      for (const claim of claims) verdicts.push(await judgeClaim(asker, claim, this.#deps));
    } catch (error) {
      // What could not be kept, and all behind it, is not answered and comes again.
      this.#deps.onDefect(error);
    }
    return verdicts;
  }

  async #compare(
    asker: Asker,
    check: RoomCheck,
    claimed: readonly SyncVerdict[],
  ): Promise<CheckAnswer> {
    this.#noteOwner();
    const { sessions } = this;
    const view = this.#views.of(asker.server);
    const { events, cursor, verdicts: repaired } = await this.#events.tell(view, check);
    const verdicts = [...claimed, ...repaired];
    const areRooms = check.rooms === undefined || check.rooms === view.hash;
    const areServers = check.servers === undefined || check.servers === sessions.networkHash;
    const areSessions = this.#areSessionsEqual(asker, check);
    if (areRooms && areServers && areSessions && cursor === undefined && verdicts.length === 0) {
      return ALL_EQUAL;
    }
    return {
      ...{ verdicts, events, cursor },
      rooms: areRooms ? undefined : view.hashes,
      sessions: areSessions ? undefined : sessions.hashes,
      servers: areServers ? undefined : sessions.networkHash,
    };
  }

  #areSessionsEqual({ server }: Asker, { sessions, ownSessions }: RoomCheck): boolean {
    if (sessions !== undefined && sessions !== this.sessions.hash) return false;
    if (ownSessions?.server !== server) return true;
    return ownSessions.hash === this.sessions.hashOf(server);
  }

  #noteRoom(uid: RoomUid): void {
    const room = this.#deps.rooms.get(uid);
    if (room === undefined || room.host !== undefined) return;
    this.#events.note(room);
    if (this.#views.note(room)) this.#tellHashes();
  }

  #noteGone({ uid, host }: Room): void {
    if (host !== undefined) return;
    this.#views.forget(uid);
    this.#tellHashes();
  }

  #tellHashes(): void {
    if (this.#isTellingHashes) return;
    this.#isTellingHashes = true;
    this.#deps.clock.after(HASH_PACE_MS, () => {
      this.#isTellingHashes = false;
      this.#waits.wakeAll();
    });
  }

  /** The owner has another nick, or this daemon another address. */
  #noteOwner(): void {
    const { rooms, ownServer, ownNick } = this.#deps;
    const [server, user] = [ownServer(), rooms.ownerUser];
    const former = this.#owner;
    if (former?.server === server && former.user === user) return;
    this.#owner = { server, user };
    if (former !== undefined && former.server !== server) this.sessions.remove(former.server);
    this.sessions.set(server, ownNick(), [user]);
    this.#views.noteAll();
    this.#tellHashes();
  }

  /** Somebody of a daemon is logged in, or is not any more. */
  #tellPresence(server: Address): void {
    for (const room of this.#deps.rooms.hosted()) {
      if (this.#views.membersOf(room).has(server)) this.#deps.rooms.tellChanged(room.uid);
    }
  }
}
