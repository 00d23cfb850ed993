import type { Contacts } from '../domain/contacts.ts';
import type { Handshakes } from '../domain/handshakes.ts';
import type { Inbox } from '../domain/inbox.ts';
import type { Contact } from '../domain/model.ts';
import type { OwnAddresses } from '../domain/ports.ts';
import type { PresenceBook } from '../domain/presence.ts';
import type { Relay } from '../domain/relay.ts';
import type { PeerAnswer, PeerRequest, WireMessage } from '../wire/peer.ts';

/** Who calls, as far as the connection tells. */
export type Caller = Readonly<{
  host: string;
  /** The connection is on an overlay at both ends, so that the host is proven. */
  isProven: boolean;
}>;

export type PeerAnswersDependencies = Readonly<{
  contacts: Contacts;
  handshakes: Handshakes;
  inbox: Inbox;
  relay: Relay;
  presence: PresenceBook;
  own: OwnAddresses;
  /** Counts a request by somebody who proved nothing; throws when there are too many. */
  countStranger: (caller: Caller) => void;
}>;

const YES: PeerAnswer = { status: 1 };
const NO: PeerAnswer = { status: 0 };

/** What we answer to peers, action by action. Source: docs/peer-protocol.md. */
export class PeerAnswers {
  readonly #deps: PeerAnswersDependencies;

  constructor(deps: PeerAnswersDependencies) {
    this.#deps = deps;
  }

  /** @throws Whatever `countStranger` throws; {StorageError} from a handshake that could not be kept. */
  async answer(request: PeerRequest, caller: Caller): Promise<PeerAnswer> {
    switch (request.action) {
      case 'handshake':
        return this.#handshake(request, caller);
      case 'send':
        return this.#send(request.message, caller);
      case 'resend':
        return this.#resend(request.message, caller);
      case 'history':
        return this.#history(request.messages, caller);
      case 'ping':
        return this.#ping(request, caller);
      case 'withdraw':
        return this.#withdraw(request.key, request.ids, caller);
    }
  }

  async #handshake(
    { key, nick, from }: Extract<PeerRequest, { action: 'handshake' }>,
    caller: Caller,
  ): Promise<PeerAnswer> {
    this.#deps.countStranger(caller);
    const { host: sourceHost, isProven } = caller;
    const isTaken = await this.#deps.handshakes.receive({ key, nick, from, sourceHost, isProven });
    return isTaken ? YES : NO;
  }

  async #send(message: WireMessage, caller: Caller): Promise<PeerAnswer> {
    const hop = this.#hop(message.key, caller);
    if (hop === undefined) return NO;
    const [isHere] = await this.#deps.inbox.receive(hop, caller.host, [message]);
    return isHere === true ? YES : NO;
  }

  /** For somebody else we store and forward it; for us it is a message that a relay brings. */
  async #resend(message: WireMessage, caller: Caller): Promise<PeerAnswer> {
    const { own, contacts, relay } = this.#deps;
    const hop = this.#hop(message.key, caller);
    if (hop === undefined) return NO;
    if (!own.isOwn(message.to) && contacts.get(message.to) !== undefined) {
      return (await relay.take(hop, message)) ? YES : NO;
    }
    // An address that we don't know for our own may still be ours (NAT); nobody relays his own words to us.
    const isForUs = own.isOwn(message.to) || message.from !== hop.address;
    if (!isForUs) return NO;
    const [isHere] = await this.#deps.inbox.receive(hop, caller.host, [message]);
    return isHere === true ? YES : NO;
  }

  /** Each element proves itself by its own key; nearly always it is the same one for all. */
  async #history(
    messages: readonly (WireMessage | undefined)[],
    caller: Caller,
  ): Promise<PeerAnswer> {
    const hops = this.#hops(messages, caller);
    const status: (0 | 1)[] = messages.map(() => 0);
    for (const hop of new Set(hops.values())) {
      const places = messages.flatMap((message, index) =>
        message !== undefined && hops.get(message.key) === hop ? [{ message, index }] : [],
      );
      const batch = places.map(({ message }) => message);
      const isHere = await this.#deps.inbox.receive(hop, caller.host, batch);
      for (const [i, { index }] of places.entries()) status[index] = isHere[i] === true ? 1 : 0;
    }
    return { status };
  }

  #hops(
    messages: readonly (WireMessage | undefined)[],
    caller: Caller,
  ): ReadonlyMap<string, Contact> {
    const hops = new Map<string, Contact>();
    for (const key of new Set(messages.flatMap((message) => message?.key ?? []))) {
      const hop = this.#hop(key, caller);
      if (hop !== undefined) hops.set(key, hop);
    }
    return hops;
  }

  #ping({ key, from }: Extract<PeerRequest, { action: 'ping' }>, caller: Caller): PeerAnswer {
    if (key !== undefined) this.#hop(key, caller);
    else if (from !== undefined) this.#deps.handshakes.noticeAt(from, caller.host);
    return { action: 'pong' };
  }

  async #withdraw(key: string, ids: readonly string[], caller: Caller): Promise<PeerAnswer> {
    const hop = this.#hop(key, caller);
    if (hop === undefined) return NO;
    await this.#deps.relay.withdraw(hop, ids);
    return YES;
  }

  /**
   * The contact that shows the key which we issued to it: whatever address it comes from, that is who it is. A
   * blocked one is a stranger like any other.
   */
  #hop(key: string, caller: Caller): Contact | undefined {
    const contact = key === '' ? undefined : this.#deps.contacts.byIssuedKey(key);
    if (contact === undefined || contact.isBlocked) {
      this.#deps.countStranger(caller);
      return undefined;
    }
    this.#deps.presence.heardFrom(contact);
    return contact;
  }
}
