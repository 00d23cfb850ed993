import { foldName } from '../wire/room-names.ts';
import type { Clock, Random } from './ports.ts';
import { newUid } from './room-uid.ts';
import type { NewRoomMessage, RoomEvent, RoomMessage, RoomUid, RoomUser } from './room-model.ts';
import type { RoomStore } from './room-ports.ts';
import type { RecentEvents } from './recent-events.ts';

/** Events that are stored in one go. */
const BATCH_MAX_EVENTS = 500;
/** No directory: whatever is there is news. */
const NEVER_TOLD = '';

/** What a log works with; the same for all rooms. */
export type RoomLogTools = Readonly<{
  store: RoomStore;
  recent: RecentEvents;
  clock: Pick<Clock, 'nowMs'>;
  random: Pick<Random, 'bytes'>;
  /** Hears of events that have become durable, in order. */
  onEvents: (events: readonly RoomEvent[]) => void;
}>;

type Waiting = Readonly<{
  /** `undefined`: whoever waits only wants the directory to be told. */
  message: NewRoomMessage | undefined;
  resolve: (told: RoomEvent | undefined) => void;
  reject: (error: unknown) => void;
}>;

/**
 * The events of one room that is hosted here, and who is in it. Everything goes through one queue: what waits is
 * numbered and stored together while nothing else of this room is being stored, so that a number is never given twice
 * nor left out, whatever the disk says.
 */
export class RoomLog {
  readonly #uid: RoomUid;
  readonly #tools: RoomLogTools;
  /** Users by folded name, in order of joining. */
  readonly #users = new Map<string, RoomUser>();
  readonly #waiting: Waiting[] = [];
  /** The directory as the last event says, as text; `undefined` until that was looked up. */
  #told: string | undefined;
  #running: Promise<void> | undefined;

  constructor(uid: RoomUid, users: readonly RoomUser[], tools: RoomLogTools) {
    this.#uid = uid;
    this.#tools = tools;
    for (const user of users) this.enter(user);
  }

