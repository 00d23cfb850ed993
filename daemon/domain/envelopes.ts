import { encodeBase64url } from '../wire/base64url.ts';
import { encodeBundle, encodeInnerMessage, type InnerFrame } from '../wire/dr1-inner.ts';
import type { OutgoingMessage } from '../wire/peer.ts';
import { formatTimestamp } from '../wire/timestamp.ts';
import { wireMessageId } from '../crypto/digest.ts';
import type { Channels, Sealed } from './channels.ts';
import type { Control, HandshakeEnvelope } from './controls.ts';
import type { Contact, StoredMessage } from './model.ts';
import { packParcels, type Offered } from './parcels.ts';
import type { SealedMessage } from './waiting.ts';
import type { Clock, MessageStore, OwnAddresses, Random } from './ports.ts';

/** Bytes of randomness in the id of what nobody wrote. */
const ID_BYTES = 16;

/** What to put into envelopes; `isBundling`: several messages may share one. */
export type Contents = Readonly<{
  offered?: readonly Offered[];
  controls?: readonly Control[];
  isBundling?: boolean;
}>;

/** What was put into envelopes. */
export type Wrapped = Readonly<{
  messages: readonly OutgoingMessage[];
  /** For each message that was given, in order, which of these holds it; none for the last if a request can't carry all. */
  places: readonly number[];
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
    { offered = [], controls = [], isBundling = false }: Contents,
  ): Promise<Wrapped | undefined> {
    if (contact.encryption === 'undecided') return undefined;
    if (contact.encryption === 'plain') return toPlain(offered);
    const parcels = packParcels(offered, {
      isAlive: (sessionId) => this.#deps.channels.isAlive(contact, sessionId),
      textOf: (message) => innerText(contact, message),
      isBundling,
    });
    const unsealed = parcels.filter(({ sealed }) => sealed === undefined);
    const texts = [
      ...unsealed.map((parcel) => this.#parcelText(contact, parcel.texts)),
      ...controls.map((control) => this.#controlText(contact, control)),
    ];
    const sealed = texts.length === 0 ? [] : await this.#deps.channels.seal(contact, texts);
    if (sealed === undefined) return undefined;
    const fresh = sealed.values();
    return {
      messages: parcels.map(({ members, sealed: before }) =>
        toEnvelope(members[0].message, before ?? share(members, fresh.next().value)),
      ),
      places: parcels.flatMap(({ members }, place) => members.map(() => place)),
      controls: [...fresh].map(({ message }) => this.#envelope(contact, 'dr1', message)),
    };
  }

  /** A handshake that goes past a friend (E11). */
  handshake(contact: Contact, { enctype, message }: HandshakeEnvelope): OutgoingMessage {
    return this.#envelope(contact, enctype, message);
  }

  #parcelText(contact: Contact, texts: readonly string[]): string {
    const [only = '', ...others] = texts;
    return others.length === 0 ? only : encodeBundle(this.#frame(contact), texts);
  }

  #controlText(contact: Contact, { body, id, sequence }: Control): string {
    const frame = this.#frame(contact);
    return encodeInnerMessage({
      id: id ?? frame.id,
      timestamp: frame.timestamp,
      sequence: sequence ?? frame.sequence,
      ...body,
    });
  }

  /** Of what nobody wrote. */
  #frame({ number, sequenceBase }: Contact): InnerFrame {
    const { clock, random, messages } = this.#deps;
    return {
      id: encodeBase64url(random.bytes(ID_BYTES)),
      timestamp: clock.nowMs(),
      sequence: Math.max(0, messages.lastSequence(number, 'out') - sequenceBase),
    };
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

function toPlain(offered: readonly Offered[]): Wrapped {
  const messages = offered.map(({ message: { from, to, text, wireTimestamp } }) => {
    return { from, to, message: text, wireTimestamp, enctype: '' };
  });
  return { messages, places: [...messages.keys()], controls: [] };
}

/** One ciphertext for all that is in it. */
function share(members: readonly Offered[], sealed: Sealed | undefined): SealedMessage {
  // Whoever calls has just sealed what is in it.
  if (sealed === undefined) throw new Error('an encrypted message without its ciphertext');
  const { message, sessionId } = sealed;
  const shared = { message, sessionId, messages: members.length };
  for (const { waiting } of members) waiting.sealed = shared;
  return shared;
}

function toEnvelope(
  { from, to, wireTimestamp }: StoredMessage,
  { message }: SealedMessage,
): OutgoingMessage {
  return { from, to, message, wireTimestamp, enctype: 'dr1' };
}
