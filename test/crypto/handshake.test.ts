import test from 'ava';
import { CountedDh, createNodeDh } from '../../daemon/crypto/dh.ts';
import {
  answerHandshake,
  finishHandshake,
  goesFirst,
  startHandshake,
  type Caller,
  type HandshakeResult,
  type PendingHandshake,
} from '../../daemon/crypto/handshake.ts';
import type { Identity } from '../../daemon/crypto/identity.ts';
import { decrypt, encrypt } from '../../daemon/crypto/ratchet.ts';
import { decodeDr1Message } from '../../daemon/wire/dr1.ts';
import {
  decodeHs1,
  decodeHs2,
  encodeHs1,
  encodeHs2,
  type Hs1,
  type Hs2,
} from '../../daemon/wire/e2e.ts';
import {
  ACCESS_KEY,
  alice,
  bob,
  contact,
  knownBob,
  mallory,
  oneBitChanges,
  openPrimitives,
  pinned,
  reading,
  STRANGER,
  writing,
} from './pair.ts';

/** Alice's first handshake to somebody of whom she has an address only. */
function greet(label = 'greet') {
  return startHandshake(alice, { kind: 'unknown' }, ACCESS_KEY, openPrimitives(label));
}

function greetAgain(label = 'again') {
  return startHandshake(alice, knownBob(), ACCESS_KEY, openPrimitives(label));
}

function answer(hs1: Hs1, caller: Caller = STRANGER, me: Identity = bob) {
  return answerHandshake(me, hs1, caller, openPrimitives('answer'));
}

function made<Outcome extends { kind: string }>(
  outcome: Outcome,
): Extract<Outcome, { kind: 'made' }> {
  if (outcome.kind === 'made') return outcome as Extract<Outcome, { kind: 'made' }>;
  throw new Error('refused');
}

function reasonOf(outcome: HandshakeResult<object>): string {
  return outcome.kind === 'refused' ? outcome.reason : 'made';
}

function finish(pending: PendingHandshake, hs2: Hs2, isPinned = false) {
  const { dh } = openPrimitives();
  return finishHandshake(alice, pending, hs2, {
    pinned: isPinned ? pinned(alice, bob) : undefined,
    dh,
  });
}

test('strangers who shake hands know each other, and can talk in both directions at once', (t) => {
  const { hs1, pending } = greet();
  const primitives = openPrimitives();

  const answered = made(answer(hs1));
  const finished = made(finish(pending, answered.hs2));

  t.deepEqual(answered.peer.identity.fingerprint, alice.fingerprint);
  t.deepEqual(finished.peer.identity.fingerprint, bob.fingerprint);
  const fromBob = encrypt(answered.state, Buffer.from('b'), writing(bob, alice, primitives));
  const fromAlice = encrypt(finished.state, Buffer.from('a'), writing(alice, bob, primitives));
  const atAlice = decrypt(
    fromAlice.state,
    decodeDr1Message(fromBob.message),
    reading(alice, bob, primitives),
  );
  const atBob = decrypt(
    fromBob.state,
    decodeDr1Message(fromAlice.message),
    reading(bob, alice, primitives),
  );
  t.is(atAlice.kind, 'decrypted');
  t.is(atBob.kind, 'decrypted');
});

test('a contact whose address was all one knew must be the one that was named', (t) => {
  const { fingerprint } = mallory;
  const { hs1, pending } = startHandshake(
    alice,
    { kind: 'named', fingerprint },
    ACCESS_KEY,
    openPrimitives(),
  );

  t.is(reasonOf(answer(hs1)), 'not_for_me');
  t.is(reasonOf(finish(pending, made(answer(greet().hs1)).hs2)), 'other_identity');
});

test('contacts shake hands again under a MAC', (t) => {
  const { hs1, pending } = greetAgain();

  const answered = made(answer(hs1, contact(bob, alice)));

  t.truthy(hs1.mac);
  t.is(reasonOf(finish(pending, answered.hs2, true)), 'made');
});

