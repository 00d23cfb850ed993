/** The sessions with all contacts, in memory and on the disk: what has to be there before it counts, and what may follow (D3). */
import { encodeBase64url } from '../wire/base64url.ts';
import { isEqualBytes } from '../crypto/bytes.ts';
import { NO_SESSIONS, type PeerSessions } from '../crypto/sessions.ts';
import type { DomainEvents } from './events.ts';
import { KeyReservations } from './key-reservations.ts';
import type { Contact, ContactNumber } from './model.ts';
import type { Clock, SessionStore, Timer } from './ports.ts';
import type { Turns } from './turns.ts';

/**
 * How long, and for how many messages, keys of what was read may stay on the disk. A session that was set back by so
 * many messages still reads all that follow.
 */
const UNSAVED_MAX_MS = 2_000;
const UNSAVED_MAX_MESSAGES = 200;

type Dependencies = Readonly<{
  store: SessionStore;
  events: DomainEvents;
  clock: Clock;
  /** Whoever changes the sessions of a contact has its turn. */
  turns: Turns;
}>;

export class SessionKeeper {
  readonly #deps: Dependencies;
  readonly #sessions: Map<ContactNumber, PeerSessions>;
  /** Whose session it is: a message past a friend says nothing else of its sender that counts (E18). */
  readonly #bySession = new Map<string, ContactNumber>();
  readonly #reservations: KeyReservations;
  /** Contacts whose sessions have only read since the disk had them: how much, and when it gets them at last. */
  readonly #unsaved = new Map<ContactNumber, { messages: number; readonly timer: Timer }>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#sessions = new Map(deps.store.initial);
    this.#reservations = new KeyReservations(deps.clock);
    for (const [contact, sessions] of this.#sessions) this.#index(contact, sessions);
  }

  of(number: ContactNumber): PeerSessions {
    return this.#sessions.get(number) ?? NO_SESSIONS;
  }

  /** The contact to whose sessions this one belongs, by its id as base64url. */
  ownerOf(sessionId: string): ContactNumber | undefined {
    return this.#bySession.get(sessionId);
  }

  /**
   * Makes sessions durable, then takes them.
   *
   * @throws {StorageError} Nothing was changed.
   */
  async keep(contact: Contact, sessions: PeerSessions): Promise<void> {
    const { number } = contact;
    await this.#deps.store.save(number, this.#reservations.ahead(number, sessions));
    this.#noteSaved(number);
    this.#set(contact, sessions);
  }

