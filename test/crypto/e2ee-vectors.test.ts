import test from 'ava';
import { createNodeDh, tweetnaclDh, type Dh } from '../../daemon/crypto/dh.ts';
import { answerHandshake, finishHandshake, startHandshake } from '../../daemon/crypto/handshake.ts';
import { authenticateRequest, authenticateResponse } from '../../daemon/crypto/hop-auth.ts';
import { openIdentity } from '../../daemon/crypto/identity.ts';
import { decrypt, encrypt } from '../../daemon/crypto/ratchet.ts';
import type { RatchetState } from '../../daemon/crypto/ratchet-state.ts';
import { safetyNumber } from '../../daemon/crypto/safety-number.ts';
import { decodeDr1Message } from '../../daemon/wire/dr1.ts';
import { decodeHs1, decodeHs2, encodeHs1, encodeHs2 } from '../../daemon/wire/e2e.ts';
import { b64u, countedBytes, readVectors } from './vectors.ts';

const vectors = readVectors();

/** Two identities, and the vectors' randomness from its beginning. */
function open(dh: Dh) {
  const alice = openIdentity(Buffer.from(vectors.seedA, 'base64url'), dh);
  const bob = openIdentity(Buffer.from(vectors.seedB, 'base64url'), dh);
  return { alice, bob, primitives: { dh, randomBytes: countedBytes('vestnik1 vectors:') } };
}

/** Both after the vectors' handshake. */
function shakeHands(dh: Dh) {
  const { alice, bob, primitives } = open(dh);
  const accessKey = b64u(primitives.randomBytes(32));
  const { hs1, pending } = startHandshake(alice, { kind: 'unknown' }, accessKey, primitives);
  const caller = { accessKey, pinned: undefined, isMacRequired: false, seenKeys: [] };
  const answered = answerHandshake(bob, hs1, caller, primitives);
  if (answered.kind === 'refused') throw new Error(answered.reason);
  const finished = finishHandshake(alice, pending, answered.hs2, { pinned: undefined, dh });
  if (finished.kind === 'refused') throw new Error(finished.reason);
  return { alice, bob, primitives, accessKey, hs1, answered, finished };
}

const eachBackEnd = (title = '', dh: Dh): string => `${title} (${dh.name})`;

const identities = test.macro({
  exec(t, dh: Dh) {
    const { alice, bob } = open(dh);

    t.is(b64u(alice.fingerprint), vectors.fpA);
    t.is(b64u(bob.fingerprint), vectors.fpB);
    t.is(b64u(alice.id), vectors.idA);
    t.is(b64u(alice.dh), vectors.dhA);
    t.is(b64u(alice.bind), vectors.bindA);
    t.is(safetyNumber(alice.fingerprint, bob.fingerprint).join(''), vectors.safety);
    t.is(safetyNumber(bob.fingerprint, alice.fingerprint).join(''), vectors.safety);
  },
  title: eachBackEnd,
});

const handshake = test.macro({
  exec(t, dh: Dh) {
    const { accessKey, hs1, answered, finished } = shakeHands(dh);

    t.is(accessKey, vectors.accessKey);
    t.deepEqual(encodeHs1(hs1), vectors.hs1);
    t.deepEqual(decodeHs1(vectors.hs1), hs1);
    t.deepEqual(encodeHs2(answered.hs2), vectors.hs2);
    t.deepEqual(decodeHs2(vectors.hs2), answered.hs2);
    t.is(b64u(answered.peer.shared), vectors.ss);
    t.is(b64u(finished.peer.shared), vectors.ss);
    t.is(b64u(answered.state.sessionId), vectors.sid);
    t.is(b64u(finished.state.sessionId), vectors.sid);
    t.is(b64u(answered.state.rootKey), vectors.rk0_B);
    t.is(b64u(answered.state.sending?.key ?? new Uint8Array()), vectors.ck0);
    t.is(b64u(finished.state.receiving?.key ?? new Uint8Array()), vectors.ck0);
  },
  title: eachBackEnd,
});

const hop = test.macro({
  exec(t, dh: Dh) {
    const { answered, finished } = shakeHands(dh);
    const request = { method: 'POST', target: '/', body: Buffer.from(vectors.hop.body) };
    const response = { status: 200, body: Buffer.from('{"action":"pong"}') };
    const nonce = (): Uint8Array => Buffer.from(vectors.hop.nonce, 'base64url');

    const asked = authenticateRequest(finished.peer.hop, request, undefined, nonce);
    const replied = authenticateResponse(answered.peer.hop, asked, response);

    t.is(b64u(finished.peer.hop.toPeer), vectors.hop.keyAB);
    t.is(b64u(answered.peer.hop.fromPeer), vectors.hop.keyAB);
    t.is(b64u(asked.mac), vectors.hop.req);
    t.is(b64u(replied.mac), vectors.hop.res200);
  },
  title: eachBackEnd,
});

const conversation = test.macro({
  exec(t, dh: Dh) {
    const { alice, bob, primitives, answered, finished } = shakeHands(dh);
    const ends = {
      A: { own: alice.fingerprint, peer: bob.fingerprint },
      B: { own: bob.fingerprint, peer: alice.fingerprint },
    };
    const states: Record<'A' | 'B', RatchetState> = { A: finished.state, B: answered.state };

    const write = (index: number): void => {
      const { from, plain, message } = vectors.messages[index]!;
      const context = { ...primitives, ends: ends[from], isStepPostponed: false };
      const encrypted = encrypt(states[from], Buffer.from(plain), context);
      states[from] = encrypted.state;
      t.is(encrypted.message, message);
    };
    const read = (to: 'A' | 'B', index: number): void => {
      const { plain, message } = vectors.messages[index]!;
      const context = { dh, ends: ends[to], nowMs: 0, isDhAllowed: true };
      const decrypted = decrypt(states[to], decodeDr1Message(message), context);
      if (decrypted.kind === 'refused') return t.fail(`${index}: ${decrypted.reason}`);
      states[to] = decrypted.state;
      t.is(Buffer.from(decrypted.plain).toString(), plain);
    };

    // Each side reads in the order of the file; what it wrote before, it had read only as much as the file needs.
    const [third, second, sixth, ...late] = vectors.deliverToB;
    const [first, fifth] = vectors.deliverToA;
    [0, 1, 2, 3].forEach(write);
    [third, second].forEach((index) => read('B', index!));
    write(4);
    [first, fifth].forEach((index) => read('A', index!));
    write(5);
    [sixth, ...late].forEach((index) => read('B', index!));
  },
  title: eachBackEnd,
});

for (const dh of [tweetnaclDh, createNodeDh()]) {
  test('row 1: identities are those of the vectors', identities, dh);
  test('row 1: the handshake is that of the vectors', handshake, dh);
  test('row 1: hop MACs are those of the vectors', hop, dh);
  test('row 1: every message is that of the vectors and opens in their order', conversation, dh);
}
