import { Column } from '../../storage/column.ts';
import type { DerivedSections, Digest } from '../../storage/derivation.ts';
import type { SegmentIndex } from '../../storage/segment-index.ts';
import type { ContactNumber } from '../domain/model.ts';
import { wireMessageId } from '../crypto/digest.ts';
import { OpenRows, type Rows } from './conversation-rows.ts';
import { effectOf, REMOVAL, type Effect } from './effect.ts';
import { IdTable } from './id-table.ts';
import { LaterEffects } from './later-effects.ts';
import { LeavingRows } from './leaving-rows.ts';
import { MessageColumns } from './message-columns.ts';
import {
  decodeRecord,
  type HistoryRecord,
  type MessageRecord,
  type TombRecord,
} from './message-records.ts';
import {
  newsOf,
  residentOf,
  sectionsOfNews,
  seedOf,
  seekColumnsOf,
  type ResidentColumns,
} from './message-sections.ts';
import { sectionsOfIds } from './sealed-ids.ts';
import type {
  Drop,
  Naming,
  SegmentMessages,
  SegmentNews,
  VisitLeaving,
} from './segment-messages.ts';
import { SequenceRuns } from './sequence-runs.ts';
import { StepChains } from './step-chains.ts';

type Start = Readonly<{
  columns: ResidentColumns;
  seed: number;
  /** Made when they are needed first: a start has other things to do. */
  ids: () => IdTable;
  steps: () => StepChains;
  firstS: number;
}>;

/**
 * What the records of one segment tell of messages, by themselves: nothing in here depends on other segments. It grows
 * record by record, and when the segment is sealed, becomes the columns of its index.
 */
export class OpenMessages implements Digest, SegmentMessages {
  readonly columns: MessageColumns;
  readonly later: LaterEffects;
  readonly seed: number;
  readonly #ids: () => IdTable;
  readonly #steps: () => StepChains;
  readonly #rows: OpenRows;
  readonly #runs: SequenceRuns;
  readonly #drops: Drop[];
  readonly #namings: Naming[];
  #lastConversation: ContactNumber;
  readonly #leaving: LeavingRows;
  #firstS: number;

  private constructor({ columns, seed, ids, steps, firstS }: Start) {
    const news = newsOf(columns);
    this.seed = seed;
    this.columns = new MessageColumns(columns);
    this.later = new LaterEffects(columns.laterTargets, columns.laterPlaces, columns.laterCodes);
    this.#ids = once(ids);
    this.#steps = once(steps);
    this.#rows = new OpenRows(columns);
    this.#runs = new SequenceRuns(columns.sequences);
    this.#drops = [...news.drops];
    this.#namings = [...news.namings];
    this.#lastConversation = news.lastConversation;
    this.#firstS = firstS;
    this.#leaving = new LeavingRows(columns, (row) => this.columns.isLeaving(row));
  }

  /** Of a segment without records. @param seed As for `IdTable`. */
  static create(seed: number): OpenMessages {
    const columns = residentOf({ resident: {} });
    return new OpenMessages({
      columns,
      seed,
      ids: () => new IdTable(seed),
      steps: () => new StepChains(),
      firstS: 0,
    });
  }

  /** Of a segment whose first records an index has. */
  static async resume(index: SegmentIndex): Promise<OpenMessages> {
    const columns = residentOf(index);
    const { idHashes, idRows, stepEnds, steps } = seekColumnsOf(await index.readAll());
    const seed = seedOf(index);
    return new OpenMessages({
      columns,
      seed,
      ids: () => new IdTable(seed, idHashes, idRows),
      steps: () => StepChains.from(stepEnds, steps),
      firstS: index.span.firstS,
    });
  }

  /** Nothing was applied so far. */
  get isEmpty(): boolean {
    return this.#firstS === 0;
  }

