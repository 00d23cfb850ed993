/**
 * The state of one session of the Double Ratchet: plain data that nothing changes. Every step makes a new state, so
 * that a refused message leaves no trace, and going back to what is on the disk means keeping the older one.
 *
 * Source: docs/encryption.md#messages.
 */
import { RATCHET_KEY_BYTES, SESSION_ID_BYTES } from '../wire/dr1-head.ts';
import { CHAIN_KEY_BYTES } from './chain-step.ts';
import type { DhKeyPair } from './dh.ts';
import { makeSteps, type Chain, type MadeSteps } from './made-steps.ts';
import {
  NO_SKIPPED_KEYS,
  readSkippedChange,
  readSkippedKeys,
  writeSkippedChange,
  writeSkippedKeys,
  type SkippedKeys,
} from './skipped-keys.ts';
import type { StateReader, StateWriter } from './state-bytes.ts';

/** Bytes of a root key. */
const ROOT_KEY_BYTES = 32;
/** Ratchet keys of the peer that we remember to have done with. */
export const RETIRED_KEYS_MAX = 64;

export type RatchetState = Readonly<{
  sessionId: Uint8Array;
  rootKey: Uint8Array;
  /** Our present ratchet key; the initiator has none before its first message. */
  own: DhKeyPair | undefined;
  /** The peer's present ratchet key; the responder has none before the peer's first message. */
  peerKey: Uint8Array | undefined;
  sending: Chain | undefined;
  receiving: Chain | undefined;
  /** Messages that our previous sending chain had. */
  previousCount: number;
  /** The peer has shown a key to which we have not answered with one of our own. */
  isStepDue: boolean;
  /** Former ratchet keys of the peer, oldest first. */
  retired: readonly Uint8Array[];
  skipped: SkippedKeys;
}>;

/** What a handshake leaves behind for the ratchet. */
export type SessionKeys = Readonly<{
  sessionId: Uint8Array;
  rootKey: Uint8Array;
  /** The responder's first sending chain. */
  chainKey: Uint8Array;
}>;

/** The initiator's state after the handshake. Its first message makes the first step. */
export function initiatorState(keys: SessionKeys, peerKey: Uint8Array): RatchetState {
  const { sessionId, rootKey, chainKey } = keys;
  return {
    ...BLANK,
    sessionId,
    rootKey,
    peerKey,
    receiving: { key: chainKey, count: 0 },
    isStepDue: true,
  };
}

/** The responder's state after the handshake: it can write at once, since its `hs2` has shown its ratchet key. */
export function responderState(keys: SessionKeys, own: DhKeyPair): RatchetState {
  const { sessionId, rootKey, chainKey } = keys;
  return { ...BLANK, sessionId, rootKey, own, sending: { key: chainKey, count: 0 } };
}

const BLANK: Omit<RatchetState, 'sessionId' | 'rootKey'> = {
  own: undefined,
  peerKey: undefined,
  sending: undefined,
  receiving: undefined,
  previousCount: 0,
  isStepDue: false,
  retired: [],
  skipped: NO_SKIPPED_KEYS,
};

/** With another sending chain. Member by member: a spread takes V8 twenty times as long, and this is done for every message. */
export function withSending(state: RatchetState, sending: Chain | undefined): RatchetState {
  return {
    sessionId: state.sessionId,
    rootKey: state.rootKey,
    own: state.own,
    peerKey: state.peerKey,
    sending,
    receiving: state.receiving,
    previousCount: state.previousCount,
    isStepDue: state.isStepDue,
    retired: state.retired,
    skipped: state.skipped,
  };
}

/**
 * Makes the keys of the next messages in advance.
 *
 * @returns `ahead`: a state in which they are gone, used or not. `prepared`: the same state as before, which has them at
 *          hand; `made`: where they are. `undefined` where nothing can be written yet.
 */
export function prepareSending(
  state: RatchetState,
  count: number,
): Readonly<{ prepared: RatchetState; ahead: RatchetState; made: MadeSteps }> | undefined {
  if (state.sending === undefined) return undefined;
  const { prepared, ahead } = makeSteps(state.sending, count);
  return {
    prepared: withSending(state, prepared),
    ahead: withSending(state, ahead),
    made: prepared.made,
  };
}

