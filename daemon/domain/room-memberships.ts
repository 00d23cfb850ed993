import { foldName } from '../wire/room-names.ts';
import { DomainError } from './errors.ts';
import type { RoomBook } from './room-book.ts';
import type { RoomLog } from './room-log.ts';
import type { Room, RoomRole, RoomUid, RoomUser } from './room-model.ts';
import { otherNicks } from './room-rules.ts';

type Dependencies = Readonly<{
  book: Pick<RoomBook, 'update'>;
  log: (uid: RoomUid) => RoomLog;
  maxGuests: number;
}>;

/** Who is in a room of ours for longer than a session, and who is kept out of it. All of it is durable when it resolves. */
export class RoomMemberships {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Gives somebody a role for good, or none. @throws {StorageError} */
  async setRole(uid: RoomUid, user: RoomUser, role: RoomRole | undefined): Promise<Room> {
    return this.#deps.book.update(uid, (room) => {
      const others = room.memberships.filter((one) => foldName(one.user) !== foldName(user));
      const memberships = role === undefined ? others : [...others, { user, role }];
      return { ...room, memberships };
    });
  }

  /**
   * Makes the user of another daemon a member, and tells the others.
   *
   * @throws {DomainError} `room_full`.
   * @throws {StorageError}
   */
  async enrol({ uid }: Room, user: RoomUser): Promise<void> {
    const { maxGuests } = this.#deps;
    const log = this.#deps.log(uid);
    if (log.size >= maxGuests) throw new DomainError('room_full', `there are ${maxGuests} already`);
    await this.setRole(uid, user, 'member');
    log.enter(user);
    await log.tellDirectory();
  }

  /** The owner puts the user of another daemon out, under all nicks that he has there; as `dismiss`. */
  async putOut(room: Room, user: RoomUser, role?: 'banned'): Promise<void> {
    for (const nick of otherNicks(room, user)) await this.dismiss(room, nick);
    await this.dismiss(room, user, role);
  }

  /**
   * Ends the membership of a user of another daemon, and tells the others.
   *
   * @param role `banned` keeps the user out from now on.
   * @throws {StorageError}
   */
  async dismiss({ uid }: Room, user: RoomUser, role?: 'banned'): Promise<void> {
    await this.setRole(uid, user, role);
    const log = this.#deps.log(uid);
    if (log.leave(user)) await log.tellDirectory();
  }
}
