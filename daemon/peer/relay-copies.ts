import { plainMessageId } from '../crypto/digest.ts';
import type { Contacts } from '../domain/contacts.ts';
import type { ContactNumber, StoredMessage } from '../domain/model.ts';
import type { MessageStore } from '../domain/ports.ts';
import type { PeerCalls } from './peer-calls.ts';
import type { LaneOf } from './relay-rounds.ts';

/** What a relay has: its name for it. */
type Copy = Readonly<{ relay: ContactNumber; envelope: string }>;

type Dependencies = Readonly<{
  contacts: Pick<Contacts, 'byNumber' | 'resolve'>;
  messages: Pick<MessageStore, 'timeline'>;
  calls: Pick<PeerCalls, 'withdraw'>;
}>;

/** What friends carry of messages that their writer does not want to arrive any more. */
export class RelayCopies {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Finds out which relays have messages.
   *
   * @returns What asks these to drop them, where they can be reached.
   */
  async find(messages: readonly StoredMessage[], laneOf: LaneOf): Promise<() => void> {
    const copies: Copy[] = [];
    for (const message of messages) {
      if (message.relayedBy !== undefined) copies.push(...(await this.#copiesOf(message)));
    }
    return () => {
      for (const { relay, envelope } of copies) this.#withdraw(relay, envelope, laneOf);
    };
  }

  #withdraw(number: ContactNumber, envelope: string, laneOf: LaneOf): void {
    const relay = this.#deps.contacts.byNumber(number);
    if (relay === undefined) return;
    laneOf(relay).addErrand({
      run: (contact) => this.#deps.calls.withdraw(contact, [envelope]),
      // It keeps the envelope until it expires; the recipient may still get it. The GUI says so.
      giveUp: () => undefined,
    });
  }

  /** What relays have of a message, as the journal knows. */
  async #copiesOf({
    s,
    from,
    to,
    wireTimestamp,
    text,
    enctype,
  }: StoredMessage): Promise<readonly Copy[]> {
    const { messages, contacts } = this.#deps;
    // Of what was open the id follows from the text; of what was sealed it does not.
    const open =
      enctype === '' ? plainMessageId({ from, to, wireTimestamp, message: text }) : undefined;
    return (await messages.timeline(s)).flatMap(({ step, via, envelope = open }) => {
      const relay = step !== 'relayed' || via === undefined ? undefined : contacts.resolve(via);
      if (relay === undefined || envelope === undefined) return [];
      return [{ relay: relay.number, envelope }];
    });
  }
}
