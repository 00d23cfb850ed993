import { deletionId, wireMessageId } from '../crypto/digest.ts';
import type { Contacts } from './contacts.ts';
import type { Controls } from './controls.ts';
import { DomainError } from './errors.ts';
import type { DomainEvents } from './events.ts';
import type { Contact, ContactNumber, StoredMessage } from './model.ts';
import type { Outbox } from './outbox.ts';
import type {
  AskedContact,
  AskedDeletion,
  Clock,
  DeletionStore,
  MessageStore,
  Timer,
} from './ports.ts';

/** Requests to one contact that wait for an answer. */
export const ASKED_MAX = 1_000;
/** How long an answer may take before a request is said again; doubling, up to a day. Source: docs/encryption.md#deleting. */
const REPEAT_MIN_MS = 30_000;
const REPEAT_MAX_MS = 86_400_000;
/** Whoever was asked just now is about to answer, whatever other sign of life there is. */
const HURRY_MIN_MS = 5_000;

/** What became of requests to a contact. */
export type Answers = Readonly<{
  /** Its daemon has not answered yet. */
  waiting: number;
  /** Its daemon says that it deleted them. */
  deleted: number;
  /** Its daemon has the requests, and does not say that it deleted anything. */
  kept: number;
}>;

type Dependencies = Readonly<{
  store: DeletionStore;
  contacts: Pick<Contacts, 'byNumber'>;
  messages: MessageStore;
  outbox: Pick<Outbox, 'take'>;
  controls: Controls;
  events: DomainEvents;
  clock: Clock;
}>;

type Asked = {
  /** By the id under which the contact answers. */
  waiting: Map<string, AskedDeletion>;
  deleted: number;
  kept: number;
  /** How often it was said since it last made sense to begin anew. */
  attempts: number;
  /** When it was said last, monotonic. */
  saidMs: number;
  timer: Timer | undefined;
};

const NO_ANSWERS: Answers = { waiting: 0, deleted: 0, kept: 0 };

/**
 * What contacts were asked to delete at their side. A request is on the disk before anything is deleted here, and is said
 * again, past friends as well, until it is answered.
 */
export class DeletionRequests {
  readonly #deps: Dependencies;
  readonly #asked = new Map<ContactNumber, Asked>();
  #stopListening: readonly (() => void)[] = [];

  constructor(deps: Dependencies) {
    this.#deps = deps;
    for (const { conversation, waiting, deleted, kept } of deps.store.initial.asked) {
      const asked = this.#of(conversation);
      for (const one of waiting) asked.waiting.set(deletionId(one.id), one);
      Object.assign(asked, { deleted, kept });
    }
  }

