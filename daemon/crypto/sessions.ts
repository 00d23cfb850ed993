/**
 * All sessions with one peer: which one to write on, which ones still to read, and when to start another. Like the
 * ratchet below it, plain data: every step makes another value.
 *
 * Source: docs/encryption.md#sessions, E7–E11.
 */
import { decodeDr1Message, type Dr1Message } from '../wire/dr1.ts';
import { WireError } from '../wire/check.ts';
import type { E2eTrouble, Hs1 } from '../wire/e2e.ts';
import { TAG_BYTES } from './box.ts';
import { fromBase64url, isEqualBytes } from './bytes.ts';
import { goesFirst, type PendingHandshake } from './handshake.ts';
import {
  decrypt,
  encrypt,
  type DecryptContext,
  type DecryptRefusal,
  type EncryptContext,
} from './ratchet.ts';
import type { RatchetState } from './ratchet-state.ts';
import { limitSkipped } from './session-limits.ts';

/** Former sessions kept for reading. */
export const OLDER_SESSIONS_MAX = 4;
/** Sessions that we answered and on which nothing came yet. */
export const UNCONFIRMED_SESSIONS_MAX = 4;
/** Ephemeral keys of a peer's handshakes that we know again. */
export const SEEN_KEYS_MAX = 256;
/** Attempts of ours that are under way past a friend. */
export const RELAYED_ATTEMPTS_MAX = 2;
/** How something reached us: from the peer itself, or past a friend. */
export type Way = 'direct' | 'relayed';

/** One session. Instants are milliseconds since 1970. */
export type Session = Readonly<{
  state: RatchetState;
  way: Way;
  createdAt: number;
  /** When it came to the place where it is: current, older or unconfirmed. */
  placedAt: number;
  /** When the peer last showed another ratchet key: what was stolen before is worth nothing after. */
  healedAt: number;
  /** Messages of both directions. */
  messages: number;
}>;

/** An attempt of ours past a friend. */
export type RelayedAttempt = Readonly<{ pending: PendingHandshake; startedAt: number }>;

export type PeerSessions = Readonly<{
  /** The one to write on. */
  current: Session | undefined;
  /** For reading only, latest first. */
  older: readonly Session[];
  /** Answered by us, nothing came on them yet; latest first. */
  unconfirmed: readonly Session[];
  /** Ephemeral keys of the peer's handshakes that we answered, latest first. */
  seenKeys: readonly Uint8Array[];
  /** Latest first. */
  attempts: readonly RelayedAttempt[];
}>;

export const NO_SESSIONS: PeerSessions = {
  current: undefined,
  older: [],
  unconfirmed: [],
  seenKeys: [],
  attempts: [],
};

/** What a session starts with. */
export type NewSession = Readonly<{ state: RatchetState; way: Way; nowMs: number }>;

function begin({ state, way, nowMs }: NewSession): Session {
  return { state, way, createdAt: nowMs, placedAt: nowMs, healedAt: nowMs, messages: 0 };
}

/** With a session that we answered: not written on before a message comes by it (E7). */
export function withAnswered(sessions: PeerSessions, hs1: Hs1, made: NewSession): PeerSessions {
  return {
    ...sessions,
    unconfirmed: [begin(made), ...sessions.unconfirmed].slice(0, UNCONFIRMED_SESSIONS_MAX),
    seenKeys: [hs1.ephemeralKey, ...sessions.seenKeys].slice(0, SEEN_KEYS_MAX),
  };
}

/** With a session whose `hs2` we have just verified: the one to write on, at once a `hello` (E7, E9). */
export function withFinished(sessions: PeerSessions, made: NewSession): PeerSessions {
  return promote(sessions, begin(made), made.nowMs);
}

/** Makes a session the current one; the one before stays for reading. */
function promote(sessions: PeerSessions, session: Session, nowMs: number): PeerSessions {
  const { current, older, unconfirmed } = sessions;
  const isOther = (one: Session): boolean => !isSame(one, session);
  if (current !== undefined && !isOther(current)) return withCurrent(sessions, session);
  const former = current === undefined ? [] : [{ ...current, placedAt: nowMs }];
  return {
    ...sessions,
    current: { ...session, placedAt: nowMs },
    older: [...former, ...older.filter(isOther)].slice(0, OLDER_SESSIONS_MAX),
    unconfirmed: unconfirmed.filter(isOther),
  };
}

function isSame(one: Session, other: Session): boolean {
  return isEqualBytes(one.state.sessionId, other.state.sessionId);
}

/** With an attempt of ours past a friend; an older one gives way (E11). */
export function withAttempt(sessions: PeerSessions, attempt: RelayedAttempt): PeerSessions {
  return { ...sessions, attempts: [attempt, ...sessions.attempts].slice(0, RELAYED_ATTEMPTS_MAX) };
}

/** Without an attempt that is over. */
export function withoutAttempt(sessions: PeerSessions, over: PendingHandshake): PeerSessions {
  const isLeft = ({ pending }: RelayedAttempt): boolean =>
    !isEqualBytes(pending.ephemeral.publicKey, over.ephemeral.publicKey);
  return { ...sessions, attempts: sessions.attempts.filter(isLeft) };
}

/**
 * Makes way for a peer's handshake that came past a friend while attempts of ours are under way there (E8).
 *
 * @returns `undefined` when an attempt of ours goes first, so that the peer's is dropped.
 */
