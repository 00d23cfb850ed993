import { safetyNumber } from '../crypto/safety-number.ts';
import type { Address } from '../wire/address.ts';
import { decodeBase64url } from '../wire/base64url.ts';
import type { Contacts } from './contacts.ts';
import { DomainError } from './errors.ts';
import type { DomainEvents } from './events.ts';
import type { Candidate, ClaimedIdentity, Contact, PeerIdentity } from './model.ts';
import type { Owner } from './owner.ts';
import { fingerprintOf, isGenuineClaim } from './peer-identity.ts';

/** Safety numbers that are kept, since each takes 26 ms. */
const NUMBERS_MAX = 1000;

/** What two people compare, and the two fingerprints behind it, base64url. */
export type SafetyNumber = Readonly<{ groups: readonly string[]; own: string; peer: string }>;

/** Which identity of a contact is meant: the one that we keep, or the one that came in its place. */
export type Whose = 'contact' | 'candidate';

/** How the owner accepts somebody who waits. */
export type Acceptance = Readonly<{
  /** The real address, where a contact request could not tell its port. */
  as?: Address;
  /** Whom the owner saw and means, base64url; nobody else is accepted. */
  fingerprint?: string;
  /** The second word, without which neither a verified identity nor encryption is given up. */
  isConfirmed?: boolean;
}>;

type Dependencies = Readonly<{
  contacts: Contacts;
  events: DomainEvents;
  owner: Pick<Owner, 'identity' | 'fingerprintFor'>;
}>;

/** What the owner decides about who a contact is. Source: docs/security.md, 2.3, E4 and E5. */
export class Trust {
  readonly #deps: Dependencies;
  /** By both fingerprints. */
  readonly #numbers = new Map<string, readonly string[]>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * What to compare with a contact, or with whoever came in its place.
   *
   * @throws {DomainError} `not_found`, `forbidden` when there is nothing to compare.
   */
  safetyNumber(address: Address, whose: Whose = 'contact'): SafetyNumber {
    const contact = this.#deps.contacts.require(address);
    const identity = whose === 'contact' ? contact.identity : contact.candidate?.identity;
    const peer = fingerprintOf(identity ?? refuseToCompare(contact, whose));
    const { owner } = this.#deps;
    // A contact compares with the fingerprint of ours that it keeps.
    const own = whose === 'contact' ? owner.fingerprintFor(contact) : owner.identity.fingerprint;
    return { groups: this.#numberOf(own, peer), own, peer };
  }

  /**
   * The owner compared a contact's identity.
   *
   * @param fingerprint What was compared or scanned, base64url.
   * @throws {DomainError} `not_found`, `forbidden` when there is nothing to compare, `identity_changed` when it is
   * another fingerprint.
   */
  async verify(address: Address, fingerprint?: string): Promise<Contact> {
    const contact = this.#deps.contacts.require(address);
    const known = fingerprintOf(contact.identity ?? refuseToCompare(contact, 'contact'));
    if (fingerprint !== undefined && fingerprint !== known) {
      throw new DomainError(
        'identity_changed',
        `that is not the fingerprint of ${nameOf(contact)}: it may be somebody else who answers under that address`,
      );
    }
    return this.#changeTrust(contact, 'verified');
  }

  /**
   * The owner takes the comparison back.
   *
   * @throws {DomainError} `not_found`.
   */
  async unverify(address: Address): Promise<Contact> {
    const contact = this.#deps.contacts.require(address);
    return contact.trust === 'verified' ? this.#changeTrust(contact, 'tofu') : contact;
  }

  /**
   * Accepts whoever waits under an address: what came in a contact's place, or else a contact request.
   *
   * @throws {DomainError} `not_found`, `bad_address`, `contact_exists`; `forbidden` when it is forged; `identity_changed`
   * when another waits than the one meant, or the second word is missing.
   */
  async accept(address: Address, acceptance: Acceptance = {}): Promise<Contact> {
    const { contacts } = this.#deps;
    const contact = contacts.get(address);
    if (contact?.candidate !== undefined) {
      requireMeant(contact.candidate.identity, acceptance);
      return this.#acceptCandidate(contact, contact.candidate, acceptance.isConfirmed === true);
    }
    const request = contacts.request(address);
    if (request !== undefined) requireMeant(request.identity, acceptance);
    return contacts.accept(address, acceptance.as);
  }

  /**
   * Puts whoever waits under an address out of sight until it comes again; a contact stays who it was.
   *
   * @throws {DomainError} `not_found`.
   */
  async dismiss(address: Address): Promise<void> {
    const { contacts, events } = this.#deps;
    const contact = contacts.get(address);
    if (contact?.candidate === undefined) return contacts.dismiss(address);
    const kept = await contacts.update(contact, { candidate: undefined });
    // What was held back may leave again.
    events.emit('attemptDue', { contact: kept });
  }

  /**
   * Gives up encryption with a contact, which nothing but the owner's word can do (E5). Should its daemon encrypt all the
   * same, it waits as a candidate: encryption comes back by the owner's word, too.
   *
   * @throws {DomainError} `not_found`.
   */
  async toPlain(address: Address): Promise<Contact> {
    const contact = this.#deps.contacts.require(address);
    const isSettled = isPlain(contact) && contact.candidate?.identity === undefined;
    return isSettled && contact.isPlainByChoice ? contact : this.#replaceIdentity(contact, PLAIN);
  }

  #numberOf(own: string, peer: string): readonly string[] {
    const name = `${own} ${peer}`;
    const kept = this.#numbers.get(name);
    if (kept !== undefined) return kept;
    if (this.#numbers.size >= NUMBERS_MAX) this.#numbers.clear();
    const groups = safetyNumber(decodeBase64url(own), decodeBase64url(peer));
    this.#numbers.set(name, groups);
    return groups;
  }

  async #changeTrust(contact: Contact, trust: Contact['trust']): Promise<Contact> {
    const changed = await this.#deps.contacts.update(contact, { trust });
    // Each message says whether it is encrypted under a verified identity.
    this.#deps.events.emit('conversation', { address: changed.address });
    return changed;
  }

