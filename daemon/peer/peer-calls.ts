import type { Address } from '../wire/address.ts';
import { WireError } from '../wire/check.ts';
import {
  decodeHistoryStatus,
  decodePong,
  decodeStatus,
  encodeHandshake,
  encodeHistory,
  encodeMessage,
  encodePing,
  encodeWithdraw,
  type OutgoingMessage,
} from '../wire/peer.ts';
import type { Contact, DeliveryOutcome } from '../domain/model.ts';
import type { OwnAddresses } from '../domain/ports.ts';
import type { PeerClient, PeerReply } from './peer-client.ts';

/** What a batch came to: one answer a message, or why there are none. */
export type BatchResult =
  | Readonly<{ outcome: 'ok'; accepted: readonly boolean[] }>
  | Readonly<{ outcome: Exclude<DeliveryOutcome, 'ok'> }>;

type Dependencies = Readonly<{
  client: Pick<PeerClient, 'post'>;
  own: OwnAddresses & Readonly<{ learn: (peer: Address) => Promise<void> }>;
  nick: () => string;
}>;

/** The actions of the peer protocol, as calls that we make. Source: docs/peer-protocol.md. */
export class PeerCalls {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Gives a contact the access key that it shall show to us. */
  async handshake(contact: Contact): Promise<DeliveryOutcome> {
    await this.#deps.own.learn(contact.address);
    const from = this.#deps.own.toldTo(contact.address);
    const body = encodeHandshake({ key: contact.issuedKey, from, nick: this.#deps.nick() });
    return this.#status(contact, body);
  }

  async ping(contact: Contact): Promise<DeliveryOutcome> {
    const from = this.#deps.own.toldTo(contact.address);
    const reply = await this.#post(contact, encodePing({ from, key: contact.key }));
    return readOutcome(reply, (body) => {
      decodePong(body);
      return 'ok';
    });
  }

  /** Hands messages over: one by `send`, several by `history`. */
  async offer(contact: Contact, messages: readonly OutgoingMessage[]): Promise<BatchResult> {
    const [first] = messages;
    if (first === undefined) return { outcome: 'ok', accepted: [] };
    if (messages.length > 1) return this.#history(contact, first.from, messages);
    const outcome = await this.#status(contact, encodeMessage('send', first, keyOf(contact)));
    if (outcome !== 'ok' && outcome !== 'refused') return { outcome };
    return { outcome: 'ok', accepted: [outcome === 'ok'] };
  }

  /** Hands over what we carry for this contact; each envelope keeps its sender. */
  async forward(contact: Contact, messages: readonly OutgoingMessage[]): Promise<BatchResult> {
    return this.#history(contact, this.#deps.own.toldTo(contact.address), messages);
  }

  /** Asks a relay to carry a message. It sees the key of this hop, never the recipient's (E16). */
  async resend(relay: Contact, message: OutgoingMessage): Promise<DeliveryOutcome> {
    return this.#status(relay, encodeMessage('resend', message, keyOf(relay)));
  }

  /** Asks a relay to drop what it carries for us. */
  async withdraw(relay: Contact, ids: readonly string[]): Promise<DeliveryOutcome> {
    return this.#status(relay, encodeWithdraw(keyOf(relay), ids));
  }

  async #history(
    contact: Contact,
    from: Address,
    messages: readonly OutgoingMessage[],
  ): Promise<BatchResult> {
    const reply = await this.#post(contact, encodeHistory(from, messages, keyOf(contact)));
    if (reply.outcome !== 'ok') return reply;
    try {
      return { outcome: 'ok', accepted: decodeHistoryStatus(reply.body, messages.length) };
    } catch (error) {
      return { outcome: badAnswer(error) };
    }
  }

  async #status(contact: Contact, body: string): Promise<DeliveryOutcome> {
    const reply = await this.#post(contact, body);
    return readOutcome(reply, (text) => (decodeStatus(text) === 1 ? 'ok' : 'refused'));
  }

  async #post(contact: Contact, body: string): Promise<PeerReply> {
    return this.#deps.client.post(contact.address, body);
  }
}

/** The key that we show to a contact; none before it gave us one, which it will refuse by itself. */
function keyOf(contact: Contact): string {
  return contact.key ?? '';
}

function readOutcome(reply: PeerReply, read: (body: string) => DeliveryOutcome): DeliveryOutcome {
  if (reply.outcome !== 'ok') return reply.outcome;
  try {
    return read(reply.body);
  } catch (error) {
    return badAnswer(error);
  }
}

function badAnswer(error: unknown): 'bad_answer' {
  if (error instanceof WireError) return 'bad_answer';
  throw error;
}
