import type { Address } from '../wire/address.ts';
import { WireError } from '../wire/check.ts';
import type { E2eAnswer } from '../wire/e2e.ts';
import {
  encodeHandshake,
  encodeHistory,
  encodeMessage,
  encodePing,
  encodeWithdraw,
  type OutgoingMessage,
} from '../wire/peer.ts';
import { decodeHistoryStatus, decodePong, decodeStatus } from '../wire/peer-answer.ts';
import type { RandomBytes } from '../crypto/bytes.ts';
import type { Contact, DeliveryOutcome } from '../domain/model.ts';
import type { OutgoingHandshakes } from '../domain/outgoing-handshakes.ts';
import type { OwnAddresses } from '../domain/ports.ts';
import type { HopBook } from './hop-proof.ts';
import type { PeerClient } from './peer-client.ts';
import type { HopProof, PeerReply } from './peer-exchange.ts';

/** What a batch came to: one answer a message, or why there are none. */
export type BatchResult =
  | Readonly<{
      outcome: 'ok';
      accepted: readonly boolean[];
      /** It has no room for what it did not accept: that is to come again, and nothing before it. */
      isFull: boolean;
      /** The peer could not read some of it: another session comes first (E10). */
      isTroubled: boolean;
      /** Requests that it takes at once, one behind the other. */
      ahead: number;
      /** It can read several messages under one seal. */
      bundles: boolean;
    }>
  | Readonly<{ outcome: Exclude<DeliveryOutcome, 'ok'> }>;

/** What came of a handshake of ours. */
export type HandshakeResult = Readonly<{
  outcome: DeliveryOutcome;
  /** Its own one, under way at the same time, goes first; ours has told it nothing (E8). */
  isYielded: boolean;
}>;

/** A status, and what the answer says of encryption. */
type Verdict = Readonly<{
  outcome: DeliveryOutcome;
  isFull: boolean;
  e2e: E2eAnswer | undefined;
  ahead: number;
  bundles: boolean;
}>;

type Dependencies = Readonly<{
  client: Pick<PeerClient, 'post' | 'follow'>;
  handshakes: OutgoingHandshakes;
  hops: Pick<HopBook, 'keysOf'>;
  randomBytes: RandomBytes;
  own: OwnAddresses & Readonly<{ learn: (peer: Address) => Promise<void> }>;
  nick: () => string;
}>;

