import type { Address } from '../wire/address.ts';
import { serverOf } from '../wire/room-names.ts';
import { hashServerSessions } from './room-hash.ts';
import type { MirrorBook } from './room-mirror-book.ts';
import type { Refusal, Room, RoomUid, RoomUser } from './room-model.ts';

/** Who is logged in at one server, and the hash of that. */
type Sessions = Readonly<{ hash: string; users: ReadonlySet<RoomUser> }>;

const NOT_ASKED: Refusal = { code: 'host_away', reason: 'its host was not heard yet' };

/** What is known of a host since the start. In memory alone: whatever is lost, the host tells it again. */
export class HostPicture {
  /** Hashes of its rooms, as far as they are known here. */
  readonly rooms = new Map<RoomUid, string>();
  /** As told in the last answer; not all of these are here yet. */
  told: ReadonlyMap<RoomUid, string> = new Map();
  /** Hashes of sessions by server. */
  sessions: ReadonlyMap<string, string> = new Map();
  /** Nicks by server. */
  servers: ReadonlyMap<string, string> = new Map();
  /** Rooms that were looked for by name since the host's list changed, by the uid of our own making. */
  readonly soughtInVain = new Set<RoomUid>();
  /** Rooms whose last event here is known to be the host's, or one before it. */
  readonly verified = new Set<RoomUid>();
  /** It has no answer to a name: whoever looks for one goes through all of its rooms. */
  isNameless = false;
  /** When it answered last, milliseconds since 1970. */
  checkedAt: number | undefined;
  /** Why nothing is heard of it; `undefined`: it is there. */
  absence: Refusal | undefined = NOT_ASKED;
  readonly #users = new Map<Address, Sessions>();

  /** Whether somebody of a daemon is logged in there; `undefined`: that was not told. */
  isOnline(user: RoomUser): boolean | undefined {
    if (this.absence !== undefined) return undefined;
    const server = serverOf(user);
    if (server === undefined) return undefined;
    if (!this.sessions.has(server)) return false;
    return this.#users.get(server)?.users.has(user);
  }

  /**
   * Of servers that have somebody in these rooms, those whose sessions must be asked for. Where the hash is that of just those
   * who are in the rooms, it tells enough.
   */
  unknownSessions(rooms: readonly Room[]): readonly Address[] {
    for (const server of this.#users.keys()) {
      if (!this.sessions.has(server)) this.#users.delete(server);
    }
    const unknown: Address[] = [];
    for (const [server, users] of membersByServer(rooms)) {
      const hash = this.sessions.get(server);
      if (hash === undefined || this.#users.get(server)?.hash === hash) continue;
      if (hashServerSessions(server, [...users]) === hash) this.#users.set(server, { hash, users });
      else unknown.push(server);
    }
    return unknown;
  }

  /** Takes who is logged in at a server. */
  setUsers(server: Address, users: readonly RoomUser[]): void {
    const hash = hashServerSessions(server, users);
    this.#users.set(server, { hash, users: new Set(users) });
  }
}

/** A picture of each host, made when it is looked at. */
export class HostPictures {
  readonly #pictures = new Map<Address, HostPicture>();

  of(host: Address): HostPicture {
    const known = this.#pictures.get(host) ?? new HostPicture();
    this.#pictures.set(host, known);
    return known;
  }

  /** A room is looked for again by its name. */
  seekAgain(host: Address, sought: RoomUid, book: Pick<MirrorBook, 'roomOf'>): void {
    const { soughtInVain, isNameless, rooms } = this.of(host);
    soughtInVain.delete(sought);
    if (!isNameless) return;
    // So that it tells all of its rooms again.
    for (const uid of [...rooms.keys()]) {
      if (book.roomOf(host, uid) === undefined) rooms.delete(uid);
    }
  }
}

/** The daemon that hosts a room of others. */
export function hostOf({ host }: Pick<Room, 'host'>): Address {
  if (host === undefined) throw new TypeError('a room of this daemon is no mirror');
  return host;
}

function membersByServer(rooms: readonly Room[]): ReadonlyMap<Address, ReadonlySet<RoomUser>> {
  const byServer = new Map<Address, Set<RoomUser>>();
  for (const { user, role } of rooms.flatMap(({ memberships }) => memberships)) {
    const server = serverOf(user);
    if (server === undefined || role === 'banned') continue;
    byServer.set(server, (byServer.get(server) ?? new Set()).add(user));
  }
  return byServer;
}
