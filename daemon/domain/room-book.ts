import type { Address } from '../wire/address.ts';
import { DomainError } from './errors.ts';
import type { DomainEvents } from './events.ts';
import type { Room, RoomUid } from './room-model.ts';
import type { RoomStore } from './room-ports.ts';

type Dependencies = Readonly<{
  store: Pick<RoomStore, 'initial' | 'save' | 'cut'>;
  events: DomainEvents;
}>;

/**
 * What the rooms here are, ours and those of other hosts. In memory at once, so that changes do not undo each other; taken back
 * where the disk refuses.
 */
export class RoomBook {
  readonly #deps: Dependencies;
  readonly #rooms = new Map<RoomUid, Room>();
  /** Hosted rooms by name. */
  readonly #byName = new Map<string, RoomUid>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    for (const room of deps.store.initial) this.#note(room);
  }

  /** How many rooms this daemon hosts. */
  get hostedCount(): number {
    return this.#byName.size;
  }

  list(): readonly Room[] {
    return [...this.#rooms.values()];
  }

  get(uid: RoomUid): Room | undefined {
    return this.#rooms.get(uid);
  }

  /** A room that is hosted here. */
  named(name: string): Room | undefined {
    return this.#rooms.get(this.#byName.get(name) ?? '');
  }

  /** Somebody else's room of this name. */
  mirrored(host: Address, name: string): Room | undefined {
    return this.list().find((room) => room.host === host && room.name === name);
  }

  /** Takes in a room of ours. @throws {DomainError} `room_exists`. @throws {StorageError} It is not there. */
  async add(room: Room): Promise<void> {
    const { uid, name } = room;
    if (this.#byName.has(name)) throw new DomainError('room_exists', 'that room is there already');
    this.#note(room);
    try {
      await this.#save(room);
    } catch (error) {
      this.#drop(room);
      throw error;
    }
    this.tellChanged(uid);
  }

  /**
   * Notes a room of another host as it is now.
   *
   * @param former Its uid before the host told the real one.
   * @throws {StorageError} A room that was not there is not; what is known of another is told by its host again.
   */
  async keepMirrored(room: Room, former?: RoomUid): Promise<void> {
    const before = this.#rooms.get(room.uid);
    if (former !== undefined) this.#rooms.delete(former);
    this.#note(room);
    try {
      await this.#save(room);
    } catch (error) {
      if (before === undefined && former === undefined) this.#drop(room);
      throw error;
    }
  }

  /** Changes what is there. @throws {DomainError} `not_found`. @throws {StorageError} Nothing was changed. */
  async update(uid: RoomUid, change: (room: Room) => Room): Promise<Room> {
    const before = this.#rooms.get(uid);
    if (before === undefined) throw new DomainError('not_found', 'there is no such room');
    const after = change(before);
    if (after === before) return before;
    this.#rooms.set(uid, after);
    try {
      await this.#save(after);
    } catch (error) {
      if (this.#rooms.get(uid) === after) this.#rooms.set(uid, before);
      throw error;
    }
    return after;
  }

  /** Forgets a room, with all that was said in it. @throws {StorageError} It is there. */
  async remove(room: Room): Promise<void> {
    const { store, events } = this.#deps;
    this.#drop(room);
    try {
      await Promise.all([store.save(this.list()), store.cut(room.uid, 1)]);
    } catch (error) {
      if (room.host !== undefined || !this.#byName.has(room.name)) this.#note(room);
      throw error;
    }
    events.emit('roomGone', { room });
  }

  /** Somebody came or went, or was told. */
  tellChanged(uid: RoomUid): void {
    this.#deps.events.emit('room', { uid });
  }

  #note(room: Room): void {
    this.#rooms.set(room.uid, room);
    if (room.host === undefined) this.#byName.set(room.name, room.uid);
  }

  #drop({ uid, name, host }: Room): void {
    this.#rooms.delete(uid);
    if (host === undefined) this.#byName.delete(name);
  }

  async #save({ uid }: Room): Promise<void> {
    await this.#deps.store.save(this.list());
    this.tellChanged(uid);
  }
}
