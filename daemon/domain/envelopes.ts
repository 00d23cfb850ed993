import { encodeBase64url } from '../wire/base64url.ts';
import { encodeInnerMessage } from '../wire/dr1.ts';
import type { OutgoingMessage } from '../wire/peer.ts';
import { formatTimestamp } from '../wire/timestamp.ts';
import { wireMessageId } from '../crypto/digest.ts';
import type { Channels, Sealed } from './channels.ts';
import type { Control, HandshakeEnvelope } from './controls.ts';
import type { Contact, StoredMessage } from './model.ts';
import type { Waiting } from './waiting.ts';
import type { Clock, MessageStore, OwnAddresses, Random } from './ports.ts';

/** Bytes of randomness in the id of what nobody wrote. */
const ID_BYTES = 16;

/** A message from the outbox, with its text. */
export type Offered = Readonly<{ waiting: Waiting; message: StoredMessage }>;

/** Envelopes for messages, controls and handshakes, in this order. */
export type Wrapped = Readonly<{
  messages: readonly OutgoingMessage[];
  controls: readonly OutgoingMessage[];
}>;

type Dependencies = Readonly<{
  channels: Channels;
  messages: Pick<MessageStore, 'lastSequence'>;
  own: OwnAddresses;
  clock: Clock;
  random: Random;
}>;

/** What leaves for a contact: plain as it is written, or sealed so that nobody else reads it. */
export class Envelopes {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Puts messages and controls into envelopes. What was sealed before leaves as the very same characters, as long as the
   * contact can read it: a repeat costs neither side a key.
   *
   * @returns `undefined` when nothing may leave yet: it is not known whether the contact encrypts, or it does and there is
   *   no session.
   * @throws {StorageError} Nothing may leave.
   */
  async wrap(
    contact: Contact,
    offered: readonly Offered[],
    controls: readonly Control[],
  ): Promise<Wrapped | undefined> {
    if (contact.encryption === 'undecided') return undefined;
    if (contact.encryption === 'plain') {
      return { messages: offered.map(({ message }) => toPlain(message)), controls: [] };
    }
    const unsealed = offered.filter(({ waiting }) => !this.#isSealed(contact, waiting));
    const texts = [
      ...unsealed.map(({ message }) => innerText(contact, message)),
      ...controls.map((control) => this.#controlText(contact, control)),
    ];
    const sealed = texts.length === 0 ? [] : await this.#deps.channels.seal(contact, texts);
    if (sealed === undefined) return undefined;
    for (const [index, { waiting }] of unsealed.entries()) waiting.sealed = sealed[index];
    return {
      messages: offered.map(({ waiting, message }) => toEnvelope(message, waiting.sealed)),
      controls: sealed
        .slice(unsealed.length)
        .map(({ message }) => this.#envelope(contact, 'dr1', message)),
    };
  }

  /** A handshake that goes past a friend (E11). */
  handshake(contact: Contact, { enctype, message }: HandshakeEnvelope): OutgoingMessage {
    return this.#envelope(contact, enctype, message);
  }

  #isSealed(contact: Contact, { sealed }: Waiting): boolean {
    return sealed !== undefined && this.#deps.channels.isAlive(contact, sealed.sessionId);
  }

  #controlText(contact: Contact, { body, id, sequence }: Control): string {
    const { clock, random, messages } = this.#deps;
    const last = messages.lastSequence(contact.number, 'out') - contact.sequenceBase;
    return encodeInnerMessage({
      id: id ?? encodeBase64url(random.bytes(ID_BYTES)),
      timestamp: clock.nowMs(),
      sequence: sequence ?? Math.max(0, last),
      ...body,
    });
  }

  #envelope(contact: Contact, enctype: string, message: string): OutgoingMessage {
    return {
      from: this.#deps.own.toldTo(contact.address),
      to: contact.address,
      message,
      wireTimestamp: formatTimestamp(this.#deps.clock.nowMs()),
      enctype,
    };
  }
}

function innerText(contact: Contact, message: StoredMessage): string {
  return encodeInnerMessage({
    type: 'msg',
    id: wireMessageId(message.id),
    timestamp: message.timestamp,
    sequence: Math.max(0, (message.sequence ?? 0) - contact.sequenceBase),
    text: message.text,
  });
}

function toPlain({ from, to, text, wireTimestamp }: StoredMessage): OutgoingMessage {
  return { from, to, message: text, wireTimestamp, enctype: '' };
}

function toEnvelope(
  { from, to, wireTimestamp }: StoredMessage,
  sealed: Sealed | undefined,
): OutgoingMessage {
  // Whoever calls has just sealed it.
  if (sealed === undefined) throw new Error('an encrypted message without its ciphertext');
  return { from, to, message: sealed.message, wireTimestamp, enctype: 'dr1' };
}