test('a handshake is refused for its reason', (t) => {
  const { hs1 } = greet();
  const again = greetAgain().hs1;
  const known = contact(bob, alice);
  const byMallory = startHandshake(mallory, { kind: 'unknown' }, ACCESS_KEY, openPrimitives()).hs1;
  const weak = new Uint8Array(32);
  const refusals: readonly (readonly [string, Hs1, Caller])[] = [
    ['no_suite', { ...hs1, suites: ['dr2', 'dr3'] }, STRANGER],
    ['not_for_me', { ...hs1, recipient: mallory.fingerprint }, STRANGER],
    ['own_identity', { ...hs1, id: bob.id, dh: bob.dh, bind: bob.bind }, STRANGER],
    ['other_identity', byMallory, known],
    ['forged', hs1, known],
    ['forged', again, { ...known, accessKey: 'another' }],
    ['forged', { ...hs1, mac: again.mac }, STRANGER],
    ['replayed', again, { ...known, seenKeys: [weak, again.ephemeralKey] }],
    ['unbound', { ...hs1, bind: bob.bind }, STRANGER],
    ['unbound', { ...hs1, dh: mallory.dh }, STRANGER],
    ['weak_key', { ...hs1, ephemeralKey: weak }, STRANGER],
  ];

  for (const [reason, refused, caller] of refusals) t.is(reasonOf(answer(refused, caller)), reason);
});

test('a contact that has not yet heard who we are may come without a MAC', (t) => {
  const caller = { ...contact(bob, alice), isMacRequired: false };

  t.is(reasonOf(answer(greet().hs1, caller)), 'made');
});

test('a MAC is checked also when its sender is not yet pinned', (t) => {
  t.is(reasonOf(answer(greetAgain().hs1)), 'made');
});

test('an answer is refused for its reason', (t) => {
  const { hs1, pending } = greet();
  const { hs2 } = made(answer(hs1));
  const mine = { id: alice.id, dh: alice.dh, bind: alice.bind };
  const refusals: readonly (readonly [string, Hs2])[] = [
    ['no_suite', { ...hs2, suite: 'dr2' }],
    ['own_identity', { ...hs2, ...mine }],
    ['unbound', { ...hs2, bind: alice.bind }],
    ['replayed', { ...hs2, ephemeralKey: hs1.ephemeralKey }],
    ['weak_key', { ...hs2, ephemeralKey: new Uint8Array(32) }],
    ['forged', { ...hs2, mac: new Uint8Array(32) }],
    ['forged', { ...hs2, ephemeralKey: mallory.dh }],
    ['forged', made(answer(greet('other').hs1)).hs2],
  ];

  for (const [reason, refused] of refusals) t.is(reasonOf(finish(pending, refused)), reason);
  t.is(reasonOf(finish(pending, hs2)), 'made');
});

test('somebody in between cannot change what the two agree on', (t) => {
  const { hs1, pending } = greet();
  const changes: readonly (readonly [Hs1, Caller])[] = [
    [{ ...hs1, suites: ['dr1', 'dr2'] }, STRANGER],
    [{ ...hs1, recipient: bob.fingerprint }, STRANGER],
    [hs1, { ...STRANGER, accessKey: 'another' }],
    [{ ...hs1, ephemeralKey: mallory.dh }, STRANGER],
  ];

  for (const [changed, caller] of changes) {
    t.is(reasonOf(finish(pending, made(answer(changed, caller)).hs2)), 'forged');
  }
});

test('nobody can answer in the name of another', (t) => {
  const { hs1, pending } = startHandshake(alice, knownBob(), ACCESS_KEY, openPrimitives());
  const asMallory = made(
    answer({ ...hs1, mac: undefined, recipient: undefined }, STRANGER, mallory),
  );
  const { id, dh, bind } = bob;

  t.is(reasonOf(finish(pending, asMallory.hs2, true)), 'other_identity');
  t.is(reasonOf(finish(pending, { ...asMallory.hs2, id, dh, bind }, true)), 'forged');
});

