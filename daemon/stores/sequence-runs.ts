import type { ContactNumber, Direction } from '../domain/model.ts';
import type { HistoryRecord } from './message-records.ts';

/** What a segment's records say of the numbers of messages, in order: runs of numbers, and conversations emptied. */
export type SequenceRun = Readonly<{
  conversation: ContactNumber;
  /** `forget`: what is missing up to here is missed no more. */
  kind: Direction | 'forget';
  first: number;
  last: number;
}>;

/** The order is part of the form of the index. */
const KINDS = ['in', 'out', 'forget'] as const satisfies readonly SequenceRun['kind'][];
const CELLS_PER_RUN = 4;

/** Collects the numbers of one segment's records; those that follow one another take no room of their own. */
export class SequenceRuns {
  /** Four cells a run: conversation, kind, first, last. */
  readonly #cells: number[];
  /** Where the last run of a conversation is that may go on: of what came, and of what went. */
  readonly #open = { in: new Map<ContactNumber, number>(), out: new Map<ContactNumber, number>() };

  /** Goes on with what is there, or with nothing. */
  constructor(cells: Float64Array = new Float64Array()) {
    this.#cells = Array.from(cells);
  }

  /** Numbers of a record, if it has any. */
  static of(record: HistoryRecord): SequenceRun | undefined {
    switch (record.k) {
      case 'msg':
      case 'tomb':
        return record.q === undefined ? undefined : runOf(record.n, record.d, record.q);
      case 'seq':
        return runOf(record.n, 'in', record.q);
      case 'drop':
        return { conversation: record.n, kind: 'forget', first: 0, last: 0 };
      case 'state':
      case 'del':
      case 'conv':
        return undefined;
    }
  }

  add({ conversation, kind, first, last }: SequenceRun): void {
    if (kind === 'forget') {
      // What came before it must not grow behind it any more.
      this.#open.in.delete(conversation);
    } else {
      const at = this.#open[kind].get(conversation);
      if (at !== undefined && this.#extend(at, first, last)) return;
      this.#open[kind].set(conversation, this.#cells.length);
    }
    this.#cells.push(conversation, KINDS.indexOf(kind), first, last);
  }

  sections() {
    return { sequences: Float64Array.from(this.#cells) };
  }

  /** @returns Whether the run at a place takes in what follows it, or what it has already. */
  #extend(at: number, first: number, last: number): boolean {
    const start = this.#cells[at + 2] ?? 0;
    const end = this.#cells[at + 3] ?? 0;
    if (first < start || first > end + 1) return false;
    this.#cells[at + 3] = Math.max(end, last);
    return true;
  }
}

/** Hands over the runs of a column, oldest first. */
export function visitRuns(cells: Float64Array, visit: (run: SequenceRun) => void): void {
  for (let at = 0; at < cells.length; at += CELLS_PER_RUN) {
    visit({
      conversation: cells[at] ?? 0,
      kind: KINDS[cells[at + 1] ?? 0] ?? 'out',
      first: cells[at + 2] ?? 0,
      last: cells[at + 3] ?? 0,
    });
  }
}

function runOf(conversation: ContactNumber, kind: Direction, sequence: number): SequenceRun {
  return { conversation, kind, first: sequence, last: sequence };
}
