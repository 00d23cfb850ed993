import { HISTORY_MAX_BYTES, HISTORY_MAX_MESSAGES } from '../wire/peer.ts';
import { DELIVERY_RETRY_MIN_MS, retryDelayMs } from './backoff.ts';
import type { Contacts } from './contacts.ts';
import type { DomainEvents } from './events.ts';
import { Expiry } from './expiry.ts';
import {
  stateAfter,
  type Contact,
  type ContactNumber,
  type DeliveryOutcome,
  type FailReason,
  type MessageState,
  type MessageStep,
  type StoredMessage,
} from './model.ts';
import type { Clock, MessageStore, Random, Undelivered } from './ports.ts';

/** Messages of a lane whose text stays in memory; the others are read when their turn comes. */
const CACHED_PER_LANE_MAX = 500;
/** What the members around a message take on the wire. */
const ENVELOPE_BYTES = 400;

/** A message that has not reached its recipient's daemon yet. */
export type Waiting = {
  readonly conversation: ContactNumber;
  readonly s: number;
  readonly sizeBytes: number;
  readonly at: number;
  state: MessageState;
  /** In memory for a fresh message; else read from the journal. */
  cached: StoredMessage | undefined;
  /** Answers 0 so far, and the monotonic time before which it is not offered again. */
  refusals: number;
  notBeforeMs: number;
  /** What came of the last attempt that the journal knows, so that a long absence does not fill it. */
  lastOutcome: DeliveryOutcome | undefined;
  /** Relays that have it, and relays that were asked at all; `undefined` until the journal was asked. */
  relays: Readonly<{ carriers: Set<ContactNumber>; asked: Set<ContactNumber> }> | undefined;
};

type Dependencies = Readonly<{
  messages: MessageStore;
  contacts: Contacts;
  events: DomainEvents;
  clock: Clock;
  random: Random;
  /** A message that never left this daemon fails after this many days. */
  expireDays: number;
}>;

const DAY_MS = 86_400_000;

