import { formatContactLink, type ContactLink } from '../wire/contact-link.ts';
import type { Contacts } from './contacts.ts';
import type { AddContact } from './contact-beginnings.ts';
import { DomainError } from './errors.ts';
import type { DomainEvents } from './events.ts';
import type { Invitations } from './invitations.ts';
import type { Contact, ExpectedPeer } from './model.ts';
import type { Owner } from './owner.ts';
import { fingerprintOf } from './peer-identity.ts';
import { nameOf, type Trust } from './trust.ts';

/** A contact link to give away, and until when it is good. */
export type NewLink = Readonly<{ link: string; expiresAt: number }>;

type Wishes = Pick<AddContact, 'nick' | 'canResend'>;
type Added = Awaited<ReturnType<Contacts['add']>>;

type Dependencies = Readonly<{
  contacts: Contacts;
  trust: Trust;
  invitations: Invitations;
  events: DomainEvents;
  owner: Pick<Owner, 'identity' | 'address'>;
}>;

/** Contact links, both ways: those that we give away, and those that friends gave us. */
export class ContactLinks {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** The contact link for everybody: whoever uses it asks as a stranger. */
  own(): string {
    return this.#format(undefined);
  }

  /**
   * A contact link to give away, once.
   *
   * @throws {StorageError}
   */
  async issue(): Promise<NewLink> {
    const { token, expiresAt } = await this.#deps.invitations.issue();
    return { link: this.#format(token), expiresAt };
  }

  /**
   * Adds whom a contact link names. An encrypted contact that it names already is trusted more from now on; one that
   * has no identity yet is asked again, and must show this one.
   *
   * @throws {DomainError} As `Contacts.add`, and `identity_changed` when somebody else is known under that address.
   */
  async add({ address, fingerprint, invitation }: ContactLink, wishes: Wishes): Promise<Added> {
    const { contacts, owner } = this.#deps;
    if (fingerprint === owner.identity.fingerprint) {
      throw new DomainError('bad_address', 'that is your own address');
    }
    const expected: ExpectedPeer = { fingerprint, source: 'link', invitation };
    const known = contacts.get(address);
    if (known === undefined) return contacts.add({ address, expected, ...wishes });
    const contact =
      known.identity === undefined
        ? await this.#expect(known, expected, wishes)
        : await this.#meet(known, fingerprintOf(known.identity), expected, wishes);
    return { contact, isNew: false };
  }

  #format(invitation: string | undefined): string {
    const { owner } = this.#deps;
    const { fingerprint } = owner.identity;
    return formatContactLink({ address: owner.address, fingerprint, invitation });
  }

  /** A link for a contact whose identity we keep. */
  async #meet(
    contact: Contact,
    known: string,
    expected: ExpectedPeer,
    wishes: Wishes,
  ): Promise<Contact> {
    if (known !== expected.fingerprint) {
      throw new DomainError(
        'identity_changed',
        `the link names somebody else than ${nameOf(contact)}, who has that address in your address book; compare the safety number before you trust either`,
      );
    }
    return this.#change(contact, {
      ...wishes,
      // The friend who gave it away learns by its token that it was us who used it.
      ...(expected.invitation === undefined ? {} : { expected }),
      trust: contact.trust === 'tofu' ? 'invited' : contact.trust,
    });
  }

  /** A link for a contact without an identity: nothing leaves for it before it has shown whom the link names. */
  async #expect(contact: Contact, expected: ExpectedPeer, wishes: Wishes): Promise<Contact> {
    const { trust, events } = this.#deps;
    const waiting = contact.candidate?.identity;
    if (waiting !== undefined && fingerprintOf(waiting) === expected.fingerprint) {
      const accepted = await trust.accept(contact.address, expected);
      return this.#change(accepted, { ...wishes, trust: 'invited' });
    }
    const asked = await this.#change(contact, {
      ...wishes,
      expected,
      encryption: 'undecided',
      isPlainByChoice: false,
      candidate: undefined,
      isHandshakeDue: true,
    });
    events.emit('attemptDue', { contact: asked });
    return asked;
  }

  async #change(contact: Contact, change: Partial<Contact>): Promise<Contact> {
    const { contacts, events } = this.#deps;
    const changed = await contacts.update(contact, change);
    events.emit('conversation', { address: changed.address });
    return changed;
  }
}
