import { createHash } from 'node:crypto';
import type { Ends } from '../../daemon/crypto/hop-auth.ts';
import { createNodeDh, type Dh } from '../../daemon/crypto/dh.ts';
import {
  answerHandshake,
  finishHandshake,
  pinPeer,
  startHandshake,
  type Addressee,
  type Caller,
  type PinnedPeer,
} from '../../daemon/crypto/handshake.ts';
import { openIdentity, type Identity } from '../../daemon/crypto/identity.ts';
import type { DecryptContext, EncryptContext, Primitives } from '../../daemon/crypto/ratchet.ts';
import { writeRatchetState, type RatchetState } from '../../daemon/crypto/ratchet-state.ts';
import { StateWriter } from '../../daemon/crypto/state-bytes.ts';
import { countedBytes } from './vectors.ts';

/** How much the property tests do: `VESTNIK_LONG_TESTS=1` lets them run for minutes. */
export const IS_LONG = process.env['VESTNIK_LONG_TESTS'] === '1';

const fast = createNodeDh();

function identityOf(name: string): Identity {
  return openIdentity(createHash('sha256').update(name).digest(), fast);
}

export const alice = identityOf('alice');
export const bob = identityOf('bob');
export const mallory = identityOf('mallory');

export const ACCESS_KEY = 'the key that the initiator issues to the responder';

/** Repeatable randomness and a back end. */
export function openPrimitives(label = 'pair', dh: Dh = fast): Primitives {
  return { dh, randomBytes: countedBytes(label) };
}

/** What `me` makes of a contact. */
export function pinned(me: Identity, other: Identity): PinnedPeer {
  const peer = pinPeer(me, other, fast);
  if (peer === undefined) throw new Error('a weak identity');
  return peer;
}

/** A caller of whom nothing is known yet. */
export const STRANGER: Caller = {
  accessKey: ACCESS_KEY,
  pinned: undefined,
  isMacRequired: false,
  seenKeys: [],
};

/** A contact that has us, too. */
export function contact(me: Identity, other: Identity): Caller {
  return { ...STRANGER, pinned: pinned(me, other), isMacRequired: true };
}

/** Whom Alice means when she and Bob have met. */
export function knownBob(): Addressee {
  return { kind: 'pinned', peer: pinned(alice, bob) };
}

/** The states of Alice, who starts, and Bob after a first handshake. */
export function meet(primitives: Primitives): Readonly<{ alice: RatchetState; bob: RatchetState }> {
  const { hs1, pending } = startHandshake(alice, { kind: 'unknown' }, ACCESS_KEY, primitives);
  const answered = answerHandshake(bob, hs1, STRANGER, primitives);
  if (answered.kind === 'refused') throw new Error(answered.reason);
  const { dh } = primitives;
  const finished = finishHandshake(alice, pending, answered.hs2, { pinned: undefined, dh });
  if (finished.kind === 'refused') throw new Error(finished.reason);
  return { alice: finished.state, bob: answered.state };
}

/** The two ends as one of them sees them. */
export function ends(own: Identity, peer: Identity): Ends {
  return { own: own.fingerprint, peer: peer.fingerprint };
}

/** What one of the two needs to write. */
export function writing(me: Identity, peer: Identity, primitives: Primitives): EncryptContext {
  return { ...primitives, ends: ends(me, peer), isStepPostponed: false };
}

/** What one of the two needs to read. */
export function reading(me: Identity, peer: Identity, { dh }: Primitives): DecryptContext {
  return { dh, ends: ends(me, peer), nowMs: 1_000, isDhAllowed: true };
}

/** A state as it is stored, to compare by. */
export function stored(state: RatchetState): string {
  const writer = new StateWriter();
  writeRatchetState(writer, state);
  return Buffer.from(writer.finish()).toString('hex');
}

/** Every way to change one bit of some bytes. */
export function* oneBitChanges(bytes: Uint8Array): Generator<Uint8Array> {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = new Uint8Array(bytes);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    yield changed;
  }
}
