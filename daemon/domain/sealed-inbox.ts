import type { Address } from '../wire/address.ts';
import { WireError } from '../wire/check.ts';
import type { Dr1Message } from '../wire/dr1.ts';
import { takeApart } from '../crypto/sessions.ts';
import {
  decodeHs1,
  decodeHs2,
  decodeRelayedHandshake,
  encodeHs2,
  encodeRelayedHandshake,
  type E2eTrouble,
} from '../wire/e2e.ts';
import type { WireMessage } from '../wire/peer.ts';
import { troubleOf } from '../crypto/sessions.ts';
import type { Channels } from './channels.ts';
import type { Opening } from './openings.ts';
import type { Contacts } from './contacts.ts';
import type { Controls } from './controls.ts';
import type { DomainEvents } from './events.ts';
import type { Heard } from './heard.ts';
import type { Contact, StoredMessage } from './model.ts';
import { toPeerIdentity } from './peer-identity.ts';
import type { PeerDeletions } from './peer-deletions.ts';
import type { Pinning } from './pinning.ts';
import type { Clock, MessageStore } from './ports.ts';
import type { Rekeying } from './rekeying.ts';
import { SealedArrivals } from './sealed-arrivals.ts';
import type { SessionAttempts } from './session-attempts.ts';

type Dependencies = Readonly<{
  contacts: Contacts;
  messages: MessageStore;
  channels: Channels;
  attempts: SessionAttempts;
  pinning: Pinning;
  controls: Controls;
  deletions: PeerDeletions;
  heard: Heard;
  rekeying: Pick<Rekeying, 'hear'>;
  events: DomainEvents;
  clock: Clock;
}>;

/** What became of envelopes: whether each is durable here, and what to tell a hop whose own could not be read. */
export type SealedRuling = Readonly<{
  accepted: readonly boolean[];
  /** As of `Received`. */
  isHindered: boolean;
  trouble: E2eTrouble | undefined;
}>;

type Envelope = Readonly<{ message: WireMessage; parts: Dr1Message | undefined; index: number }>;

/**
 * Takes what is sealed. Whose it is, only the session tells: neither the envelope nor whoever brought it is believed
 * (E18).
 */