  get sizeBytes(): number {
    const made = [this.#ids(), this.#steps()];
    const parts = [this.columns, this.later, ...made, this.#rows, this.#leaving];
    return parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  }

  apply(value: unknown, s: number): void {
    const record = decodeRecord(value);
    if (record !== undefined) this.applyRecord(record, s);
  }

  /** Takes in the record at place `s`. */
  applyRecord(record: HistoryRecord, s: number): void {
    if (this.isEmpty) this.#firstS = s;
    this.#lastConversation = Math.max(this.#lastConversation, record.n);
    const run = SequenceRuns.of(record);
    if (run !== undefined) this.#runs.add(run);
    switch (record.k) {
      case 'msg':
        this.#addMessage(record, s);
        break;
      case 'tomb':
        this.columns.bury(this.#add(record, s));
        break;
      case 'state':
        this.#affect(record.of, effectOf(record), s);
        break;
      case 'del':
        this.#affect(record.of, REMOVAL, s);
        break;
      case 'drop':
        this.#drop(record.n, s);
        break;
      case 'conv':
        this.#namings.push({ conversation: record.n, address: record.address });
        break;
      case 'seq':
        break;
    }
  }

  rowsOf(conversation: ContactNumber): Rows {
    return this.#rows.of(conversation);
  }

  mayHave(hash: number): boolean {
    return this.#ids().rowsOf(hash).length > 0;
  }

  async candidates(hash: number): Promise<readonly number[]> {
    return this.#ids().rowsOf(hash);
  }

  async stepsOf(row: number): Promise<number[]> {
    return this.#steps().of(row, this.columns.lastStepOf(row));
  }

  /** What is not of one message. */
  news(): SegmentNews {
    return { ...this.#ownNews(), runs: this.#runs.sections().sequences };
  }

  visitLeaving(visit: VisitLeaving): void {
    this.#leaving.visit(visit);
  }

  sections(): DerivedSections {
    const ids = sectionsOfIds(this.#ids());
    return {
      resident: {
        ...this.columns.sections(),
        ...this.#rows.sections(),
        ...ids.resident,
        ...this.later.sections(),
        ...this.#runs.sections(),
        ...sectionsOfNews(this.#ownNews()),
        ...this.#leaving.sections(),
      },
      seek: { ...ids.seek, ...this.#stepColumns() },
    };
  }

  /** For each row where its steps end, and all steps, row by row and oldest first. */
  #stepColumns() {
    const stepEnds = new Uint32Array(this.columns.length);
    const steps = Column.uint32();
    for (let row = 0; row < stepEnds.length; row++) {
      const last = this.columns.lastStepOf(row);
      if (last !== undefined) for (const place of this.#steps().of(row, last)) steps.push(place);
      stepEnds[row] = steps.length;
    }
    return { stepEnds, steps: steps.cells.slice() };
  }

  #ownNews(): Omit<SegmentNews, 'runs'> {
    return {
      drops: this.#drops,
      namings: this.#namings,
      lastConversation: this.#lastConversation,
    };
  }

  #addMessage(record: MessageRecord, s: number): void {
    const row = this.#add(record, s);
    this.columns.markSealed(row, record.e !== '');
    if (record.d === 'in') return;
    this.#leaving.add(row, record.n, Buffer.byteLength(record.m), record.at);
  }

  #add({ n, d, id }: MessageRecord | TombRecord, s: number): number {
    const row = this.columns.add(s, d);
    const wireId = d === 'out' ? wireMessageId(id) : id;
    this.#ids().add(n, d, wireId === id ? [id] : [id, wireId]);
    this.#rows.add(n, row);
    return row;
  }

  #affect(places: readonly number[], effect: Effect, s: number): void {
    for (const place of places) {
      if (place < this.#firstS) {
        this.later.add(place, effect, s);
        continue;
      }
      const row = this.columns.rowAt(place);
      if (row === undefined || this.columns.isRemoved(row)) continue;
      const before = this.columns.lastStepOf(row);
      this.columns.apply(row, effect, s);
      if (effect.step !== 'remove' && before !== undefined) this.#steps().add(row, before);
    }
  }

  #drop(conversation: ContactNumber, s: number): void {
    this.#drops.push({ conversation, s });
    const rows = this.#rows.of(conversation);
    for (let at = 0; at < rows.length; at++) this.columns.remove(rows.get(at));
  }
}

/** What is made at the first call, and the same at each. */
function once<Value>(make: () => Value): () => Value {
  let made: Readonly<{ value: Value }> | undefined;
  return () => (made ??= { value: make() }).value;
}
