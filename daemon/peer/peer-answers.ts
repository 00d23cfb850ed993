import type { Contacts } from '../domain/contacts.ts';
import type { IncomingHandshake } from '../domain/handshakes.ts';
import type { Contact, ContactNumber } from '../domain/model.ts';
import type { OwnAddresses } from '../domain/ports.ts';
import type { PresenceBook } from '../domain/presence.ts';
import type { Relay } from '../domain/relay.ts';
import { Turns } from '../domain/turns.ts';
import type { Address } from '../wire/address.ts';
import { encodeE2eAnswer, type E2eAnswer, type E2eTrouble, type Hs1 } from '../wire/e2e.ts';
import { REQUESTS_AHEAD_MAX, type PeerRequest, type WireMessage } from '../wire/peer.ts';
import { FULL_MEMBER, type PeerAnswer } from '../wire/peer-answer.ts';
import type { ContactPressure } from './contact-pressure.ts';
import type { Visit } from './stranger-limits.ts';

/** Who calls, as far as the connection and the header tell. */
export type Caller = Readonly<{
  host: string;
  /** The connection is on an overlay at both ends, so that the host is proven. */
  isHostProven: boolean;
  /** The contact that the header proves; never a blocked one. */
  proven: Contact | undefined;
  /** Of the request's body. */
  sizeBytes: number;
  visit: Visit;
}>;

/** Takes handshakes. */
export interface HandshakeReceiver {
  /** @throws {StorageError} What it says could not be kept. */
  receive(
    handshake: IncomingHandshake & Readonly<{ e2e: Hs1 | undefined; hop: Contact | undefined }>,
  ): Promise<Readonly<{ status: 0 | 1; e2e?: E2eAnswer }>>;
  noticeAt(address: Address, sourceHost: string): void;
}

/** Takes messages from a hop: one verdict for each, in order. */
export interface MessageReceiver {
  receive(hop: Contact, sourceHost: string, messages: readonly WireMessage[]): Promise<Ruling>;
}

/** What became of messages. */
export type Ruling = Readonly<{
  accepted: readonly boolean[];
  /** Some were not taken because they could not be stored. */
  isHindered?: boolean;
  trouble?: E2eTrouble | undefined;
}>;

export type PeerAnswersDependencies = Readonly<{
  contacts: Pick<Contacts, 'get' | 'byIssuedKey'>;
  handshakes: HandshakeReceiver;
  inbox: MessageReceiver;
  relay: Pick<Relay, 'take' | 'withdraw'>;
  presence: Pick<PresenceBook, 'heardFrom'>;
  own: Pick<OwnAddresses, 'isOwn'>;
  /** Somebody showed the access key of a contact that encrypts, without its proof (E5). */
  onUnproven: (contact: Contact) => void;
  /** A contact says, under proof, that it is at another address now. */
  onClaimedAddress: (contact: Contact, from: Address) => void;
  pressure: Pick<ContactPressure, 'run'>;
}>;

const YES: PeerAnswer = { status: 1 };
const NO: PeerAnswer = { status: 0 };

/** What we answer to peers, action by action. Source: docs/peer-protocol.md. */
export class PeerAnswers {
  readonly #deps: PeerAnswersDependencies;
  /** What a hop brings is taken in the order in which it came, also while several requests are under way. */
  readonly #turns = new Turns();
  /** How often something of a hop's could not be stored. */
  readonly #hindrances = new Map<ContactNumber, number>();

  constructor(deps: PeerAnswersDependencies) {
    this.#deps = deps;
  }

