import { signRekey, verifyRekey, type RekeyNotice } from '../crypto/rekey.ts';
import { isSameIdentity, type PublicIdentity } from '../crypto/identity.ts';
import { encodeBase64url } from '../wire/base64url.ts';
import type { Channels } from './channels.ts';
import type { Contacts } from './contacts.ts';
import type { Control } from './controls.ts';
import { DomainError } from './errors.ts';
import type { DomainEvents } from './events.ts';
import { Expiry } from './expiry.ts';
import type { Contact } from './model.ts';
import type { OwnIdentities } from './own-identities.ts';
import { fingerprintOf, toPeerIdentity, toPublicIdentity } from './peer-identity.ts';
import type { Pins } from './pins.ts';
import type { Clock } from './ports.ts';
import { nameOf } from './trust.ts';

/** How long contacts that can't be reached are waited for. Source: docs/encryption.md#limits. */
const FORMER_KEPT_MS = 30 * 86_400_000;

type Dependencies = Readonly<{
  identities: OwnIdentities;
  contacts: Contacts;
  pins: Pick<Pins, 'of'>;
  channels: Pick<Channels, 'noteFailure'>;
  events: DomainEvents;
  clock: Clock;
}>;

/** A former identity of ours of which not everybody knows yet that it is one. */
export type UnderWay = Readonly<{ since: number; waiting: number }>;

/**
 * Another identity in place of a former one, on both sides. Every step is on the disk before the next, and each contact's
 * `knownAs` says by itself how far it is. Source: docs/encryption.md#another-identity, E4.
 */
