import { DomainError } from './errors.ts';
import type { RoomBook } from './room-book.ts';
import type { Room } from './room-model.ts';
import type { RoomRules } from './room-rules.ts';

type Dependencies = Readonly<{
  book: Pick<RoomBook, 'named' | 'hostedCount'>;
  rules: Pick<RoomRules, 'guestsCreate' | 'maxRooms'>;
  create: (name: string) => Promise<Room>;
}>;

/** Rooms that guests make by joining them. */
export class GuestRooms {
  readonly #deps: Dependencies;
  /** Those that are being made, by name. */
  readonly #creating = new Map<string, Promise<Room>>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * The room of this name; one that is not there is made if guests may do so.
   *
   * @throws {DomainError} `creation_refused`.
   * @throws {StorageError}
   */
  async find(name: string): Promise<Room> {
    // Of several who want it at the same time one makes it, and it is there for all when it is durable.
    return this.#creating.get(name) ?? this.#deps.book.named(name) ?? this.#create(name);
  }

  async #create(name: string): Promise<Room> {
    const { book, rules, create } = this.#deps;
    if (!rules.guestsCreate) {
      throw new DomainError('creation_refused', 'only the owner of this daemon creates rooms');
    }
    if (book.hostedCount >= rules.maxRooms) {
      throw new DomainError('creation_refused', `there are ${rules.maxRooms} rooms already`);
    }
    const created = create(name);
    this.#creating.set(name, created);
    return created.finally(() => this.#creating.delete(name));
  }
}
