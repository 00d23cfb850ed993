import {
  classifyHost,
  DEFAULT_PEER_PORT,
  formatAddress,
  splitAddress,
  type Address,
} from '../wire/address.ts';
import { isEqualSecret } from '../crypto/digest.ts';
import { judgeClaimedPort } from './address-policy.ts';
import type { ContactRequests } from './contact-requests.ts';
import type { Contacts } from './contacts.ts';
import type { DomainEvents } from './events.ts';
import type { Contact } from './model.ts';
import type { Clock, OwnAddresses } from './ports.ts';

/** A handshake as it came in. */
export type IncomingHandshake = Readonly<{
  key: string;
  nick: string;
  /** What it says about itself. */
  from: Address | undefined;
  /** Host that it really came from. */
  sourceHost: string;
  /** It came over an overlay at both ends, so that the source host is proven (docs/security.md, 2.3). */
  isProven: boolean;
}>;

type Dependencies = Readonly<{
  contacts: Contacts;
  requests: ContactRequests;
  events: DomainEvents;
  clock: Clock;
  own: OwnAddresses;
}>;

/** The life of a handshake from the receiving side. Source: docs/peer-protocol.md#handshake. */
export class Handshakes {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Takes a handshake: establishes a contact that we asked, parks a stranger.
   *
   * @returns `true` once what it says is durable here; `false` when there is no room.
   * @throws {StorageError}
   */
  async receive(handshake: IncomingHandshake): Promise<boolean> {
    const address = this.#addressOf(handshake);
    const contact = this.#deps.contacts.get(address);
    if (contact === undefined) return this.#park(address, handshake);
    if (contact.isBlocked) return true;
    if (contact.state === 'requested') {
      await this.#deps.contacts.establishRequested(contact, handshake.key, handshake.nick);
      return true;
    }
    await this.#receiveAgain(contact, handshake);
    return true;
  }

  /**
   * Somebody at this address says that it is there. If our own handshake still waits to reach a contact there, now is
   * the time. A lie costs us one attempt.
   */
  noticeAt(address: Address, sourceHost: string): void {
    const contact = this.#deps.contacts.get(address);
    if (contact !== undefined && isFrom(sourceHost, address)) this.#hurry(contact);
  }

  #hurry(contact: Contact): void {
    if (!contact.isHandshakeDue || contact.isBlocked) return;
    this.#deps.events.emit('attemptDue', { contact });
  }

  /** From an established contact: the same key is nothing new; another one may come from somebody else. */
  async #receiveAgain(contact: Contact, { key, isProven }: IncomingHandshake): Promise<void> {
    const { contacts, clock } = this.#deps;
    // A handshake of any kind means that the other side has begun anew: it may be willing to relay again.
    if (contact.relayRefusedAt !== undefined) {
      await contacts.update(contact, { relayRefusedAt: undefined });
    }
    if (contact.key !== undefined && isEqualSecret(contact.key, key)) {
      // Nothing new, but it is there, and ours may not have reached it yet.
      this.#hurry(contact);
      return;
    }
    if (isProven) await contacts.takeNewKey(contact, key);
    else await contacts.update(contact, {
        candidate: { key, identity: undefined, at: clock.nowMs() },
      });
  }

  async #park(address: Address, { key, nick, from }: IncomingHandshake): Promise<boolean> {
    // Somebody on this machine who named no port seems to be us; the owner can say where it really is.
    if (from !== undefined && this.#deps.own.isOwn(address)) return false;
    if (judgeClaimedPort(address) !== undefined) return false;
    return this.#deps.requests.park({ address, key, nick, identity: undefined, at: this.#deps.clock.nowMs() });
  }

  /**
   * Who is calling: what it says if its host is where it comes from; else the source host with the port that it
   * says; from a daemon that says nothing, the contact on that host whose key we wait for.
   */
  #addressOf({ from, sourceHost }: IncomingHandshake): Address {
    if (from !== undefined) {
      const { port } = splitAddress(from);
      return isFrom(sourceHost, from) ? from : formatAddress({ host: sourceHost, port });
    }
    return (
      this.#awaitedOn(sourceHost) ?? formatAddress({ host: sourceHost, port: DEFAULT_PEER_PORT })
    );
  }

  /** The contact on a host whose key we wait for. Loopback hosts stand for one another if there is only one. */
  #awaitedOn(sourceHost: string): Address | undefined {
    const awaited = this.#deps.contacts
      .list()
      .filter(({ state }) => state === 'requested')
      .map(({ address }) => ({ address, host: splitAddress(address).host }));
    const there = awaited.find(({ host }) => host === sourceHost);
    if (there !== undefined || !isLoopback(sourceHost)) return there?.address;
    const [only, ...others] = awaited.filter(({ host }) => isLoopback(host));
    return others.length === 0 ? only?.address : undefined;
  }
}

/** Whether an address may be claimed from this host. Daemons on one machine cannot choose which loopback host they use. */
function isFrom(sourceHost: string, address: Address): boolean {
  const { host } = splitAddress(address);
  return host === sourceHost || (isLoopback(host) && isLoopback(sourceHost));
}

function isLoopback(host: string): boolean {
  return classifyHost(host) === 'loopback';
}
