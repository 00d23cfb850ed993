import {
  classifyHost,
  DEFAULT_PEER_PORT,
  formatAddress,
  splitAddress,
  type Address,
} from '../wire/address.ts';
import { encodeBase64url } from '../wire/base64url.ts';
import type { E2eAnswer, Hs1 } from '../wire/e2e.ts';
import { isEqualSecret } from '../crypto/digest.ts';
import type { HandshakeRefusal } from '../crypto/handshake.ts';
import { judgeClaimedPort } from './address-policy.ts';
import type { ContactRequests } from './contact-requests.ts';
import { isRetiredKey, withKey } from './access-keys.ts';
import type { Contacts } from './contacts.ts';
import type { DomainEvents } from './events.ts';
import type { ClaimedIdentity, Contact } from './model.ts';
import { fingerprintOf, toPeerIdentity } from './peer-identity.ts';
import type { Pinning } from './pinning.ts';
import type { Clock, OwnAddresses } from './ports.ts';
import type { SessionAttempts } from './session-attempts.ts';

/** A handshake as it came in. */
export type IncomingHandshake = Readonly<{
  key: string;
  nick: string;
  /** `undefined` from a daemon that does not encrypt. */
  e2e: Hs1 | undefined;
  /** What it says about itself. */
  from: Address | undefined;
  /** Host that it really came from. */
  sourceHost: string;
  /** It came over an overlay at both ends, so that the source host is proven (docs/security.md, 2.3). */
  isProven: boolean;
  /** The contact that proved by the keys of the hop to be the caller. */
  hop: Contact | undefined;
}>;

/** What to answer: whether it was received, and what goes into the member `e2e`. */
export type HandshakeAnswer = Readonly<{ status: 0 | 1; e2e?: E2eAnswer }>;

type Dependencies = Readonly<{
  contacts: Contacts;
  requests: ContactRequests;
  attempts: SessionAttempts;
  pinning: Pinning;
  events: DomainEvents;
  clock: Clock;
  own: OwnAddresses;
}>;

/** Received, whatever comes of it: strangers, blocked ones and candidates learn nothing more. */
const RECEIVED: HandshakeAnswer = { status: 1 };
const REFUSED: HandshakeAnswer = { status: 0 };

/** The life of a handshake from the receiving side. Source: docs/peer-protocol.md#handshake, E4–E8. */
export class Handshakes {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Takes a handshake: establishes a contact that we asked, makes a session with one that we know, parks a stranger.
   * What it says is durable when it is answered 1.
   *
   * @throws {StorageError}
   */
  async receive(handshake: IncomingHandshake): Promise<HandshakeAnswer> {
    const address = this.#addressOf(handshake);
    const contact = this.#contactOf(handshake, address);
    if (contact === undefined) return this.#park(address, handshake);
    if (contact.isBlocked) return RECEIVED;
    if (handshake.e2e !== undefined) return this.#receiveE2e(contact, handshake, handshake.e2e);
    if (contact.encryption === 'dr1') return this.#receiveBare(contact, handshake);
    if (contact.expected !== undefined) {
      await this.#keepCandidate(contact, handshake, undefined);
      return RECEIVED;
    }
    await this.#receivePlain(contact, handshake);
    return RECEIVED;
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

  /**
   * Whose handshake it is: of whoever proved it; of the contact that waits at this address; of the contact with this
   * identity, wherever it is now.
   */
  #contactOf({ hop, e2e }: IncomingHandshake, address: Address): Contact | undefined {
    if (hop !== undefined) return hop;
    const there = this.#deps.contacts.get(address);
    // Whoever waits there for its first handshake is meant, even if we know the identity from elsewhere.
    const isAwaited = there !== undefined && there.identity === undefined;
    if (e2e === undefined || isAwaited) return there;
    return this.#deps.contacts.byIdentity(toPeerIdentity(e2e)) ?? there;
  }

