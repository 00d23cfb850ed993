import type { Address } from '../wire/address.ts';
import { requireAllowedAddress } from './address-policy.ts';
import type { ContactBook } from './contact-book.ts';
import type { ContactRequests } from './contact-requests.ts';
import { DomainError } from './errors.ts';
import type { DomainEvents } from './events.ts';
import { expectationOf, isFromExpected } from './expectation.ts';
import type { Contact, ContactNumber, ContactRequest, ExpectedPeer } from './model.ts';
import { newContact } from './new-contact.ts';
import type { Clock, MessageStore, OwnAddresses, Random } from './ports.ts';

/** Bytes of an access key that we issue. Source: docs/peer-protocol.md#keys. */
const ISSUED_KEY_BYTES = 32;

/** `expected`: whom the contact link names. */
export type AddContact = Readonly<{
  address: Address;
  nick?: string;
  canResend?: boolean;
  expected?: ExpectedPeer;
}>;

type Dependencies = Readonly<{
  book: Pick<ContactBook, 'get' | 'byNumber' | 'nextNumber' | 'put' | 'drop' | 'update' | 'save'>;
  requests: ContactRequests;
  messages: Pick<MessageStore, 'conversationOf' | 'nameConversation'>;
  events: DomainEvents;
  clock: Clock;
  random: Random;
  own: OwnAddresses;
}>;

/** How somebody becomes a contact: asked by us, or accepted when he asked. */
export class ContactBeginnings {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** As `Contacts.add`. */
  async add(wanted: AddContact): Promise<{ contact: Contact; isNew: boolean }> {
    const { address, nick, canResend, expected } = wanted;
    const { book, requests, own } = this.#deps;
    requireAllowedAddress(address, own);
    const wishes = {
      ...(nick === undefined ? {} : { nick }),
      ...(canResend === undefined ? {} : { canResend }),
      ...(expected === undefined ? {} : { expected }),
    };
    const known = book.get(address);
    if (known !== undefined) return { contact: await this.#askAgain(known, wishes), isNew: false };
    const request = requests.get(address);
    if (request !== undefined && isFromExpected(request, expected)) {
      return { contact: await this.#establish(request, address, wishes), isNew: true };
    }
    const contact = await this.create({ address, state: 'requested', ...wishes });
    // Whoever asked in the place of whom the link names decides nothing: should he come again, he waits as a candidate.
    if (request !== undefined) await requests.remove(address);
    return { contact, isNew: true };
  }

  /** As `Contacts.accept`. */
  async accept(request: ContactRequest, as: Address): Promise<Contact> {
    const { book, own, events } = this.#deps;
    requireAllowedAddress(as, own);
    const present = book.get(as);
    if (present === undefined) return this.#establish(request, as, {});
    refuseEstablished(present);
    const established = await book.update(present, {
      ...expectationOf(request, present.expected),
      state: 'established',
      key: request.key,
      nick: present.nick === '' ? request.nick : present.nick,
    });
    events.emit('attemptDue', { contact: established });
    await this.#settle(request);
    return established;
  }

  /** Makes a contact and asks it to talk; durable when it resolves. */
  async create(fields: Partial<Contact> & Pick<Contact, 'address' | 'state'>): Promise<Contact> {
    const { book, messages, events, clock, random } = this.#deps;
    const contact = newContact({
      since: clock.nowMs(),
      ...fields,
      number: this.#numberFor(fields.address),
      issuedKey: Buffer.from(random.bytes(ISSUED_KEY_BYTES)).toString('base64url'),
    });
    // In memory first, so that a second request for the same address meets it.
    book.put(contact);
    try {
      await messages.nameConversation(contact.number, contact.address);
      await book.save();
    } catch (error) {
      book.drop(contact);
      throw error;
    }
    events.emit('contact', { address: contact.address });
    events.emit('conversation', { address: contact.address });
    events.emit('attemptDue', { contact });
    return contact;
  }

  async #askAgain(known: Contact, wishes: Partial<Contact>): Promise<Contact> {
    refuseEstablished(known);
    const contact = await this.#deps.book.update(known, { ...wishes, isHandshakeDue: true });
    this.#deps.events.emit('attemptDue', { contact });
    return contact;
  }

  async #establish(
    request: ContactRequest,
    as: Address,
    { expected, ...wishes }: Partial<Contact>,
  ): Promise<Contact> {
    const contact = await this.create({
      nick: request.nick,
      ...wishes,
      ...expectationOf(request, expected),
      address: as,
      state: 'established',
      key: request.key,
    });
    await this.#settle(request);
    return contact;
  }

  /** The contact is there, and counts: a request that the disk does not let go is passed by. */
  async #settle({ address }: ContactRequest): Promise<void> {
    await this.#deps.requests.remove(address).catch(() => undefined);
  }

  /** A conversation that this address had before is continued. */
  #numberFor(address: Address): ContactNumber {
    const { book, messages } = this.#deps;
    const former = messages.conversationOf(address);
    return former === undefined || book.byNumber(former) !== undefined ? book.nextNumber : former;
  }
}

function refuseEstablished({ address, state }: Contact): void {
  if (state !== 'established') return;
  throw new DomainError('contact_exists', `${address} is in your address book already`);
}
