import { DomainError } from './errors.ts';
import type { Clock, Random } from './ports.ts';
import type { MirrorBook } from './room-mirror-book.ts';
import type { Room, RoomMessage, WaitingRoomMessage } from './room-model.ts';
import type { RoomStore } from './room-ports.ts';
import { newUid } from './room-uid.ts';

/** The owner's messages that may wait for hosts, all together, and their UTF-16 units. */
export const WAITING_MAX_MESSAGES = 10_000;
export const WAITING_MAX_LENGTH = 4 * 2 ** 20;

type Dependencies = Readonly<{
  book: MirrorBook;
  store: Pick<RoomStore, 'find'>;
  clock: Pick<Clock, 'nowMs'>;
  random: Pick<Random, 'bytes'>;
}>;

/** What the owner says in rooms of other hosts, from when it is durable here until the host has taken it. */
export class MirrorMessages {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** As `RoomMirrors.say`. */
  async say(room: Room, text: string, id: string | undefined): Promise<WaitingRoomMessage> {
    const { book, random, clock } = this.#deps;
    if (book.require(room).wish === 'out') {
      throw new DomainError('not_member', 'join the room first');
    }
    const uid = id ?? newUid(random);
    const former = book.message(uid) ?? (await this.#said(room, uid));
    if (former !== undefined) {
      if (former.text === text && former.room === room.uid) return former;
      throw new DomainError('id_conflict', 'something else was said under that id');
    }
    this.#requireRoomFor(text);
    const message = { uid, room: room.uid, text, at: clock.nowMs(), refusal: undefined };
    book.setMessage(message);
    try {
      await book.save();
    } catch (error) {
      book.removeMessage(uid);
      throw error;
    }
    return message;
  }

  /** As `RoomMirrors.takeBack`. */
  async takeBack(room: Room, uid: string): Promise<void> {
    const { book } = this.#deps;
    if (book.message(uid)?.room !== room.uid) {
      throw new DomainError('not_found', 'nothing of that id waits');
    }
    book.removeMessage(uid);
    await book.save();
  }

  /**
   * Says messages of the owner again that a host has lost; durable when it resolves. Of more than may wait, the first ones.
   *
   * @returns How many.
   * @throws {StorageError} They are as they were.
   */
  async sayAgain({ uid: room }: Room, messages: readonly RoomMessage[]): Promise<number> {
    const { book } = this.#deps;
    const again: string[] = [];
    for (const { uid, text, at } of messages) {
      if (book.message(uid) !== undefined || !this.#hasRoomFor(text)) continue;
      book.setMessage({ uid, room, text, at, refusal: undefined });
      again.push(uid);
    }
    try {
      await book.save();
    } catch (error) {
      for (const uid of again) book.removeMessage(uid);
      throw error;
    }
    return again.length;
  }

  /** @throws {DomainError} `forbidden`. */
  #requireRoomFor(text: string): void {
    if (!this.#hasRoomFor(text)) throw new DomainError('forbidden', 'too much waits already');
  }

  #hasRoomFor(text: string): boolean {
    const waiting = [...this.#deps.book.waiting()];
    const length = waiting.reduce((sum, message) => sum + message.text.length, text.length);
    return waiting.length < WAITING_MAX_MESSAGES && length <= WAITING_MAX_LENGTH;
  }

  /** A repeat of what the host has taken already. */
  async #said({ uid: room }: Room, uid: string): Promise<WaitingRoomMessage | undefined> {
    const event = await this.#deps.store.find(room, uid);
    if (event?.type !== 'MSG') return undefined;
    return { uid, room, text: event.text, at: event.at, refusal: undefined };
  }
}
