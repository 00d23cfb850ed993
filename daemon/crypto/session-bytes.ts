/** The stored form of all sessions with one peer. It is secret: whoever has it reads what is still to come. */
import { KEY_BYTES } from '../wire/e2e.ts';
import { ACCESS_KEY_MAX_LENGTH } from '../wire/peer.ts';
import { isEqualBytes } from './bytes.ts';
import type { PendingHandshake } from './handshake.ts';
import {
  readRatchetChange,
  readRatchetState,
  writeRatchetChange,
  writeRatchetState,
} from './ratchet-state.ts';
import {
  OLDER_SESSIONS_MAX,
  RELAYED_ATTEMPTS_MAX,
  SEEN_KEYS_MAX,
  UNCONFIRMED_SESSIONS_MAX,
  type PeerSessions,
  type RelayedAttempt,
  type Session,
} from './sessions.ts';
import { StateReader, StateWriter } from './state-bytes.ts';

const FORMAT_VERSION = 1;
/** UTF-8 takes at most three bytes for one unit of UTF-16. */
const ACCESS_KEY_MAX_BYTES = 3 * ACCESS_KEY_MAX_LENGTH;
const MESSAGES_MAX = 2 ** 32 - 1;

/** Sessions as bytes; equal sessions are equal bytes. */
export function encodeSessions(sessions: PeerSessions): Uint8Array {
  const writer = new StateWriter();
  writer
    .uint8(FORMAT_VERSION)
    .optional(sessions.current, (session) => writeSession(writer, session));
  for (const part of PARTS) part.write(writer, sessions);
  return writer.finish();
}

/**
 * Sessions from bytes.
 *
 * @throws {RangeError} They are not what `encodeSessions` made, or are of a later version.
 */
export function decodeSessions(bytes: Uint8Array): PeerSessions {
  const reader = openReader(bytes);
  const sessions: PeerSessions = {
    current: reader.optional(() => readSession(reader)),
    older: OLDER.read(reader),
    unconfirmed: UNCONFIRMED.read(reader),
    seenKeys: SEEN_KEYS.read(reader),
    attempts: ATTEMPTS.read(reader),
  };
  reader.finish();
  return sessions;
}

/**
 * Later sessions with the same peer as bytes, as a change to the former: a few hundred bytes where only messages came
 * and went. What is the very same value in both is left out.
 */
export function encodeSessionsChange(former: PeerSessions, sessions: PeerSessions): Uint8Array {
  const writer = new StateWriter();
  writer.uint8(FORMAT_VERSION);
  writeCurrentChange(writer, former.current, sessions.current);
  for (const part of PARTS) {
    const hasChanged = !part.isSame(former, sessions);
    writer.flag(hasChanged);
    if (hasChanged) part.write(writer, sessions);
  }
  return writer.finish();
}

/**
 * Sessions from a change to the former ones.
 *
 * @throws {RangeError} It is not what `encodeSessionsChange` made for these.
 */
export function decodeSessionsChange(former: PeerSessions, bytes: Uint8Array): PeerSessions {
  const reader = openReader(bytes);
  const sessions: PeerSessions = {
    current: readCurrentChange(reader, former.current),
    older: reader.optional(() => OLDER.read(reader)) ?? former.older,
    unconfirmed: reader.optional(() => UNCONFIRMED.read(reader)) ?? former.unconfirmed,
    seenKeys: reader.optional(() => SEEN_KEYS.read(reader)) ?? former.seenKeys,
    attempts: reader.optional(() => ATTEMPTS.read(reader)) ?? former.attempts,
  };
  reader.finish();
  return sessions;
}

function openReader(bytes: Uint8Array): StateReader {
  const reader = new StateReader(bytes);
  const version = reader.uint8();
  if (version !== FORMAT_VERSION) throw new RangeError(`sessions of the unknown form ${version}`);
  return reader;
}

/** One of the lists of sessions. */
type Part<Value> = Readonly<{
  isSame: (one: PeerSessions, other: PeerSessions) => boolean;
  write: (writer: StateWriter, sessions: PeerSessions) => void;
  read: (reader: StateReader) => readonly Value[];
}>;

type PartForm<Value> = Readonly<{
  of: (sessions: PeerSessions) => readonly Value[];
  maxLength: number;
  isSame: (one: Value, other: Value) => boolean;
  write: (writer: StateWriter, value: Value) => void;
  read: (reader: StateReader) => Value;
}>;

function partOf<Value>({ of, maxLength, isSame, write, read }: PartForm<Value>): Part<Value> {
  return {
    isSame(one, other) {
      const others = of(other);
      const isSameAt = (value: Value, index: number): boolean => {
        const counterpart = others[index];
        return counterpart !== undefined && isSame(value, counterpart);
      };
      return of(one).length === others.length && of(one).every(isSameAt);
    },
    write: (writer, sessions) => void writer.list(of(sessions), (value) => write(writer, value)),
    read: (reader) => reader.list(maxLength, () => read(reader)),
  };
}

