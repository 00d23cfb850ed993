import type { Address } from '../wire/address.ts';
import type { Contacts } from './contacts.ts';
import { DomainError } from './errors.ts';
import type { DomainEvents } from './events.ts';
import type { Contact, ContactNumber, MessageStep, StoredMessage } from './model.ts';
import type { Outbox } from './outbox.ts';
import type { Gaps } from './gaps.ts';
import type {
  Clock,
  MessageRef,
  MessageStore,
  OwnAddresses,
  Random,
  SequenceGap,
} from './ports.ts';
import { Writing, type Draft, type Sent } from './writing.ts';

export type Conversation = Readonly<{
  contact: Contact;
  last: StoredMessage | undefined;
  unread: number;
}>;

type Dependencies = Readonly<{
  contacts: Contacts;
  messages: MessageStore;
  outbox: Outbox;
  events: DomainEvents;
  clock: Clock;
  random: Random;
  own: OwnAddresses;
  gaps: Gaps;
  /** Finds out which relays have messages; what it answers asks these to drop them. */
  findCopies: (messages: readonly StoredMessage[]) => Promise<() => void>;
}>;

/** What the owner does with conversations: write, read, retry, cancel. */
export class Conversations {
  readonly #deps: Dependencies;
  readonly #writing: Writing;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#writing = new Writing(deps);
  }

  /** All conversations, the one with the newest message first. */
  async list(): Promise<readonly Conversation[]> {
    const { contacts, messages } = this.#deps;
    const placed = contacts
      .list()
      .map((contact) => ({ contact, place: messages.lastPlace(contact.number) }))
      .sort((one, other) => sortKey(other) - sortKey(one));
    return Promise.all(placed.map(async ({ contact, place }) => this.#view(contact, place)));
  }

  async one(address: Address): Promise<Conversation> {
    const contact = this.#deps.contacts.require(address);
    return this.#view(contact, this.#deps.messages.lastPlace(contact.number));
  }

  /** As of `Writing`. */
  nextSequence(contact: Contact): number {
    return this.#writing.nextSequence(contact);
  }

  /** As of `Writing`. */
  send(address: Address, drafts: readonly Draft[]): Promise<readonly Sent[]> {
    return this.#writing.send(address, drafts);
  }

  /** Messages of the contact that have not come, though later ones have. */
  missing(contact: Contact): readonly SequenceGap[] {
    return this.#deps.gaps.of(contact);
  }

  unread(contact: Contact): number {
    return this.#deps.messages.countIncoming(contact.number, contact.readUpTo);
  }

  /** @throws {DomainError} `not_found`. */
  async page(
    address: Address,
    query: Readonly<{ before?: MessageRef; after?: MessageRef; limit: number }>,
  ): Promise<readonly StoredMessage[]> {
    const contact = this.#deps.contacts.require(address);
    return this.#deps.messages.page(contact.number, {
      ...(query.before === undefined ? {} : { before: await this.#place(contact, query.before) }),
      ...(query.after === undefined ? {} : { after: await this.#place(contact, query.after) }),
      limit: query.limit,
    });
  }

  /** @throws {DomainError} `not_found`. */
  async details(
    address: Address,
    ref: string,
  ): Promise<Readonly<{ message: StoredMessage; timeline: readonly MessageStep[] }>> {
    const { message } = await this.#require(address, ref);
    return { message, timeline: await this.#deps.messages.timeline(message.s) };
  }

  /**
   * Offers a message again now; a failed one goes back into the outbox.
   *
   * @throws {DomainError} `not_found`.
   */
  async retry(address: Address, ref: string): Promise<StoredMessage> {
    const { contact, message } = await this.#require(address, ref);
    const retried = message.state === 'failed' ? await this.#requeue(contact, message) : message;
    this.#deps.outbox.hurry(contact);
    this.#deps.events.emit('attemptDue', { contact });
    return retried;
  }

  /**
   * Takes a message back that has not reached its recipient.
   *
   * @throws {DomainError} `not_found`, `not_cancellable`.
   */
  async cancel(address: Address, ref: string): Promise<StoredMessage> {
    const { contact, message } = await this.#require(address, ref);
    if (message.state !== 'queued' && message.state !== 'relayed') {
      throw new DomainError('not_cancellable', `the message is ${message.state} already`);
    }
    await this.#deps.outbox.fail(contact, [message.s], 'cancelled');
    const withdraw = await this.#deps.findCopies([message]);
    withdraw();
    return (await this.#require(address, ref)).message;
  }

  /** Moves the read mark forward; it never goes back. */
  async markRead(address: Address, upTo: MessageRef): Promise<void> {
    const contact = this.#deps.contacts.require(address);
    const last = this.#deps.messages.lastPlace(contact.number) ?? 0;
    const place = Math.min(await this.#place(contact, upTo), last);
    if (place <= contact.readUpTo) return;
    await this.#deps.contacts.markRead(contact, place);
    this.#deps.events.emit('read', { contact, upToS: place });
    this.#deps.events.emit('conversation', { address: contact.address });
  }

  async #view(contact: Contact, place: number | undefined): Promise<Conversation> {
    const [last] = place === undefined ? [] : await this.#deps.messages.read([place]);
    return { contact, last, unread: this.unread(contact) };
  }

  async #requeue(contact: Contact, message: StoredMessage): Promise<StoredMessage> {
    const rev = await this.#deps.messages.note({
      conversation: contact.number,
      messages: [message.s],
      at: this.#deps.clock.nowMs(),
      step: 'retry',
      via: undefined,
      enctype: undefined,
      outcome: undefined,
    });
    const queued: StoredMessage = { ...message, state: 'queued', reason: undefined, rev };
    this.#deps.outbox.add(queued);
    this.#deps.events.emit('message', { contact, message: queued });
    return queued;
  }

  async #require(
    address: Address,
    ref: string,
  ): Promise<Readonly<{ contact: Contact; message: StoredMessage }>> {
    const contact = this.#deps.contacts.require(address);
    const place = await this.#find(contact.number, ref);
    const [message] = place === undefined ? [] : await this.#deps.messages.read([place]);
    if (message === undefined) throw new DomainError('not_found', 'there is no such message');
    return { contact, message };
  }

  async #find(conversation: ContactNumber, id: string): Promise<number | undefined> {
    return (
      (await this.#deps.messages.find(conversation, 'out', id)) ??
      (await this.#deps.messages.find(conversation, 'in', id))
    );
  }

  async #place(contact: Contact, ref: MessageRef): Promise<number> {
    if (typeof ref === 'number') return ref;
    const place = await this.#find(contact.number, ref);
    if (place === undefined) throw new DomainError('not_found', 'there is no such message');
    return place;
  }
}

function sortKey({ contact, place }: { contact: Contact; place: number | undefined }): number {
  // Conversations without a message come after the others, the youngest contact first.
  return place ?? contact.since / Number.MAX_SAFE_INTEGER;
}
