import { encodeBase64url } from '../wire/base64url.ts';
import { WireError } from '../wire/check.ts';
import { decodeInnerMessage, type Dr1Message, type InnerMessage } from '../wire/dr1.ts';
import { decodeText, isEqualBytes } from '../crypto/bytes.ts';
import type { Dh } from '../crypto/dh.ts';
import type { PinnedPeer } from '../crypto/handshake.ts';
import type { Ends } from '../crypto/hop-auth.ts';
import { isEmptyReplyDue, mayPostponeStep } from '../crypto/ratchet.ts';
import { isRenewalDue, withoutExpired } from '../crypto/session-limits.ts';
import {
  decryptFrom,
  encryptFor,
  messageDigest,
  NO_SESSIONS,
  type PeerSessions,
  type ReadRefusal,
} from '../crypto/sessions.ts';
import type { DomainEvents } from './events.ts';
import { KeyReservations } from './key-reservations.ts';
import { FailureThrottle } from './failure-throttle.ts';
import type { Contact, ContactNumber } from './model.ts';
import type { Pins } from './pins.ts';
import type { Clock, Random, SessionStore, Timer } from './ports.ts';
import { RecentDigests } from './recent-digests.ts';
import { Turns } from './turns.ts';

type Dependencies = Readonly<{
  store: SessionStore;
  pins: Pins;
  dh: Dh;
  events: DomainEvents;
  clock: Clock;
  random: Random;
}>;

/** A text that was encrypted, and the session that it was encrypted for. */
export type Sealed = Readonly<{ message: string; sessionId: string }>;

/** A message as it came, and taken apart if somebody did that already. */
export type Unopened = Readonly<{ message: string; parts: Dr1Message | undefined }>;

/**
 * How long, and for how many messages, keys of what was read may stay on the disk. A session that was set back by so
 * many messages still reads all that follow.
 */
const UNSAVED_MAX_MS = 2_000;
const UNSAVED_MAX_MESSAGES = 200;

/** What became of one message that came. */
export type Opening =
  /** `inner` is `undefined` for what is well encrypted and makes no sense: acknowledged, and otherwise ignored. */
  | Readonly<{ kind: 'read'; inner: InnerMessage | undefined }>
  /** These very characters came before; `id` of what was in them. */
  | Readonly<{ kind: 'repeated'; id: string | undefined }>
  | Readonly<{ kind: 'refused'; reason: ReadRefusal }>;

/** The encrypted way to each contact: its sessions, in memory and on disk, one thing after another (D3). */
export class Channels {
  readonly #deps: Dependencies;
  readonly #sessions: Map<ContactNumber, PeerSessions>;
  /** Whose session it is: a message past a friend says nothing else of its sender that counts (E18). */
  readonly #bySession = new Map<string, ContactNumber>();
  readonly #turns = new Turns();
  readonly #failures = new FailureThrottle();
  readonly #digests = new RecentDigests();
  readonly #reservations: KeyReservations;
  /** Contacts whose sessions have only read since the disk had them: how much, and when it gets them at last. */
  readonly #unsaved = new Map<ContactNumber, { messages: number; readonly timer: Timer }>();
  /** Monotonic time of our last ratchet step with each contact. */
  readonly #steppedMs = new Map<ContactNumber, number>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#sessions = new Map(deps.store.initial);
    this.#reservations = new KeyReservations(deps.clock);
    for (const [contact, sessions] of this.#sessions) this.#index(contact, sessions);
    deps.events.on('contactGone', ({ contact }) => {
      if (contact !== undefined) this.forget(contact);
    });
    for (const name of ['identityReplaced', 'rekeyed'] as const) {
      deps.events.on(name, ({ contact }) => this.forget(contact));
    }
  }

  sessionsOf({ number }: Contact): PeerSessions {
    return this.#sessions.get(number) ?? NO_SESSIONS;
  }

  /** Whether something can be written to this contact now. */
  isOpen(contact: Contact): boolean {
    return this.sessionsOf(contact).current !== undefined;
  }

  /** Whether the session had better be replaced by a new one. */
  isRenewalDue(contact: Contact): boolean {
    return isRenewalDue(this.sessionsOf(contact), this.#deps.clock.nowMs());
  }

  /** The contact to whose sessions this one belongs. */
  ownerOf(sessionId: Uint8Array): ContactNumber | undefined {
    return this.#bySession.get(encodeBase64url(sessionId));
  }

  /** Whether the contact can still read what was encrypted for this session, as far as we know. */
  isAlive(contact: Contact, sessionId: string): boolean {
    return this.#bySession.get(sessionId) === contact.number;
  }

  /**
   * Changes the sessions with a contact; durable when it resolves.
   *
   * @param step Is given the sessions as they are, and gives what they shall be with what it found out.
   * @throws {StorageError} Nothing was changed.
   */
  change<Result>(
    contact: Contact,
    step: (sessions: PeerSessions) => Readonly<{ sessions: PeerSessions; result: Result }>,
  ): Promise<Result> {
    return this.#turns.take(contact.number, async () => {
      const before = withoutExpired(this.sessionsOf(contact), this.#deps.clock.nowMs());
      const { sessions, result } = step(before);
      if (sessions !== before) await this.#keep(contact, sessions);
      return result;
    });
  }

