import type { Address } from '../wire/address.ts';
import { ContactBeginnings, type AddContact } from './contact-beginnings.ts';
import { ContactBook, type ContactTrace } from './contact-book.ts';
import type { ContactRequests } from './contact-requests.ts';
import { DomainError } from './errors.ts';
import type { DomainEvents } from './events.ts';
import type { Contact, ContactNumber, ContactRequest, PeerIdentity } from './model.ts';
import type { Clock, ContactStore, MessageStore, OwnAddresses, Random } from './ports.ts';

/** What the owner may change about a contact. */
export type ContactChange = Readonly<
  Partial<
    Pick<
      Contact,
      'nick' | 'canResend' | 'relayFor' | 'relayPlain' | 'isMuted' | 'retention' | 'sharesPresence'
    >
  >
>;

type Dependencies = Readonly<{
  store: ContactStore;
  requests: ContactRequests;
  messages: Pick<
    MessageStore,
    'conversationOf' | 'lastS' | 'nextConversation' | 'nameConversation' | 'removeConversation'
  >;
  events: DomainEvents;
  clock: Clock;
  random: Random;
  own: OwnAddresses;
  /** As of `ContactSaving`. */
  touchSaveMs: number;
  readSaveMs?: number | undefined;
}>;

/** The address book: contacts, and the way from a contact request to one. */
export class Contacts {
  readonly #deps: Dependencies;
  readonly #book: ContactBook;
  readonly #beginnings: ContactBeginnings;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#book = new ContactBook(deps);
    this.#beginnings = new ContactBeginnings({ ...deps, book: this.#book });
  }

  list(): readonly Contact[] {
    return this.#book.list();
  }

  /** Contact requests that the owner should see. One of a contact has been accepted, and stayed after an outage. */
  requests(): readonly ContactRequest[] {
    return this.#deps.requests.list().filter(({ address }) => this.get(address) === undefined);
  }

  request(address: Address): ContactRequest | undefined {
    return this.#deps.requests.get(address);
  }

  get(address: Address): Contact | undefined {
    return this.#book.get(address);
  }

  byNumber(number: ContactNumber): Contact | undefined {
    return this.#book.byNumber(number);
  }

  /** The contact with this identity, wherever it is. */
  byIdentity(identity: PeerIdentity): Contact | undefined {
    return this.#book.byIdentity(identity);
  }

  /** The contact that is at an address, or was before it moved. */
  resolve(address: Address): Contact | undefined {
    const there = this.get(address);
    if (there !== undefined) return there;
    const number = this.#deps.messages.conversationOf(address);
    return number === undefined ? undefined : this.byNumber(number);
  }

  /** The contact to which we issued the access key with this hint. */
  byKeyHint(hint: Uint8Array): Contact | undefined {
    return this.#book.byKeyHint(hint);
  }

  /** The contact to which we issued this access key. */
  byIssuedKey(key: string): Contact | undefined {
    return this.#book.byIssuedKey(key);
  }

  /**
   * Adds a contact and asks it to talk. An address whose request is parked is accepted; a contact that we have
   * asked before is asked again.
   *
   * @throws {DomainError} `contact_exists` when established, `bad_address` when nobody can be there, `forbidden` when the
   * request that is parked there is not from whom it says.
   */
  add(wanted: AddContact): Promise<{ contact: Contact; isNew: boolean }> {
    return this.#beginnings.add(wanted);
  }

  /**
   * Adds somebody of whom an export tells, and asks it to talk. Whoever calls has made sure that the address is none of
   * a contact, and one that may be called.
   */
  async adopt(fields: Partial<Contact> & Pick<Contact, 'address' | 'since'>): Promise<Contact> {
    return this.#beginnings.create({ ...fields, state: 'requested' });
  }

  /**
   * Accepts a contact request.
   *
   * @param as The contact's real address, where the request could not tell its port.
   * @throws {DomainError} `not_found`, `bad_address`, `contact_exists`, `forbidden`, `identity_changed`.
   */
  async accept(address: Address, as: Address = address): Promise<Contact> {
    return this.#beginnings.accept(this.#requireRequest(address), as);
  }

  /** Hides a contact request until it comes again. */
  async dismiss(address: Address): Promise<void> {
    await this.#deps.requests.dismiss(this.#requireRequest(address));
  }

  /** From now on nothing from this contact or stranger is stored, and nothing tells it so. */
  async block(address: Address): Promise<void> {
    await this.#setBlocked(address, true);
  }

  async unblock(address: Address): Promise<void> {
    await this.#setBlocked(address, false);
  }

  /** @throws {DomainError} `not_found`. */
  async change(address: Address, change: ContactChange): Promise<Contact> {
    const contact = this.require(address);
    const isWillingAgain = change.canResend === true && !contact.canResend;
    const changed = await this.update(contact, {
      ...change,
      ...(isWillingAgain ? { relayRefusedAt: undefined } : {}),
    });
    if (changed.sharesPresence !== contact.sharesPresence) {
      this.#deps.events.emit('sharing', { contact: changed });
    }
    if (change.relayPlain === true || change.canResend === true) {
      this.#deps.events.emit('attemptDue', { contact: changed });
    }
    return changed;
  }

  /**
   * Removes a contact or forgets a request. Without `withHistory` the conversation stays on disk and comes back
   * when the address is added again.
   *
   * @throws {DomainError} `not_found`.
   * @throws {StorageError} The contact is still there; or it is gone, but not its conversation.
   */
  async remove(address: Address, { withHistory }: { withHistory: boolean }): Promise<void> {
    const contact = this.get(address);
    if (contact === undefined) {
      this.#requireRequest(address);
      await this.#deps.requests.remove(address);
      return;
    }
    await this.#book.remove(contact);
    if (withHistory) await this.#deps.messages.removeConversation(contact.number);
  }

  /** @throws {DomainError} `not_found`. */
  require(address: Address): Contact {
    const contact = this.get(address);
    if (contact === undefined)
      throw new DomainError('not_found', `${address} is not in your address book`);
    return contact;
  }

  /** A contact that we asked has come with its own handshake, which does not encrypt: both have each other's key now. */
  async establishRequested(contact: Contact, key: string, nick: string): Promise<Contact> {
    const established = await this.update(contact, {
      state: 'established',
      encryption: 'plain',
      key,
      nick: contact.nick === '' ? nick : contact.nick,
    });
    this.#deps.events.emit('attemptDue', { contact: established });
    return established;
  }

  /**
   * Follows a contact to another address; its conversation stays the same. Durable when it resolves.
   *
   * @throws {StorageError}
   */
  async move(contact: Contact, address: Address): Promise<Contact> {
    const from = contact.address;
    await this.#deps.messages.nameConversation(contact.number, address);
    const moved = await this.update(contact, { address });
    this.#deps.events.emit('contactGone', { address: from, contact: undefined });
    this.#deps.events.emit('contactMoved', { contact: moved, from });
    this.#deps.events.emit('conversation', { address });
    return moved;
  }

  /** Shows another access key to this contact from now on, and sends ours back once. */
  async takeNewKey(contact: Contact, key: string): Promise<Contact> {
    const changed = await this.update(contact, {
      key,
      candidate: undefined,
      isHandshakeDue: true,
      relayRefusedAt: undefined,
    });
    this.#deps.events.emit('attemptDue', { contact: changed });
    return changed;
  }

  /**
   * Changes a contact; durable when it resolves.
   *
   * @param contact As last seen; what changed meanwhile is kept.
   * @throws {StorageError} It is as before.
   */
  update(contact: Contact, change: Partial<Contact>): Promise<Contact> {
    return this.#book.update(contact, change);
  }

  /** Notes a sign of life or the like. Written a while later, since losing one harms nobody. */
  touch(contact: Contact, trace: ContactTrace): void {
    this.#book.touch(contact, trace);
  }

  /**
   * Moves the read mark. Durable when it resolves, unless the disk is to be spared: then what is read within a while
   * shares one write, and an outage shows it as unread again.
   *
   * @param readUpTo Place of the last message that was read.
   * @throws {StorageError} It is where it was.
   */
  async markRead(contact: Contact, readUpTo: number): Promise<void> {
    await this.#book.markRead(contact, readUpTo);
  }

  /** Writes what is only in memory yet. */
  flush(): Promise<void> {
    return this.#book.flush();
  }

  async #setBlocked(address: Address, isBlocked: boolean): Promise<void> {
    const contact = this.get(address);
    if (contact === undefined) {
      await this.#deps.requests.setBlocked(this.#requireRequest(address), isBlocked);
      return;
    }
    await this.update(contact, { isBlocked });
    if (!isBlocked) this.#deps.events.emit('attemptDue', { contact });
  }

  #requireRequest(address: Address): ContactRequest {
    const request = this.#deps.requests.get(address);
    if (request !== undefined) return request;
    throw new DomainError('not_found', `${address} has not asked to talk`);
  }
}
