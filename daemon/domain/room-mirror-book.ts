import type { Address } from '../wire/address.ts';
import { DomainError } from './errors.ts';
import type { Clock, Timer } from './ports.ts';
import type { Mirror, Mirrors, Room, RoomUid, RoomUser, WaitingRoomMessage } from './room-model.ts';
import type { RoomStore } from './room-ports.ts';
import type { Rooms } from './rooms.ts';

/** The cursor is written this long after it moved: without it events come again and are passed over. */
const CURSOR_SAVE_MS = 1000;

/** A room of another host, and what this daemon wants of it. */
export type Mirrored = Readonly<{ mirror: Mirror; room: Room }>;

/** Whether the host has granted what the owner wants, under the name that he has. */
export function isSettled({ settledAs }: Mirror, own: RoomUser): boolean {
  return settledAs === own;
}

type Dependencies = Readonly<{
  rooms: Pick<Rooms, 'get' | 'list' | 'forget'>;
  store: Pick<RoomStore, 'initialMirrors' | 'saveMirrors'>;
  clock: Pick<Clock, 'after'>;
}>;

/** What has to outlast a restart of rooms of other hosts: wishes, cursors, and what the owner said there. */
export class MirrorBook {
  readonly #deps: Dependencies;
  readonly #mirrors = new Map<RoomUid, Mirror>();
  readonly #waiting = new Map<string, WaitingRoomMessage>();
  readonly #cursors: Map<Address, number>;
  #cursorTimer: Timer | undefined;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    const { mirrors, waiting, cursors } = deps.store.initialMirrors;
    for (const mirror of mirrors) this.#mirrors.set(mirror.room, mirror);
    for (const message of waiting) this.#waiting.set(message.uid, message);
    this.#cursors = new Map(cursors);
    // Documents are repaired one member at a time, so a room may be there without this.
    for (const { uid, host, isJoined } of deps.rooms.list()) {
      if (host !== undefined && !this.#mirrors.has(uid))
        this.#mirrors.set(uid, unknown(uid, isJoined));
    }
  }

  /** All rooms that are here, whoever hosts them. */
  all(): readonly Mirrored[] {
    return [...this.#mirrors.values()].flatMap((mirror) => {
      const room = this.#deps.rooms.get(mirror.room);
      return room?.host === undefined ? [] : [{ mirror, room }];
    });
  }

  /** The rooms of one host. */
  of(host: Address): readonly Mirrored[] {
    return this.all().filter(({ room }) => room.host === host);
  }

  get(uid: RoomUid): Mirror | undefined {
    return this.#mirrors.get(uid);
  }

  /** @throws {DomainError} `not_found`. */
  require({ uid }: Room): Mirror {
    const mirror = this.#mirrors.get(uid);
    if (mirror === undefined) throw new DomainError('not_found', 'there is no such room');
    return mirror;
  }

  /** A room that is mirrored here, if this host has it. */
  roomOf(host: Address, uid: RoomUid): Room | undefined {
    const room = this.#deps.rooms.get(uid);
    return room?.host === host && this.#mirrors.has(uid) ? room : undefined;
  }

  set(mirror: Mirror): void {
    this.#mirrors.set(mirror.room, mirror);
  }

  /** Changes what is there; not written before `save`. */
  change(uid: RoomUid, change: Partial<Omit<Mirror, 'room'>>): void {
    const mirror = this.#mirrors.get(uid);
    if (mirror !== undefined) this.#mirrors.set(uid, { ...mirror, ...change });
  }

  /** Forgets a room, with what waits for it. */
  remove(uid: RoomUid): void {
    this.#mirrors.delete(uid);
    for (const { uid: message } of this.waitingFor(uid)) this.#waiting.delete(message);
  }

  /** Forgets a room with all that was said there, in one write. @throws {StorageError} It is there. */
  async forget(room: Room): Promise<void> {
    const mirror = this.require(room);
    const waiting = this.waitingFor(room.uid);
    this.remove(room.uid);
    try {
      await Promise.all([this.#deps.rooms.forget(room), this.save()]);
    } catch (error) {
      this.set(mirror);
      for (const message of waiting) this.setMessage(message);
      throw error;
    }
  }

  /** The host told which room it is that was looked for by its name. */
  rename(former: RoomUid, uid: RoomUid): void {
    const mirror = this.#mirrors.get(former);
    if (mirror === undefined) return;
    this.#mirrors.delete(former);
    this.#mirrors.set(uid, { ...mirror, room: uid, isFound: true, refusal: undefined });
    for (const message of this.waitingFor(former)) {
      this.#waiting.set(message.uid, { ...message, room: uid });
    }
  }

  /** What the owner said that its host has not taken, in his order. */
  waiting(): Iterable<WaitingRoomMessage> {
    return this.#waiting.values();
  }

  waitingFor(room: RoomUid): readonly WaitingRoomMessage[] {
    return [...this.#waiting.values()].filter((message) => message.room === room);
  }

  message(uid: string): WaitingRoomMessage | undefined {
    return this.#waiting.get(uid);
  }

  setMessage(message: WaitingRoomMessage): void {
    this.#waiting.set(message.uid, message);
  }

  /** What was refused with this code waits again. */
  retryMessages(room: RoomUid, code: string): void {
    for (const message of this.waitingFor(room)) {
      if (message.refusal?.code === code) this.setMessage({ ...message, refusal: undefined });
    }
  }

  removeMessage(uid: string): void {
    this.#waiting.delete(uid);
  }

  /** How far this host's events are here, by its own count; 0 before any came. */
  cursor(host: Address): number {
    return this.#cursors.get(host) ?? 0;
  }

  /** Written soon: the cursor alone is no loss. */
  setCursor(host: Address, cursor: number): void {
    this.#cursors.set(host, cursor);
    this.#cursorTimer ??= this.#deps.clock.after(CURSOR_SAVE_MS, () => {
      this.#cursorTimer = undefined;
      this.save().catch(() => undefined);
    });
  }

  /** A host is at another address. */
  moveCursor(from: Address, to: Address): void {
    const cursor = this.#cursors.get(from);
    this.#cursors.delete(from);
    if (cursor !== undefined) this.setCursor(to, cursor);
  }

  /** @throws {StorageError} It is written with the next change. */
  async save(): Promise<void> {
    await this.#deps.store.saveMirrors(this.#state());
  }

  /** Writes what was not written yet. @throws {StorageError} */
  async flush(): Promise<void> {
    if (this.#cursorTimer === undefined) return;
    this.#cursorTimer.cancel();
    this.#cursorTimer = undefined;
    await this.save();
  }

  #state(): Mirrors {
    return {
      mirrors: [...this.#mirrors.values()],
      waiting: [...this.#waiting.values()],
      cursors: new Map(this.#cursors),
    };
  }
}

/** What to want of a room of which nothing is known but that the owner was in it, or was not. */
function unknown(room: RoomUid, isJoined: boolean): Mirror {
  return {
    ...{ room, isFound: true, isBehind: true, invite: '', refusal: undefined },
    wish: isJoined ? 'in' : 'out',
    settledAs: undefined,
  };
}