  /**
   * Encrypts texts for a contact, in order. What was used up for it is durable when it resolves, so the texts may leave
   * (D3).
   *
   * @returns `undefined` when there is no session to write on.
   * @throws {StorageError} Nothing may leave.
   */
  seal(contact: Contact, texts: readonly string[]): Promise<readonly Sealed[] | undefined> {
    return this.#turns.take(contact.number, async () => {
      const peer = this.#deps.pins.now(contact);
      let sessions = this.sessionsOf(contact);
      if (peer === undefined || sessions.current === undefined) return undefined;
      const sealed: Sealed[] = [];
      for (const text of texts) {
        const written = this.#write(contact, peer, sessions, text);
        if (written === undefined) return undefined;
        sessions = written.sessions;
        sealed.push(written.sealed);
      }
      if (sealed.length > 0) await this.#keepWritten(contact, sessions);
      return sealed;
    });
  }

  /**
   * Decrypts what a contact wrote, in order.
   *
   * @param hop   Who handed it over, and pays if it costs public-key work for nothing.
   * @param store Makes durable what was read, given an opening for each message. Only after it has, the keys that were
   *              used are gone for good; if it throws, nothing has happened (D3).
   * @throws What `store` throws, {StorageError}.
   */
  open(
    contact: Contact,
    hop: Contact,
    messages: readonly Unopened[],
    store: (openings: readonly Opening[]) => Promise<void>,
  ): Promise<readonly Opening[]> {
    return this.#turns.take(contact.number, async () => {
      const peer = this.#deps.pins.now(contact);
      if (peer === undefined) return messages.map(() => NO_SESSION);
      const digests: Digests = new Map();
      const before = this.sessionsOf(contact);
      let sessions = before;
      const openings = messages.map((message) => {
        const read = this.#read({ contact, hop, peer }, sessions, message, digests);
        sessions = read.sessions;
        return read.opening;
      });
      await store(openings);
      if (digests.size > 0) {
        const unsaved = digests.size + (this.#unsaved.get(contact.number)?.messages ?? 0);
        const mayWait = openings.every(isHarmlessTwice) && unsaved <= UNSAVED_MAX_MESSAGES;
        if (mayWait && !hasTurned(before, sessions)) this.#keepSoon(contact, sessions, unsaved);
        else await this.#keep(contact, sessions);
      }
      for (const [digest, id] of digests) this.#digests.add(contact.number, digest, id);
      return openings;
    });
  }

  /** Whether the contact has written so much that we should answer, if only to change keys. */
  isReplyDue(contact: Contact): boolean {
    const { current } = this.sessionsOf(contact);
    return current !== undefined && isEmptyReplyDue(current.state);
  }

  /** Whether what a contact hands over may cost public-key work; not after too many failures. */
  isDhAllowed({ number }: Contact): boolean {
    return this.#failures.isDhAllowed(number, this.#deps.clock.monotonicMs());
  }

  /** What a contact said under encryption was false: it counts like what can't be decrypted. */
  noteFailure({ number }: Contact): void {
    this.#failures.note(number, this.#deps.clock.monotonicMs());
  }

  /** Forgets all sessions with a contact. */
  forget({ number }: Contact): void {
    this.#drop(number);
    this.#turns
      .take(number, () => {
        // Again: what was under way when the contact was forgotten has kept its sessions meanwhile.
        this.#drop(number);
        return this.#deps.store.remove(number);
      })
      // What stays on the disk belongs to nobody any more; the next start drops it.
      .catch(() => undefined);
  }

  #drop(number: ContactNumber): void {
    this.#unindex(number);
    this.#sessions.delete(number);
    this.#digests.forget(number);
    this.#reservations.forget(number);
    this.#noteSaved(number);
  }

  /**
   * Writes the sessions as they are, without keys given away in advance. To be called at the end.
   *
   * @throws {StorageError} The contacts will find some keys unused.
   */
  async flush(): Promise<void> {
    const numbers = new Set([...this.#reservations.contacts(), ...this.#unsaved.keys()]);
    for (const number of numbers) {
      await this.#turns.take(number, async () => {
        const sessions = this.#sessions.get(number);
        // Whatever is still written after this must wait for the disk again.
        this.#reservations.forget(number);
        this.#noteSaved(number);
        if (sessions !== undefined) await this.#deps.store.save(number, sessions);
      });
    }
  }

  #write(
    { number }: Contact,
    peer: PinnedPeer,
    sessions: PeerSessions,
    text: string,
  ): Readonly<{ sessions: PeerSessions; sealed: Sealed }> | undefined {
    const { dh, random, clock } = this.#deps;
    const { current } = sessions;
    if (current === undefined) return undefined;
    const nowMs = clock.monotonicMs();
    const sinceStepMs = nowMs - (this.#steppedMs.get(number) ?? -Infinity);
    const written = encryptFor(sessions, Buffer.from(text, 'utf8'), {
      dh,
      randomBytes: random.bytes,
      ends: endsOf(peer),
      isStepPostponed: mayPostponeStep(current.state, sinceStepMs),
    });
    if (written === undefined) return undefined;
    if (written.hasStepped) this.#steppedMs.set(number, nowMs);
    const sessionId = encodeBase64url(current.state.sessionId);
    return { sessions: written.sessions, sealed: { message: written.message, sessionId } };
  }

  #read(
    { contact: { number }, hop, peer }: Source,
    sessions: PeerSessions,
    { message, parts }: Unopened,
    digests: Digests,
  ): Readonly<{ sessions: PeerSessions; opening: Opening }> {
    const { dh, clock } = this.#deps;
    const monotonicMs = clock.monotonicMs();
    const result = decryptFrom(sessions, message, {
      dh,
      ends: endsOf(peer),
      nowMs: clock.nowMs(),
      isDhAllowed: this.#failures.isDhAllowed(hop.number, monotonicMs),
      isKnown: (digest) => this.#digests.has(number, digest) || digests.has(digest),
      parts,
    });
    switch (result.kind) {
      case 'refused':
        if (isCostly(result.reason)) this.#failures.note(hop.number, monotonicMs);
        return { sessions, opening: result };
      case 'repeated': {
        const digest = messageDigest(message);
        const id = digests.get(digest) ?? this.#digests.idOf(number, digest);
        return { sessions, opening: { kind: 'repeated', id } };
      }
      case 'read': {
        const inner = innerOf(result.plain);
        digests.set(result.digest, isAcknowledged(inner) ? inner.id : undefined);
        return { sessions: result.sessions, opening: { kind: 'read', inner } };
      }
    }
  }

  async #keep(contact: Contact, sessions: PeerSessions): Promise<void> {
    const { number } = contact;
    await this.#deps.store.save(number, this.#reservations.ahead(number, sessions));
    this.#noteSaved(number);
    this.#set(contact, sessions);
  }

  /**
   * As `#keep`, but the disk may have it later, with whatever comes next: what was read is durable already, or says the
   * same when it is said again, and who forgets that he read it reads it again (docs/encryption.md#sessions).
   */
  #keepSoon(contact: Contact, sessions: PeerSessions, messages: number): void {
    const { number } = contact;
    this.#set(contact, sessions);
    const waiting = this.#unsaved.get(number);
    if (waiting !== undefined) {
      waiting.messages = messages;
      return;
    }
    const timer = this.#deps.clock.after(UNSAVED_MAX_MS, () => {
      this.#unsaved.delete(number);
      const save = this.#turns.take(number, async () => {
        const now = this.#sessions.get(number);
        if (now !== undefined) await this.#keep(contact, now);
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

  /** As `#keep`, with keys given away in advance, so that the next messages need not wait for the disk. */
  async #keepWritten(contact: Contact, sessions: PeerSessions): Promise<void> {
    const { number } = contact;
    if (!this.#reservations.covers(number, sessions)) {
      const reserved = this.#reservations.reserve(number, sessions);
      await this.#deps.store.save(number, reserved.sessions);
      this.#noteSaved(number);
      reserved.made();
    }
    this.#set(contact, sessions);
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

