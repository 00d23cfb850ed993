import {
  stateAfter,
  type ContactNumber,
  type Direction,
  type FailReason,
  type MessageState,
} from '../domain/model.ts';
import { wireMessageId } from '../crypto/digest.ts';
import type { PageQuery, SequenceGap } from '../domain/ports.ts';
import { ConversationIndex } from './conversation-index.ts';
import { IdTable } from './id-table.ts';
import { MessageColumns } from './message-columns.ts';
import type { HistoryRecord, MessageRecord, StateRecord, TombRecord } from './message-records.ts';
import { Sequences } from './sequences.ts';
import { WireIdTable } from './wire-id-table.ts';

/** What the index knows of a message. */
export type IndexedMessage = Readonly<{
  state: MessageState;
  reason: FailReason | undefined;
  /** It is end-to-end encrypted on its way. */
  isSealed: boolean;
  /** Place of its last step; its own without one. */
  rev: number;
  /** Places of its steps when one of them gave it to a relay, else none. */
  relaySteps: readonly number[];
}>;

/**
 * Everything that is derived from the journal of messages, in some thirty bytes a message: which there are, in which
 * state, where. Fed with every record in order, it is the same after a restart as before.
 */
export class MessageIndex {
  readonly #columns = new MessageColumns();
  readonly #ids: IdTable;
  /** Outgoing messages that have another id on the wire than here. */
  readonly #wireIds: WireIdTable;
  readonly #sequences = new Sequences();
  readonly #conversations = new Map<ContactNumber, ConversationIndex>();

  /** @param seed As for `IdTable`. */
  constructor(seed: number) {
    this.#ids = new IdTable(seed);
    this.#wireIds = new WireIdTable(seed);
  }

  get sizeBytes(): number {
    let sizeBytes = this.#columns.sizeBytes + this.#ids.sizeBytes + this.#wireIds.sizeBytes;
    for (const conversation of this.#conversations.values()) sizeBytes += conversation.sizeBytes;
    return sizeBytes;
  }

  /** Takes in the record at place `s`. */
  apply(record: HistoryRecord, s: number): void {
    this.#sequences.apply(record);
    switch (record.k) {
      case 'msg':
        this.#add(record, s);
        break;
      case 'state':
        this.#step(record, s);
        break;
      case 'del':
        this.#remove(record.n, record.of);
        break;
      case 'tomb':
        this.#bury(record, s);
        break;
      case 'drop':
        this.#conversations.get(record.n)?.removeAll();
        break;
      case 'conv':
      case 'seq':
        break;
    }
  }

  /** A message that was not deleted. */
  get(s: number): IndexedMessage | undefined {
    const row = this.#rowAt(s);
    if (row === undefined) return undefined;
    return {
      state: this.#columns.stateOf(row),
      reason: this.#columns.reasonOf(row),
      isSealed: this.#columns.isSealed(row),
      rev: this.#columns.lastStepOf(row) ?? s,
      relaySteps: this.#columns.wasRelayed(row) ? this.#columns.stepsOf(row) : [],
    };
  }

  stateOf(s: number): MessageState | undefined {
    const row = this.#rowAt(s);
    return row === undefined ? undefined : this.#columns.stateOf(row);
  }

  /** Places of a message's steps, oldest first. */
  stepsOf(s: number): number[] {
    const row = this.#columns.rowAt(s);
    return row === undefined ? [] : this.#columns.stepsOf(row);
  }

  /** Places of messages that may have this id, here or on the wire, deleted ones included. */
  candidates(conversation: ContactNumber, direction: Direction, id: string): number[] {
    const rows = this.#ids.candidates(conversation, direction, id);
    if (direction === 'out') rows.push(...this.#wireIds.candidates(conversation, id));
    return rows.map((row) => this.#columns.placeOf(row));
  }

  page(conversation: ContactNumber, query: PageQuery): number[] {
    return this.#conversations.get(conversation)?.page(query) ?? [];
  }

  lastPlace(conversation: ContactNumber, direction: Direction | undefined): number | undefined {
    return this.#conversations.get(conversation)?.lastPlace(direction);
  }

  countIncoming(conversation: ContactNumber, afterS: number): number {
    return this.#conversations.get(conversation)?.countIncoming(afterS) ?? 0;
  }

  unreadByPeer(conversation: ContactNumber, upToS: number): number[] {
    return this.#conversations.get(conversation)?.unreadByPeer(upToS) ?? [];
  }

  lastSequence(conversation: ContactNumber, direction: Direction): number {
    return this.#sequences.last(conversation, direction);
  }

  missing(conversation: ContactNumber): readonly SequenceGap[] {
    return this.#sequences.missing(conversation);
  }

  #add(record: MessageRecord, s: number): void {
    const row = this.#addRow(record, s);
    this.#columns.markSealed(row, record.e !== '');
    this.#conversation(record.n).add(row);
  }

  /** Known by its id, and in no list. */
  #bury(record: TombRecord, s: number): void {
    this.#columns.remove(this.#addRow(record, s));
  }

  #addRow({ n, d, id }: MessageRecord | TombRecord, s: number): number {
    const row = this.#columns.add(s, d, d === 'out' ? 'queued' : 'delivered');
    this.#ids.add(n, d, id);
    const wireId = d === 'out' ? wireMessageId(id) : id;
    if (wireId !== id) this.#wireIds.add(n, wireId, row);
    return row;
  }

  #step({ of, st, e, o }: StateRecord, s: number): void {
    for (const place of of) {
      const row = this.#rowAt(place);
      if (row === undefined) continue;
      const before = this.#columns.stateOf(row);
      const after = stateAfter(st, before);
      if (after !== before) this.#columns.setState(row, after, reasonOf(o));
      if (e !== undefined) this.#columns.markSealed(row, e !== '');
      if (st === 'relayed') this.#columns.markRelayed(row);
      this.#columns.addStep(row, s);
    }
  }

  #remove(conversation: ContactNumber, places: readonly number[]): void {
    for (const place of places) {
      const row = this.#rowAt(place);
      if (row !== undefined) this.#columns.remove(row);
    }
    this.#conversations.get(conversation)?.forgetCount();
  }

  #rowAt(s: number): number | undefined {
    const row = this.#columns.rowAt(s);
    return row === undefined || this.#columns.isRemoved(row) ? undefined : row;
  }

  #conversation(number: ContactNumber): ConversationIndex {
    const known = this.#conversations.get(number);
    if (known !== undefined) return known;
    const created = new ConversationIndex(this.#columns);
    this.#conversations.set(number, created);
    return created;
  }
}

function reasonOf(outcome: StateRecord['o']): FailReason | undefined {
  return outcome === 'cancelled' || outcome === 'expired' ? outcome : undefined;
}
