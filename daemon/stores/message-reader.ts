import type { Journal } from '../../storage/journal.ts';
import type { Address } from '../wire/address.ts';
import type {
  ContactNumber,
  Direction,
  MessageStep,
  NewMessage,
  StoredMessage,
} from '../domain/model.ts';
import { wireMessageId } from '../crypto/digest.ts';
import type { MessageIndex } from './message-index.ts';
import {
  decodeRecord,
  messageOf,
  stepOf,
  type HistoryRecord,
  type MessageRecord,
  type TombRecord,
} from './message-records.ts';

/** The enctype of whatever is end-to-end encrypted. */
const SEALED_ENCTYPE = 'dr1';

/** A record by whose id a message is known. */
type Named = MessageRecord | TombRecord;

/** Reads messages and their steps from the journal: where they are, and what became of them, the index knows. */
export class MessageReader {
  readonly #journal: Pick<Journal, 'readMany'>;
  readonly #index: MessageIndex;

  constructor(journal: Pick<Journal, 'readMany'>, index: MessageIndex) {
    this.#journal = journal;
    this.#index = index;
  }

  /** As in `MessageStore`. */
  async find(
    conversation: ContactNumber,
    direction: Direction,
    id: string,
  ): Promise<number | undefined> {
    const places = await this.#index.candidates(conversation, direction, id);
    if (places.length === 0) return undefined;
    const records = await this.#readIds(places);
    const isIt = (idOf: (ownId: string) => string) => (record: Named | undefined) =>
      record?.n === conversation && record.d === direction && idOf(record.id) === id;
    // A message's own id goes before what another one is called on the wire.
    const own = records.findIndex(isIt((ownId) => ownId));
    if (own !== -1 || direction === 'in') return places[own];
    return places[records.findIndex(isIt(wireMessageId))];
  }

  /** As in `MessageStore`. */
  async known(
    conversation: ContactNumber,
    direction: Direction,
    ids: readonly string[],
  ): Promise<readonly string[]> {
    const known: string[] = [];
    for (const id of this.#index.seeming(conversation, direction, ids)) {
      if ((await this.find(conversation, direction, id)) !== undefined) known.push(id);
    }
    return known;
  }

  /** As in `MessageStore`. */
  async read(places: readonly number[]): Promise<readonly StoredMessage[]> {
    const known = places.filter((s) => this.#index.get(s) !== undefined);
    const records = await this.#readMessages(known);
    const messages = records.map((record) =>
      record === undefined ? undefined : messageOf(record),
    );
    const relays = await this.#readRelays(known);
    return messages.flatMap((message, index) => {
      const s = known[index] ?? 0;
      // It may have been deleted while the disk was read.
      if (message === undefined || this.#index.get(s) === undefined) return [];
      return [{ ...this.complete(message, s), relayedBy: relays.get(s) }];
    });
  }

  /** As in `MessageStore`. */
  async timeline(s: number): Promise<readonly MessageStep[]> {
    return this.#readSteps(await this.#index.stepsOf(s));
  }

  /** A message that was written at a place, as it is by now. */
  complete(message: NewMessage, s: number): StoredMessage {
    const { state = 'queued', reason, rev = s, isSealed } = this.#index.get(s) ?? {};
    // Member by member: members added to a spread would cost 10 µs a message and make each one slow to read.
    return {
      conversation: message.conversation,
      id: message.id,
      direction: message.direction,
      from: message.from,
      to: message.to,
      text: message.text,
      wireTimestamp: message.wireTimestamp,
      timestamp: message.timestamp,
      receivedAt: message.receivedAt,
      enctype: enctypeOf(message, isSealed),
      sequence: message.sequence,
      via: message.via,
      s,
      rev,
      state,
      reason,
      relayedBy: undefined,
    };
  }

  async #readMessages(places: readonly number[]): Promise<(MessageRecord | undefined)[]> {
    const records = await this.#readRecords(places);
    return records.map((record) => (record?.k === 'msg' ? record : undefined));
  }

  async #readRecords(places: readonly number[]): Promise<(HistoryRecord | undefined)[]> {
    const records = await this.#journal.readMany(places);
    return records.map(decodeRecord);
  }

  async #readIds(places: readonly number[]): Promise<(Named | undefined)[]> {
    const records = await this.#readRecords(places);
    return records.map((record) =>
      record?.k === 'msg' || record?.k === 'tomb' ? record : undefined,
    );
  }

  /** Steps are kept on the disk alone; the places of those that matter are known. */
  async #readSteps(places: readonly number[]): Promise<MessageStep[]> {
    const records = await this.#journal.readMany(places);
    return records.flatMap((value) => {
      const record = decodeRecord(value);
      return record?.k === 'state' ? [stepOf(record)] : [];
    });
  }

  /** The last relay of each message that was given to one. */
  async #readRelays(places: readonly number[]): Promise<ReadonlyMap<number, Address | undefined>> {
    const relays = new Map<number, Address | undefined>();
    const relayed = places.filter((s) => this.#index.get(s)?.wasRelayed);
    const steps = await Promise.all(relayed.map((s) => this.#index.stepsOf(s)));
    const stepPlaces = [...new Set(steps.flat())].sort((a, b) => a - b);
    for (const step of await this.#readSteps(stepPlaces)) {
      if (step.step !== 'relayed') continue;
      for (const s of step.messages) relays.set(s, step.via);
    }
    return relays;
  }
}

/** How a message is written now: an outgoing one may leave otherwise than it was stored. */
function enctypeOf({ enctype }: NewMessage, isSealed = enctype !== ''): string {
  if (isSealed === (enctype !== '')) return enctype;
  return isSealed ? SEALED_ENCTYPE : '';
}
