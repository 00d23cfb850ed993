import type { Address } from '../wire/address.ts';
import { ContactIndex } from './contact-index.ts';
import { ContactSaving } from './contact-saving.ts';
import { DomainError } from './errors.ts';
import type { DomainEvents } from './events.ts';
import type { Contact, ContactNumber, PeerIdentity } from './model.ts';
import type { Clock, ContactStore, MessageStore } from './ports.ts';
import { UnsavedChanges, type UnsavedChange } from './unsaved-changes.ts';

type Dependencies = Readonly<{
  store: ContactStore;
  messages: Pick<MessageStore, 'lastS' | 'nextConversation'>;
  events: DomainEvents;
  clock: Clock;
  /** As of `ContactSaving`. */
  touchSaveMs: number;
  readSaveMs?: number | undefined;
}>;

/** What changes by itself all the time, and harms nobody when it is lost. */
export type ContactTrace = Readonly<
  Partial<
    Pick<
      Contact,
      | 'lastOnlineAt'
      | 'lastConnectAt'
      | 'refusedPlain'
      | 'takenBack'
      | 'toldPresence'
      | 'shownPresence'
    >
  >
>;

/**
 * Contacts in memory and on the disk. Memory goes first, so that nobody decides by what was; but what the disk refuses is
 * taken back: whatever was answered as failed has not happened.
 */
export class ContactBook {
  readonly #events: DomainEvents;
  readonly #index = new ContactIndex();
  readonly #saving: ContactSaving;
  readonly #unsaved = new UnsavedChanges();
  /** Contacts that are being removed; settled when the disk has forgotten them, or will not. */
  readonly #leaving = new Map<ContactNumber, Promise<void>>();
  #nextNumber: ContactNumber;

  constructor(deps: Dependencies) {
    this.#events = deps.events;
    this.#nextNumber = deps.messages.nextConversation;
    this.#saving = new ContactSaving({ ...deps, list: () => this.#staying() });
    for (const contact of deps.store.initial) {
      // A journal that was lost begins anew; what comes then has not been read.
      this.put({ ...contact, readUpTo: Math.min(contact.readUpTo, deps.messages.lastS) });
    }
  }

  /** For a contact that is new. */
  get nextNumber(): ContactNumber {
    return this.#nextNumber;
  }

  list(): readonly Contact[] {
    return this.#index.list();
  }

  get(address: Address): Contact | undefined {
    return this.#index.byAddress(address);
  }

  byNumber(number: ContactNumber): Contact | undefined {
    return this.#index.byNumber(number);
  }

  byIdentity(identity: PeerIdentity): Contact | undefined {
    return this.#index.byIdentity(identity);
  }

  byKeyHint(hint: Uint8Array): Contact | undefined {
    return this.#index.byKeyHint(hint);
  }

  byIssuedKey(key: string): Contact | undefined {
    return this.#index.byIssuedKey(key);
  }

  /** Adds a contact in memory, or replaces it as it was; `save` makes it last. */
  put(contact: Contact): void {
    this.#index.put(contact);
    this.#nextNumber = Math.max(this.#nextNumber, contact.number + 1);
  }

  /** Takes a contact out of memory that the disk has refused. */
  drop(contact: Contact): void {
    this.#index.remove(contact);
  }

  /** @throws {StorageError} */
  save(): Promise<void> {
    return this.#saving.now();
  }

  /**
   * Changes a contact; durable when it resolves.
   *
   * @param contact As last seen; what changed meanwhile is kept.
   * @throws {StorageError} It is as before.
   */
  update(contact: Contact, change: Partial<Contact>): Promise<Contact> {
    return this.#change(contact, change, () => this.#saving.now());
  }

  /**
   * Moves the read mark; as durable as `ContactSaving.readMark` says.
   *
   * @throws {StorageError} It is where it was.
   */
  markRead(contact: Contact, readUpTo: number): Promise<Contact> {
    return this.#change(contact, { readUpTo }, () => this.#saving.readMark());
  }

  /** Notes a sign of life or the like. Written a while later. */
  touch({ number }: Contact, trace: ContactTrace): void {
    const current = this.byNumber(number);
    if (current === undefined) return;
    this.#index.put({ ...current, ...trace });
    this.#saving.soon();
  }

  /**
   * Removes a contact; durable when it resolves, and only then said to everybody: what ends for a contact that is gone
   * could not be taken back.
   *
   * @throws {StorageError} It is still there.
   */
  async remove({ number }: Contact): Promise<void> {
    await (this.#leaving.get(number) ?? this.#leave(number));
  }

  /** Writes what is only in memory yet. */
  flush(): Promise<void> {
    return this.#saving.flush();
  }

  /** All but those who are being removed. */
  #staying(): readonly Contact[] {
    const all = this.list();
    return this.#leaving.size === 0 ? all : all.filter(({ number }) => !this.#leaving.has(number));
  }

  async #leave(number: ContactNumber): Promise<void> {
    const saving = Promise.resolve().then(() => this.#saving.now());
    this.#leaving.set(number, saving);
    try {
      await saving;
    } finally {
      this.#leaving.delete(number);
    }
    const contact = this.byNumber(number);
    if (contact === undefined) return;
    this.#index.remove(contact);
    this.#events.emit('contactGone', { address: contact.address, contact });
  }

  async #change(
    contact: Contact,
    change: Partial<Contact>,
    save: () => Promise<void>,
  ): Promise<Contact> {
    const changed = this.#apply(contact, change);
    const unsaved = this.#unsaved.begin(contact.number, change);
    try {
      await save();
      this.#unsaved.end(unsaved);
      return changed;
    } catch (error) {
      this.#unsaved.end(unsaved);
      this.#takeBack(unsaved);
      throw error;
    }
  }

  #apply({ number, address }: Contact, change: Partial<Contact>): Contact {
    const current = this.byNumber(number);
    if (current === undefined) {
      throw new DomainError('not_found', `${address} is not in your address book any more`);
    }
    const changed = { ...current, ...change };
    this.put(changed);
    this.#events.emit('contact', { address: changed.address });
    return changed;
  }

  #takeBack(refused: UnsavedChange): void {
    const present = this.byNumber(refused.number);
    const saved = this.#saving.saved(refused.number);
    if (present === undefined || saved === undefined) return;
    const restored = this.#unsaved.without(refused, present, saved);
    this.put(restored);
    this.#events.emit('contact', { address: restored.address });
  }
}
