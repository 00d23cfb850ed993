import { HISTORY_MAX_BUNDLED, HISTORY_MAX_BYTES, HISTORY_MAX_MESSAGES } from '../wire/peer.ts';
import { DELIVERY_RETRY_MIN_MS, retryDelayMs } from './backoff.ts';
import type { KeptTexts } from './kept-texts.ts';
import type { Contact, ContactNumber, StoredMessage } from './model.ts';
import type { Clock, Random, Undelivered } from './ports.ts';
import { wireBytes, type Waiting } from './waiting.ts';
import { WaitingQueue } from './waiting-queue.ts';

/** How long an acknowledgement may take before the message is offered again; doubling. */
const ACKNOWLEDGE_MS = 30_000;
/** What was accepted is not offered again sooner, whatever sign of life there is. */
const HURRY_ACCEPTED_MS = 5_000;
/** Longest wait of what was refused, once its recipient has taken something else. Source: docs/peer-protocol.md#timers. */
const REFUSED_AGAIN_MS = 30_000;

type Dependencies = Readonly<{
  clock: Pick<Clock, 'monotonicMs'>;
  random: Pick<Random, 'fraction'>;
  kept: KeptTexts;
}>;

/** What of a queue is wanted: nothing that is taken already; `isBundling`: several of them may share an envelope. */
export type Wanted = Readonly<{ isTaken?: (one: Waiting) => boolean; isBundling?: boolean }>;

/** Messages for one request; `isFull`: it could carry no more. */
export type NextBatch = Readonly<{ batch: readonly Waiting[]; isFull: boolean }>;

