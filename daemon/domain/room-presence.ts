import { isDaemonUser, serverOf } from '../wire/room-names.ts';
import type { RoomHost } from './room-host.ts';
import type { RoomMirrors } from './room-mirrors.ts';
import type { Room, RoomUser } from './room-model.ts';
import type { Rooms } from './rooms.ts';

type Dependencies = Readonly<{
  rooms: Pick<Rooms, 'log' | 'ownerUser'>;
  host: Pick<RoomHost, 'sessions'>;
  mirrors: Pick<RoomMirrors, 'isOnline' | 'isHostAway'>;
}>;

/** Who of those in a room is there now, in rooms of this daemon and in those of others. */
export class RoomPresence {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Whether somebody in a room is there: a guest is as long as his session lasts, and with it his place in the room; the user of a
   * daemon while that tells so.
   *
   * @returns `undefined` where nobody knows: the host of the room is away, or has not told it yet.
   */
  isOnline(room: Room, user: RoomUser): boolean | undefined {
    const { rooms, host, mirrors } = this.#deps;
    if (room.host !== undefined) {
      if (isDaemonUser(user)) return mirrors.isOnline(room, user);
      return mirrors.isHostAway(room) ? undefined : true;
    }
    const server = serverOf(user);
    if (server === undefined || user === rooms.ownerUser) return true;
    return host.sessions.has(server, user);
  }

  /** How many of those in a room are there, as far as that is known. */
  count(room: Room): number {
    const { users } = this.#deps.rooms.log(room);
    return users.filter((user) => this.isOnline(room, user) === true).length;
  }
}
