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
  readonly #runs: SequenceRun[];
  /** Index of the last run of a conversation and kind that may go on. */
  readonly #open = new Map<string, number>();

  /** Goes on with what is there, or with nothing. */
  constructor(cells: Float64Array = new Float64Array()) {
    this.#runs = [...decodeRuns(cells)];
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

  /** Oldest first. */
  get all(): readonly SequenceRun[] {
    return this.#runs;
  }

  add(run: SequenceRun): void {
    const key = `${run.kind}${run.conversation}`;
    const index = this.#open.get(key);
    const before = index === undefined ? undefined : this.#runs[index];
    if (index !== undefined && before?.last === run.first - 1) {
      this.#runs[index] = { ...before, last: run.last };
      return;
    }
    // What came before it must not grow behind it any more.
    if (run.kind === 'forget') this.#open.delete(`in${run.conversation}`);
    else this.#open.set(key, this.#runs.length);
    this.#runs.push(run);
  }

  sections() {
    const cells = this.#runs.flatMap(({ conversation, kind, first, last }) => [
      conversation,
      KINDS.indexOf(kind),
      first,
      last,
    ]);
    return { sequences: Float64Array.from(cells) };
  }
}

/** The runs of a column, oldest first. */
export function* decodeRuns(cells: Float64Array): Iterable<SequenceRun> {
  for (let at = 0; at + CELLS_PER_RUN <= cells.length; at += CELLS_PER_RUN) {
    const [conversation = 0, kind = 0, first = 0, last = 0] = cells.subarray(at);
    yield { conversation, kind: KINDS[kind] ?? 'out', first, last };
  }
}

function runOf(conversation: ContactNumber, kind: Direction, sequence: number): SequenceRun {
  return { conversation, kind, first: sequence, last: sequence };
}