  async #acceptCandidate(
    contact: Contact,
    { key, identity }: Candidate,
    isConfirmed: boolean,
  ): Promise<Contact> {
    if (identity === undefined && isPlain(contact)) {
      return this.#deps.contacts.takeNewKey(contact, key);
    }
    if (!isConfirmed) requireNoConfirmation(contact, identity);
    const established = {
      state: 'established',
      // Whom we met by calling has not told an access key yet.
      key: key === '' ? undefined : key,
      relayRefusedAt: undefined,
    } as const;
    if (identity === undefined) {
      return this.#replaceIdentity(contact, { ...PLAIN, ...established });
    }
    if (!isGenuineClaim(identity)) {
      throw new DomainError(
        'forbidden',
        `what came in place of ${nameOf(contact)} is forged: its keys do not belong together`,
      );
    }
    const knownAs = this.#deps.owner.identity.fingerprint;
    return this.#replaceIdentity(contact, { ...encryptedAs(identity), knownAs, ...established });
  }

  async #replaceIdentity(contact: Contact, change: Partial<Contact>): Promise<Contact> {
    const { contacts, events } = this.#deps;
    const saving = contacts.update(contact, { ...change, isHandshakeDue: true });
    // At once, so that nobody writes to the new one in a session with the former one.
    const replaced = contacts.byNumber(contact.number);
    if (replaced !== undefined) events.emit('identityReplaced', { contact: replaced });
    const saved = await saving;
    events.emit('conversation', { address: saved.address });
    events.emit('attemptDue', { contact: saved });
    return saved;
  }
}

const UNDECIDED = {
  candidate: undefined,
  expected: undefined,
  isKnownToPeer: false,
  knownAs: undefined,
  isRekeyOffered: false,
  rekeyed: undefined,
} as const;

const PLAIN = {
  ...UNDECIDED,
  encryption: 'plain',
  isPlainByChoice: true,
  identity: undefined,
  trust: 'tofu',
  refusedPlain: 0,
} as const satisfies Partial<Contact>;

function encryptedAs({ id, dh }: PeerIdentity): Partial<Contact> {
  const identity = { id, dh };
  return { ...UNDECIDED, encryption: 'dr1', isPlainByChoice: false, identity, trust: 'tofu' };
}

/** Whether nobody expects that it encrypts. */
function isPlain({ encryption, expected }: Contact): boolean {
  return encryption === 'plain' && expected === undefined;
}

/** A contact's name in a sentence. */
export function nameOf({ nick, address }: Contact): string {
  return nick === '' ? address : nick;
}

function refuseToCompare(contact: Contact, whose: Whose): never {
  const name = nameOf(contact);
  if (whose === 'candidate') {
    throw new DomainError('forbidden', `nobody with another identity came in place of ${name}`);
  }
  throw new DomainError(
    'forbidden',
    contact.encryption === 'plain'
      ? `what ${name} and you write is not end-to-end encrypted, so there is nothing to compare`
      : `${name} has not shown an identity yet, so there is nothing to compare`,
  );
}

/** Somebody else may have come since the owner looked. */
function requireMeant(
  waiting: ClaimedIdentity | undefined,
  { fingerprint }: Pick<Acceptance, 'fingerprint'>,
): void {
  if (fingerprint === undefined) return;
  if (waiting !== undefined && fingerprintOf(waiting) === fingerprint) return;
  throw new DomainError('identity_changed', 'somebody else waits there now; look again');
}

/** Giving up what the owner compared, or encryption as such, takes a second word (E4, E5). */
function requireNoConfirmation(contact: Contact, next: ClaimedIdentity | undefined): void {
  const name = nameOf(contact);
  if (next === undefined) {
    throw new DomainError(
      'identity_changed',
      `${name} came without encryption: to accept that takes a confirmation, since all that you write is readable on the way then`,
    );
  }
  if (contact.trust === 'verified') {
    throw new DomainError(
      'identity_changed',
      `you compared the safety number with ${name}, and this is another identity: to accept it takes a confirmation`,
    );
  }
}
