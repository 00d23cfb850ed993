import type { ContactNumber, Direction } from '../domain/model.ts';
import type { SequenceGap } from '../domain/ports.ts';
import type { HistoryRecord } from './message-records.ts';

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

  noteIn(sequence: number): void {
    if (sequence <= this.lastIn) {
      this.#fill(sequence);
      return;
    }
    if (sequence > this.lastIn + 1) {
      this.#keep([...this.#gaps, { first: this.lastIn + 1, last: sequence - 1 }]);
    }
    this.lastIn = sequence;
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

/** The numbers of all conversations' messages, fed with every record of the journal in order. */
export class Sequences {
  readonly #conversations = new Map<ContactNumber, ConversationSequences>();

  apply(record: HistoryRecord): void {
    switch (record.k) {
      case 'msg':
      case 'tomb':
        if (record.q !== undefined) this.#note(record.n, record.d, record.q);
        break;
      case 'seq':
        this.#note(record.n, 'in', record.q);
        break;
      case 'drop':
        this.#conversations.get(record.n)?.forgetGaps();
        break;
      case 'state':
      case 'del':
      case 'conv':
        break;
    }
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

  #note(conversation: ContactNumber, direction: Direction, sequence: number): void {
    const sequences = this.#of(conversation);
    if (direction === 'in') sequences.noteIn(sequence);
    else sequences.lastOut = Math.max(sequences.lastOut, sequence);
  }

  #of(conversation: ContactNumber): ConversationSequences {
    const known = this.#conversations.get(conversation);
    if (known !== undefined) return known;
    const created = new ConversationSequences();
    this.#conversations.set(conversation, created);
    return created;
  }
}
