import type { Address } from '../wire/address.ts';
import { judgeLearnedAddress } from './address-policy.ts';
import type { Contacts } from './contacts.ts';
import type { Contact, ContactNumber } from './model.ts';
import type { Clock, OwnAddresses } from './ports.ts';

/** We look at one claim a contact in this time, whoever makes it. */
const LOOK_INTERVAL_MS = 60_000;

type Dependencies = Readonly<{
  contacts: Contacts;
  own: OwnAddresses;
  clock: Clock;
  /** Whether the contact, and nobody else, answers at this address: it has to prove its identity there. */
  isThere: (contact: Contact, address: Address) => Promise<boolean>;
}>;

/**
 * Follows encrypted contacts to other addresses: an identity stays who it is wherever it goes. What says so may be old or
 * a lie, so the contact must prove itself where it is said to be.
 */
export class AddressMoves {
  readonly #deps: Dependencies;
  readonly #lookedMs = new Map<ContactNumber, number>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Somebody says that a contact is at this address now.
   *
   * @throws {StorageError}
   */
  async consider(contact: Contact, address: Address): Promise<void> {
    if (!this.#isWorthALook(contact, address)) return;
    this.#lookedMs.set(contact.number, this.#deps.clock.monotonicMs());
    if (!(await this.#deps.isThere(contact, address))) return;
    const current = this.#deps.contacts.byNumber(contact.number);
    if (current === undefined || this.#deps.contacts.get(address) !== undefined) return;
    await this.#deps.contacts.move(current, address);
  }

  #isWorthALook(contact: Contact, address: Address): boolean {
    const { contacts, own, clock } = this.#deps;
    if (contact.encryption !== 'dr1' || contact.isBlocked || contact.address === address)
      return false;
    if (contacts.get(address) !== undefined) return false;
    if (judgeLearnedAddress(address, own, { from: contact.address }) !== undefined) return false;
    const lookedMs = this.#lookedMs.get(contact.number) ?? -Infinity;
    return clock.monotonicMs() - lookedMs >= LOOK_INTERVAL_MS;
  }
}