  /** Who is in the room, in order of joining. */
  get users(): readonly RoomUser[] {
    return [...this.#users.values()];
  }

  get size(): number {
    return this.#users.size;
  }

  /** Number of the oldest event that is kept. */
  get firstSeqnr(): number {
    return this.#tools.store.firstSeqnr(this.#uid);
  }

  get lastSeqnr(): number {
    return this.#tools.store.lastSeqnr(this.#uid);
  }

  has(user: RoomUser): boolean {
    return this.#users.has(foldName(user));
  }

  /** Lets somebody in; nobody hears of it before `tellDirectory`. @returns Whether the name was free. */
  enter(user: RoomUser): boolean {
    const key = foldName(user);
    if (this.#users.has(key)) return false;
    this.#users.set(key, user);
    return true;
  }

  /** Lets somebody out, as `enter`. @returns Whether he was in. */
  leave(user: RoomUser): boolean {
    return this.#users.delete(foldName(user));
  }

  /**
   * Stores what somebody says; resolves once it is durable.
   *
   * @throws {StorageError} It was not kept, and its number goes to another.
   */
  async say(message: NewRoomMessage): Promise<RoomMessage> {
    const event = await this.#enqueue(message);
    if (event?.type !== 'MSG') throw new TypeError('a message becomes a message');
    return event;
  }

  /**
   * Stores who is in the room, unless that has been told.
   *
   * @returns The number of the newest event from which on the present directory holds.
   * @throws {StorageError}
   */
  async tellDirectory(): Promise<number> {
    const event = await this.#enqueue(undefined);
    return event?.seqnr ?? this.lastSeqnr;
  }

  /** Tells the directory once more if it was told before this number last, where it will be forgotten. */
  async repeatDirectory(beforeSeqnr: number): Promise<void> {
    if (this.#tools.store.lastDirectory(this.#uid) >= beforeSeqnr) return;
    this.#told = NEVER_TOLD;
    await this.tellDirectory();
  }

  /** Events from `first` to `last`, or to the newest, as far as they are kept. */
  async read(first: number, last = this.lastSeqnr): Promise<readonly RoomEvent[]> {
    const begin = Math.max(first, this.firstSeqnr);
    const end = Math.min(last, this.lastSeqnr);
    if (begin > end) return [];
    const { recent, store } = this.#tools;
    return recent.range(this.#uid, begin, end) ?? store.read(this.#uid, begin, end);
  }

  /**
   * Keeps events of another host's room, with the host's numbers; durable when it resolves.
   *
   * @throws {StorageError} None was kept.
   */
  async adopt(events: readonly RoomEvent[]): Promise<void> {
    if (events.length === 0) return;
    await this.#tools.store.append(events);
    this.#follow(events);
    for (const event of events) this.#tools.recent.put(event);
    this.#tools.onEvents(events);
  }

  /** Finds out who is in another host's room, as its last event says. */
  async recall(): Promise<void> {
    const { store } = this.#tools;
    const seqnr = store.lastDirectory(this.#uid);
    if (seqnr > 0) this.#follow(await store.read(this.#uid, seqnr, seqnr));
  }

  #follow(events: readonly RoomEvent[]): void {
    const directory = events.findLast((event) => event.type === 'DIR');
    if (directory?.type !== 'DIR') return;
    this.#users.clear();
    for (const user of directory.users) this.enter(user);
  }

  #enqueue(message: NewRoomMessage | undefined): Promise<RoomEvent | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    // All who come in the same turn are told of each other by one event.
    await Promise.resolve();
    while (this.#waiting.length > 0)
      await this.#storeNext(this.#waiting.splice(0, BATCH_MAX_EVENTS));
    this.#running = undefined;
  }

  async #storeNext(batch: readonly Waiting[]): Promise<void> {
    try {
      this.#told ??= await this.#lastTold();
      const users = this.users;
      const directory = JSON.stringify(users) === this.#told ? undefined : users;
      const messages = batch.map(({ message }) => message).filter((one) => one !== undefined);
      const events = this.#number(messages, directory);
      if (events.length > 0) await this.#tools.store.append(events);
      if (directory !== undefined) this.#told = JSON.stringify(directory);
      this.#succeed(batch, events);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /** Messages first: whoever says something and leaves is heard before he is gone. */
  #number(
    messages: readonly NewRoomMessage[],
    directory: readonly RoomUser[] | undefined,
  ): readonly RoomEvent[] {
    const { clock, random } = this.#tools;
    const room = this.#uid;
    const at = clock.nowMs();
    let seqnr = this.lastSeqnr;
    const said = messages.map(({ uid, from, origin, text }): RoomEvent => {
      return { type: 'MSG', room, seqnr: ++seqnr, uid, at, from, origin, text };
    });
    if (directory === undefined) return said;
    const uid = newUid(random);
    return [...said, { type: 'DIR', room, seqnr: ++seqnr, uid, at, users: directory }];
  }

  #succeed(batch: readonly Waiting[], events: readonly RoomEvent[]): void {
    let next = 0;
    const directory = events.at(-1)?.type === 'DIR' ? events.at(-1) : undefined;
    for (const { message, resolve } of batch) {
      resolve(message === undefined ? directory : events[next++]);
    }
    for (const event of events) this.#tools.recent.put(event);
    if (events.length > 0) this.#tools.onEvents(events);
  }

  /** After a start nobody but lasting members is here, whatever the last directory says. */
  async #lastTold(): Promise<string> {
    const { store } = this.#tools;
    const seqnr = store.lastDirectory(this.#uid);
    const [event] = seqnr === 0 ? [] : await store.read(this.#uid, seqnr, seqnr);
    return JSON.stringify(event?.type === 'DIR' ? event.users : []);
  }
}