export class Rekeying {
  readonly #deps: Dependencies;
  readonly #expiry: Expiry<'former'>;
  #isBeginning = false;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#expiry = new Expiry(deps.clock);
  }

  /** Notes who we are to contacts of an older version, and ends what a stop has interrupted. */
  async start(): Promise<void> {
    const isUnnoted = ({ identity, knownAs }: Contact): boolean =>
      identity !== undefined && knownAs === undefined;
    const unnoted = this.#deps.contacts.list().filter(isUnnoted);
    if (unnoted.length > 0) await this.#noteHowKnown(unnoted);
    await this.tidy();
  }

  async #noteHowKnown(contacts: readonly Contact[]): Promise<void> {
    const knownAs = encodeBase64url(this.#deps.identities.present.fingerprint);
    await Promise.all(contacts.map((contact) => this.#deps.contacts.update(contact, { knownAs })));
  }

  /** `undefined` when nobody is to be told anything. */
  get underWay(): UnderWay | undefined {
    const { former } = this.#deps.identities;
    return former && { since: former.since, waiting: this.#waiting().length };
  }

  /**
   * Makes another identity ours, and has all contacts told under the former one. Contacts and strangers that we meet
   * from now on know the new one alone; contact links given away before name nobody any more.
   *
   * @throws {DomainError} `rekey_under_way` while contacts are still being told of the one before.
   * @throws {StorageError} We are who we were.
   */
  async begin(): Promise<void> {
    await this.tidy();
    const { identities, contacts } = this.#deps;
    if (this.#isBeginning || identities.former !== undefined) throw refuseToBegin(this.underWay);
    this.#isBeginning = true;
    try {
      // Doubts about the one before are none about this one; who knows us as whom is on the disk already.
      const doubtful = contacts.list().filter(({ isRekeyOffered }) => isRekeyOffered);
      const change = { isRekeyOffered: false };
      await Promise.all(doubtful.map((contact) => contacts.update(contact, change)));
      await identities.replace();
    } finally {
      this.#isBeginning = false;
    }
    await this.#announce();
    await this.tidy();
  }

  /** Whether a contact has to be told. */
  isDue(contact: Contact): boolean {
    return this.#deps.identities.isFormerFor(contact);
  }

  /** Whether a contact that has to be told may know already: it got the notice, and its answer was lost. */
  isInDoubt(contact: Contact): boolean {
    return contact.isRekeyOffered && this.isDue(contact);
  }

  /** What to tell a contact. That it may know from now on is on the disk when this resolves (D3). */
  async notice(before: Contact): Promise<Control | undefined> {
    const { identities, contacts } = this.#deps;
    const contact = await contacts.update(before, { isRekeyOffered: true });
    const { former, present } = identities;
    if (contact.identity === undefined || former === undefined) return undefined;
    const recipient = toPublicIdentity(contact.identity).fingerprint;
    const notice = signRekey(former.identity, present, recipient);
    return { body: { type: 'rekey', notice }, sequence: undefined };
  }

  /** A contact has proven that it knows our present identity. */
  async told(before: Contact): Promise<void> {
    const contact = this.#deps.contacts.byNumber(before.number);
    if (contact === undefined || !this.isDue(contact)) return;
    const knownAs = encodeBase64url(this.#deps.identities.present.fingerprint);
    const told = await this.#change(contact, { knownAs, isRekeyOffered: false });
    this.#deps.events.emit('attemptDue', { contact: told });
    this.#deps.events.emit('status', undefined);
    await this.tidy();
  }

  /**
   * A contact tells us, in a session and by itself, that it has another identity; durable when it resolves.
   *
   * @returns Whether it is so; otherwise nothing was changed.
   * @throws {StorageError}
   */
  async hear(sender: Contact, notice: RekeyNotice): Promise<boolean> {
    const { contacts, channels, clock, events } = this.#deps;
    const contact = contacts.byNumber(sender.number);
    if (contact?.identity === undefined) return false;
    const next = this.#verify(contact, notice);
    if (next === undefined) {
      channels.noteFailure(contact);
      return false;
    }
    const at = clock.nowMs();
    const identity = toPeerIdentity(next);
    const changed = await this.#change(contact, {
      identity,
      // What was compared was the former one; so was what a link named.
      trust: 'tofu',
      rekeyed: { from: fingerprintOf(contact.identity), at },
      candidate: isCandidate(contact, next) ? undefined : contact.candidate,
    });
    const message = `${nameOf(changed)} has a new key; it was signed by the old one. Compare the safety number again.`;
    events.emit('notice', { at, code: 'contact_rekeyed', message });
    events.emit('conversation', { address: changed.address });
    return true;
  }

  /** Forgets the former identity once everybody knows, or nobody is waited for any more. */
  async tidy(): Promise<void> {
    const { identities, clock, events } = this.#deps;
    const { former } = identities;
    if (former === undefined) return;
    const isOld = clock.nowMs() - former.since >= FORMER_KEPT_MS;
    const isExpired = this.#expiry.confirm(isOld ? ['former'] : []).has('former');
    if (!isExpired && this.#waiting().length > 0) return;
    await identities.retire();
    events.emit('status', undefined);
  }

  #waiting(): readonly Contact[] {
    return this.#deps.contacts.list().filter((contact) => this.isDue(contact));
  }

  async #announce(): Promise<void> {
    const { contacts, events } = this.#deps;
    events.emit('status', undefined);
    for (const contact of contacts.list()) {
      // Whom we asked and who has not answered is asked anew, as who we are now.
      const isAsked = contact.identity === undefined && contact.encryption === 'undecided';
      const current = isAsked ? await contacts.update(contact, { isHandshakeDue: true }) : contact;
      events.emit('attemptDue', { contact: current });
    }
  }

  #verify(contact: Contact, notice: RekeyNotice): PublicIdentity | undefined {
    const { pins, contacts, identities } = this.#deps;
    const pinned = pins.of(contact);
    if (pinned === undefined) return undefined;
    const next = verifyRekey(notice, { former: pinned.identity, recipient: pinned.own });
    if (next === undefined) return undefined;
    const own = [identities.present, identities.former?.identity];
    if (own.some((one) => one !== undefined && isSameIdentity(one, next))) return undefined;
    const identity = toPeerIdentity(next);
    if (contacts.byIdentity(identity) !== undefined) return undefined;
    // A key of small order agrees with nobody.
    return pins.of({ ...contact, identity }) === undefined ? undefined : next;
  }

  async #change(contact: Contact, change: Partial<Contact>): Promise<Contact> {
    const { contacts, events } = this.#deps;
    const saving = contacts.update(contact, change);
    // At once, so that nobody writes to one identity in a session with the other.
    const changed = contacts.byNumber(contact.number);
    if (changed !== undefined) events.emit('rekeyed', { contact: changed });
    return saving;
  }
}

function isCandidate({ candidate }: Contact, next: PublicIdentity): boolean {
  const claimed = candidate?.identity;
  return claimed !== undefined && isSameIdentity(toPublicIdentity(claimed), next);
}

function refuseToBegin(underWay: UnderWay | undefined): DomainError {
  const waiting = underWay === undefined ? '' : ` (${underWay.waiting} to go)`;
  return new DomainError(
    'rekey_under_way',
    `your contacts are still being told of your last new identity${waiting}; wait until they know, or 30 days`,
  );
}
