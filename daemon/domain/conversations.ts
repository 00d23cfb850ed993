import type { Address } from '../wire/address.ts';
import { formatTimestamp } from '../wire/peer.ts';
import type { Contacts } from './contacts.ts';
import { DomainError } from './errors.ts';
import type { DomainEvents } from './events.ts';
import type { Contact, ContactNumber, MessageStep, NewMessage, StoredMessage } from './model.ts';
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
import { Sequences } from './sequences.ts';
import { UniqueTimestamps } from './unique-timestamps.ts';

/** Bytes of randomness in an id that we make. */
const ID_BYTES = 16;

export type Draft = Readonly<{ text: string; id?: string }>;
export type Sent = Readonly<{ message: StoredMessage; isNew: boolean }>;
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
  readonly #timestamps = new UniqueTimestamps();
  readonly #sequences: Sequences;
  readonly #turns = new Map<ContactNumber, Promise<void>>();
  /** Sends with an id of the caller's that are being stored, so that a parallel repeat waits for them. */
  readonly #sending = new Map<string, Promise<StoredMessage>>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#sequences = new Sequences(deps.messages);
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

  /** The number of a message that somebody else is about to store and to put into the outbox. */
  nextSequence(contact: Contact): number {
    return this.#sequences.next(contact.number);
  }

  /** Messages of the contact that have not come, though later ones have. */
  missing(contact: Contact): readonly SequenceGap[] {
    return this.#deps.gaps.of(contact);
  }

  unread(contact: Contact): number {
    return this.#deps.messages.countIncoming(contact.number, contact.readUpTo);
  }

  /**
   * Writes messages to a contact, in order; durable and in the outbox when it resolves.
   *
   * @returns For each draft its message, and whether it is a new one or a repeat of what was sent before.
   * @throws {DomainError} `not_found`, `forbidden` (blocked contact), `id_conflict` (same id, other text).
   * @throws {StorageError} Nothing was kept.
   */
  async send(address: Address, drafts: readonly Draft[]): Promise<readonly Sent[]> {
    const contact = this.#deps.contacts.require(address);
    if (contact.isBlocked) {
      throw new DomainError('forbidden', `${address} is blocked; unblock it to write to it`);
    }
    // Looking for repeats takes turns, so that two equal requests can't both find nothing; storing does not.
    const turn = (this.#turns.get(contact.number) ?? Promise.resolve()).then(() =>
      this.#reserve(contact, drafts),
    );
    this.#turns.set(contact.number, turn.then(ignore, ignore));
    return Promise.all(await turn);
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
    const waiting = this.#deps.outbox.take(contact, message.s);
    if (waiting !== undefined) await this.#deps.outbox.fail(contact, [waiting], 'cancelled');
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

  /** Sorts drafts into repeats and new messages, and stores the new ones together. */
  async #reserve(contact: Contact, drafts: readonly Draft[]): Promise<readonly Promise<Sent>[]> {
    const fresh: { text: string; id: string | undefined; slot: string | undefined }[] = [];
    const sent: (Promise<Sent> | number)[] = [];
    for (const { text, id } of drafts) {
      const slot = id === undefined ? undefined : `${contact.number}/${id}`;
      const twin = slot === undefined ? -1 : fresh.findIndex((one) => one.slot === slot);
      const known = id === undefined ? undefined : await this.#known(contact, id, text);
      if (known !== undefined) {
        sent.push(Promise.resolve({ message: known, isNew: false }));
      } else if (twin !== -1) {
        requireSameText(fresh[twin]?.text, text, id);
        sent.push(twin);
      } else {
        sent.push(fresh.length);
        fresh.push({ text, id, slot });
      }
    }
    // Numbered only now that nothing can be refused any more: a number that was not used would look like a loss.
    const messages = fresh.map(({ text, id }) => this.#compose(contact, text, id));
    const slots = fresh.map(({ slot }) => slot);
    const stored = this.#store(contact, messages, slots);
    const seen = new Set<number>();
    return sent.map(async (one) => {
      if (typeof one !== 'number') return one;
      const isNew = !seen.has(one);
      seen.add(one);
      return { message: await requireAt(stored, one), isNew };
    });
  }

  /** The message that has this id already, stored or on its way into the journal. */
  async #known(contact: Contact, id: string, text: string): Promise<StoredMessage | undefined> {
    const place = await this.#deps.messages.find(contact.number, 'out', id);
    const sending = this.#sending.get(`${contact.number}/${id}`);
    if (place === undefined && sending === undefined) return undefined;
    const known = sending === undefined ? await this.#readOne(place) : await sending;
    requireSameText(known?.text, text, id);
    return known;
  }

  async #readOne(place: number | undefined): Promise<StoredMessage | undefined> {
    const [message] = place === undefined ? [] : await this.#deps.messages.read([place]);
    if (message === undefined) {
      throw new DomainError('id_conflict', 'a message with this id was deleted here');
    }
    return message;
  }

  #compose(contact: Contact, text: string, id: string | undefined): NewMessage {
    const { clock, own, random } = this.#deps;
    const nowMs = clock.nowMs();
    const timestamp = this.#timestamps.next(contact.number, nowMs);
    return {
      conversation: contact.number,
      id: id ?? Buffer.from(random.bytes(ID_BYTES)).toString('base64url'),
      direction: 'out',
      from: own.toldTo(contact.address),
      to: contact.address,
      text,
      wireTimestamp: formatTimestamp(timestamp),
      timestamp,
      receivedAt: nowMs,
      enctype: contact.encryption === 'dr1' ? 'dr1' : '',
      sequence: this.#sequences.next(contact.number),
      via: undefined,
    };
  }

  async #store(
    contact: Contact,
    messages: readonly NewMessage[],
    slots: readonly (string | undefined)[],
  ): Promise<readonly StoredMessage[]> {
    if (messages.length === 0) return [];
    const adding = this.#add(contact, messages);
    for (const [index, slot] of slots.entries()) {
      if (slot === undefined) continue;
      const one = requireAt(adding, index);
      // Whoever wrote it hears of a failure; this map only lets a repeat wait.
      one.catch(() => undefined).finally(() => this.#sending.delete(slot));
      this.#sending.set(slot, one);
    }
    const stored = await adding;
    for (const message of stored) {
      this.#deps.outbox.add(message);
      this.#deps.events.emit('message', { contact, message });
    }
    this.#deps.events.emit('conversation', { address: contact.address });
    this.#deps.events.emit('status', undefined);
    this.#deps.events.emit('written', { contact });
    return stored;
  }

  async #add(
    { number }: Contact,
    messages: readonly NewMessage[],
  ): Promise<readonly StoredMessage[]> {
    try {
      return await this.#deps.messages.add(messages);
    } catch (error) {
      for (const { sequence } of messages) {
        if (sequence !== undefined) this.#sequences.giveBack(number, sequence);
      }
      throw error;
    }
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

async function requireAt<Value>(list: Promise<readonly Value[]>, index: number): Promise<Value> {
  const value = (await list)[index];
  if (value === undefined) throw new Error(`the store answered fewer messages than it was given`);
  return value;
}

function ignore(): void {
  // Whoever waits for the turn itself hears of its failure.
}

function requireSameText(known: string | undefined, text: string, id: string | undefined): void {
  if (known === text) return;
  throw new DomainError('id_conflict', `another message has the id ${id ?? ''} already`);
}
