import type { ContactNumber, Direction } from '../domain/model.ts';
import type { SequenceGap } from '../domain/ports.ts';
import type { SequenceRun } from './sequence-runs.ts';

/** Gaps that are known of one conversation; the oldest are forgotten. */
export const GAPS_MAX = 200;

/** What a conversation's numbers tell: the greatest of each direction, and which of the contact's never came. */
class ConversationSequences {
  lastOut = 0;
  lastIn = 0;
  /** Lowest first; they neither touch nor overlap. */
  #gaps: SequenceGap[] = [];

  get gaps(): readonly SequenceGap[] {
    return this.#gaps;
  }

  /** Numbers from `first` to `last` came, one after the other. */
  noteIn(first: number, last: number): void {
    const known = Math.min(last, this.lastIn);
    for (let sequence = first; sequence <= known && this.#gaps.length > 0; sequence++) {
      this.#fill(sequence);
    }
    if (last <= this.lastIn) return;
    if (first > this.lastIn + 1) {
      this.#keep([...this.#gaps, { first: this.lastIn + 1, last: first - 1 }]);
    }
    this.lastIn = last;
  }

  /** The conversation was emptied: nobody wants to know what was missing in it. */
  forgetGaps(): void {
    this.#gaps = [];
  }

  #fill(sequence: number): void {
    const index = this.#gaps.findLastIndex(({ first }) => first <= sequence);
    const gap = this.#gaps[index];
    if (gap === undefined || gap.last < sequence) return;
    const parts = [
      { first: gap.first, last: sequence - 1 },
      { first: sequence + 1, last: gap.last },
    ].filter(({ first, last }) => first <= last);
    this.#keep(this.#gaps.toSpliced(index, 1, ...parts));
  }

  #keep(gaps: SequenceGap[]): void {
    this.#gaps = gaps.slice(-GAPS_MAX);
  }
}

/** The numbers of all conversations' messages, fed with those of every record of the journal in order. */
export class Sequences {
  readonly #conversations = new Map<ContactNumber, ConversationSequences>();

  apply({ conversation, kind, first, last }: SequenceRun): void {
    if (kind === 'forget') {
      this.#conversations.get(conversation)?.forgetGaps();
      return;
    }
    const sequences = this.#of(conversation);
    if (kind === 'in') sequences.noteIn(first, last);
    else sequences.lastOut = Math.max(sequences.lastOut, last);
  }

  /** The greatest number of a direction; 0 when there is none. */
  last(conversation: ContactNumber, direction: Direction): number {
    const sequences = this.#conversations.get(conversation);
    return (direction === 'in' ? sequences?.lastIn : sequences?.lastOut) ?? 0;
  }

  /** Numbers below the greatest that never came, lowest first. */
  missing(conversation: ContactNumber): readonly SequenceGap[] {
    return this.#conversations.get(conversation)?.gaps ?? [];
  }

  #of(conversation: ContactNumber): ConversationSequences {
    const known = this.#conversations.get(conversation);
    if (known !== undefined) return known;
    const created = new ConversationSequences();
    this.#conversations.set(conversation, created);
    return created;
  }
}