/** What waits, one queue a contact, in the order in which it was written; and when each may be offered. */
export class Queues {
  readonly #deps: Dependencies;
  readonly #queues = new Map<ContactNumber, WaitingQueue>();
  /** What was refused, and nothing taken since. */
  readonly #refused = new Map<ContactNumber, Set<Waiting>>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Over all contacts. */
  get size(): number {
    let size = 0;
    for (const queue of this.#queues.values()) size += queue.size;
    return size;
  }

  sizeOf(contact: ContactNumber): number {
    return this.#queues.get(contact)?.size ?? 0;
  }

  contacts(): IterableIterator<ContactNumber> {
    return this.#queues.keys();
  }

  /** What waits for a contact, oldest first. */
  of(contact: ContactNumber): Iterable<Waiting> {
    return this.#queues.get(contact)?.all() ?? [];
  }

  /** As of `WaitingQueue`. */
  placesOf(contact: ContactNumber): readonly number[] {
    return this.#queues.get(contact)?.places() ?? [];
  }

  /** Those of them of which something may have come, in no order. */
  front(contact: ContactNumber): Iterable<Waiting> {
    return this.#queues.get(contact)?.front() ?? [];
  }

  has(contact: ContactNumber, s: number): boolean {
    return this.#queues.get(contact)?.has(s) ?? false;
  }

  /** As of `WaitingQueue`. */
  get(contact: ContactNumber, s: number): Waiting | undefined {
    return this.#queues.get(contact)?.get(s);
  }

  /** As of `WaitingQueue`. */
  queuedBefore(contact: ContactNumber, at: number): readonly number[] {
    return this.#queues.get(contact)?.queuedBefore(at) ?? [];
  }

  /** Puts a message at the end of its queue. @param cached Itself, if there is room for its text in memory. */
  add(one: Undelivered, cached?: StoredMessage): void {
    const waiting = this.#queueOf(one.conversation).add(one, cached);
    if (waiting?.cached !== undefined) this.#deps.kept.note(waiting);
  }

  /** Takes a message out; `undefined` when it does not wait. */
  take(contact: ContactNumber, s: number): Waiting | undefined {
    const one = this.#queues.get(contact)?.take(s);
    if (one !== undefined) this.#deps.kept.forget(one);
    return one;
  }

  /** Messages that were taken out go back to their places. */
  putBack(contact: ContactNumber, batch: readonly Waiting[]): void {
    const queue = this.#queueOf(contact);
    queue.putBack(batch);
    for (const { s } of batch) {
      const one = queue.get(s);
      if (one?.cached !== undefined) this.#deps.kept.note(one);
    }
  }

  /** Takes all out that waits for a contact. @returns Their places, rising. */
  drop(contact: ContactNumber): readonly number[] {
    const places = this.placesOf(contact);
    for (const one of this.front(contact)) this.#deps.kept.forget(one);
    this.#queues.delete(contact);
    this.#refused.delete(contact);
    return places;
  }

  /** As of `WaitingQueue`. */
  dueMs(contact: ContactNumber): number | undefined {
    return this.#queues.get(contact)?.dueMs(this.#deps.clock.monotonicMs());
  }

  /** The next messages to offer, as many as one `history` may carry, oldest first. */
  next(contact: Contact, { isTaken = no, isBundling = false }: Wanted): NextBatch {
    const maxMessages = isBundling ? HISTORY_MAX_BUNDLED : HISTORY_MAX_MESSAGES;
    const nowMs = this.#deps.clock.monotonicMs();
    const batch: Waiting[] = [];
    let bytes = 0;
    for (const one of this.#queues.get(contact.number)?.ready(nowMs) ?? []) {
      if (isTaken(one)) continue;
      bytes += wireBytes(contact, one.sizeBytes, isBundling);
      if (batch.length > 0 && bytes > HISTORY_MAX_BYTES) return { batch, isFull: true };
      batch.push(one);
      if (batch.length === maxMessages) return { batch, isFull: true };
    }
    return { batch, isFull: false };
  }

  /** These were answered 1, which decides nothing yet: they wait for their acknowledgement. */
  awaitAcknowledgement(contact: ContactNumber, batch: readonly Waiting[]): void {
    const { clock, random } = this.#deps;
    const nowMs = clock.monotonicMs();
    // One jitter for all: what shares an envelope is to come again together.
    const fraction = random.fraction();
    for (const one of batch) {
      one.acceptances += 1;
      one.acceptedMs = nowMs;
      this.#defer(one, nowMs + retryDelayMs(one.acceptances, ACKNOWLEDGE_MS, () => fraction));
    }
    this.encourage(contact);
  }

  /** None of these is offered again for a while, ever longer. */
  postpone(batch: readonly Waiting[]): void {
    const { clock, random } = this.#deps;
    const nowMs = clock.monotonicMs();
    for (const one of batch) {
      one.refusals += 1;
      this.#defer(one, nowMs + retryDelayMs(one.refusals, DELIVERY_RETRY_MIN_MS, random.fraction));
    }
  }

  /** As `postpone`, until the contact takes something again. */
  refuse(contact: ContactNumber, batch: readonly Waiting[]): void {
    this.postpone(batch);
    const refused = this.#refused.get(contact) ?? new Set();
    this.#refused.set(contact, refused);
    for (const one of batch) refused.add(one);
  }

  /** The contact takes messages: what it refused may have been refused for a full disk, which is over. */
  encourage(contact: ContactNumber): void {
    const refused = this.#refused.get(contact);
    if (refused === undefined) return;
    const latestMs = this.#deps.clock.monotonicMs() + REFUSED_AGAIN_MS;
    for (const one of refused) this.#defer(one, Math.min(one.notBeforeMs, latestMs));
    this.#refused.delete(contact);
  }

  /** Forgets all waits of a contact: it gave a sign of life, or the owner wants it so. */
  hurry(contact: ContactNumber): void {
    for (const one of this.#queues.get(contact)?.held() ?? []) {
      // Whoever has just said yes is about to acknowledge; unless it has died meanwhile, and this is its new life.
      const acknowledgedMs = Math.max(0, one.acceptedMs + HURRY_ACCEPTED_MS);
      this.#defer(one, Math.min(one.notBeforeMs, acknowledgedMs));
    }
  }

  #defer(one: Waiting, notBeforeMs: number): void {
    const queue = this.#queues.get(one.conversation);
    // Its contact may have been removed while an answer was on its way.
    if (queue === undefined) one.notBeforeMs = notBeforeMs;
    else queue.defer(one, notBeforeMs);
  }

  #queueOf(contact: ContactNumber): WaitingQueue {
    const queue = this.#queues.get(contact) ?? new WaitingQueue(contact);
    this.#queues.set(contact, queue);
    return queue;
  }
}

function no(): boolean {
  return false;
}
