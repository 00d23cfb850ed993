/**
 * The Double Ratchet, suite `dr1`: every message has a key of its own, and every change of direction mixes a fresh
 * secret into all that follow. States come in and go out; nothing is kept here.
 *
 * Source: docs/encryption.md#messages.
 */
import { DR1_NUMBER_MAX, encodeDr1Head, NONCE_BYTES, type Dr1Head } from '../wire/dr1-head.ts';
import { encodeDr1Message, type Dr1Message } from '../wire/dr1.ts';
import { openBox, sealBox } from './box.ts';
import { isEqualBytes, toBase64url, type RandomBytes } from './bytes.ts';
import { CHAIN_KEY_BYTES } from './chain-step.ts';
import { generateKeyPair, type Dh } from './dh.ts';
import type { Ends } from './hop-auth.ts';
import { hkdf, hmac } from './kdf.ts';
import { chainAfter, stepOf, type Chain } from './made-steps.ts';
import { padInto, requirePaddedSize, unpad } from './padding.ts';
import {
  RETIRED_KEYS_MAX,
  withReceiving,
  withSending,
  type RatchetState,
} from './ratchet-state.ts';
import { findSkipped, withoutSkipped, withSkipped, type SkippedKey } from './skipped-keys.ts';

/** Messages that one may overtake. */
export const JUMP_MAX = 2000;
/** Milliseconds between two steps of ours, unless there is much to say. */
export const STEP_MIN_INTERVAL_MS = 1000;
/** Messages that we send on one chain while a step is due. */
export const POSTPONED_MAX_MESSAGES = 50;
/** Messages on one key of the peer's after which we answer, even with nothing to say. */
export const UNANSWERED_MAX_MESSAGES = 50;

/** What cryptography needs from outside. */
export type Primitives = Readonly<{ dh: Dh; randomBytes: RandomBytes }>;

/** What encrypting a message needs besides the state. */
export type EncryptContext = Primitives &
  Readonly<{
    ends: Ends;
    /** Whether a step that is due may wait; see `mayPostponeStep`. A first message never waits for one. */
    isStepPostponed: boolean;
  }>;

/** A message for the wire, and the state that must be durable before it leaves. */
export type Encrypted = Readonly<{ state: RatchetState; message: string; hasStepped: boolean }>;

/**
 * Whether a step that is due may wait: public-key work stays at about one step a second.
 *
 * @param state      The session.
 * @param sinceStepMs Milliseconds since our last step with this peer, by the monotonic clock.
 */
export function mayPostponeStep(state: RatchetState, sinceStepMs: number): boolean {
  const onChain = state.sending?.count ?? 0;
  return sinceStepMs < STEP_MIN_INTERVAL_MS && onChain < POSTPONED_MAX_MESSAGES;
}

/** Whether the peer has written so much on one key of its own that we should answer, if only to change keys. */
export function isEmptyReplyDue({ isStepDue, receiving }: RatchetState): boolean {
  return isStepDue && (receiving?.count ?? 0) >= UNANSWERED_MAX_MESSAGES;
}

/**
 * Encrypts a text of at most 65,000 bytes.
 *
 * @throws {RangeError} Too long, or the chain is used up: the caller should have started another session.
 */
export function encrypt(
  state: RatchetState,
  plain: Uint8Array,
  context: EncryptContext,
): Encrypted {
  const { isStepDue, sending } = state;
  const hasStepped = isStepDue && !(context.isStepPostponed && sending !== undefined);
  const ready = hasStepped ? stepToSend(state, context) : state;
  const { own, sending: chain } = ready;
  if (own === undefined || chain === undefined) throw new RangeError('a session without a chain');
  if (chain.count >= DR1_NUMBER_MAX) throw new RangeError('a chain that is used up');
  const head: Dr1Head = {
    sessionId: ready.sessionId,
    ratchetKey: own.publicKey,
    previousCount: ready.previousCount,
    number: chain.count,
    nonce: context.randomBytes(NONCE_BYTES),
  };
  const { messageKey, next } = advance(chain);
  const message = seal(messageKey, head, plain, context.ends);
  return { state: withSending(ready, next), message, hasStepped };
}