export class SealedInbox {
  readonly #deps: Dependencies;
  readonly #arrivals: SealedArrivals;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#arrivals = new SealedArrivals(deps);
  }

  /** Takes envelopes of the enctypes `dr1`, `hs1` and `hs2`, handed over by a hop that proved who it is. */
  async receive(hop: Contact, messages: readonly WireMessage[]): Promise<SealedRuling> {
    const accepted = messages.map(() => false);
    const bySender = new Map<Contact, Envelope[]>();
    const troubles: E2eTrouble[] = [];
    let isHindered = false;
    for (const [index, message] of messages.entries()) {
      if (message.enctype !== 'dr1') {
        accepted[index] = await this.#receiveHandshake(hop, message);
        continue;
      }
      const parts = takeApart(message.message);
      const sender = this.#senderOf(parts);
      if (sender !== undefined) {
        const envelopes = bySender.get(sender) ?? [];
        bySender.set(sender, envelopes);
        envelopes.push({ message, parts, index });
      } else if (!this.#cureRelayed(hop, message.from)) {
        troubles.push('nosession');
      }
    }
    for (const [sender, envelopes] of bySender) {
      const ruling = await this.#open(hop, sender, envelopes);
      for (const [i, { index }] of envelopes.entries())
        accepted[index] = ruling.accepted[i] === true;
      isHindered ||= ruling.isHindered;
      if (ruling.trouble !== undefined && sender.number === hop.number)
        troubles.push(ruling.trouble);
    }
    return { accepted, isHindered, trouble: troubles[0] };
  }

  /** The contact to whose session a message belongs; `undefined` for a session that we do not have. */
  #senderOf(parts: Dr1Message | undefined): Contact | undefined {
    const sessionId = parts?.head.sessionId;
    const number = sessionId === undefined ? undefined : this.#deps.channels.ownerOf(sessionId);
    return number === undefined ? undefined : this.#deps.contacts.byNumber(number);
  }

  /**
   * Something came past a friend that we can't read. Its sender can't be told, so we start the next session; but not
   * often, since whoever brought it may lie.
   *
   * @returns `false` when it names nobody else whom we know: it is the hop's own, whatever the hop takes its address for.
   */
  #cureRelayed(hop: Contact, from: Address): boolean {
    const claimed = this.#deps.contacts.resolve(from);
    if (claimed === undefined || claimed.number === hop.number) return false;
    if (claimed.encryption !== 'dr1' || claimed.isBlocked) return true;
    if (this.#deps.attempts.suspected(claimed))
      this.#deps.events.emit('owed', { contact: claimed });
    return true;
  }

  async #open(
    hop: Contact,
    sender: Contact,
    envelopes: readonly Envelope[],
  ): Promise<SealedRuling> {
    const refused = { accepted: envelopes.map(() => false), isHindered: false, trouble: undefined };
    if (sender.isBlocked) return refused;
    const via = sender.number === hop.number ? undefined : hop.address;
    let openings: readonly Opening[];
    try {
      const texts = envelopes.map(({ message: { message }, parts }) => ({ message, parts }));
      openings = await this.#deps.channels.open(sender, hop, texts, async (read) => {
        const wires = envelopes.map(({ message }) => message);
        // Shown at once: in the journal it is here to stay, whatever becomes of the keys.
        this.#announce(sender, await this.#arrivals.store({ sender, via }, wires, read));
      });
    } catch {
      // Full disk or worse, which the stores have reported: the sender is told no, and sends again later.
      return { ...refused, isHindered: true };
    }
    await this.#deps.heard.take(sender, openings);
    const accepted: boolean[] = [];
    for (const opening of openings) {
      const isTaken = this.#isTaken(sender, opening, via);
      accepted.push(typeof isTaken === 'boolean' ? isTaken : await isTaken);
    }
    return { accepted, isHindered: false, trouble: this.#troubleOf(openings) };
  }

  /** Whether to say yes. To another identity only if it is true, and the contact itself brought it. */
  #isTaken(
    sender: Contact,
    opening: Opening,
    via: Address | undefined,
  ): boolean | Promise<boolean> {
    const [inner] = opening.kind === 'read' ? opening.inners : [];
    if (inner?.type !== 'rekey') return opening.kind !== 'refused';
    return via === undefined && this.#deps.rekeying.hear(sender, inner.notice);
  }

  #announce(sender: Contact, stored: readonly StoredMessage[]): void {
    for (const message of stored) this.#deps.events.emit('message', { contact: sender, message });
    if (stored.length === 0) return;
    this.#deps.events.emit('conversation', { address: sender.address });
  }

  #troubleOf(openings: readonly Opening[]): E2eTrouble | undefined {
    for (const opening of openings) {
      const trouble = opening.kind === 'refused' ? troubleOf(opening.reason) : undefined;
      if (trouble !== undefined) return trouble;
    }
    return undefined;
  }

  /** A handshake past a friend (E11): only between those who have met, and only with proof. */
  async #receiveHandshake(hop: Contact, { enctype, message }: WireMessage): Promise<boolean> {
    const member = tryDecode(() => decodeRelayedHandshake(message));
    if (member === undefined) return false;
    try {
      if (enctype === 'hs1') return await this.#receiveHs1(member);
      return await this.#receiveHs2(hop, member);
    } catch (error) {
      if (error instanceof WireError) return false;
      throw error;
    }
  }

  async #receiveHs1(member: unknown): Promise<boolean> {
    const hs1 = decodeHs1(member);
    const contact = this.#deps.contacts.byIdentity(toPeerIdentity(hs1));
    if (contact === undefined || contact.isBlocked) return false;
    const answering = await this.#deps.attempts.answerRelayed(contact, hs1);
    if (answering.kind === 'made') {
      const answer = encodeRelayedHandshake(encodeHs2(answering.hs2));
      this.#deps.controls.handshake(contact, { enctype: 'hs2', message: answer });
      return true;
    }
    return (
      answering.kind === 'busy' || (answering.kind === 'refused' && answering.reason === 'replayed')
    );
  }

  /** Only the keys can tell whether it is genuine, so whoever brings too many that are not is not heard for a while. */
  async #receiveHs2(hop: Contact, member: unknown): Promise<boolean> {
    const { channels } = this.#deps;
    if (!channels.isDhAllowed(hop)) return false;
    const hs2 = decodeHs2(member);
    const contact = this.#deps.contacts.byIdentity(toPeerIdentity(hs2));
    if (contact === undefined || contact.isBlocked) return false;
    const finishing = await this.#deps.attempts.finishRelayed(contact, hs2);
    if (finishing.kind === 'made') await this.#deps.pinning.pinFinished(contact, finishing.peer);
    else channels.noteFailure(hop);
    return true;
  }
}

function tryDecode<Value>(decode: () => Value): Value | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
