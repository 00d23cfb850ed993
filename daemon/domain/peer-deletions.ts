import type { Controls } from './controls.ts';
import type { Contacts } from './contacts.ts';
import type { DomainEvents } from './events.ts';
import type { Contact, StoredMessage } from './model.ts';
import type { Clock, MessageStore } from './ports.ts';

type Dependencies = Readonly<{
  contacts: Contacts;
  messages: MessageStore;
  controls: Controls;
  events: DomainEvents;
  clock: Clock;
  /** Whether the owner lets contacts delete here what they wrote. */
  honoursDeletion: () => boolean;
}>;

/** A contact takes a message of its own back. */
export type TakingBack = Readonly<{
  /** Id of the request itself. */
  requestId: string;
  /** Id of the message. */
  target: string;
  /** The message's number in our journal. */
  sequence: number;
}>;

/** Deletes what contacts take back: their own messages in their own conversation, and nothing else. */
export class PeerDeletions {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  get isOn(): boolean {
    return this.#deps.honoursDeletion();
  }

  /**
   * Does what a contact asks; durable when it resolves. Asked again, it is done already. A message that has not come is
   * known from now on, so that it does not show when it comes.
   *
   * @returns The message that was deleted here, for `announce`.
   * @throws {StorageError} Nothing was deleted.
   */
  async honour(
    sender: Contact,
    { requestId, target, sequence }: TakingBack,
  ): Promise<StoredMessage | undefined> {
    const { messages, controls } = this.#deps;
    const { number } = sender;
    const place = await messages.find(number, 'in', target);
    const [message] = place === undefined ? [] : await messages.read([place]);
    // What came unprotected anybody may have written; its id proves nothing.
    if (message !== undefined && message.enctype !== 'dr1') {
      await this.count(sender, sequence);
      return undefined;
    }
    if (place === undefined) await messages.removeUnseen(number, { id: target, sequence });
    else {
      if (message !== undefined) await messages.remove(number, [place]);
      await this.count(sender, sequence);
    }
    controls.honoured(sender, requestId);
    return message;
  }

  /** Notes that a number came of which nothing is kept; writes nothing when that is known. */
  async count({ number }: Contact, sequence: number): Promise<void> {
    const { messages } = this.#deps;
    const isMissing =
      sequence > messages.lastSequence(number, 'in') ||
      messages.missing(number).some(({ first, last }) => first <= sequence && sequence <= last);
    if (isMissing) await messages.countSequence(number, sequence);
  }

  /** Tells the owner's browsers what is gone, and how much this contact has deleted so far. */
  announce(before: Contact, gone: readonly StoredMessage[]): void {
    const { contacts, events, clock } = this.#deps;
    const contact = contacts.byNumber(before.number);
    if (contact === undefined || gone.length === 0) return;
    const count = (contact.takenBack?.count ?? 0) + gone.length;
    contacts.touch(contact, { takenBack: { count, at: clock.nowMs() } });
    for (const { s, id } of gone) events.emit('messageGone', { contact, s, id });
    events.emit('conversation', { address: contact.address });
  }
}
