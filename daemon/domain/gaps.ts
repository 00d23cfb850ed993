import type { DomainEvents } from './events.ts';
import type { Contact, ContactNumber } from './model.ts';
import type { MessageStore, SequenceGap } from './ports.ts';

type Dependencies = Readonly<{
  messages: Pick<MessageStore, 'missing' | 'lastSequence'>;
  events: DomainEvents;
}>;

/** What a contact wrote and we never got: told by the numbers of what came after it. */
export class Gaps {
  readonly #deps: Dependencies;
  /** The greatest number that a contact has spoken of, in an acknowledgement for example. */
  readonly #spokenOf = new Map<ContactNumber, number>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    deps.events.on('contactGone', ({ contact }) => {
      if (contact !== undefined) this.#spokenOf.delete(contact.number);
    });
    deps.events.on('identityReplaced', ({ contact }) => void this.#spokenOf.delete(contact.number));
  }

  /** Lowest first. */
  of(contact: Contact): readonly SequenceGap[] {
    const { encryption, peerSequenceStart: first } = contact;
    if (encryption !== 'dr1' || first === undefined) return [];
    const { messages } = this.#deps;
    const gaps = messages
      .missing(contact.number)
      .filter(({ last }) => last >= first)
      .map((gap) => ({ first: Math.max(gap.first, first), last: gap.last }));
    const known = Math.max(messages.lastSequence(contact.number, 'in'), first - 1);
    const spokenOf = this.#spokenOf.get(contact.number) ?? 0;
    return spokenOf > known ? [...gaps, { first: known + 1, last: spokenOf }] : gaps;
  }

  /** A contact has spoken of this number. */
  note(contact: Contact, sequence: number): void {
    if (sequence <= (this.#spokenOf.get(contact.number) ?? 0)) return;
    this.#spokenOf.set(contact.number, sequence);
    if (sequence > this.#deps.messages.lastSequence(contact.number, 'in')) {
      this.#deps.events.emit('conversation', { address: contact.address });
    }
  }
}
