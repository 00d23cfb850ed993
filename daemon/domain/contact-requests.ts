import { classifyHost, originOf, splitAddress, type Address } from '../wire/address.ts';
import type { DomainEvents } from './events.ts';
import type { ContactRequest } from './model.ts';
import type { RequestStore } from './ports.ts';

/** Requests that may wait at once. Source: docs/security.md, 2.6. */
export const PARKED_MAX = 100;
/** Requests that may wait from one IPv4 address, one /64, or one Yggdrasil node. */
export const PARKED_PER_HOST_MAX = 4;

type Dependencies = Readonly<{ store: RequestStore; events: DomainEvents }>;

/** Handshakes of strangers, parked until the owner decides. Bounded, so that strangers cost nothing (E20). */
export class ContactRequests {
  readonly #store: RequestStore;
  readonly #events: DomainEvents;
  readonly #byAddress: Map<Address, ContactRequest>;
  /** As the disk has them. */
  #saved: readonly ContactRequest[];

  constructor({ store, events }: Dependencies) {
    this.#store = store;
    this.#events = events;
    this.#saved = store.initial;
    this.#byAddress = new Map(store.initial.map((request) => [request.address, request]));
  }

  /** Requests that the owner should see, oldest first; blocked ones among them, dismissed ones not. */
  list(): readonly ContactRequest[] {
    return [...this.#byAddress.values()].filter(({ isDismissed }) => !isDismissed);
  }

  get(address: Address): ContactRequest | undefined {
    return this.#byAddress.get(address);
  }

  /**
   * Parks a handshake; one that is parked already is renewed, and shown again if it was dismissed.
   *
   * @returns `false` when there is no room for it.
   * @throws {StorageError} It is not parked, or as it was before.
   */
  async park(request: Omit<ContactRequest, 'isDismissed' | 'isBlocked'>): Promise<boolean> {
    const parked = this.#byAddress.get(request.address);
    // A blocked one gets the answer that anybody gets, and nothing is kept of what it says.
    if (parked?.isBlocked === true) return true;
    if (parked === undefined && !this.#makeRoom(request.address)) return false;
    await this.#put({ ...request, isDismissed: false, isBlocked: false });
    return true;
  }

  /**
   * Hides a request until its sender asks again.
   *
   * @throws {StorageError} It is as before.
   */
  async dismiss(request: ContactRequest): Promise<void> {
    await this.#put({ ...request, isDismissed: true });
  }

  /** @throws {StorageError} It is as before. */
  async setBlocked(request: ContactRequest, isBlocked: boolean): Promise<void> {
    await this.#put({ ...request, isBlocked, isDismissed: false });
  }

  /**
   * Forgets a request, because it was accepted or removed.
   *
   * @throws {StorageError} It is still there.
   */
  async remove(address: Address): Promise<void> {
    if (!this.#byAddress.delete(address)) return;
    this.#tell(address);
    await this.#save(address, undefined);
  }

  async #put(request: ContactRequest): Promise<void> {
    const { address } = request;
    this.#byAddress.set(address, request);
    this.#tell(address);
    await this.#save(address, request);
  }

  /**
   * @param changed What was made of the request at this address; it is taken back where the disk will not have it, unless
   *   somebody else has changed it since.
   */
  async #save(address: Address, changed: ContactRequest | undefined): Promise<void> {
    const requests = [...this.#byAddress.values()];
    try {
      await this.#store.save(requests);
      this.#saved = requests;
    } catch (error) {
      if (this.#byAddress.get(address) === changed) this.#restore(address);
      throw error;
    }
  }

  #restore(address: Address): void {
    const saved = this.#saved.find((request) => request.address === address);
    if (saved === undefined) this.#byAddress.delete(address);
    else this.#byAddress.set(address, saved);
    this.#tell(address);
  }

  #tell(address: Address): void {
    if (this.#byAddress.get(address)?.isDismissed === false) {
      this.#events.emit('contact', { address });
    } else {
      this.#events.emit('contactGone', { address, contact: undefined });
    }
  }

  /** Whether one more fits; gives up the oldest dismissed one for it. */
  #makeRoom(address: Address): boolean {
    const waiting = [...this.#byAddress.values()].filter(({ isBlocked }) => !isBlocked);
    const origin = limitedOrigin(address);
    const fromThere = waiting.filter((one) => limitedOrigin(one.address) === origin);
    const crowd =
      origin !== undefined && fromThere.length >= PARKED_PER_HOST_MAX ? fromThere : waiting;
    if (crowd === waiting && waiting.length < PARKED_MAX) return true;
    const oldest = crowd.find(({ isDismissed }) => isDismissed);
    if (oldest === undefined) return false;
    this.#byAddress.delete(oldest.address);
    return true;
  }
}

/** Whom the limit per host counts together; `undefined` for loopback, which is exempt. */
function limitedOrigin(address: Address): string | undefined {
  const { host } = splitAddress(address);
  return classifyHost(host) === 'loopback' ? undefined : originOf(host);
}
