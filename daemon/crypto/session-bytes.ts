/** The stored form of all sessions with one peer. It is secret: whoever has it reads what is still to come. */
import { KEY_BYTES } from '../wire/e2e.ts';
import { ACCESS_KEY_MAX_LENGTH } from '../wire/peer.ts';
import type { PendingHandshake } from './handshake.ts';
import { readRatchetState, writeRatchetState } from './ratchet-state.ts';
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
  const write = (session: Session): void => writeSession(writer, session);
  writer
    .uint8(FORMAT_VERSION)
    .optional(sessions.current, write)
    .list(sessions.older, write)
    .list(sessions.unconfirmed, write)
    .list(sessions.seenKeys, (key) => writer.bytes(key))
    .list(sessions.attempts, (attempt) => writeAttempt(writer, attempt));
  return writer.finish();
}

/**
 * Sessions from bytes.
 *
 * @throws {RangeError} They are not what `encodeSessions` made, or are of a later version.
 */
export function decodeSessions(bytes: Uint8Array): PeerSessions {
  const reader = new StateReader(bytes);
  const version = reader.uint8();
  if (version !== FORMAT_VERSION) throw new RangeError(`sessions of the unknown form ${version}`);
  const read = (): Session => readSession(reader);
  const sessions: PeerSessions = {
    current: reader.optional(read),
    older: reader.list(OLDER_SESSIONS_MAX, read),
    unconfirmed: reader.list(UNCONFIRMED_SESSIONS_MAX, read),
    seenKeys: reader.list(SEEN_KEYS_MAX, () => reader.bytes(KEY_BYTES)),
    attempts: reader.list(RELAYED_ATTEMPTS_MAX, () => readAttempt(reader)),
  };
  reader.finish();
  return sessions;
}

function writeSession(writer: StateWriter, session: Session): void {
  writeRatchetState(writer, session.state);
  writer
    .flag(session.way === 'relayed')
    .instant(session.createdAt)
    .instant(session.placedAt)
    .instant(session.healedAt)
    .uint32(Math.min(session.messages, MESSAGES_MAX));
}

function readSession(reader: StateReader): Session {
  return {
    state: readRatchetState(reader),
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