export function yieldTo(sessions: PeerSessions, hs1: Hs1): PeerSessions | undefined {
  if (sessions.attempts.some(({ pending }) => goesFirst(pending, hs1))) return undefined;
  return { ...sessions, attempts: [] };
}

/** A message for the wire, and the sessions that must be durable before it leaves. */
export type Written = Readonly<{ sessions: PeerSessions; message: string; hasStepped: boolean }>;

/**
 * Encrypts a text on the current session.
 *
 * @returns `undefined` when there is none: a handshake comes first.
 * @throws {RangeError} As `encrypt` of the ratchet.
 */
export function encryptFor(
  sessions: PeerSessions,
  plain: Uint8Array,
  context: EncryptContext,
): Written | undefined {
  const { current } = sessions;
  if (current === undefined) return undefined;
  const { state, message, hasStepped } = encrypt(current.state, plain, context);
  const used = withState(current, state, current.healedAt);
  return { sessions: withCurrent(sessions, used), message, hasStepped };
}

/** Why a message could not be read; besides the ratchet's reasons, that we have no such session. */
export type ReadRefusal = DecryptRefusal | 'no_session';

/** What became of a message. Unless it was read, the sessions are as they were. */
export type ReadResult =
  | Readonly<{
      kind: 'read';
      /** Must be durable before the message is acknowledged, but after what it says: the other order could lose it. */
      sessions: PeerSessions;
      plain: Uint8Array;
      /** To be remembered, for `isKnown`, once all is durable. */
      tag: string;
    }>
  /** It came before: acknowledge it again. */
  | Readonly<{ kind: 'repeated'; tag: string }>
  | Readonly<{ kind: 'refused'; reason: ReadRefusal }>;

/** What reading a message needs besides the sessions. */
export type ReadContext = DecryptContext &
  Readonly<{
    /** Whether a message of this peer with this authenticator was read before. */
    isKnown: (tag: string) => boolean;
    /** The message, if it was taken apart already. */
    parts?: Dr1Message | undefined;
  }>;

/**
 * The authenticator of an encrypted message, by which it is known again: 16 characters. Another message with the same one
 * only its own sender could make, and would have it taken for this one.
 */
function tagOf({ sealed: { buffer, byteOffset, byteLength } }: Dr1Message): string {
  // Characters of their own: a piece of the message's text would keep all of it in memory.
  return Buffer.from(buffer, byteOffset, Math.min(byteLength, TAG_BYTES)).toString('latin1');
}

/** Decrypts the `message` of an envelope. The session that it came by becomes the one to write on (E9). */
export function decryptFrom(
  sessions: PeerSessions,
  message: string,
  context: ReadContext,
): ReadResult {
  const parts = context.parts ?? takeApart(message);
  if (parts === undefined) return { kind: 'refused', reason: 'malformed' };
  const tag = tagOf(parts);
  if (context.isKnown(tag)) return { kind: 'repeated', tag };
  const session = findSession(sessions, parts.head.sessionId);
  if (session === undefined) return { kind: 'refused', reason: 'no_session' };
  const decrypted = decrypt(session.state, parts, context);
  if (decrypted.kind === 'refused') return decrypted;
  const used = withRead(session, decrypted.state, context.nowMs);
  const next = limitSkipped(promote(sessions, used, context.nowMs));
  return { kind: 'read', sessions: next, plain: decrypted.plain, tag };
}

/** An encrypted message taken apart; `undefined` for what is none. */
export function takeApart(message: string): Dr1Message | undefined {
  try {
    return decodeDr1Message(message, fromBase64url);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function findSession(
  { current, older, unconfirmed }: PeerSessions,
  sessionId: Uint8Array,
): Session | undefined {
  const isMeant = ({ state }: Session): boolean => isEqualBytes(state.sessionId, sessionId);
  if (current !== undefined && isMeant(current)) return current;
  return older.find(isMeant) ?? unconfirmed.find(isMeant);
}

function withRead(session: Session, state: RatchetState, nowMs: number): Session {
  const hasHealed = state.peerKey !== session.state.peerKey;
  return withState(session, state, hasHealed ? nowMs : session.healedAt);
}

/** A session after one message more. Member by member, since it is made for every one and a spread takes its time. */
function withState(session: Session, state: RatchetState, healedAt: number): Session {
  return {
    state,
    way: session.way,
    createdAt: session.createdAt,
    placedAt: session.placedAt,
    healedAt,
    messages: session.messages + 1,
  };
}

function withCurrent(sessions: PeerSessions, current: Session): PeerSessions {
  return {
    current,
    older: sessions.older,
    unconfirmed: sessions.unconfirmed,
    seenKeys: sessions.seenKeys,
    attempts: sessions.attempts,
  };
}

/**
 * What to answer, under a valid hop MAC, when a message could not be read: the peer then starts a session and writes
 * again what was not acknowledged (E10). `undefined` for what no session could help, or what may come again later.
 */
export function troubleOf(reason: ReadRefusal): E2eTrouble | undefined {
  switch (reason) {
    case 'no_session':
      return 'nosession';
    case 'stale':
    case 'too_far':
    case 'unsolicited':
    case 'forged':
      return 'stale';
    case 'malformed':
    case 'reflected':
    case 'throttled':
    case 'weak_key':
      return undefined;
    default:
      return reason satisfies never;
  }
}