function stepToSend(state: RatchetState, { dh, randomBytes }: Primitives): RatchetState {
  const own = generateKeyPair(dh, randomBytes);
  const shared = state.peerKey && dh.agree(own, state.peerKey);
  // A key of small order was refused when it came.
  if (shared === undefined) throw new RangeError('a session without a usable key of the peer');
  const { rootKey, chainKey } = mix(state.rootKey, shared);
  return {
    ...state,
    rootKey,
    own,
    sending: { key: chainKey, count: 0 },
    previousCount: state.sending?.count ?? 0,
    isStepDue: false,
  };
}

/**
 * Why a message was refused: `malformed` – not of a size that we send, or badly padded; `stale` – its key was used or
 * dropped; `too_far` – it overtakes too many; `unsolicited` – a new ratchet key before the peer can have had ours;
 * `reflected` – our own; `throttled` – it needs public-key work, which the caller forbade; `weak_key` – of small
 * order; `forged` – changed, or for somebody else.
 */
export type DecryptRefusal =
  | 'malformed'
  | 'stale'
  | 'too_far'
  | 'unsolicited'
  | 'reflected'
  | 'throttled'
  | 'weak_key'
  | 'forged';

/** What became of a message. A refused one leaves the state as it was. */
export type Decrypted =
  | Readonly<{ kind: 'decrypted'; state: RatchetState; plain: Uint8Array }>
  | Readonly<{ kind: 'refused'; reason: DecryptRefusal }>;

/** What decrypting a message needs besides the state. */
export type DecryptContext = Readonly<{
  dh: Dh;
  ends: Ends;
  /** Milliseconds since 1970: when the keys of overtaken messages were put aside. */
  nowMs: number;
  /** Whether a message may cost a public-key operation; not after too many failures. */
  isDhAllowed: boolean;
}>;

/** Decrypts a message of this session. The new state must be durable before the message is acknowledged. */
export function decrypt(
  state: RatchetState,
  message: Dr1Message,
  context: DecryptContext,
): Decrypted {
  const found = findKey(state, message.head, context);
  if (typeof found === 'string') return { kind: 'refused', reason: found };
  const plain = unseal(found.messageKey, message, context.ends);
  if (typeof plain === 'string') return { kind: 'refused', reason: plain };
  return { kind: 'decrypted', state: found.state, plain };
}

/** The key of a message, and the state if it proves to be genuine. */
type FoundKey = Readonly<{ messageKey: Uint8Array; state: RatchetState }>;

function findKey(
  state: RatchetState,
  head: Dr1Head,
  context: DecryptContext,
): FoundKey | DecryptRefusal {
  const { ratchetKey, number } = head;
  const { peerKey, receiving, skipped } = state;
  const stored = findSkipped(skipped, ratchetKey, number);
  if (stored !== undefined) {
    const { messageKey } = stored;
    return { messageKey, state: { ...state, skipped: withoutSkipped(skipped, stored) } };
  }
  if (peerKey !== undefined && receiving !== undefined && isEqualBytes(peerKey, ratchetKey)) {
    if (number < receiving.count) return 'stale';
    return advanceTo(state, { peerKey, receiving }, number, context.nowMs);
  }
  const refusal = refusalOfNewKey(state, head, context);
  if (refusal !== undefined) return refusal;
  const stepped = stepToReceive(state, head, context);
  return stepped === undefined ? 'weak_key' : advanceTo(stepped, stepped, number, context.nowMs);
}

/** Why a message under another ratchet key of the peer is not worth a public-key operation. */
function refusalOfNewKey(
  { own, receiving, retired, isStepDue }: RatchetState,
  { ratchetKey, previousCount, number }: Dr1Head,
  { isDhAllowed }: DecryptContext,
): DecryptRefusal | undefined {
  if (retired.some((key) => isEqualBytes(key, ratchetKey))) return 'stale';
  if (own !== undefined && isEqualBytes(own.publicKey, ratchetKey)) return 'reflected';
  // The peer changes its key only after ours changed, and it has not seen another since its last change.
  if (isStepDue) return 'unsolicited';
  const leftOver = Math.max(0, previousCount - (receiving?.count ?? previousCount));
  if (leftOver + number > JUMP_MAX) return 'too_far';
  return isDhAllowed ? undefined : 'throttled';
}

type Receiving = Readonly<{ peerKey: Uint8Array; receiving: Chain }>;