/** The actions of the peer protocol, as calls that we make. Source: docs/peer-protocol.md. */
export class PeerCalls {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Gives a contact the access key that it shall show to us, and makes a session with it where one is needed.
   *
   * @throws {StorageError} What was answered could not be kept.
   */
  async handshake(contact: Contact): Promise<HandshakeResult> {
    await this.#deps.own.learn(contact.address);
    const { e2e, settle } = this.#deps.handshakes.begin(contact);
    const fields = {
      key: contact.issuedKey,
      from: this.#deps.own.toldTo(contact.address),
      nick: this.#deps.nick(),
    };
    // Whoever does not know us, or no more, can't prove itself; what it answers to a handshake does so by itself.
    const proof = this.#proofOf(contact, e2e !== undefined);
    const reply = await this.#send(contact, encodeHandshake({ ...fields, e2e }), proof);
    const verdict = readVerdict(reply);
    const settled = await settle(verdict.e2e);
    if (reply.outcome === 'ok' && proof !== undefined && !reply.isProven && settled !== 'made') {
      return { outcome: 'not_proven', isYielded: false };
    }
    if (reply.outcome === 'malformed' && mayBePlain(contact)) {
      // A daemon of the base protocol may dislike members that it does not know.
      const bare = encodeHandshake({ ...fields, e2e: undefined });
      const { outcome } = readVerdict(await this.#send(contact, bare, undefined));
      return { outcome, isYielded: false };
    }
    return { outcome: verdict.outcome, isYielded: settled === 'yielded' };
  }

  async ping(contact: Contact): Promise<DeliveryOutcome> {
    // Whoever may not be able to verify our proof any more must not take the key for somebody else's attempt.
    const key = contact.isRekeyOffered ? undefined : contact.key;
    return this.#pingAt(contact, contact.address, key);
  }

  /** Whether the contact proves its identity at an address. */
  async isThere(contact: Contact, address: Address): Promise<boolean> {
    if (this.#proofOf(contact) === undefined) return false;
    return (await this.#pingAt(contact, address, contact.key)) === 'ok';
  }

  /**
   * Hands messages over: one by `send`, several by `history`.
   *
   * @param isOnLine `follow` may be called meanwhile.
   */
  async offer(
    contact: Contact,
    messages: readonly OutgoingMessage[],
    isOnLine = false,
  ): Promise<BatchResult> {
    const [first] = messages;
    if (first === undefined) {
      return NOTHING_OFFERED;
    }
    const body =
      messages.length > 1
        ? encodeHistory(first.from, messages, keyOf(contact))
        : encodeMessage('send', first, keyOf(contact));
    return readBatch(await this.#post(contact, body, isOnLine), messages.length);
  }

  /**
   * Hands messages over behind those that are under way: they arrive after them, or not at all.
   *
   * @returns `undefined` when nothing is under way, or no more may follow; then nothing left.
   */
  follow(
    contact: Contact,
    messages: readonly [OutgoingMessage, ...OutgoingMessage[]],
  ): Promise<BatchResult> | undefined {
    const proof = this.#proofOf(contact);
    if (proof === undefined) return undefined;
    const body = encodeHistory(messages[0].from, messages, keyOf(contact));
    const reply = this.#deps.client.follow(contact.address, body, proof);
    return reply?.then((one) => readHistory(one, messages.length));
  }

  /** Hands over what we carry for this contact; each envelope keeps its sender. */
  async forward(contact: Contact, messages: readonly OutgoingMessage[]): Promise<BatchResult> {
    return this.#history(contact, this.#deps.own.toldTo(contact.address), messages);
  }

  /** Asks a relay to carry a message. It sees the key of this hop, never the recipient's (E16). */
  async resend(relay: Contact, message: OutgoingMessage): Promise<DeliveryOutcome> {
    return (await this.#verdict(relay, encodeMessage('resend', message, keyOf(relay)))).outcome;
  }

  /** Asks a relay to drop what it carries for us. */
  async withdraw(relay: Contact, ids: readonly string[]): Promise<DeliveryOutcome> {
    return (await this.#verdict(relay, encodeWithdraw(keyOf(relay), ids))).outcome;
  }

  /** Whether a contact proves that it knows us as whom this says it does. Nothing is noted of a no, on either side. */
  async provesItself(contact: Contact): Promise<boolean> {
    return (await this.#pingAt(contact, contact.address, undefined)) === 'ok';
  }

  async #pingAt(
    contact: Contact,
    address: Address,
    key: string | undefined,
  ): Promise<DeliveryOutcome> {
    const body = encodePing({ from: this.#deps.own.toldTo(address), key });
    const reply = await this.#deps.client.post(address, body, this.#proofOf(contact));
    return readOutcome(reply, (text) => {
      decodePong(text);
      return 'ok';
    });
  }

  async #history(
    contact: Contact,
    from: Address,
    messages: readonly OutgoingMessage[],
  ): Promise<BatchResult> {
    const reply = await this.#post(contact, encodeHistory(from, messages, keyOf(contact)));
    return readHistory(reply, messages.length);
  }

  async #verdict(contact: Contact, body: string): Promise<Verdict> {
    return readVerdict(await this.#post(contact, body));
  }

  #post(contact: Contact, body: string, isOnLine = false): Promise<PeerReply> {
    return this.#deps.client.post(contact.address, body, this.#proofOf(contact), isOnLine);
  }

  #send(contact: Contact, body: string, proof: HopProof | undefined): Promise<PeerReply> {
    return this.#deps.client.post(contact.address, body, proof);
  }

  #proofOf(contact: Contact, isAnswerFree = false): HopProof | undefined {
    const keys = this.#deps.hops.keysOf(contact);
    if (keys === undefined) return undefined;
    return { keys, accessKey: contact.key, randomBytes: this.#deps.randomBytes, isAnswerFree };
  }
}

const NOTHING_OFFERED: BatchResult = {
  outcome: 'ok',
  accepted: [],
  isFull: false,
  isTroubled: false,
  ahead: 1,
  bundles: false,
};

/** The key that we show to a contact; none before it gave us one, which it will refuse by itself. */
function keyOf(contact: Contact): string {
  return contact.key ?? '';
}

/** Nothing says that the contact encrypts. */
function mayBePlain({ identity, expected }: Contact): boolean {
  return identity === undefined && expected === undefined;
}

function isTrouble(e2e: E2eAnswer | undefined): boolean {
  return e2e?.kind === 'trouble' && e2e.trouble !== 'busy';
}

function readBatch(reply: PeerReply, count: number): BatchResult {
  if (count > 1) return readHistory(reply, count);
  const { outcome, e2e, ...rest } = readVerdict(reply);
  if (outcome !== 'ok' && outcome !== 'refused') return { outcome };
  const accepted = [outcome === 'ok'];
  return { outcome: 'ok', accepted, ...rest, isTroubled: isTrouble(e2e) };
}

function readHistory(reply: PeerReply, count: number): BatchResult {
  if (reply.outcome !== 'ok') return { outcome: withoutMalformed(reply.outcome) };
  try {
    const { e2e, ...answer } = decodeHistoryStatus(reply.body, count);
    return { outcome: 'ok', ...answer, isTroubled: isTrouble(e2e) };
  } catch (error) {
    return { outcome: badAnswer(error) };
  }
}

function readVerdict(reply: PeerReply): Verdict {
  let e2e: E2eAnswer | undefined;
  let rest = { ahead: 1, bundles: false, isFull: false };
  const outcome = readOutcome(reply, (text) => {
    const { status, e2e: said, ...others } = decodeStatus(text);
    e2e = said;
    rest = others;
    return status === 1 ? 'ok' : 'refused';
  });
  return { outcome, e2e, ...rest };
}

function readOutcome(reply: PeerReply, read: (body: string) => DeliveryOutcome): DeliveryOutcome {
  if (reply.outcome !== 'ok') return withoutMalformed(reply.outcome);
  try {
    return read(reply.body);
  } catch (error) {
    return badAnswer(error);
  }
}

/** That our words made no sense to a peer is, to everybody but a handshake, a refusal. */
function withoutMalformed(
  outcome: Exclude<PeerReply['outcome'], 'ok'>,
): Exclude<DeliveryOutcome, 'ok'> {
  return outcome === 'malformed' ? 'refused' : outcome;
}

function badAnswer(error: unknown): 'bad_answer' {
  if (error instanceof WireError) return 'bad_answer';
  throw error;
}
