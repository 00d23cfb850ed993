import type { Address } from '../wire/address.ts';
import type { Contacts } from './contacts.ts';
import type { DeletionRequests } from './deletion-requests.ts';
import { inPieces } from './delivery-notes.ts';
import { DomainError } from './errors.ts';
import type { DomainEvents } from './events.ts';
import type { Contact, StoredMessage } from './model.ts';
import type { Outbox } from './outbox.ts';
import type { MessageStore } from './ports.ts';

type Dependencies = Readonly<{
  contacts: Contacts;
  messages: MessageStore;
  outbox: Outbox;
  requests: DeletionRequests;
  events: DomainEvents;
  /** Finds out which relays have messages; what it answers asks these to drop them. */
  findCopies: (messages: readonly StoredMessage[]) => Promise<() => void>;
}>;

/** What was deleted here, and of how many messages the contact was asked to do the same. */
export type Deleted = Readonly<{ ids: readonly string[]; asked: number }>;

/** What the owner deletes: messages, or all that a conversation holds. */
export class Deletions {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Deletes messages here; those that still wait are taken back.
   *
   * @param refs      Their ids. What another browser has deleted meanwhile is passed by.
   * @param isForBoth The contact is asked to delete them as well.
   * @throws {DomainError} `not_found`: none of them is there; `not_askable`: nothing was deleted.
   * @throws {StorageError} Nothing was deleted here; with `isForBoth` the contact may have been asked.
   */
  async remove(
    address: Address,
    refs: readonly string[],
    { isForBoth }: Readonly<{ isForBoth: boolean }>,
  ): Promise<Deleted> {
    const contact = this.#deps.contacts.require(address);
    const messages = await this.#find(contact, refs);
    if (messages.length === 0) throw new DomainError('not_found', 'there is no such message');
    // Before anything goes: after a crash the request alone finishes the job.
    if (isForBoth) await this.#deps.requests.ask(contact, messages);
    // Nobody knows the steps of what is gone.
    const withdraw = await this.#deps.findCopies(
      messages.filter(({ s }) => this.#deps.outbox.waits(contact, s)),
    );
    await this.#deps.messages.remove(
      contact.number,
      messages.map(({ s }) => s),
    );
    for (const message of messages) this.#takeBack(contact, message);
    withdraw();
    this.announce(contact, messages);
    return { ids: messages.map(({ id }) => id), asked: isForBoth ? messages.length : 0 };
  }

  /**
   * Deletes all messages of a conversation here; what still waits is cancelled.
   *
   * @throws {DomainError} `not_found`.
   * @throws {StorageError} Some of what waited may be cancelled; the rest is there.
   */
  async clear(address: Address): Promise<void> {
    const { contacts, messages, outbox, events } = this.#deps;
    const contact = contacts.require(address);
    await this.#cancelWaiting(contact);
    const upToS = await messages.removeConversation(contact.number);
    for (const s of outbox.placesFor(contact)) if (s <= upToS) outbox.take(contact, s);
    events.emit('conversationCleared', { contact, upToS });
    events.emit('conversation', { address: contact.address });
    events.emit('status', undefined);
  }

  /** Tells the owner's browsers that messages are gone. */
  announce(contact: Contact, messages: readonly StoredMessage[]): void {
    const { events } = this.#deps;
    for (const { s, id } of messages) events.emit('messageGone', { contact, s, id });
    events.emit('conversation', { address: contact.address });
  }

  async #find({ number }: Contact, refs: readonly string[]): Promise<readonly StoredMessage[]> {
    const { messages } = this.#deps;
    const places = new Set<number>();
    for (const ref of refs) {
      const place =
        (await messages.find(number, 'out', ref)) ?? (await messages.find(number, 'in', ref));
      if (place !== undefined) places.add(place);
    }
    return messages.read([...places].sort((one, other) => one - other));
  }

  #takeBack(contact: Contact, message: StoredMessage): void {
    const { outbox, events } = this.#deps;
    const waiting = outbox.take(contact, message.s);
    if (waiting !== undefined) events.emit('abandoned', { contact, message });
  }

  async #cancelWaiting(contact: Contact): Promise<void> {
    const { outbox, findCopies } = this.#deps;
    for (const places of inPieces(outbox.placesFor(contact))) {
      const messages = await outbox.load(outbox.stillWaiting(contact, places));
      await outbox.fail(contact, places, 'cancelled');
      const withdraw = await findCopies(messages);
      withdraw();
    }
  }
}