  /**
   * As `keep`, after reading. The disk may have it later, with whatever comes next, if reading all of it once more does no
   * harm: what was read is durable already, or says the same when it is said again (docs/encryption.md#sessions).
   *
   * @param messages How many were read.
   * @throws {StorageError} Nothing was changed.
   */
  async keepRead(
    contact: Contact,
    sessions: PeerSessions,
    { messages, isHarmless }: Readonly<{ messages: number; isHarmless: boolean }>,
  ): Promise<void> {
    const { number } = contact;
    const unsaved = messages + (this.#unsaved.get(number)?.messages ?? 0);
    const mayWait = isHarmless && unsaved <= UNSAVED_MAX_MESSAGES;
    if (!mayWait || hasTurned(this.of(number), sessions)) {
      await this.keep(contact, sessions);
      return;
    }
    this.#set(contact, sessions);
    this.#saveSoon(contact, unsaved);
  }

  /**
   * As `keep`, after writing, with keys given away in advance, so that the next messages need not wait for the disk.
   *
   * @throws {StorageError} Nothing was changed.
   */
  async keepWritten(contact: Contact, sessions: PeerSessions): Promise<void> {
    const { number } = contact;
    if (this.#reservations.covers(number, sessions)) {
      this.#set(contact, sessions);
      this.#reservations.used(number, sessions);
      return;
    }
    const { onDisk, prepared, done } = this.#reservations.reserve(number, sessions);
    await this.#deps.store.save(number, onDisk);
    this.#noteSaved(number);
    done();
    this.#set(contact, prepared);
  }

  /** Forgets all sessions with a contact. */
  forget(number: ContactNumber): void {
    const { store, turns } = this.#deps;
    this.#drop(number);
    turns
      .take(number, () => {
        // Again: what was under way when the contact was forgotten has kept its sessions meanwhile.
        this.#drop(number);
        return store.remove(number);
      })
      // What stays on the disk belongs to nobody any more; the next start drops it.
      .catch(() => undefined);
  }

  /**
   * Writes the sessions as they are, without keys given away in advance. To be called at the end.
   *
   * @throws {StorageError} The contacts will find some keys unused.
   */
  async flush(): Promise<void> {
    const numbers = new Set([...this.#reservations.contacts(), ...this.#unsaved.keys()]);
    for (const number of numbers) {
      await this.#deps.turns.take(number, async () => {
        const sessions = this.#sessions.get(number);
        // Whatever is still written after this must wait for the disk again.
        this.#reservations.forget(number);
        this.#noteSaved(number);
        if (sessions !== undefined) await this.#deps.store.save(number, sessions);
      });
    }
  }

  #saveSoon(contact: Contact, messages: number): void {
    const { number } = contact;
    const waiting = this.#unsaved.get(number);
    if (waiting !== undefined) {
      waiting.messages = messages;
      return;
    }
    const { clock, turns } = this.#deps;
    const timer = clock.after(UNSAVED_MAX_MS, () => {
      this.#unsaved.delete(number);
      const save = turns.take(number, async () => {
        const now = this.#sessions.get(number);
        if (now !== undefined) await this.keep(contact, now);
      });
      // A disk that refuses is met again, and reported, with what has to last.
      save.catch(() => undefined);
    });
    this.#unsaved.set(number, { messages, timer });
  }

  #noteSaved(number: ContactNumber): void {
    this.#unsaved.get(number)?.timer.cancel();
    this.#unsaved.delete(number);
  }

  #drop(number: ContactNumber): void {
    this.#unindex(number);
    this.#sessions.delete(number);
    this.#reservations.forget(number);
    this.#noteSaved(number);
  }

  #set(contact: Contact, sessions: PeerSessions): void {
    const { number } = contact;
    const before = this.#sessions.get(number);
    this.#sessions.set(number, sessions);
    if (before === undefined || haveOtherIds(before, sessions)) {
      this.#unindex(number);
      this.#index(number, sessions);
    }
    if (before !== undefined && isReplaced(before, sessions)) {
      this.#deps.events.emit('sessionReplaced', { contact });
    }
  }

  #index(number: ContactNumber, sessions: PeerSessions): void {
    for (const id of idsOf(sessions)) this.#bySession.set(encodeBase64url(id), number);
  }

  #unindex(number: ContactNumber): void {
    for (const [id, owner] of this.#bySession) {
      if (owner === number) this.#bySession.delete(id);
    }
  }
}

/** Whether reading brought another session, or another key of the peer's. */
function hasTurned(before: PeerSessions, after: PeerSessions): boolean {
  if (haveOtherIds(before, after)) return true;
  return before.current?.state.peerKey !== after.current?.state.peerKey;
}

function idsOf({ current, older, unconfirmed }: PeerSessions): readonly Uint8Array[] {
  const all = [...(current === undefined ? [] : [current]), ...older, ...unconfirmed];
  return all.map(({ state }) => state.sessionId);
}

function haveOtherIds(before: PeerSessions, after: PeerSessions): boolean {
  return (
    before.older !== after.older ||
    before.unconfirmed !== after.unconfirmed ||
    before.current?.state.sessionId !== after.current?.state.sessionId
  );
}

/** Whether we write on a session that is not one of those before, where there was one. */
function isReplaced({ current, older }: PeerSessions, after: PeerSessions): boolean {
  if (current === undefined || after.current === undefined) return false;
  const { sessionId } = after.current.state;
  return [current, ...older].every(({ state }) => !isEqualBytes(state.sessionId, sessionId));
}
