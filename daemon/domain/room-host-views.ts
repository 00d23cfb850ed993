import type { Address } from '../wire/address.ts';
import { serverOf } from '../wire/room-names.ts';
import { hashRoom, hashRooms, type HashedRoom } from './room-hash.ts';
import type { Room, RoomUid } from './room-model.ts';
import type { Rooms } from './rooms.ts';

/** What one asker may see. Good as long as no room's hash changed. */
export type View = Readonly<{
  version: number;
  hash: string;
  hashes: ReadonlyMap<RoomUid, string>;
  /** Rooms whose events it gets. */
  joined: ReadonlySet<RoomUid>;
}>;

/** Which daemon sees which rooms of ours, and their hashes, made anew only when what they stand for changes. */
export class RoomHostViews {
  readonly #rooms: Rooms;
  readonly #hashes = new Map<RoomUid, Readonly<{ room: Room; owner: string; hash: string }>>();
  /** Hashes as they were when a room changed last. */
  readonly #noted = new Map<RoomUid, string>();
  readonly #servers = new WeakMap<Room, ReadonlySet<Address>>();
  readonly #views = new Map<Address, View>();
  #version = 0;

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
  }

  /** What a daemon may see. */
  of(server: Address): View {
    const known = this.#views.get(server);
    if (known?.version === this.#version) return known;
    const visible = this.#rooms.hosted().filter((room) => this.isVisible(room, server));
    const hashes = new Map(visible.map((room) => [room.uid, this.#hashOf(room)]));
    const joined = visible.filter((room) => this.membersOf(room).has(server));
    const view: View = {
      ...{ version: this.#version, hash: hashRooms(hashes), hashes },
      joined: new Set(joined.map(({ uid }) => uid)),
    };
    this.#views.set(server, view);
    return view;
  }

  isVisible(room: Room, server: Address): boolean {
    if (room.host !== undefined) return false;
    return !room.isPrivate || this.membersOf(room).has(server);
  }

  /** Daemons that have somebody in a room. */
  membersOf(room: Room): ReadonlySet<Address> {
    const known = this.#servers.get(room);
    if (known !== undefined) return known;
    const members = room.memberships.filter(({ role }) => role !== 'banned');
    const servers = new Set(members.flatMap(({ user }) => serverOf(user) ?? []));
    this.#servers.set(room, servers);
    return servers;
  }

  /** The owner is in it as others are, for those who look from outside. */
  hashed(room: Room): HashedRoom {
    if (!room.isJoined) return room;
    const owner = { user: this.#rooms.ownerUser, role: 'admin' } as const;
    return { ...room, memberships: [owner, ...room.memberships] };
  }

  /** A room of ours may have changed. @returns Whether others see it. */
  note(room: Room): boolean {
    const hash = this.#hashOf(room);
    if (this.#noted.get(room.uid) === hash) return false;
    this.#noted.set(room.uid, hash);
    this.noteAll();
    return true;
  }

  /** A room of ours is not there any more. */
  forget(uid: RoomUid): void {
    this.#hashes.delete(uid);
    this.#noted.delete(uid);
    this.noteAll();
  }

  /** All rooms may look otherwise now. */
  noteAll(): void {
    this.#version += 1;
  }

  #hashOf(room: Room): string {
    const owner = this.#rooms.ownerUser;
    const known = this.#hashes.get(room.uid);
    if (known?.room === room && known.owner === owner) return known.hash;
    const hash = hashRoom(this.hashed(room));
    this.#hashes.set(room.uid, { room, owner, hash });
    return hash;
  }
}