/** The state with a new key of the peer; the keys left over on its former chain are put aside. */
function stepToReceive(
  state: RatchetState,
  { ratchetKey, previousCount }: Dr1Head,
  { dh, nowMs }: DecryptContext,
): (RatchetState & Receiving) | undefined {
  const shared = state.own && dh.agree(state.own, ratchetKey);
  if (shared === undefined) return undefined;
  const { peerKey, receiving } = state;
  const hasFormer = peerKey !== undefined && receiving !== undefined;
  const { aside } = hasFormer
    ? putAside({ peerKey, receiving }, previousCount, nowMs)
    : { aside: [] };
  const { rootKey, chainKey } = mix(state.rootKey, shared);
  return {
    ...state,
    rootKey,
    peerKey: ratchetKey,
    receiving: { key: chainKey, count: 0 },
    isStepDue: true,
    retired: hasFormer ? [...state.retired, peerKey].slice(-RETIRED_KEYS_MAX) : state.retired,
    skipped: withSkipped(state.skipped, aside),
  };
}

/** The key of message `number`, those before it put aside. */
function advanceTo(
  state: RatchetState,
  receiving: Receiving,
  number: number,
  nowMs: number,
): FoundKey | DecryptRefusal {
  if (number - receiving.receiving.count > JUMP_MAX) return 'too_far';
  const { aside, chain } = putAside(receiving, number, nowMs);
  const { messageKey, next } = advance(chain);
  const skipped = withSkipped(state.skipped, aside);
  return { messageKey, state: withReceiving(state, next, skipped) };
}

/** The keys of a chain up to `count`, and the chain from there. */
function putAside(
  { peerKey, receiving }: Receiving,
  count: number,
  nowMs: number,
): Readonly<{ aside: readonly SkippedKey[]; chain: Chain }> {
  const aside: SkippedKey[] = [];
  let chain = receiving;
  while (chain.count < count) {
    const { messageKey, next } = advance(chain);
    aside.push({ ratchetKey: peerKey, number: chain.count, messageKey, at: nowMs });
    chain = next;
  }
  return { aside, chain };
}

/** The key of the chain's next message, and the chain after it. */
function advance(chain: Chain): Readonly<{ messageKey: Uint8Array; next: Chain }> {
  const { messageKey, nextKey } = stepOf(chain);
  return { messageKey, next: chainAfter(chain, nextKey) };
}

/** KDF_RK: mixes a shared secret into the root key, and branches off a new chain. */
function mix(
  rootKey: Uint8Array,
  shared: Uint8Array,
): Readonly<{ rootKey: Uint8Array; chainKey: Uint8Array }> {
  const keys = hkdf({ salt: rootKey, ikm: shared, info: 'vestnik1 dr1 rk' }, 2 * CHAIN_KEY_BYTES);
  return { rootKey: keys.slice(0, CHAIN_KEY_BYTES), chainKey: keys.slice(CHAIN_KEY_BYTES) };
}

function seal(messageKey: Uint8Array, head: Dr1Head, plain: Uint8Array, ends: Ends): string {
  const headText = encodeDr1Head(head, toBase64url);
  const key = boxKey(messageKey, { head, headText }, { from: ends.own, to: ends.peer });
  const write = (text: Uint8Array): void => padInto(text, plain);
  return sealBox(key, head.nonce, requirePaddedSize(plain.length), write, (sealed) =>
    encodeDr1Message(headText, sealed, toBase64url),
  );
}

function unseal(
  messageKey: Uint8Array,
  message: Dr1Message,
  ends: Ends,
): Uint8Array | 'malformed' | 'forged' {
  const key = boxKey(messageKey, message, { from: ends.peer, to: ends.own });
  const open = (padded: Uint8Array): Uint8Array | 'malformed' => unpad(padded) ?? 'malformed';
  return openBox(key, message.head.nonce, message.sealed, open) ?? 'forged';
}

const BOX_LABEL = Buffer.from('vestnik1 dr1 enc', 'ascii');

/** secretbox authenticates nothing besides its text, so head, direction and both ends go into its key. */
function boxKey(
  messageKey: Uint8Array,
  { head, headText }: Pick<Dr1Message, 'head' | 'headText'>,
  { from, to }: Readonly<{ from: Uint8Array; to: Uint8Array }>,
): Uint8Array {
  return hmac(messageKey, BOX_LABEL, head.nonce, from, to, headText);
}
