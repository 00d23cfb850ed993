import type { Dh } from '../crypto/dh.ts';
import {
  answerHandshake,
  finishHandshake,
  goesFirst,
  startHandshake,
  type Addressee,
  type HandshakeRefusal,
  type PendingHandshake,
  type PinnedPeer,
} from '../crypto/handshake.ts';
import type { Identity } from '../crypto/identity.ts';
import {
  withAnswered,
  withAttempt,
  withFinished,
  withoutAttempt,
  yieldTo,
  type PeerSessions,
  type Way,
} from '../crypto/sessions.ts';
import { decodeBase64url } from '../wire/base64url.ts';
import type { Hs1, Hs2 } from '../wire/e2e.ts';
import type { Channels } from './channels.ts';
import type { DomainEvents } from './events.ts';
import type { Contact, ContactNumber } from './model.ts';
import type { OwnIdentities } from './own-identities.ts';
import type { Pins } from './pins.ts';
import type { Clock, Random } from './ports.ts';

/** Handshakes of a pinned contact that we answer. Source: docs/encryption.md#limits. */
const ANSWER_INTERVAL_MS = 10_000;
const ANSWERS_PER_HOUR = 20;
const HOUR_MS = 3_600_000;
/** How long the other side has to use a session that we answered before we start one of our own. */
const CONFIRM_MS = 5_000;
/** Waits before another session when the contact could not read what we wrote (E10). */
const RECOVERY_DELAYS_MS = [0, 600_000, HOUR_MS] as const;
/** How often somebody without proof is believed to speak of trouble, whatever was cured meanwhile. */
const SUSPICIONS_PER_HOUR = 3;
/** Past a friend there is no access key that a handshake would carry. */
const NO_ACCESS_KEY = '';

/** An attempt of ours under way; over with its HTTP answer (E8). */
export type DirectAttempt = {
  /** Who we are in it. */
  readonly me: Identity;
  readonly pending: PendingHandshake;
  isGivenUp: boolean;
};

/** What became of a peer's handshake. */
export type Answering =
  | Readonly<{ kind: 'made'; hs2: Hs2; peer: PinnedPeer }>
  /** Our own goes first. */
  | Readonly<{ kind: 'busy' }>
  | Readonly<{ kind: 'too_often' }>
  | Readonly<{ kind: 'refused'; reason: HandshakeRefusal }>;

/** What became of a handshake of ours. */
export type Finishing =
  | Readonly<{ kind: 'made'; peer: PinnedPeer }>
  | Readonly<{ kind: 'given_up' }>
  | Readonly<{ kind: 'refused'; reason: HandshakeRefusal }>;

/** An attempt of ours, and what the peer answered. */
type Answered = Readonly<{ me: Identity; pending: PendingHandshake; hs2: Hs2; way: Way }>;

type Recovery = { count: number; wantedMs: number | undefined; lastMs: number };

type Dependencies = Readonly<{
  channels: Channels;
  pins: Pins;
  identities: Pick<OwnIdentities, 'for'>;
  dh: Dh;
  events: DomainEvents;
  clock: Clock;
  random: Random;
}>;

