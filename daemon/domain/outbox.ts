import { Abandoning } from './abandoning.ts';
import type { Contacts } from './contacts.ts';
import { DeliveryNotes, inPieces } from './delivery-notes.ts';
import type { DomainEvents } from './events.ts';
import { KeptTexts } from './kept-texts.ts';
import type { Contact, DeliveryOutcome, FailReason, StoredMessage } from './model.ts';
import type { Clock, MessageStore, Random } from './ports.ts';
import { OfferedIds } from './offered-ids.ts';
import { Queues, type NextBatch, type Wanted } from './queues.ts';
import { noRelays, toGone, type Waiting } from './waiting.ts';

/** A yes that no acknowledgement follows this soon is a step of its own in the timeline. */
const ACCEPTED_NOTE_MS = 2_000;

type Dependencies = Readonly<{
  messages: MessageStore;
  contacts: Pick<Contacts, 'byNumber'>;
  events: DomainEvents;
  clock: Clock;
  random: Random;
  /** A message that never left this daemon fails after this many days. */
  expireDays: number;
  /** Which messages have their text in memory. */
  kept?: KeptTexts;
}>;

/** Messages that have not reached their recipients, and what comes of each attempt to bring them there. */
export class Outbox {
  readonly #deps: Dependencies;
  readonly #queues: Queues;
  readonly #offered = new OfferedIds((number, s) => this.#queues.has(number, s));
  readonly #abandoning: Abandoning;
  readonly #kept: KeptTexts;
  readonly #notes: DeliveryNotes;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#notes = new DeliveryNotes(deps);
    this.#kept = deps.kept ?? new KeptTexts();
    this.#queues = new Queues({ ...deps, kept: this.#kept });
    this.#abandoning = new Abandoning({
      ...deps,
      queues: this.#queues,
      offered: this.#offered,
      notes: this.#notes,
      load: (batch) => this.load(batch),
      putBack: (contact, batch) => this.#putBack(contact, batch),
    });
    for (const one of deps.messages.undelivered) this.#queues.add(one);
    deps.events.on('contactGone', ({ contact }) => {
      if (contact !== undefined) this.#abandoning.giveUp(contact).catch(() => undefined);
    });
  }

  /** Messages not yet delivered, over all contacts. */
  get size(): number {
    return this.#queues.size;
  }

  /** Puts a freshly stored message at the end of its queue. */
  add(message: StoredMessage): void {
    const { conversation, s, state, text, receivedAt } = message;
    const sizeBytes = Buffer.byteLength(text, 'utf8');
    const isCached = this.#kept.hasRoomFor(sizeBytes);
    const one = { conversation, s, state, sizeBytes, at: receivedAt };
    this.#queues.add(one, isCached ? message : undefined);
  }

  /** What waits for a contact, oldest first. */
  waitingFor(contact: Contact): Iterable<Waiting> {
    return this.#queues.of(contact.number);
  }

  /** Places of all that waits for a contact, oldest first; for many that is much less than they are. */
  placesFor(contact: Contact): readonly number[] {
    return this.#queues.placesOf(contact.number);
  }

  /** Those of some messages that still wait. */
  stillWaiting(contact: Contact, places: readonly number[]): readonly Waiting[] {
    return places.flatMap((s) => this.#queues.get(contact.number, s) ?? []);
  }

  /** Whether this very message still waits. */
  waits(contact: Contact, s: number): boolean {
    return this.#queues.has(contact.number, s);
  }

  has(contact: Contact): boolean {
    return this.#queues.sizeOf(contact.number) > 0;
  }

  /** As of `WaitingQueue`. */
  dueMs(contact: Contact): number | undefined {
    return this.#queues.dueMs(contact.number);
  }

  /** Whether nothing is under way to this contact, nor could be offered now. */
  isAtRest(contact: Contact): boolean {
    const dueMs = this.dueMs(contact) ?? Infinity;
    return dueMs > this.#deps.clock.monotonicMs();
  }

  /** The next messages to offer, as many as one `history` may carry, oldest first. */
  nextBatch(contact: Contact, wanted: Wanted = {}): readonly Waiting[] {
    return this.next(contact, wanted).batch;
  }

  /** As `nextBatch`, and whether one `history` could carry no more. */
  next(contact: Contact, wanted: Wanted): NextBatch {
    return this.#queues.next(contact, wanted);
  }

  /** The messages themselves. What can't be read is left out, and stays in the outbox. */
  async load(batch: readonly Waiting[]): Promise<readonly StoredMessage[]> {
    const missing = batch.filter(({ cached }) => cached === undefined).map(({ s }) => s);
    if (missing.length === 0) return batch.flatMap(({ cached }) => cached ?? []);
    const read = new Map((await this.#deps.messages.read(missing)).map((one) => [one.s, one]));
    return batch.flatMap(({ s, cached }) => cached ?? read.get(s) ?? []);
  }

  /**
   * The recipient's daemon has these: they leave the outbox.
   *
   * @param enctype How they left.
   */
  delivered(contact: Contact, batch: readonly Waiting[], enctype: string): void {
    for (const { s } of batch) this.take(contact, s);
    this.#queues.encourage(contact.number);
    this.#notes.note(contact, batch, 'delivered', { outcome: 'ok', enctype }).catch(() => {
      // Not on the disk: offered again, though not at once, answered 1 again, and noted then.
      this.#queues.postpone(batch);
      this.#putBack(contact, batch);
    });
  }

  /**
   * The recipient's daemon said yes under proof, which decides nothing: these wait for its acknowledgement under
   * encryption, and are offered again when none comes.
   */
  accepted(contact: Contact, batch: readonly Waiting[]): void {
    if (batch.length === 0) return;
    this.#queues.awaitAcknowledgement(contact.number, batch);
    // Not the messages themselves: their texts and ciphertexts would stay in memory as long.
    const places = batch.map(({ s }) => s);
    this.#deps.clock.after(ACCEPTED_NOTE_MS, () => this.#noteAccepted(contact, places));
  }

  /** Remembers which messages an acknowledgement may name, and what of them is in memory now. */
  offered(contact: Contact, messages: readonly StoredMessage[]): void {
    for (const message of messages) {
      // Nobody acknowledges what is plain.
      if (contact.encryption === 'dr1') this.#offered.note(contact.number, message);
      const one = this.#queues.get(contact.number, message.s);
      if (one !== undefined) this.#kept.note(one);
    }
  }

  /** The recipient acknowledges messages under encryption. */
  async acknowledged(contact: Contact, ids: readonly string[]): Promise<void> {
    const { number } = contact;
    const waiting = new Set<Waiting>();
    for (const id of ids) {
      // Nearly always it is known; the journal is asked after a restart.
      const s =
        this.#offered.placeOf(number, id) ?? (await this.#deps.messages.find(number, 'out', id));
      const one = s === undefined ? undefined : this.#queues.get(number, s);
      if (one !== undefined) waiting.add(one);
      this.#offered.forget(number, id);
    }
    if (waiting.size > 0) this.delivered(contact, [...waiting], 'dr1');
  }

  /**
   * The recipient has read up to a message. That one it has, whether it was acknowledged or not; those before it that
   * still wait may have been overtaken, and go on waiting.
   *
   * @param places Of the messages up to there that are not read yet.
   */
  async readByPeer(contact: Contact, places: readonly number[], upToS: number): Promise<void> {
    const { messages } = this.#deps;
    for (const piece of inPieces(places)) {
      const batch = piece
        .filter((s) => s === upToS || !this.waits(contact, s))
        // Another mark may have come since the last piece, and something may have been deleted.
        .filter((s) => !['read', undefined].includes(messages.stateOf(s)))
        .map((s) => this.take(contact, s) ?? toGone(contact, s, 'delivered'));
      if (batch.length > 0) await this.#notes.note(contact, batch, 'read', { outcome: 'ok' });
    }
  }

  /** Ciphertexts are worth nothing any more: what waits is encrypted anew, and given to relays anew. */
  unseal(contact: Contact): void {
    // Nothing behind the front was sealed, or given to a relay: those get the oldest few hundred.
    for (const one of this.#queues.front(contact.number)) {
      one.sealed = undefined;
      one.relays = noRelays();
    }
  }

  /** What to take from a message's sequence, so that the oldest that waits is the first on the wire. */
  async sequenceBase(contact: Contact): Promise<number> {
    const [oldest] = this.waitingFor(contact);
    const [message] = oldest === undefined ? [] : await this.load([oldest]);
    const last = this.#deps.messages.lastSequence(contact.number, 'out');
    return message?.sequence === undefined ? last : message.sequence - 1;
  }

  /** The recipient's daemon said no to these: each waits on its own. */
  refused(contact: Contact, batch: readonly Waiting[]): void {
    this.#queues.refuse(contact.number, batch);
    this.noteAttempt(contact, batch, 'refused', undefined);
  }

  /** Forgets all waits of a contact: it gave a sign of life, or the owner wants it so. */
  hurry(contact: Contact): void {
    this.#queues.hurry(contact.number);
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
    this.#notes.note(contact, news, 'attempt', { outcome, via }).catch(() => undefined);
  }

  /**
   * A relay has this message now.
   *
   * @throws {StorageError} It could not be noted; the relay carries it all the same.
   */
  async relayed(
    contact: Contact,
    one: Waiting,
    { relay, ...details }: Readonly<{ relay: Contact; enctype: string; envelope: string }>,
  ): Promise<void> {
    one.relays?.carriers.add(relay.number);
    await this.#notes.note(contact, [one], 'relayed', { outcome: 'ok', via: relay, ...details });
  }

  /** Takes a message out, because the owner cancelled it. */
  take(contact: Contact, s: number): Waiting | undefined {
    return this.#queues.take(contact.number, s);
  }

  /**
   * Ends those of some messages as failed that still wait.
   *
   * @throws {StorageError} It could not be noted: those that are not failed by now wait as before.
   */
  fail(contact: Contact, places: readonly number[], reason: FailReason): Promise<void> {
    return this.#abandoning.fail(contact, places, reason);
  }

  /** Fails what has waited too long without ever leaving this daemon. Meant to be called about hourly. */
  expire(): Promise<void> {
    return this.#abandoning.expire();
  }

  #noteAccepted(contact: Contact, places: readonly number[]): void {
    const waiting = places
      .flatMap((s) => this.#queues.get(contact.number, s) ?? [])
      .filter(({ acceptances }) => acceptances === 1);
    if (waiting.length === 0) return;
    // Not being able to note it loses nothing: it says only that we wait.
    this.#notes
      .note(contact, waiting, 'accepted', { outcome: 'ok', enctype: 'dr1' })
      .catch(() => undefined);
  }

  /** Messages that were taken out go back to their places, but for those that were deleted meanwhile. */
  #putBack(contact: Contact, batch: readonly Waiting[]): void {
    // Removed meanwhile: nobody would come for them.
    if (this.#deps.contacts.byNumber(contact.number) === undefined) return;
    const present = batch.filter(({ s }) => this.#deps.messages.stateOf(s) !== undefined);
    this.#queues.putBack(contact.number, present);
  }
}