/** Runs the JSON of a member with one bit changed, everywhere; says what became of it. */
function* withChangedJson<Member>(member: object, decode: (value: unknown) => Member) {
  for (const changed of oneBitChanges(Buffer.from(JSON.stringify(member)))) {
    const text = Buffer.from(changed).toString();
    try {
      yield { text, member: decode(JSON.parse(text)) };
    } catch {
      // Not even a member any more: refused.
      yield { text, member: undefined };
    }
  }
}

test('row 3: whatever bit of an hs1 between contacts is changed, it is refused before any key agreement', (t) => {
  const dh = new CountedDh(createNodeDh());
  const known = contact(bob, alice);
  const { hs1 } = greetAgain();
  let passed = 0;

  for (const { text, member } of withChangedJson(encodeHs1(hs1), decodeHs1)) {
    if (member === undefined) continue;
    passed++;
    const outcome = answerHandshake(bob, member, known, openPrimitives('flip', dh));
    if (outcome.kind === 'made') t.fail(text);
  }

  t.true(passed > 1000);
  t.deepEqual([dh.generated, dh.agreed], [0, 0]);
});

test('row 3: whatever byte of a first hs1 is changed, no session comes of it', (t) => {
  const { hs1, pending } = greet();
  const { id, dh, bind, ephemeralKey } = hs1;
  const changes = [
    ...everyByte(id).map((changed) => ({ ...hs1, id: changed })),
    ...everyByte(dh).map((changed) => ({ ...hs1, dh: changed })),
    ...everyByte(bind).map((changed) => ({ ...hs1, bind: changed })),
    ...everyByte(ephemeralKey).map((changed) => ({ ...hs1, ephemeralKey: changed })),
  ];

  for (const changed of changes) {
    const outcome = answer(changed);
    if (outcome.kind === 'made') t.is(reasonOf(finish(pending, outcome.hs2)), 'forged');
  }
  t.pass();
});

function everyByte(bytes: Uint8Array): readonly Uint8Array[] {
  return [...bytes.keys()].map((index) =>
    bytes.map((byte, i) => (i === index ? byte ^ 0x10 : byte)),
  );
}

test('row 3: whatever byte of an hs2 is changed, it is refused', (t) => {
  const { hs1, pending } = greet();
  const { hs2 } = made(answer(hs1));

  for (const changed of everyByte(Buffer.from(JSON.stringify(encodeHs2(hs2))))) {
    let member: Hs2;
    try {
      member = decodeHs2(JSON.parse(Buffer.from(changed).toString()));
    } catch {
      // Not even a member any more: refused.
      continue;
    }
    t.not(reasonOf(finish(pending, member)), 'made');
  }
  t.is(reasonOf(finish(pending, hs2)), 'made', 'the attempt is still good for the genuine answer');
});

test('a handshake costs as many public-key operations as it must', (t) => {
  const costs = (run: (dh: CountedDh) => unknown): readonly [number, number] => {
    const dh = new CountedDh(createNodeDh());
    run(dh);
    return [dh.generated, dh.agreed];
  };
  const { hs1, pending } = greet();
  const again = greetAgain().hs1;
  const known = contact(bob, alice);
  const { hs2 } = made(answer(hs1));

  const first = costs((dh) => answerHandshake(bob, hs1, STRANGER, openPrimitives('cost', dh)));
  const next = costs((dh) => answerHandshake(bob, again, known, openPrimitives('cost', dh)));
  const last = costs((dh) => finishHandshake(alice, pending, hs2, { pinned: undefined, dh }));

  t.deepEqual(
    [first, next, last],
    [
      [1, 4],
      [1, 3],
      [0, 4],
    ],
  );
});

test('of two attempts at once the smaller key goes first, on both sides', (t) => {
  const one = greet('one');
  const other = greet('other');

  t.not(goesFirst(one.pending, other.hs1), goesFirst(other.pending, one.hs1));
  t.false(goesFirst(one.pending, one.hs1));
});

test('an attempt that is over can be wiped', (t) => {
  const { hs1, pending } = greet();
  const { hs2 } = made(answer(hs1));

  openPrimitives().dh.wipe(pending.ephemeral);

  t.deepEqual(pending.ephemeral.secret, new Uint8Array(32));
  t.not(reasonOf(finish(pending, hs2)), 'made');
});