/** Makes sessions: our own attempts, answers to others', and when another one is needed (E6–E11). */
export class SessionAttempts {
  readonly #deps: Dependencies;
  readonly #direct = new Map<ContactNumber, DirectAttempt>();
  readonly #answeredMs = new Map<ContactNumber, readonly number[]>();
  readonly #recoveries = new Map<ContactNumber, Recovery>();
  readonly #suspectedMs = new Map<ContactNumber, readonly number[]>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    const forget = ({ number }: Contact): void => {
      this.#direct.delete(number);
      this.#answeredMs.delete(number);
      this.#recoveries.delete(number);
      this.#suspectedMs.delete(number);
    };
    deps.events.on('contactGone', ({ contact }) => contact !== undefined && forget(contact));
    deps.events.on('identityReplaced', ({ contact }) => forget(contact));
    deps.events.on('rekeyed', ({ contact }) => forget(contact));
  }

  /** Starts an attempt that the next handshake to this contact carries. */
  begin(contact: Contact): Readonly<{ hs1: Hs1; attempt: DirectAttempt }> {
    const { hs1, pending } = this.#start(contact, contact.issuedKey);
    const attempt = { me: this.#deps.identities.for(contact), pending, isGivenUp: false };
    this.#direct.set(contact.number, attempt);
    return { hs1, attempt };
  }

  /** Ends an attempt that led to nothing. */
  abandon(contact: Contact, attempt: DirectAttempt): void {
    if (this.#direct.get(contact.number) === attempt) this.#direct.delete(contact.number);
    this.#deps.dh.wipe(attempt.pending.ephemeral);
  }

  /**
   * Finishes an attempt with what the peer answered. The session is durable when it resolves.
   *
   * @throws {StorageError} As if nothing had come.
   */
  async finish(contact: Contact, attempt: DirectAttempt, hs2: Hs2): Promise<Finishing> {
    try {
      if (attempt.isGivenUp) return { kind: 'given_up' };
      return await this.#deps.channels.change(contact, (sessions) =>
        this.#finish(contact, sessions, { ...attempt, hs2, way: 'direct' }),
      );
    } finally {
      this.abandon(contact, attempt);
    }
  }

  /**
   * Answers a peer's handshake. The session is durable when it resolves.
   *
   * @param accessKey The access key that the handshake carried.
   * @throws {StorageError}
   */
  answer(contact: Contact, hs1: Hs1, accessKey: string): Promise<Answering> {
    const own = this.#direct.get(contact.number);
    if (own !== undefined && !own.isGivenUp) {
      if (goesFirst(own.pending, hs1)) return Promise.resolve({ kind: 'busy' });
      own.isGivenUp = true;
    }
    return this.#deps.channels.change(contact, (sessions) =>
      this.#answer(contact, sessions, { hs1, accessKey, way: 'direct' }),
    );
  }

  /**
   * Starts an attempt past a friend, for a contact that can't be reached (E11). Durable when it resolves.
   *
   * @returns `undefined` while an attempt is on its way that may well be answered yet.
   */
  async beginRelayed(contact: Contact): Promise<Hs1 | undefined> {
    return this.#deps.channels.change(contact, (sessions) => {
      const nowMs = this.#deps.clock.nowMs();
      const [latest] = sessions.attempts;
      // A clock that was set back makes nobody wait longer.
      const isFresh = latest !== undefined && Math.abs(nowMs - latest.startedAt) < HOUR_MS;
      if (isFresh) return { sessions, result: undefined };
      const { hs1, pending } = this.#start(contact, NO_ACCESS_KEY);
      const attempt = { pending, startedAt: nowMs };
      return { sessions: withAttempt(sessions, attempt), result: hs1 };
    });
  }

  /** Answers a handshake that came past a friend; only one with proof. */
  answerRelayed(contact: Contact, hs1: Hs1): Promise<Answering> {
    return this.#deps.channels.change(contact, (sessions) => {
      if (hs1.mac === undefined) {
        return { sessions, result: { kind: 'refused', reason: 'forged' } };
      }
      const yielding = yieldTo(sessions, hs1);
      if (yielding === undefined) return { sessions, result: { kind: 'busy' } };
      const answered = this.#answer(contact, yielding, {
        hs1,
        accessKey: NO_ACCESS_KEY,
        way: 'relayed',
      });
      return answered.result.kind === 'made' ? answered : { ...answered, sessions };
    });
  }

  /** Finishes the attempt past a friend to which this answer belongs. */
  finishRelayed(contact: Contact, hs2: Hs2): Promise<Finishing> {
    const me = this.#deps.identities.for(contact);
    return this.#deps.channels.change<Finishing>(contact, (sessions) => {
      for (const { pending } of sessions.attempts) {
        const finished = this.#finish(contact, sessions, { me, pending, hs2, way: 'relayed' });
        if (finished.result.kind !== 'made') continue;
        return { ...finished, sessions: withoutAttempt(finished.sessions, pending) };
      }
      return { sessions, result: { kind: 'given_up' } };
    });
  }

  /** Monotonic time from which a new session should be started; `undefined` when the present one will do. */
  dueMs(contact: Contact): number | undefined {
    if (contact.encryption !== 'dr1' || contact.candidate !== undefined) return undefined;
    const wantedMs = this.#recoveries.get(contact.number)?.wantedMs;
    if (wantedMs !== undefined) return wantedMs;
    const { channels } = this.#deps;
    if (channels.isOpen(contact)) return channels.isRenewalDue(contact) ? 0 : undefined;
    return this.confirmedMs(contact);
  }

  /** Monotonic time until which the contact may use a session that we answered; 0 when there is none. */
  confirmedMs({ number }: Contact): number {
    const answeredMs = this.#answeredMs.get(number)?.at(-1);
    return answeredMs === undefined ? 0 : answeredMs + CONFIRM_MS;
  }

  /** The contact could not read what we wrote: another session, but not ever and ever again (E10). */
  troubled(contact: Contact): void {
    const recovery = this.#recoveries.get(contact.number) ?? {
      count: 0,
      wantedMs: undefined,
      lastMs: -Infinity,
    };
    this.#recoveries.set(contact.number, recovery);
    const delayMs = RECOVERY_DELAYS_MS[Math.min(recovery.count, 2)] ?? HOUR_MS;
    recovery.wantedMs ??= recovery.count === 0 ? 0 : recovery.lastMs + delayMs;
  }

  /** Whether the contact could not read what we wrote, or we what it wrote, and no new session was made since. */
  isTroubled({ number }: Contact): boolean {
    return this.#recoveries.get(number)?.wantedMs !== undefined;
  }

  /**
   * As `troubled`, on the word of somebody who proved nothing: it may be a lie, told again after every cure.
   *
   * @returns Whether it is believed.
   */
  suspected(contact: Contact): boolean {
    const nowMs = this.#deps.clock.monotonicMs();
    const before = this.#suspectedMs.get(contact.number) ?? [];
    const recent = before.filter((atMs) => nowMs - atMs < HOUR_MS);
    if (recent.length >= SUSPICIONS_PER_HOUR) return false;
    this.#suspectedMs.set(contact.number, [...recent, nowMs]);
    this.troubled(contact);
    return true;
  }

  /**
   * Both sides understand each other: the next trouble is cured at once.
   *
   * @returns Whether there was trouble.
   */
  healed(contact: Contact): boolean {
    return this.#recoveries.delete(contact.number);
  }

  #start(contact: Contact, accessKey: string): Readonly<{ hs1: Hs1; pending: PendingHandshake }> {
    const { identities, dh, random } = this.#deps;
    const primitives = { dh, randomBytes: random.bytes };
    return startHandshake(identities.for(contact), this.#addressee(contact), accessKey, primitives);
  }

  #addressee(contact: Contact): Addressee {
    const peer = this.#deps.pins.of(contact);
    if (peer !== undefined) return { kind: 'pinned', peer };
    const fingerprint = contact.expected?.fingerprint;
    if (fingerprint === undefined) return { kind: 'unknown' };
    return { kind: 'named', fingerprint: decodeBase64url(fingerprint) };
  }

  #finish(
    contact: Contact,
    sessions: PeerSessions,
    { me, pending, hs2, way }: Answered,
  ): Readonly<{ sessions: PeerSessions; result: Finishing }> {
    const { dh, pins, clock } = this.#deps;
    const made = finishHandshake(me, pending, hs2, { pinned: pins.with(contact, me), dh });
    if (made.kind === 'refused') return { sessions, result: made };
    const { state, peer } = made;
    this.#noteMade(contact);
    const next = withFinished(sessions, { state, way, nowMs: clock.nowMs() });
    return { sessions: next, result: { kind: 'made', peer } };
  }

  #answer(
    contact: Contact,
    sessions: PeerSessions,
    { hs1, accessKey, way }: Readonly<{ hs1: Hs1; accessKey: string; way: Way }>,
  ): Readonly<{ sessions: PeerSessions; result: Answering }> {
    const { identities, dh, pins, random, clock } = this.#deps;
    if (this.#isTooOften(contact)) return { sessions, result: { kind: 'too_often' } };
    const caller = {
      accessKey,
      pinned: pins.of(contact),
      isMacRequired: contact.isKnownToPeer,
      seenKeys: sessions.seenKeys,
    };
    const answered = answerHandshake(identities.for(contact), hs1, caller, {
      dh,
      randomBytes: random.bytes,
    });
    if (answered.kind === 'refused') return { sessions, result: answered };
    this.#noteAnswer(contact);
    this.#noteMade(contact);
    const { hs2, state, peer } = answered;
    const next = withAnswered(sessions, hs1, { state, way, nowMs: clock.nowMs() });
    return { sessions: next, result: { kind: 'made', hs2, peer } };
  }

  /** A new session is there; whether it cures what was wrong remains to be seen. */
  #noteMade({ number }: Contact): void {
    const recovery = this.#recoveries.get(number);
    if (recovery === undefined) return;
    recovery.wantedMs = undefined;
    recovery.count += 1;
    recovery.lastMs = this.#deps.clock.monotonicMs();
  }

  #isTooOften({ number }: Contact): boolean {
    const nowMs = this.#deps.clock.monotonicMs();
    const answers = (this.#answeredMs.get(number) ?? []).filter((atMs) => nowMs - atMs < HOUR_MS);
    const last = answers.at(-1);
    if (last !== undefined && nowMs - last < ANSWER_INTERVAL_MS) return true;
    return answers.length >= ANSWERS_PER_HOUR;
  }

  #noteAnswer({ number }: Contact): void {
    const answers = [...(this.#answeredMs.get(number) ?? []), this.#deps.clock.monotonicMs()];
    this.#answeredMs.set(number, answers.slice(-ANSWERS_PER_HOUR));
  }
}