  /**
   * @throws {RequestError} `too_many_requests`.
   * @throws {StorageError} From a handshake that could not be kept.
   */
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
    { key, nick, from, e2e }: Extract<PeerRequest, { action: 'handshake' }>,
    caller: Caller,
  ): Promise<PeerAnswer> {
    const { host: sourceHost, isHostProven: isProven, proven: hop } = caller;
    if (hop === undefined) caller.visit.countStranger();
    else this.#greet(hop, caller, from);
    const handshake = { key, nick, from, sourceHost, isProven, e2e, hop };
    const answer = await this.#deps.handshakes.receive(handshake);
    // A daemon that sent no such member does not know what to do with ours.
    return answer.e2e === undefined || e2e === undefined
      ? { status: answer.status }
      : { status: answer.status, e2e: encodeE2eAnswer(answer.e2e) };
  }

  async #send(message: WireMessage, caller: Caller): Promise<PeerAnswer> {
    const hop = this.#hop(message.key, caller);
    return hop === undefined ? NO : this.#take(hop, message, caller);
  }

  /** For somebody else we store and forward it; for us it is a message that a relay brings. */
  async #resend(message: WireMessage, caller: Caller): Promise<PeerAnswer> {
    const { own, contacts, relay, pressure } = this.#deps;
    const hop = this.#hop(message.key, caller);
    if (hop === undefined) return NO;
    if (!own.isOwn(message.to) && contacts.get(message.to) !== undefined) {
      const isTaken = pressure.run(hop, caller.sizeBytes, () => relay.take(hop, message));
      return (await isTaken) ? YES : NO;
    }
    // An address that we don't know for our own may still be ours (NAT); nobody relays his own words to us.
    const isForUs = own.isOwn(message.to) || message.from !== hop.address;
    return isForUs ? this.#take(hop, message, caller) : NO;
  }

  async #take(hop: Contact, message: WireMessage, caller: Caller): Promise<PeerAnswer> {
    const ruling = await this.#receive(hop, [message], caller);
    return { status: ruling.accepted[0] === true ? 1 : 0, ...oursOnly(ruling, caller) };
  }

  async #receive(
    hop: Contact,
    messages: readonly WireMessage[],
    { host, sizeBytes }: Caller,
  ): Promise<Ruling> {
    const { inbox, pressure } = this.#deps;
    const hindrances = this.#hindrances.get(hop.number) ?? 0;
    return this.#turns.take(hop.number, async () => {
      // What was under way behind something that found no room must not get ahead of it, should there be room again.
      if ((this.#hindrances.get(hop.number) ?? 0) !== hindrances) {
        return { accepted: messages.map(() => false), isHindered: true };
      }
      const store = (): Promise<Ruling> => inbox.receive(hop, host, messages);
      const ruling = await pressure.run(hop, sizeBytes, store);
      if (ruling.isHindered === true) this.#hindrances.set(hop.number, hindrances + 1);
      return ruling;
    });
  }

  /** Each element proves itself by its own key; nearly always it is the same one for all. */
  async #history(
    messages: readonly (WireMessage | undefined)[],
    caller: Caller,
  ): Promise<PeerAnswer> {
    const hops = this.#hops(messages, caller);
    const status: (0 | 1)[] = messages.map(() => 0);
    let ownTrouble: E2eTrouble | undefined;
    let isHindered = false;
    for (const hop of new Set(hops.values())) {
      const places = messages.flatMap((message, index) =>
        message !== undefined && hops.get(message.key) === hop ? [{ message, index }] : [],
      );
      const batch = places.map(({ message }) => message);
      const ruling = await this.#receive(hop, batch, caller);
      const { accepted, trouble } = ruling;
      isHindered ||= ruling.isHindered === true;
      for (const [i, { index }] of places.entries()) status[index] = accepted[i] === true ? 1 : 0;
      // Sessions are an affair between us and whoever proved itself, not between us and a plain key beside it.
      if (hop.number === caller.proven?.number) ownTrouble = trouble;
    }
    return { status, ...oursOnly({ isHindered, trouble: ownTrouble }, caller) };
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
    if (caller.proven !== undefined) {
      this.#greet(caller.proven, caller, from);
    } else if (key !== undefined) {
      this.#hop(key, caller);
    } else if (from !== undefined) {
      this.#deps.handshakes.noticeAt(from, caller.host);
    }
    return { action: 'pong' };
  }

  async #withdraw(key: string, ids: readonly string[], caller: Caller): Promise<PeerAnswer> {
    const hop = this.#hop(key, caller);
    if (hop === undefined) return NO;
    await this.#deps.relay.withdraw(hop, ids);
    return YES;
  }

  /**
   * The contact that shows the key which we issued to it, whatever address it comes from. One that encrypts is it only
   * under proof (E12); a blocked one is a stranger like any other.
   */
  #hop(key: string, caller: Caller): Contact | undefined {
    // Whoever has not got a key of ours yet shows none; its proof says more anyway.
    const contact = key === '' ? caller.proven : this.#deps.contacts.byIssuedKey(key);
    if (contact === undefined || contact.isBlocked) {
      caller.visit.countStranger();
      return undefined;
    }
    if (contact.encryption === 'dr1' && contact.number !== caller.proven?.number) {
      // Counted first, so that a flood of these is cut off before it is noted.
      caller.visit.countStranger();
      this.#deps.onUnproven(contact);
      return undefined;
    }
    this.#greet(contact, caller, undefined);
    return contact;
  }

  #greet(contact: Contact, caller: Caller, from: Address | undefined): void {
    caller.visit.refund();
    this.#deps.presence.heardFrom(contact);
    if (from !== undefined && from !== contact.address) this.#deps.onClaimedAddress(contact, from);
  }
}

/** What we take beyond the base protocol, told to whoever proved itself. */
const ABILITIES = { ahead: REQUESTS_AHEAD_MAX, bundles: true } as const;

/** What only another daemon of ours understands. Whoever did not prove itself is not told about our sessions. */
function oursOnly(
  { isHindered, trouble }: Omit<Ruling, 'accepted'>,
  { proven }: Caller,
): Readonly<{ error?: string; e2e?: object; ahead?: number; bundles?: boolean }> {
  if (proven === undefined) return {};
  const common = { ...ABILITIES, ...(isHindered === true ? FULL_MEMBER : {}) };
  if (trouble === undefined) return common;
  return { ...common, e2e: encodeE2eAnswer({ kind: 'trouble', trouble }) };
}