/** Whose message it is, and who handed it over. */
type Source = Readonly<{ contact: Contact; hop: Contact; peer: PinnedPeer }>;

/**
 * Whether what was refused may have cost public-key work. What was only repeated has not, and anybody can repeat what he
 * heard: that must not keep a contact's own words out.
 */
function isCostly(reason: ReadRefusal): boolean {
  return reason === 'forged' || reason === 'weak_key';
}

/** What was read just now: digests of the ciphertexts, and the ids inside that are to be acknowledged. */
type Digests = Map<string, string | undefined>;

/** Whether a message is one that its sender waits to see acknowledged. */
export function isAcknowledged(inner: InnerMessage | undefined): inner is InnerMessage {
  if (inner === undefined) return false;
  return inner.type === 'msg' || inner.type === 'del' || inner.type === 'unknown';
}

/**
 * Whether it may be read once more after a crash: a message is known by its id by then, since it was durable before its
 * keys were due to go (D3), and what acknowledges says the same again.
 */
function isHarmlessTwice(opening: Opening): boolean {
  if (opening.kind !== 'read' || opening.inner === undefined) return true;
  const { type } = opening.inner;
  return type === 'msg' || type === 'ack' || type === 'read' || type === 'hello';
}

/** Whether reading brought another session, or another key of the peer's. */
function hasTurned(before: PeerSessions, after: PeerSessions): boolean {
  if (haveOtherIds(before, after)) return true;
  return before.current?.state.peerKey !== after.current?.state.peerKey;
}

const NO_SESSION: Opening = { kind: 'refused', reason: 'no_session' };

function endsOf({ own, identity }: PinnedPeer): Ends {
  return { own, peer: identity.fingerprint };
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

/** What an encrypted text says; `undefined` when it makes no sense, which no repeat would cure. */
function innerOf(plain: Uint8Array): InnerMessage | undefined {
  const text = decodeText(plain);
  if (text === undefined) return undefined;
  try {
    return decodeInnerMessage(text);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