const SESSION_FORM = { isSame: isSameSession, write: writeSession, read: readSession } as const;

const OLDER = partOf({
  ...SESSION_FORM,
  of: ({ older }) => older,
  maxLength: OLDER_SESSIONS_MAX,
});

const UNCONFIRMED = partOf({
  ...SESSION_FORM,
  of: ({ unconfirmed }) => unconfirmed,
  maxLength: UNCONFIRMED_SESSIONS_MAX,
});

const SEEN_KEYS = partOf({
  of: ({ seenKeys }) => seenKeys,
  maxLength: SEEN_KEYS_MAX,
  isSame: (one, other) => one === other,
  write: (writer, key) => void writer.bytes(key),
  read: (reader) => reader.bytes(KEY_BYTES),
});

const ATTEMPTS = partOf({
  of: ({ attempts }) => attempts,
  maxLength: RELAYED_ATTEMPTS_MAX,
  isSame: isShallowEqual,
  write: writeAttempt,
  read: readAttempt,
});

/** In the order in which they are written. */
const PARTS = [OLDER, UNCONFIRMED, SEEN_KEYS, ATTEMPTS] as const;

/** How the session to write on is written: not at all, whole, or as a change to the same one before. */
const CURRENT = { none: 0, whole: 1, changed: 2 } as const;

function writeCurrentChange(
  writer: StateWriter,
  former: Session | undefined,
  current: Session | undefined,
): void {
  if (current === undefined) {
    writer.uint8(CURRENT.none);
  } else if (former !== undefined && hasSameId(former, current)) {
    writer.uint8(CURRENT.changed);
    writeRatchetChange(writer, former.state, current.state);
    writeFrame(writer, current);
  } else {
    writer.uint8(CURRENT.whole);
    writeSession(writer, current);
  }
}

function readCurrentChange(reader: StateReader, former: Session | undefined): Session | undefined {
  const how = reader.uint8();
  if (how === CURRENT.none) return undefined;
  if (how === CURRENT.whole) return readSession(reader);
  if (how !== CURRENT.changed || former === undefined) throw new RangeError('a change of nothing');
  return { state: readRatchetChange(reader, former.state), ...readFrame(reader) };
}

function hasSameId(one: Session, other: Session): boolean {
  return isEqualBytes(one.state.sessionId, other.state.sessionId);
}

/** Whether all that a session consists of is the very same. */
function isSameSession(one: Session, other: Session): boolean {
  const { state: oneState, ...oneFrame } = one;
  const { state: otherState, ...otherFrame } = other;
  return isShallowEqual(oneState, otherState) && isShallowEqual(oneFrame, otherFrame);
}

function isShallowEqual<Value extends object>(one: Value, other: Value): boolean {
  const members: ReadonlyMap<string, unknown> = new Map(Object.entries(other));
  return Object.entries(one).every(([name, value]) => members.get(name) === value);
}

function writeSession(writer: StateWriter, session: Session): void {
  writeRatchetState(writer, session.state);
  writeFrame(writer, session);
}

function readSession(reader: StateReader): Session {
  return { state: readRatchetState(reader), ...readFrame(reader) };
}

type Frame = Omit<Session, 'state'>;

function writeFrame(writer: StateWriter, frame: Frame): void {
  writer
    .flag(frame.way === 'relayed')
    .instant(frame.createdAt)
    .instant(frame.placedAt)
    .instant(frame.healedAt)
    .uint32(Math.min(frame.messages, MESSAGES_MAX));
}

function readFrame(reader: StateReader): Frame {
  return {
    way: reader.flag() ? 'relayed' : 'direct',
    createdAt: reader.instant(),
    placedAt: reader.instant(),
    healedAt: reader.instant(),
    messages: reader.uint32(),
  };
}

function writeAttempt(writer: StateWriter, { pending, startedAt }: RelayedAttempt): void {
  const { accessKey, ephemeral, recipient } = pending;
  writer
    .text(accessKey)
    .bytes(ephemeral.secret)
    .bytes(ephemeral.publicKey)
    .optional(recipient, (fingerprint) => writer.bytes(fingerprint))
    .instant(startedAt);
}

function readAttempt(reader: StateReader): RelayedAttempt {
  const pending: PendingHandshake = {
    accessKey: reader.text(ACCESS_KEY_MAX_BYTES),
    ephemeral: { secret: reader.bytes(KEY_BYTES), publicKey: reader.bytes(KEY_BYTES) },
    recipient: reader.optional(() => reader.bytes(KEY_BYTES)),
  };
  return { pending, startedAt: reader.instant() };
}
