import type { Address } from '../wire/address.ts';
import type { DomainEvents } from './events.ts';
import {
  stateAfter,
  type Contact,
  type FailReason,
  type MessageState,
  type MessageStep,
  type StoredMessage,
} from './model.ts';
import type { Clock, MessageStore } from './ports.ts';
import { toGone, type Waiting } from './waiting.ts';

/** So many messages are noted at once: to tell of them, their texts are read, each of which may have 64 KiB. */
const PIECE_MAX_MESSAGES = 200;

/** What a step says besides what it is. */
export type NoteDetails = Pick<MessageStep, 'outcome'> &
  Readonly<{
    via?: Contact | undefined;
    enctype?: string | undefined;
    envelope?: string | undefined;
  }>;

/** A step that is in the journal, as far as those need it who follow a message live. */
type Noted = Readonly<{
  step: MessageStep['step'];
  rev: number;
  via: Contact | undefined;
  enctype: string | undefined;
  reason: FailReason | undefined;
}>;

/** What a step changes of a message, as those see it who follow it live. */
type Change = Pick<Noted, 'rev' | 'reason' | 'enctype'> &
  Readonly<{ relayedBy: Address | undefined }>;

type Dependencies = Readonly<{
  messages: Pick<MessageStore, 'note' | 'read' | 'stateOf'>;
  events: DomainEvents;
  clock: Clock;
}>;

/** Writes down each step of a message on its way, and tells those who follow it live. */
export class DeliveryNotes {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** @throws {StorageError} Nothing was noted, and nobody was told. */
  async note(
    contact: Contact,
    batch: readonly Waiting[],
    step: MessageStep['step'],
    details: NoteDetails,
  ): Promise<void> {
    const places = batch.map(({ s }) => s);
    await this.#announce(contact, batch, await this.#write(contact, places, step, details));
  }

  /**
   * As `note`, of all that waited for a contact who is gone: in one record, since nobody would end the rest after a crash,
   * but told in pieces.
   *
   * @throws {StorageError} Nothing was noted, and nobody was told.
   */
  async noteAbandoned(contact: Contact, places: readonly number[]): Promise<void> {
    const noted = await this.#write(contact, places, 'failed', { outcome: 'cancelled' });
    for (const piece of inPieces(places)) {
      const batch = piece.map((s) => toGone(contact, s, 'queued'));
      await this.#announce(contact, batch, noted);
    }
  }

  async #write(
    contact: Contact,
    places: readonly number[],
    step: MessageStep['step'],
    { outcome, via, enctype, envelope }: NoteDetails,
  ): Promise<Noted> {
    const rev = await this.#deps.messages.note({
      conversation: contact.number,
      messages: places,
      at: this.#deps.clock.nowMs(),
      step,
      via: via?.address,
      enctype,
      outcome,
      envelope,
    });
    return { step, rev, via, enctype, reason: reasonOf(outcome) };
  }

  async #announce(
    contact: Contact,
    batch: readonly Waiting[],
    { step, rev, via, enctype, reason }: Noted,
  ): Promise<void> {
    for (const one of batch) one.state = stateAfter(step, one.state);
    const noted = {
      relayedBy: step === 'relayed' ? via?.address : undefined,
      enctype,
      rev,
      reason,
    };
    if (batch.every(({ cached }) => cached !== undefined)) {
      for (const one of batch) {
        if (one.cached !== undefined)
          this.#tell(contact, one, changed(one.cached, one.state, noted));
      }
    } else {
      const read = await this.#deps.messages.read(batch.map(({ s }) => s));
      const waiting = new Map(batch.map((one) => [one.s, one]));
      for (const message of read) {
        // What the journal says of it by now is what counts, the way of this step apart.
        const now = { ...noted, rev: message.rev, reason: message.reason };
        this.#tell(contact, waiting.get(message.s), changed(message, message.state, now));
      }
    }
    this.#deps.events.emit('conversation', { address: contact.address });
    this.#deps.events.emit('status', undefined);
  }

  #tell(contact: Contact, waiting: Waiting | undefined, message: StoredMessage): void {
    // It was deleted while the step was written.
    if (this.#deps.messages.stateOf(message.s) === undefined) return;
    if (waiting?.cached !== undefined) waiting.cached = message;
    this.#deps.events.emit('message', { contact, message });
  }
}

/** Messages as they may be noted one piece after another, however many there are. */
export function* inPieces<One>(messages: readonly One[]): Generator<readonly One[]> {
  for (let start = 0; start < messages.length; start += PIECE_MAX_MESSAGES) {
    yield messages.slice(start, start + PIECE_MAX_MESSAGES);
  }
}

/** Member by member: members added to a spread would cost 6 µs a message. */
function changed(message: StoredMessage, state: MessageState, change: Change): StoredMessage {
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
    enctype: change.enctype ?? message.enctype,
    sequence: message.sequence,
    via: message.via,
    s: message.s,
    rev: change.rev,
    state,
    reason: change.reason,
    relayedBy: change.relayedBy ?? message.relayedBy,
  };
}

function reasonOf(outcome: MessageStep['outcome']): FailReason | undefined {
  return outcome === 'cancelled' || outcome === 'expired' ? outcome : undefined;
}
