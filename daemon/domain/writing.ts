import type { Address } from '../wire/address.ts';
import { formatTimestamp } from '../wire/timestamp.ts';
import type { Contacts } from './contacts.ts';
import { DomainError } from './errors.ts';
import type { DomainEvents } from './events.ts';
import type { Contact, ContactNumber, NewMessage, StoredMessage } from './model.ts';
import type { Outbox } from './outbox.ts';
import type { Clock, MessageStore, OwnAddresses, Random } from './ports.ts';
import { Sequences } from './sequences.ts';
import { Turns } from './turns.ts';
import { UniqueTimestamps } from './unique-timestamps.ts';

/** Bytes of randomness in an id that we make. */
const ID_BYTES = 16;
/** With so many messages a contact that has nothing to do can begin, while we take what else is written in this turn. */
const WORTH_A_START = 8;

export type Draft = Readonly<{ text: string; id?: string }>;
export type Sent = Readonly<{ message: StoredMessage; isNew: boolean }>;
type Dependencies = Readonly<{
  contacts: Pick<Contacts, 'require'>;
  messages: Pick<MessageStore, 'add' | 'hurry' | 'find' | 'read' | 'lastSequence'>;
  outbox: Pick<Outbox, 'add' | 'isAtRest'>;
  events: DomainEvents;
  clock: Clock;
  random: Random;
  own: OwnAddresses;
}>;

/** What the owner writes: kept once, however often it is posted, numbered and in order. */
export class Writing {
  readonly #deps: Dependencies;
  readonly #timestamps = new UniqueTimestamps();
  readonly #sequences: Sequences;
  readonly #turns = new Turns();
  /** Sends with an id of the caller's that are being stored, so that a parallel repeat waits for them. */
  readonly #sending = new Map<string, Promise<StoredMessage>>();
  /** Messages that are being stored. */
  readonly #unstored = new Map<ContactNumber, number>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#sequences = new Sequences(deps.messages);
  }

  /** The number of a message that somebody else is about to store and to put into the outbox. */
  nextSequence(contact: Contact): number {
    return this.#sequences.next(contact.number);
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
    return Promise.all(
      await this.#turns.take(contact.number, () => this.#reserve(contact, drafts)),
    );
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

  async #add(contact: Contact, messages: readonly NewMessage[]): Promise<readonly StoredMessage[]> {
    const { number } = contact;
    const before = this.#unstored.get(number) ?? 0;
    const now = before + messages.length;
    this.#unstored.set(number, now);
    try {
      const adding = this.#deps.messages.add(messages);
      const isStart = before < WORTH_A_START && now >= WORTH_A_START;
      if (isStart && this.#deps.outbox.isAtRest(contact)) this.#deps.messages.hurry();
      return await adding;
    } catch (error) {
      for (const { sequence } of messages) {
        if (sequence !== undefined) this.#sequences.giveBack(number, sequence);
      }
      throw error;
    } finally {
      const rest = (this.#unstored.get(number) ?? 0) - messages.length;
      if (rest > 0) this.#unstored.set(number, rest);
      else this.#unstored.delete(number);
    }
  }
}

async function requireAt<Value>(list: Promise<readonly Value[]>, index: number): Promise<Value> {
  const value = (await list)[index];
  if (value === undefined) throw new Error(`the store answered fewer messages than it was given`);
  return value;
}

function requireSameText(known: string | undefined, text: string, id: string | undefined): void {
  if (known === text) return;
  throw new DomainError('id_conflict', `another message has the id ${id ?? ''} already`);
}
