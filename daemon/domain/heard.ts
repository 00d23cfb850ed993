import type { InnerMessage } from '../wire/dr1-inner.ts';
import type { Channels } from './channels.ts';
import { acknowledgedIds, isAcknowledged, type Opening } from './openings.ts';
import type { Contacts } from './contacts.ts';
import type { Controls } from './controls.ts';
import type { DeletionRequests } from './deletion-requests.ts';
import type { DomainEvents } from './events.ts';
import type { Invitations } from './invitations.ts';
import type { Contact } from './model.ts';
import type { Outbox } from './outbox.ts';
import type { Clock, MessageStore } from './ports.ts';
import type { SessionAttempts } from './session-attempts.ts';

type Dependencies = Readonly<{
  contacts: Contacts;
  messages: MessageStore;
  channels: Channels;
  attempts: SessionAttempts;
  controls: Controls;
  outbox: Outbox;
  deletionRequests: DeletionRequests;
  invitations: Invitations;
  events: DomainEvents;
  clock: Clock;
  /** Called with the greatest number on the wire that a contact has spoken of. */
  onSequence: (contact: Contact, sequence: number) => void;
}>;

/** What encrypted messages bring about, once what they say is durable. */
export class Heard {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Takes what was read of a contact, in order; acknowledges what wants to be acknowledged. */
  async take(sender: Contact, openings: readonly Opening[]): Promise<void> {
    const { channels, attempts, controls } = this.#deps;
    const acks = openings.flatMap(toAcknowledge);
    controls.acknowledge(sender, acks);
    const inners = openings.flatMap((opening) => (opening.kind === 'read' ? opening.inners : []));
    if (openings.some(({ kind }) => kind === 'read')) {
      if (attempts.healed(sender)) this.#deps.events.emit('attemptDue', { contact: sender });
      await this.#becomeKnown(sender);
    }
    await this.#learnStart(sender, inners);
    for (const inner of inners) {
      this.#deps.onSequence(sender, inner.sequence + sender.peerSequenceBase);
      // Most are messages, for which there is nothing to wait.
      if (inner.type !== 'msg') await this.#act(sender, inner);
    }
    const replyMs = channels.replyDueMs(sender);
    if (replyMs !== undefined) controls.reply(sender, replyMs);
  }

  /** A contact that knew us before we knew it goes on counting: what it wrote to nobody is not missing. */
  async #learnStart(sender: Contact, [first]: readonly InnerMessage[]): Promise<void> {
    if (sender.peerSequenceStart !== undefined || first === undefined) return;
    // What is not counted has the number of what was counted before it.
    const isCounted = isAcknowledged(first);
    const start = first.sequence + sender.peerSequenceBase + (isCounted ? 0 : 1);
    await this.#deps.contacts.update(sender, { peerSequenceStart: start });
  }

  /** Whoever writes to us in a session keeps our identity: what waited for that may go on. */
  async #becomeKnown(sender: Contact): Promise<void> {
    if (sender.isKnownToPeer) return;
    const contact = await this.#deps.contacts.update(sender, { isKnownToPeer: true });
    this.#deps.events.emit('owed', { contact });
  }

  async #act(sender: Contact, inner: InnerMessage): Promise<void> {
    switch (inner.type) {
      case 'ack':
        return this.#acknowledged(sender, inner.ids, inner.deleted);
      case 'read':
        return this.#read(sender, inner.upTo);
      case 'hello':
        return this.#greeted(sender, inner);
      case 'msg':
      case 'del':
      // Another identity is heard last of all, by whoever knows how the message came.
      case 'rekey':
      case 'unknown':
        return;
    }
  }

  async #acknowledged(
    sender: Contact,
    ids: readonly string[],
    deleted: readonly string[] = [],
  ): Promise<void> {
    await this.#deps.outbox.acknowledged(sender, ids);
    await this.#deps.deletionRequests.acknowledged(sender, ids, deleted);
  }

  async #read({ number }: Contact, id: string): Promise<void> {
    const { messages, outbox, contacts } = this.#deps;
    const place = await messages.find(number, 'out', id);
    const contact = contacts.byNumber(number);
    if (place === undefined || contact === undefined) return;
    await outbox.readByPeer(contact, messages.unreadByPeer(number, place), place);
  }

  async #greeted(
    sender: Contact,
    greeting: Extract<InnerMessage, { type: 'hello' }>,
  ): Promise<void> {
    const { nick, invitation, presence, timestamp } = greeting;
    const { contacts, controls, invitations } = this.#deps;
    // Whoever answered the handshake has not greeted yet, and may have a token to show.
    if (sender.expected?.invitation !== undefined) controls.hello(sender);
    const isInvited = invitation !== undefined && (await invitations.redeem(invitation));
    const contact = contacts.byNumber(sender.number);
    if (contact === undefined) return;
    if (presence !== undefined) this.#learnPresence(contact, { ...presence, at: timestamp });
    await this.#learnCounting(contact, greeting);
    if (contact.nick === '' && nick !== '') await contacts.update(contact, { nick });
    if (isInvited && contact.trust === 'tofu') await contacts.update(contact, { trust: 'invited' });
  }

  /**
   * A contact that has forgotten us and met us again counts from 1, while we go on. Its numbers come behind those that it
   * has used; losses are noticed from its next message on.
   */
  async #learnCounting(
    contact: Contact,
    { countedSince, sequence }: Extract<InnerMessage, { type: 'hello' }>,
  ): Promise<void> {
    const { contacts, messages } = this.#deps;
    if (countedSince === undefined || countedSince === contact.peerCountedSince) return;
    const isAnew = contact.peerCountedSince !== undefined;
    const base = messages.lastSequence(contact.number, 'in');
    const bases = { peerSequenceBase: base, peerSequenceStart: base + sequence + 1 };
    await contacts.update(contact, { peerCountedSince: countedSince, ...(isAnew ? bases : {}) });
  }

  /** Greetings may overtake each other: the one that was written last counts. */
  #learnPresence(contact: Contact, shown: NonNullable<Contact['shownPresence']>): void {
    const { contacts, events, clock } = this.#deps;
    if ((contact.shownPresence?.at ?? -Infinity) >= shown.at) return;
    // Whoever lived in the future must be heard again once its clock is right.
    const at = Math.min(shown.at, clock.nowMs());
    contacts.touch(contact, { shownPresence: { ...shown, at } });
    events.emit('contact', { address: contact.address });
  }
}

/** What to acknowledge: messages of a person, and those of a later version. */
function toAcknowledge(opening: Opening): readonly string[] {
  if (opening.kind === 'repeated') return opening.ids;
  return opening.kind === 'read' ? acknowledgedIds(opening.inners) : [];
}
