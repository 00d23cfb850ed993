import { encodeBase64url } from '../wire/base64url.ts';
import type { Dr1Message } from '../wire/dr1.ts';
import type { Dh } from '../crypto/dh.ts';
import type { PinnedPeer } from '../crypto/handshake.ts';
import type { Ends } from '../crypto/hop-auth.ts';
import { isEmptyReplyDue, mayPostponeStep, STEP_MIN_INTERVAL_MS } from '../crypto/ratchet.ts';
import { isRenewalDue, withoutExpired } from '../crypto/session-limits.ts';
import {
  decryptFrom,
  encryptFor,
  type PeerSessions,
  type ReadRefusal,
} from '../crypto/sessions.ts';
import type { DomainEvents } from './events.ts';
import { FailureThrottle } from './failure-throttle.ts';
import type { Contact, ContactNumber } from './model.ts';
import { acknowledgedIds, innersOf, isHarmlessTwice, type Opening } from './openings.ts';
import type { Pins } from './pins.ts';
import type { Clock, Random, SessionStore } from './ports.ts';
import { RecentTags } from './recent-tags.ts';
import { SessionKeeper } from './session-keeper.ts';
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

/** The encrypted way to each contact, one thing after another (D3). */
export class Channels {
  readonly #deps: Dependencies;
  readonly #turns = new Turns();
  readonly #keeper: SessionKeeper;
  readonly #failures = new FailureThrottle();
  readonly #tags = new RecentTags();
  /** Monotonic time of our last ratchet step with each contact. */
  readonly #steppedMs = new Map<ContactNumber, number>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#keeper = new SessionKeeper({ ...deps, turns: this.#turns });
    deps.events.on('contactGone', ({ contact }) => {
      if (contact !== undefined) this.forget(contact);
    });
    for (const name of ['identityReplaced', 'rekeyed'] as const) {
      deps.events.on(name, ({ contact }) => this.forget(contact));
    }
  }

  sessionsOf({ number }: Contact): PeerSessions {
    return this.#keeper.of(number);
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
    return this.#keeper.ownerOf(encodeBase64url(sessionId));
  }

  /** Whether the contact can still read what was encrypted for this session, as far as we know. */
  isAlive(contact: Contact, sessionId: string): boolean {
    return this.#keeper.ownerOf(sessionId) === contact.number;
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
      if (sessions !== before) await this.#keeper.keep(contact, sessions);
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
      if (sealed.length > 0) await this.#keeper.keepWritten(contact, sessions);
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
      const tags: Tags = new Map();
      let sessions = this.sessionsOf(contact);
      const openings = messages.map((message) => {
        const read = this.#read({ contact, hop, peer }, sessions, message, tags);
        sessions = read.sessions;
        return read.opening;
      });
      await store(openings);
      if (tags.size > 0) {
        const isHarmless = openings.every(isHarmlessTwice);
        await this.#keeper.keepRead(contact, sessions, { messages: tags.size, isHarmless });
      }
      for (const [tag, ids] of tags) this.#tags.add(contact.number, tag, ids);
      return openings;
    });
  }

  /**
   * Monotonic time from which we should answer, if only to change keys, because the contact has written so much;
   * `undefined` when it has not. Before that time an answer would keep the present keys.
   */
  replyDueMs(contact: Contact): number | undefined {
    const { current } = this.sessionsOf(contact);
    if (current === undefined || !isEmptyReplyDue(current.state)) return undefined;
    const steppedMs = this.#steppedMs.get(contact.number) ?? -Infinity;
    return mayPostponeStep(current.state, 0) ? steppedMs + STEP_MIN_INTERVAL_MS : 0;
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
    this.#tags.forget(number);
    this.#keeper.forget(number);
    // Again: what is under way may note some.
    void this.#turns.take(number, async () => this.#tags.forget(number));
  }

  /**
   * Writes the sessions as they are, without keys given away in advance. To be called at the end.
   *
   * @throws {StorageError} The contacts will find some keys unused.
   */
  flush(): Promise<void> {
    return this.#keeper.flush();
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
    tags: Tags,
  ): Readonly<{ sessions: PeerSessions; opening: Opening }> {
    const { dh, clock } = this.#deps;
    const monotonicMs = clock.monotonicMs();
    const result = decryptFrom(sessions, message, {
      dh,
      ends: endsOf(peer),
      nowMs: clock.nowMs(),
      isDhAllowed: this.#failures.isDhAllowed(hop.number, monotonicMs),
      isKnown: (tag) => this.#tags.has(number, tag) || tags.has(tag),
      parts,
    });
    switch (result.kind) {
      case 'refused':
        if (isCostly(result.reason)) this.#failures.note(hop.number, monotonicMs);
        return { sessions, opening: result };
      case 'repeated': {
        const { tag } = result;
        const ids = tags.get(tag) ?? this.#tags.idsOf(number, tag);
        return { sessions, opening: { kind: 'repeated', ids } };
      }
      case 'read': {
        const inners = innersOf(result.plain);
        tags.set(result.tag, acknowledgedIds(inners));
        return { sessions: result.sessions, opening: { kind: 'read', inners } };
      }
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

/** What was read just now: tags of the ciphertexts, and the ids inside that are to be acknowledged. */
type Tags = Map<string, readonly string[]>;

const NO_SESSION: Opening = { kind: 'refused', reason: 'no_session' };

function endsOf({ own, identity }: PinnedPeer): Ends {
  return { own, peer: identity.fingerprint };
}