/** With another receiving chain, and what was put aside on the way; member by member, as above. */
export function withReceiving(
  state: RatchetState,
  receiving: Chain,
  skipped: SkippedKeys,
): RatchetState {
  return {
    sessionId: state.sessionId,
    rootKey: state.rootKey,
    own: state.own,
    peerKey: state.peerKey,
    sending: state.sending,
    receiving,
    previousCount: state.previousCount,
    isStepDue: state.isStepDue,
    retired: state.retired,
    skipped,
  };
}

/** Adds a state to what is being written. Equal states make equal bytes. */
export function writeRatchetState(writer: StateWriter, state: RatchetState): void {
  writeHead(writer, state);
  writer.list(state.retired, (key) => writer.bytes(key));
  writeSkippedKeys(writer, state.skipped);
}

/** Adds a later state of a session to what is being written: without most of what it has in common with the former. */
export function writeRatchetChange(
  writer: StateWriter,
  former: RatchetState,
  state: RatchetState,
): void {
  writeHead(writer, state);
  writer.queue(former.retired, state.retired, (key) => writer.bytes(key));
  const change = former.skipped === state.skipped ? undefined : state.skipped;
  writer.optional(change, (skipped) => writeSkippedChange(writer, former.skipped, skipped));
}

/** What nearly every message changes, and the few bytes that never change. */
function writeHead(writer: StateWriter, state: RatchetState): void {
  const { own, peerKey, sending, receiving } = state;
  writer.bytes(state.sessionId).bytes(state.rootKey);
  writer.optional(own, ({ secret, publicKey }) => writer.bytes(secret).bytes(publicKey));
  writer.optional(peerKey, (key) => writer.bytes(key));
  writer.optional(sending, (chain) => writeChain(writer, chain));
  writer.optional(receiving, (chain) => writeChain(writer, chain));
  writer.uint32(state.previousCount).flag(state.isStepDue);
}

/**
 * Reads a state.
 *
 * @throws {RangeError} It is not one that `writeRatchetState` wrote.
 */
export function readRatchetState(reader: StateReader): RatchetState {
  return checked({
    ...readHead(reader),
    retired: reader.list(RETIRED_KEYS_MAX, () => reader.bytes(RATCHET_KEY_BYTES)),
    skipped: readSkippedKeys(reader),
  });
}

/**
 * Reads a later state of a session.
 *
 * @throws {RangeError} It is not one that `writeRatchetChange` wrote for this former state.
 */
export function readRatchetChange(reader: StateReader, former: RatchetState): RatchetState {
  return checked({
    ...readHead(reader),
    retired: reader.queue(RETIRED_KEYS_MAX, former.retired, () => reader.bytes(RATCHET_KEY_BYTES)),
    skipped: reader.optional(() => readSkippedChange(reader, former.skipped)) ?? former.skipped,
  });
}

type Head = Omit<RatchetState, 'retired' | 'skipped'>;

function readHead(reader: StateReader): Head {
  return {
    sessionId: reader.bytes(SESSION_ID_BYTES),
    rootKey: reader.bytes(ROOT_KEY_BYTES),
    own: reader.optional(() => ({
      secret: reader.bytes(RATCHET_KEY_BYTES),
      publicKey: reader.bytes(RATCHET_KEY_BYTES),
    })),
    peerKey: reader.optional(() => reader.bytes(RATCHET_KEY_BYTES)),
    sending: reader.optional(() => readChain(reader)),
    receiving: reader.optional(() => readChain(reader)),
    previousCount: reader.uint32(),
    isStepDue: reader.flag(),
  };
}

function checked(state: RatchetState): RatchetState {
  if (!isPossible(state)) throw new RangeError('a ratchet in a state that it cannot be in');
  return state;
}

/** A key goes with its chain, and either side's first key comes before a step can be due or done. */
function isPossible({ own, peerKey, sending, receiving, isStepDue }: RatchetState): boolean {
  const hasOwn = own !== undefined;
  const hasPeer = peerKey !== undefined;
  if (hasOwn !== (sending !== undefined) || hasPeer !== (receiving !== undefined)) return false;
  return isStepDue ? hasPeer : hasOwn;
}

function writeChain(writer: StateWriter, { key, count }: Chain): void {
  writer.bytes(key).uint32(count);
}

function readChain(reader: StateReader): Chain {
  return { key: reader.bytes(CHAIN_KEY_BYTES), count: reader.uint32() };
}
