/**
 * The handshake: two lasting and two fresh X25519 keys make a session that only these two can have, with proof to
 * the initiator that the responder made it. The initiator's proof is its first message (E7).
 *
 * Source: docs/encryption.md#handshake.
 */
import type { Hs1, Hs2 } from '../wire/e2e.ts';
import { compareBytes, isEqualBytes } from './bytes.ts';
import { generateKeyPair, type Dh, type DhKeyPair } from './dh.ts';
import { deriveHopKeys, type HopKeys } from './hop-auth.ts';
import {
  isBound,
  isSameIdentity,
  publicIdentity,
  type Identity,
  type PublicIdentity,
} from './identity.ts';
import { hs1Mac, hs2Mac, keySchedule, transcriptOf } from './key-schedule.ts';
import { initiatorState, responderState, type RatchetState } from './ratchet-state.ts';
import type { Primitives } from './ratchet.ts';

/** The one way to encrypt that we know. */
export const SUITE = 'dr1';

/** A peer whose identity we keep, and what our lasting keys make of it. */
export type PinnedPeer = Readonly<{
  identity: PublicIdentity;
  /** Our own fingerprint, by which the peer knows us. */
  own: Uint8Array;
  /** What both lasting X25519 keys agree on. */
  shared: Uint8Array;
  hop: HopKeys;
}>;

/**
 * What our lasting keys and a peer's make. One public-key operation: keep it.
 *
 * @returns `undefined` when the peer's key is of small order.
 */
export function pinPeer(me: Identity, identity: PublicIdentity, dh: Dh): PinnedPeer | undefined {
  const shared = dh.agree(me.box, identity.dh);
  if (shared === undefined) return undefined;
  const ends = { own: me.fingerprint, peer: identity.fingerprint };
  return { identity, own: me.fingerprint, shared, hop: deriveHopKeys(shared, ends) };
}

/** An attempt of ours that waits for its `hs2`. Once it is over, `Dh.wipe` its ephemeral key. */
export type PendingHandshake = Readonly<{
  /** The access key that our handshake carried. */
  accessKey: string;
  ephemeral: DhKeyPair;
  /** Fingerprint of whom we mean. */
  recipient: Uint8Array | undefined;
}>;

/** Whom an attempt is for. */
export type Addressee =
  | Readonly<{ kind: 'pinned'; peer: PinnedPeer }>
  /** We know its fingerprint, from a link or from its own handshake. */
  | Readonly<{ kind: 'named'; fingerprint: Uint8Array }>
  | Readonly<{ kind: 'unknown' }>;

/**
 * Starts an attempt.
 *
 * @param accessKey The key that we issue to the peer, as the handshake carries it.
 */
export function startHandshake(
  me: Identity,
  addressee: Addressee,
  accessKey: string,
  { dh, randomBytes }: Primitives,
): Readonly<{ hs1: Hs1; pending: PendingHandshake }> {
  const recipient = fingerprintOf(addressee);
  const pending = { accessKey, ephemeral: generateKeyPair(dh, randomBytes), recipient };
  const hs1 = initialHs1(me, pending);
  if (addressee.kind !== 'pinned') return { hs1, pending };
  return { hs1: { ...hs1, mac: hs1Mac(addressee.peer.hop.toPeer, accessKey, hs1) }, pending };
}

function fingerprintOf(addressee: Addressee): Uint8Array | undefined {
  switch (addressee.kind) {
    case 'pinned':
      return addressee.peer.identity.fingerprint;
    case 'named':
      return addressee.fingerprint;
    case 'unknown':
      return undefined;
    default:
      return addressee satisfies never;
  }
}

function initialHs1(me: Identity, { ephemeral, recipient }: PendingHandshake): Hs1 {
  const { id, dh, bind } = me;
  const ephemeralKey = ephemeral.publicKey;
  return { suites: [SUITE], id, dh, bind, ephemeralKey, recipient, mac: undefined };
}

/**
 * Why a handshake was refused: `no_suite` – no way to encrypt in common; `not_for_me`; `own_identity` – reflected;
 * `other_identity` – not the one that is pinned or was meant (E4); `forged`; `replayed` – seen before (E14);
 * `unbound` – the two lasting keys do not belong together; `weak_key` – one of small order.
 */
export type HandshakeRefusal =
  | 'no_suite'
  | 'not_for_me'
  | 'own_identity'
  | 'other_identity'
  | 'forged'
  | 'replayed'
  | 'unbound'
  | 'weak_key';

/** What became of a handshake. */
export type HandshakeResult<Made> =
  Readonly<{ kind: 'made' } & Made> | Readonly<{ kind: 'refused'; reason: HandshakeRefusal }>;

/** What a responder knows of whoever calls. */
export type Caller = Readonly<{
  /** The access key that the handshake carried. */
  accessKey: string;
  /** The contact's identity, if we have it. */
  pinned: PinnedPeer | undefined;
  /**
   * Whether the contact certainly has ours, too, so that a handshake without `mac` is not from it. A contact whose
   * `hs2` from us was lost has not, and would be locked out.
   */
  isMacRequired: boolean;
  /** Ephemeral keys of its latest handshakes, at most 256. */
  seenKeys: readonly Uint8Array[];
}>;

/** A session as the responder has it: to be used for writing only once a message came by it (E7). */
export type Answered = Readonly<{ hs2: Hs2; state: RatchetState; peer: PinnedPeer }>;

