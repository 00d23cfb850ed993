import type { ContactNumber } from './model.ts';
import type { MessageStore } from './ports.ts';

/** Numbers for outgoing messages, one after another and without a gap, also when some could not be stored. */
export class Sequences {
  readonly #messages: Pick<MessageStore, 'lastSequence'>;
  readonly #last = new Map<ContactNumber, number>();
  readonly #returned = new Map<ContactNumber, number[]>();

  constructor(messages: Pick<MessageStore, 'lastSequence'>) {
    this.#messages = messages;
  }

  next(conversation: ContactNumber): number {
    const returned = this.#returned.get(conversation)?.shift();
    if (returned !== undefined) return returned;
    const last = this.#last.get(conversation) ?? this.#messages.lastSequence(conversation, 'out');
    this.#last.set(conversation, last + 1);
    return last + 1;
  }

  /** A message was not stored: its number is free. */
  giveBack(conversation: ContactNumber, sequence: number): void {
    const returned = this.#returned.get(conversation) ?? [];
    this.#returned.set(
      conversation,
      [...returned, sequence].sort((one, other) => one - other),
    );
  }
}