/** Messages that wait for their recipients, one queue a contact, in the order in which they were written. */
export class Outbox {
  readonly #deps: Dependencies;
  readonly #lanes = new Map<ContactNumber, Map<number, Waiting>>();
  readonly #expiry: Expiry<number>;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#expiry = new Expiry(deps.clock);
    for (const one of deps.messages.undelivered) this.#enqueue(toWaiting(one));
    deps.events.on('contactGone', ({ contact }) => {
      if (contact !== undefined) this.#giveUp(contact);
    });
  }

  /** Messages not yet delivered, over all contacts. */
  get size(): number {
    let size = 0;
    for (const lane of this.#lanes.values()) size += lane.size;
    return size;
  }

  /** Puts a freshly stored message at the end of its lane. */
  add(message: StoredMessage): void {
    const { conversation, s, state, text, receivedAt } = message;
    const isCached = (this.#lanes.get(conversation)?.size ?? 0) < CACHED_PER_LANE_MAX;
    const sizeBytes = Buffer.byteLength(text, 'utf8');
    const one = { conversation, s, state, sizeBytes, at: receivedAt };
    this.#enqueue(toWaiting(one, isCached ? message : undefined));
  }

  /** What waits for a contact, oldest first. */
  waitingFor(contact: Contact): IterableIterator<Waiting> {
    return (this.#lanes.get(contact.number) ?? new Map<number, Waiting>()).values();
  }

  /** Whether this very message still waits. */
  waits(contact: Contact, s: number): boolean {
    return this.#lanes.get(contact.number)?.has(s) ?? false;
  }

  has(contact: Contact): boolean {
    return (this.#lanes.get(contact.number)?.size ?? 0) > 0;
  }

  /** Monotonic time from which something may be offered to this contact; `undefined` when nothing waits. */
  dueMs(contact: Contact): number | undefined {
    let due: number | undefined;
    for (const { notBeforeMs } of this.waitingFor(contact)) {
      if (notBeforeMs === 0) return 0;
      due = due === undefined ? notBeforeMs : Math.min(due, notBeforeMs);
    }
    return due;
  }

  /** The next messages to offer, as many as one `history` may carry, oldest first. */
  nextBatch(contact: Contact): readonly Waiting[] {
    const nowMs = this.#deps.clock.monotonicMs();
    const batch: Waiting[] = [];
    let bytes = 0;
    for (const one of this.waitingFor(contact)) {
      if (one.notBeforeMs > nowMs) continue;
      bytes += one.sizeBytes + ENVELOPE_BYTES;
      if (batch.length > 0 && bytes > HISTORY_MAX_BYTES) break;
      batch.push(one);
      if (batch.length === HISTORY_MAX_MESSAGES) break;
    }
    return batch;
  }

  /** The messages themselves. What can't be read is left out, and stays in the outbox. */
  async load(batch: readonly Waiting[]): Promise<readonly StoredMessage[]> {
    const missing = batch.filter(({ cached }) => cached === undefined).map(({ s }) => s);
    if (missing.length === 0) return batch.flatMap(({ cached }) => cached ?? []);
    const read = new Map((await this.#deps.messages.read(missing)).map((one) => [one.s, one]));
    return batch.flatMap(({ s, cached }) => cached ?? read.get(s) ?? []);
  }

  /** The recipient's daemon has these: they leave the outbox. */
  delivered(contact: Contact, batch: readonly Waiting[]): void {
    const lane = this.#lanes.get(contact.number);
    for (const { s } of batch) lane?.delete(s);
    this.#note(contact, batch, 'delivered', { outcome: 'ok' }).catch(() => {
      // Not on the disk: offered again, answered 1 again, and noted then.
      this.#putBack(contact, batch);
    });
  }

  /** The recipient's daemon said no to these: each waits on its own. */
  refused(contact: Contact, batch: readonly Waiting[]): void {
    const nowMs = this.#deps.clock.monotonicMs();
    for (const one of batch) {
      one.refusals += 1;
      const delayMs = retryDelayMs(one.refusals, DELIVERY_RETRY_MIN_MS, this.#deps.random.fraction);
      one.notBeforeMs = nowMs + delayMs;
    }
    this.noteAttempt(contact, batch, 'refused', undefined);
  }

  /** Forgets all waits of a contact: it gave a sign of life, or the owner wants it so. */
  hurry(contact: Contact): void {
    for (const one of this.waitingFor(contact)) one.notBeforeMs = 0;
  }

  /** Notes an attempt that led nowhere, unless the one before led to the same. */
  noteAttempt(
    contact: Contact,
    batch: readonly Waiting[],
    outcome: DeliveryOutcome,
    via: Contact | undefined,
  ): void {
    const news = batch.filter((one) => via !== undefined || one.lastOutcome !== outcome);
    if (via === undefined) for (const one of news) one.lastOutcome = outcome;
    if (news.length === 0) return;
    // An attempt that could not be noted is no loss: what matters is noted when it succeeds.
    this.#note(contact, news, 'attempt', { outcome, via }).catch(() => undefined);
  }

  /**
   * A relay has this message now.
   *
   * @throws {StorageError} It could not be noted; the relay carries it all the same.
   */
  async relayed(contact: Contact, one: Waiting, relay: Contact): Promise<void> {
    one.relays?.carriers.add(relay.number);
    await this.#note(contact, [one], 'relayed', { outcome: 'ok', via: relay });
  }

  /** Takes a message out, because the owner cancelled it. */
  take(contact: Contact, s: number): Waiting | undefined {
    const lane = this.#lanes.get(contact.number);
    const one = lane?.get(s);
    lane?.delete(s);
    return one;
  }

  /**
   * Ends messages as failed.
   *
   * @throws {StorageError} It could not be noted; they wait as before.
   */
  async fail(contact: Contact, batch: readonly Waiting[], reason: FailReason): Promise<void> {
    for (const { s } of batch) this.take(contact, s);
    try {
      await this.#note(contact, batch, 'failed', { outcome: reason });
    } catch (error) {
      this.#putBack(contact, batch);
      throw error;
    }
  }

  /** Fails what has waited too long without ever leaving this daemon. Meant to be called about hourly. */
  async expire(): Promise<void> {
    const { clock, contacts, expireDays } = this.#deps;
    const oldestAt = clock.nowMs() - expireDays * DAY_MS;
    const seeming = [...this.#lanes.values()].flatMap((lane) =>
      [...lane.values()].filter(({ state, at }) => state === 'queued' && at < oldestAt),
    );
    const expired = this.#expiry.confirm(seeming.map(({ s }) => s));
    for (const [number, lane] of this.#lanes) {
      const contact = contacts.byNumber(number);
      if (contact === undefined) continue;
      const old = [...lane.values()].filter(({ s }) => expired.has(s));
      if (old.length > 0) await this.fail(contact, old, 'expired');
    }
  }

  async #note(
    contact: Contact,
    batch: readonly Waiting[],
    step: MessageStep['step'],
    { outcome, via }: { outcome: MessageStep['outcome']; via?: Contact | undefined },
  ): Promise<void> {
    const rev = await this.#deps.messages.note({
      conversation: contact.number,
      messages: batch.map(({ s }) => s),
      at: this.#deps.clock.nowMs(),
      step,
      via: via?.address,
      enctype: undefined,
      outcome,
    });
    await this.#announce(contact, batch, { step, rev, via, reason: reasonOf(outcome) });
  }

  async #announce(
    contact: Contact,
    batch: readonly Waiting[],
    { step, rev, via, reason }: Noted,
  ): Promise<void> {
    for (const one of batch) one.state = stateAfter(step, one.state);
    const messages = batch.every(({ cached }) => cached !== undefined)
      ? batch.flatMap(({ cached, state }) =>
          cached === undefined ? [] : { ...cached, state, rev, reason },
        )
      : await this.#deps.messages.read(batch.map(({ s }) => s));
    const relayedBy = step === 'relayed' ? { relayedBy: via?.address } : {};
    for (const [index, message] of messages.entries()) {
      const changed = { ...message, ...relayedBy };
      const waiting = batch[index];
      if (waiting?.cached !== undefined) waiting.cached = changed;
      this.#deps.events.emit('message', { contact, message: changed });
    }
    this.#deps.events.emit('conversation', { address: contact.address });
    this.#deps.events.emit('status', undefined);
  }

  #enqueue(one: Waiting): void {
    const lane = this.#lanes.get(one.conversation) ?? new Map<number, Waiting>();
    this.#lanes.set(one.conversation, lane.set(one.s, one));
  }

  /** Messages that were taken out go back to their places. */
  #putBack(contact: Contact, batch: readonly Waiting[]): void {
    for (const one of batch) this.#enqueue(one);
    const lane = this.#lanes.get(contact.number);
    if (lane !== undefined) {
      this.#lanes.set(contact.number, new Map([...lane].sort(([one], [other]) => one - other)));
    }
  }

  /** The contact was removed: nobody will come for its messages. */
  #giveUp(contact: Contact): void {
    const batch = [...this.waitingFor(contact)];
    this.#lanes.delete(contact.number);
    if (batch.length === 0) return;
    // If this can't be noted, the messages come back at the next start and wait in vain; nothing is lost.
    this.#note(contact, batch, 'failed', { outcome: 'cancelled' }).catch(() => undefined);
  }
}

/** A step that is in the journal, as far as those need it who follow a message live. */
type Noted = Readonly<{
  step: MessageStep['step'];
  rev: number;
  via: Contact | undefined;
  reason: FailReason | undefined;
}>;

function reasonOf(outcome: MessageStep['outcome']): FailReason | undefined {
  return outcome === 'cancelled' || outcome === 'expired' ? outcome : undefined;
}

/** Member by member: members added to a spread would cost 6 µs a message. */
function toWaiting(
  { conversation, s, state, sizeBytes, at }: Undelivered,
  cached?: StoredMessage,
): Waiting {
  return {
    conversation,
    s,
    sizeBytes,
    at,
    state,
    cached,
    refusals: 0,
    notBeforeMs: 0,
    lastOutcome: undefined,
    relays: undefined,
  };
}