/** Answers a handshake. Everything that costs little is checked before any public-key operation (E6). */
export function answerHandshake(
  me: Identity,
  hs1: Hs1,
  caller: Caller,
  primitives: Primitives,
): HandshakeResult<Answered> {
  const identity = publicIdentity(hs1.id, hs1.dh);
  const refusal = refusalOfHs1(me, hs1, identity, caller);
  if (refusal !== undefined) return { kind: 'refused', reason: refusal };
  const { dh } = primitives;
  const peer = caller.pinned ?? pinPeer(me, identity, dh);
  if (peer === undefined) return { kind: 'refused', reason: 'weak_key' };
  if (!isHs1MacRight(hs1, peer.hop.fromPeer, caller.accessKey)) {
    return { kind: 'refused', reason: 'forged' };
  }
  const own = generateKeyPair(dh, primitives.randomBytes);
  const shares = [
    peer.shared,
    dh.agree(own, hs1.dh),
    dh.agree(me.box, hs1.ephemeralKey),
    dh.agree(own, hs1.ephemeralKey),
  ];
  if (!areUsable(shares)) return { kind: 'refused', reason: 'weak_key' };
  const answer = { suite: SUITE, id: me.id, dh: me.dh, bind: me.bind, ephemeralKey: own.publicKey };
  const transcript = transcriptOf(caller.accessKey, hs1, answer);
  const { confirmationKey, ...keys } = keySchedule(transcript, shares);
  const mac = hs2Mac(confirmationKey, transcript);
  return { kind: 'made', hs2: { ...answer, mac }, state: responderState(keys, own), peer };
}

function refusalOfHs1(
  me: Identity,
  hs1: Hs1,
  identity: PublicIdentity,
  { pinned, isMacRequired, seenKeys, accessKey }: Caller,
): HandshakeRefusal | undefined {
  const { recipient, mac, ephemeralKey } = hs1;
  if (!hs1.suites.includes(SUITE)) return 'no_suite';
  if (recipient !== undefined && !isEqualBytes(recipient, me.fingerprint)) return 'not_for_me';
  if (isSameIdentity(identity, me)) return 'own_identity';
  if (pinned !== undefined) {
    if (!isSameIdentity(identity, pinned.identity)) return 'other_identity';
    if (mac === undefined && isMacRequired) return 'forged';
    if (!isHs1MacRight(hs1, pinned.hop.fromPeer, accessKey)) return 'forged';
  }
  if (seenKeys.some((key) => isEqualBytes(key, ephemeralKey))) return 'replayed';
  return isBound(identity, hs1.bind) ? undefined : 'unbound';
}

/** Whether a `mac`, where there is one, is right. */
function isHs1MacRight(hs1: Hs1, hopKey: Uint8Array, accessKey: string): boolean {
  return hs1.mac === undefined || isEqualBytes(hs1.mac, hs1Mac(hopKey, accessKey, hs1));
}

/** A session as the initiator has it: it writes `hello` on it at once (E7). */
export type Finished = Readonly<{ state: RatchetState; peer: PinnedPeer }>;

/**
 * Finishes an attempt of ours. Once the session is durable, its ephemeral key is to be wiped.
 *
 * @param pinned The contact's identity, if we have it; its `hs2` must have the same.
 */
export function finishHandshake(
  me: Identity,
  pending: PendingHandshake,
  hs2: Hs2,
  { pinned, dh }: Readonly<{ pinned: PinnedPeer | undefined; dh: Dh }>,
): HandshakeResult<Finished> {
  const identity = publicIdentity(hs2.id, hs2.dh);
  const refusal = refusalOfHs2(me, pending, hs2, { identity, pinned });
  if (refusal !== undefined) return { kind: 'refused', reason: refusal };
  const { ephemeral, accessKey } = pending;
  const peer = pinned ?? pinPeer(me, identity, dh);
  const shares = [
    peer?.shared,
    dh.agree(me.box, hs2.ephemeralKey),
    dh.agree(ephemeral, hs2.dh),
    dh.agree(ephemeral, hs2.ephemeralKey),
  ];
  if (peer === undefined || !areUsable(shares)) return { kind: 'refused', reason: 'weak_key' };
  const transcript = transcriptOf(accessKey, initialHs1(me, pending), hs2);
  const { confirmationKey, ...keys } = keySchedule(transcript, shares);
  if (!isEqualBytes(hs2.mac, hs2Mac(confirmationKey, transcript))) {
    return { kind: 'refused', reason: 'forged' };
  }
  return { kind: 'made', state: initiatorState(keys, hs2.ephemeralKey), peer };
}

function refusalOfHs2(
  me: Identity,
  { recipient, ephemeral }: PendingHandshake,
  hs2: Hs2,
  { identity, pinned }: Readonly<{ identity: PublicIdentity; pinned: PinnedPeer | undefined }>,
): HandshakeRefusal | undefined {
  if (hs2.suite !== SUITE) return 'no_suite';
  if (isSameIdentity(identity, me)) return 'own_identity';
  const expected = pinned?.identity.fingerprint ?? recipient;
  if (expected !== undefined && !isEqualBytes(expected, identity.fingerprint)) {
    return 'other_identity';
  }
  if (isEqualBytes(hs2.ephemeralKey, ephemeral.publicKey)) return 'replayed';
  return isBound(identity, hs2.bind) ? undefined : 'unbound';
}

/**
 * Whether our attempt goes before the peer's, when both tried at once (E8): then the peer's is answered `busy`;
 * else ours is given up and the peer's answered.
 */
export function goesFirst(own: PendingHandshake, theirs: Hs1): boolean {
  return compareBytes(own.ephemeral.publicKey, theirs.ephemeralKey) < 0;
}

function areUsable(shares: readonly (Uint8Array | undefined)[]): shares is readonly Uint8Array[] {
  return shares.every((share) => share !== undefined);
}