  /** Says again what waits, from the last run. */
  async start(): Promise<void> {
    const { events, contacts, store } = this.#deps;
    this.#stopListening = [
      events.on('contactGone', ({ contact }) => this.#forget(contact)),
      events.on('identityReplaced', ({ contact }) => this.#forget(contact)),
      // Whoever began anew may not be able to read what was said before.
      events.on('sessionReplaced', ({ contact }) => this.#sayAnew(contact)),
      events.on('rekeyed', ({ contact }) => this.#sayAnew(contact)),
      events.on('attemptDue', ({ contact }) => this.hurry(contact)),
    ];
    for (const { conversation, waiting } of store.initial.asked) {
      const contact = contacts.byNumber(conversation);
      if (contact === undefined) this.#asked.delete(conversation);
      else await this.#resume(contact, waiting);
    }
  }

  stop(): void {
    for (const stop of this.#stopListening) stop();
    for (const { timer } of this.#asked.values()) timer?.cancel();
  }

  /** A contact is there again, or the owner wants it so. */
  hurry(contact: Contact): void {
    const { saidMs = Infinity } = this.#asked.get(contact.number) ?? {};
    if (this.#deps.clock.monotonicMs() - saidMs >= HURRY_MIN_MS) this.#sayAnew(contact);
  }

  /** What became of all that a contact was asked. */
  of({ number }: Contact): Answers {
    const asked = this.#asked.get(number);
    if (asked === undefined) return NO_ANSWERS;
    return { waiting: asked.waiting.size, deleted: asked.deleted, kept: asked.kept };
  }

  /**
   * Asks a contact to delete messages of ours; the requests are durable when it resolves.
   *
   * @throws {DomainError} `not_askable`: one of them is not ours, left without encryption, or too many requests wait.
   * @throws {StorageError} Nothing is asked.
   */
  async ask(contact: Contact, messages: readonly StoredMessage[]): Promise<void> {
    for (const message of messages) requireAskable(contact, message);
    const asked = this.#of(contact.number);
    const added = messages.map((message) => {
      const id = wireMessageId(message.id);
      return [deletionId(id), { id, sequence: message.sequence ?? 0 }] as const;
    });
    if (asked.waiting.size + added.length > ASKED_MAX) {
      throw new DomainError('not_askable', `${ASKED_MAX} requests wait for this contact already`);
    }
    for (const [key, one] of added) asked.waiting.set(key, one);
    try {
      await this.#save();
    } catch (error) {
      for (const [key] of added) asked.waiting.delete(key);
      throw error;
    }
    this.#sayAnew(contact);
    this.#deps.events.emit('conversation', { address: contact.address });
  }

  /**
   * A contact acknowledges; of requests among it, this settles them.
   *
   * @param deleted Those of the ids that it says it has acted upon.
   */
  async acknowledged(
    contact: Contact,
    ids: readonly string[],
    deleted: readonly string[],
  ): Promise<void> {
    const asked = this.#asked.get(contact.number);
    if (asked === undefined) return;
    const honoured = new Set(deleted);
    let hasChanged = false;
    for (const id of ids) {
      if (!asked.waiting.delete(id)) continue;
      hasChanged = true;
      if (honoured.has(id)) asked.deleted += 1;
      else asked.kept += 1;
    }
    if (!hasChanged) return;
    this.#deps.events.emit('conversation', { address: contact.address });
    // What can't be written is asked, and answered, once more after the next start.
    await this.#save().catch(() => undefined);
  }

  /** A crash may have come between the request and the deletion here. */
  async #resume(contact: Contact, waiting: readonly AskedDeletion[]): Promise<void> {
    const { messages, outbox } = this.#deps;
    const places: number[] = [];
    for (const { id } of waiting) {
      const place = await messages.find(contact.number, 'out', id);
      if (place !== undefined && messages.stateOf(place) !== undefined) places.push(place);
    }
    await messages.remove(contact.number, places);
    for (const place of places) outbox.take(contact, place);
    this.#say(contact);
  }

  #sayAnew(contact: Contact): void {
    const asked = this.#asked.get(contact.number);
    if (asked === undefined) return;
    asked.attempts = 0;
    this.#say(contact);
  }

  #say(before: Contact): void {
    const { contacts, controls, clock } = this.#deps;
    const contact = contacts.byNumber(before.number);
    const asked = this.#asked.get(before.number);
    asked?.timer?.cancel();
    if (contact === undefined || asked === undefined || asked.waiting.size === 0) return;
    if (contact.encryption === 'plain') {
      this.#settle(contact, asked);
      return;
    }
    for (const { id, sequence } of asked.waiting.values()) {
      controls.withdraw(contact, {
        id,
        sequence: wireSequence(contact, sequence),
        isFinal: true,
      });
    }
    const delayMs = Math.min(REPEAT_MAX_MS, REPEAT_MIN_MS * 2 ** Math.min(asked.attempts, 20));
    asked.attempts += 1;
    asked.saidMs = clock.monotonicMs();
    asked.timer = clock.after(delayMs, () => this.#say(contact));
  }

  /** The owner gave encryption up: nobody can be asked any more. */
  #settle(contact: Contact, asked: Asked): void {
    asked.kept += asked.waiting.size;
    asked.waiting.clear();
    this.#deps.events.emit('conversation', { address: contact.address });
    // If it can't be written, the next start finds the same and comes to the same.
    this.#save().catch(() => undefined);
  }

  /** Whoever is there now was not written to. */
  #forget(contact: Contact | undefined): void {
    const asked = contact && this.#asked.get(contact.number);
    if (contact === undefined || asked === undefined) return;
    asked.timer?.cancel();
    this.#asked.delete(contact.number);
    // What stays on the disk belongs to nobody any more; the next start drops it.
    this.#save().catch(() => undefined);
  }

  #of(number: ContactNumber): Asked {
    const known = this.#asked.get(number);
    if (known !== undefined) return known;
    const asked: Asked = {
      waiting: new Map(),
      deleted: 0,
      kept: 0,
      attempts: 0,
      saidMs: -Infinity,
      timer: undefined,
    };
    this.#asked.set(number, asked);
    return asked;
  }

  async #save(): Promise<void> {
    const asked = [...this.#asked].map(
      ([conversation, { waiting, deleted, kept }]): AskedContact => ({
        conversation,
        waiting: [...waiting.values()],
        deleted,
        kept,
      }),
    );
    await this.#deps.store.saveAsked(asked);
  }
}

/** A message's number as the contact counts; 0 for one from before it counted. */
function wireSequence({ sequenceBase }: Contact, sequence: number): number {
  return Math.max(0, sequence - sequenceBase);
}

/** @throws {DomainError} `not_askable`. */
function requireAskable(contact: Contact, message: StoredMessage): void {
  const { direction, state, enctype, sequence = 0 } = message;
  if (direction === 'in') {
    throw new DomainError('not_askable', 'only what you wrote yourself can be deleted there, too');
  }
  if (contact.encryption !== 'dr1') {
    throw new DomainError('not_askable', 'a contact without encryption can not be asked to delete');
  }
  const hasArrived = state === 'delivered' || state === 'read';
  if (wireSequence(contact, sequence) === 0 || (hasArrived && enctype !== 'dr1')) {
    throw new DomainError('not_askable', 'it left without encryption, so nobody can say which one');
  }
}