  async #receiveE2e(
    contact: Contact,
    handshake: IncomingHandshake,
    hs1: Hs1,
  ): Promise<HandshakeAnswer> {
    const identity = toPeerIdentity(hs1);
    const fingerprint = fingerprintOf(identity);
    // What the contact itself gave up proves nobody any more: the contact knows better, and others may know the secret.
    if (fingerprint === contact.rekeyed?.from) return REFUSED;
    if (!this.#isExpected(contact, handshake, fingerprint)) {
      await this.#keepCandidate(contact, handshake, {
        ...identity,
        bind: encodeBase64url(hs1.bind),
      });
      return RECEIVED;
    }
    const answering = await this.#deps.attempts.answer(contact, hs1, handshake.key);
    switch (answering.kind) {
      case 'made': {
        await this.#deps.pinning.pinAnswered(contact, answering.peer, {
          key: handshake.key,
          nick: handshake.nick,
          isProven: hs1.mac !== undefined,
        });
        return { status: 1, e2e: { kind: 'hs2', hs2: answering.hs2 } };
      }
      case 'busy':
        return { status: 1, e2e: { kind: 'trouble', trouble: 'busy' } };
      case 'too_often':
        return REFUSED;
      case 'refused':
        return this.#refuse(contact, hs1, answering.reason);
    }
  }

  async #refuse(contact: Contact, hs1: Hs1, reason: HandshakeRefusal): Promise<HandshakeAnswer> {
    if (reason === 'replayed') return RECEIVED;
    if (reason !== 'forged') return REFUSED;
    if (hs1.mac !== undefined) {
      await this.#deps.pinning.countRefused(contact);
      return REFUSED;
    }
    // It may have removed us and come back, and can't prove anything. So we call where we know it to be.
    const isBelieved = this.#deps.attempts.suspected(contact);
    if (isBelieved) this.#deps.events.emit('attemptDue', { contact });
    return RECEIVED;
  }

  /** Whether this identity may become or is the contact's, without asking the owner. */
  #isExpected(contact: Contact, handshake: IncomingHandshake, fingerprint: string): boolean {
    const { identity, expected, state, encryption, key } = contact;
    if (identity !== undefined) return fingerprintOf(identity) === fingerprint;
    if (expected !== undefined) return expected.fingerprint === fingerprint;
    if (state === 'requested' || encryption === 'undecided') return true;
    if (contact.isPlainByChoice) return false;
    // A plain contact that encrypts from now on: it shows the key that we know, or an address that proves itself.
    const isSameKey = key !== undefined && isEqualSecret(key, handshake.key);
    return isSameKey || handshake.isProven;
  }

  /** From a contact that encrypts, without `e2e`: only under proof; it brings its access key (E8b, E5). */
  async #receiveBare(
    contact: Contact,
    { hop, key, nick }: IncomingHandshake,
  ): Promise<HandshakeAnswer> {
    if (hop === undefined) {
      await this.#deps.pinning.countRefused(contact);
      return REFUSED;
    }
    // Proven once is proven for ever: what somebody heard long ago must not bring back a key of then (E14).
    if (isRetiredKey(contact, key)) return RECEIVED;
    await this.#deps.contacts.update(contact, {
      ...withKey(contact, key),
      nick: contact.nick === '' ? nick : contact.nick,
      relayRefusedAt: undefined,
    });
    this.#hurry(contact);
    return RECEIVED;
  }

  async #receivePlain(contact: Contact, handshake: IncomingHandshake): Promise<void> {
    if (contact.state === 'requested' || contact.key === undefined) {
      await this.#deps.contacts.establishRequested(contact, handshake.key, handshake.nick);
      return;
    }
    if (contact.encryption === 'undecided') {
      await this.#deps.contacts.update(contact, { encryption: 'plain' });
    }
    await this.#receiveAgain(contact, handshake);
  }

  /** From an established contact: the same key is nothing new; another one may come from somebody else. */
  async #receiveAgain(contact: Contact, handshake: IncomingHandshake): Promise<void> {
    const { contacts } = this.#deps;
    // A handshake of any kind means that the other side has begun anew: it may be willing to relay again.
    if (contact.relayRefusedAt !== undefined) {
      await contacts.update(contact, { relayRefusedAt: undefined });
    }
    if (contact.key !== undefined && isEqualSecret(contact.key, handshake.key)) {
      // Nothing new, but it is there, and ours may not have reached it yet.
      this.#hurry(contact);
      return;
    }
    if (handshake.isProven) await contacts.takeNewKey(contact, handshake.key);
    else await this.#keepCandidate(contact, handshake, undefined);
  }

  async #keepCandidate(
    contact: Contact,
    { key }: IncomingHandshake,
    identity: ClaimedIdentity | undefined,
  ): Promise<void> {
    const at = this.#deps.clock.nowMs();
    await this.#deps.contacts.update(contact, { candidate: { key, identity, at } });
  }

  async #park(
    address: Address,
    { key, nick, from, e2e }: IncomingHandshake,
  ): Promise<HandshakeAnswer> {
    // Somebody on this machine who named no port seems to be us; the owner can say where it really is.
    if (from !== undefined && this.#deps.own.isOwn(address)) return REFUSED;
    if (judgeClaimedPort(address) !== undefined) return REFUSED;
    const identity =
      e2e === undefined ? undefined : { ...toPeerIdentity(e2e), bind: encodeBase64url(e2e.bind) };
    const at = this.#deps.clock.nowMs();
    const isParked = await this.#deps.requests.park({ address, key, nick, identity, at });
    return isParked ? RECEIVED : REFUSED;
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
