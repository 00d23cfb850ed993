import test from 'ava';
import nacl from 'tweetnacl';
import { CountedDh, createNodeDh, tweetnaclDh, type Dh } from '../../daemon/crypto/dh.ts';
import { hmac } from '../../daemon/crypto/kdf.ts';
import { PLAIN_MAX_BYTES } from '../../daemon/crypto/padding.ts';
import {
  decrypt,
  encrypt,
  isEmptyReplyDue,
  JUMP_MAX,
  mayPostponeStep,
  type Decrypted,
  type Primitives,
} from '../../daemon/crypto/ratchet.ts';
import { SKIPPED_KEYS_MAX } from '../../daemon/crypto/skipped-keys.ts';
import type { RatchetState } from '../../daemon/crypto/ratchet-state.ts';
import { DR1_NUMBER_MAX, encodeDr1Head, type Dr1Head } from '../../daemon/wire/dr1-head.ts';
import {
  decodeDr1Message,
  DR1_MESSAGE_MAX_LENGTH,
  encodeDr1Message,
} from '../../daemon/wire/dr1.ts';
import {
  alice,
  bob,
  mallory,
  meet,
  oneBitChanges,
  openPrimitives,
  reading,
  stored,
  writing,
} from './pair.ts';

/** Two who have met, with what they wrote and read since. */
class Talk {
  readonly primitives: Primitives;
  alice: RatchetState;
  bob: RatchetState;

  constructor(dh: Dh = createNodeDh()) {
    this.primitives = openPrimitives('talk', dh);
    ({ alice: this.alice, bob: this.bob } = meet(this.primitives));
  }

  fromAlice(text = 'a', isStepPostponed = false): string {
    const context = { ...writing(alice, bob, this.primitives), isStepPostponed };
    const { state, message } = encrypt(this.alice, Buffer.from(text), context);
    this.alice = state;
    return message;
  }

  fromBob(text = 'b', isStepPostponed = false): string {
    const context = { ...writing(bob, alice, this.primitives), isStepPostponed };
    const { state, message } = encrypt(this.bob, Buffer.from(text), context);
    this.bob = state;
    return message;
  }

  toAlice(message: string): string {
    const decrypted = decrypt(this.alice, decodeDr1Message(message), this.#reading(true));
    if (decrypted.kind === 'decrypted') this.alice = decrypted.state;
    return said(decrypted);
  }

  toBob(message: string, isDhAllowed = true): string {
    const context = { ...this.#reading(false), isDhAllowed };
    const decrypted = decrypt(this.bob, decodeDr1Message(message), context);
    if (decrypted.kind === 'decrypted') this.bob = decrypted.state;
    return said(decrypted);
  }

  #reading(isAlice: boolean) {
    return isAlice ? reading(alice, bob, this.primitives) : reading(bob, alice, this.primitives);
  }
}

/** The text, or why there is none. */
function said(decrypted: Decrypted): string {
  if (decrypted.kind === 'refused') return `! ${decrypted.reason}`;
  return Buffer.from(decrypted.plain).toString();
}

/** A message with other members in its head; whoever reads it has not the key for it. */
function withHead(message: string, members: Partial<Dr1Head>): string {
  const { head, sealed } = decodeDr1Message(message);
  return encodeDr1Message(encodeDr1Head({ ...head, ...members }), sealed);
}

test('a conversation with turns is read as it was written', (t) => {
  const talk = new Talk();

  for (let turn = 0; turn < 5; turn++) {
    t.is(talk.toBob(talk.fromAlice(`a${turn}`)), `a${turn}`);
    t.is(talk.toBob(talk.fromAlice('and more')), 'and more');
    t.is(talk.toAlice(talk.fromBob(`b${turn}`)), `b${turn}`);
  }
});

test('texts of every length up to the longest fit into an envelope', (t) => {
  const talk = new Talk();

  for (const size of [0, 1, 255, 256, 65_000]) {
    const message = talk.fromAlice('x'.repeat(size));
    t.true(message.length <= DR1_MESSAGE_MAX_LENGTH);
    t.is(talk.toBob(message).length, size);
  }
  t.throws(() => talk.fromAlice('x'.repeat(PLAIN_MAX_BYTES + 1)), { instanceOf: RangeError });
});

test('a message is read once', (t) => {
  const talk = new Talk();
  const [first, second, third] = [talk.fromAlice('1'), talk.fromAlice('2'), talk.fromAlice('3')];

  t.is(talk.toBob(third), '3');
  t.is(talk.toBob(first), '1');
  const before = stored(talk.bob);
  t.is(talk.toBob(third), '! stale');
  t.is(talk.toBob(first), '! stale');
  t.is(stored(talk.bob), before);
  t.is(talk.toBob(second), '2');
});

test('a message of a former chain is read late, and once', (t) => {
  const talk = new Talk();
  const late = talk.fromAlice('late');
  talk.toBob(talk.fromAlice());
  talk.toAlice(talk.fromBob());
  talk.toBob(talk.fromAlice());

  t.is(talk.toBob(late), 'late');
  t.is(talk.toBob(late), '! stale');
});

test('public-key work happens at changes of direction alone', (t) => {
  const dh = new CountedDh(createNodeDh());
  const talk = new Talk(dh);
  const [generated, agreed] = [dh.generated, dh.agreed];

  for (let i = 0; i < 10; i++) talk.toBob(talk.fromAlice());
  for (let i = 0; i < 10; i++) talk.toAlice(talk.fromBob());

  t.deepEqual([dh.generated - generated, dh.agreed - agreed], [2, 4]);
});

test('a step may be postponed, and nothing is lost', (t) => {
  const dh = new CountedDh(createNodeDh());
  const talk = new Talk(dh);
  talk.toBob(talk.fromAlice());
  const { generated } = dh;

  const same = [talk.fromBob('1', true), talk.fromBob('2', true)];
  const stepped = talk.fromBob('3');

  t.is(dh.generated, generated + 1);
  t.deepEqual(
    [stepped, ...same].map((message) => talk.toAlice(message)),
    ['3', '1', '2'],
  );
});

test('the first message of an initiator never waits for a step', (t) => {
  const talk = new Talk();

  t.is(talk.toBob(talk.fromAlice('first', true)), 'first');
});

test('a step waits for a second, or for fifty messages', (t) => {
  const { bob: state } = meet(openPrimitives());
  const sending = { key: new Uint8Array(32), count: 50 };

  t.true(mayPostponeStep(state, 999));
  t.false(mayPostponeStep(state, 1000));
  t.false(mayPostponeStep({ ...state, sending }, 0));
});

test('fifty messages on one key call for an answer', (t) => {
  const talk = new Talk();
  for (let i = 0; i < 49; i++) talk.toBob(talk.fromAlice());
  t.false(isEmptyReplyDue(talk.bob));

  talk.toBob(talk.fromAlice());

  t.true(isEmptyReplyDue(talk.bob));
  talk.fromBob();
  t.false(isEmptyReplyDue(talk.bob));
});

test('a message may overtake 2,000 others, and no more', (t) => {
  const talk = new Talk();
  const messages = Array.from({ length: JUMP_MAX + 2 }, (_, i) => talk.fromAlice(String(i)));
  const before = stored(talk.bob);

  t.is(talk.toBob(messages.at(-1)!), '! too_far');
  t.is(stored(talk.bob), before);
  t.is(talk.toBob(messages.at(-2)!), String(JUMP_MAX));
  t.is(talk.bob.skipped.size, JUMP_MAX);
  t.is(talk.toBob(messages[0]!), '0');
  t.is(talk.toBob(messages[1999]!), '1999');
});

test('a jump over the rest of the former chain counts, too', (t) => {
  const talk = new Talk();
  talk.toBob(talk.fromAlice());
  for (let i = 0; i < 1500; i++) talk.fromAlice();
  talk.toAlice(talk.fromBob());
  const messages = Array.from({ length: 502 }, (_, i) => talk.fromAlice(String(i)));

  t.is(talk.toBob(messages[501]!), '! too_far');
  t.is(talk.toBob(messages[500]!), '500');
});

test('of the keys of overtaken messages the oldest go first', (t) => {
  const talk = new Talk();
  const messages = Array.from({ length: 2402 }, (_, i) => talk.fromAlice(String(i)));
  talk.toBob(messages[1200]!);
  talk.toBob(messages[2401]!);

  t.is(talk.bob.skipped.size, SKIPPED_KEYS_MAX);
  t.is(talk.toBob(messages[399]!), '! stale');
  t.is(talk.toBob(messages[400]!), '400');
});

test('row 3: whatever bit of a message is changed, it is refused and leaves no trace', (t) => {
  const dh = new CountedDh(createNodeDh());
  const talk = new Talk(dh);
  talk.toBob(talk.fromAlice());
  const message = talk.fromAlice('genuine');
  const before = stored(talk.bob);
  const { generated, agreed } = dh;

  for (const changed of oneBitChanges(Buffer.from(message))) {
    let outcome: string;
    try {
      outcome = talk.toBob(Buffer.from(changed).toString('latin1'));
    } catch {
      // Not even a message any more: refused.
      continue;
    }
    if (!outcome.startsWith('!')) t.fail(Buffer.from(changed).toString());
  }

  t.is(stored(talk.bob), before);
  t.deepEqual(
    [dh.generated, dh.agreed],
    [generated, agreed],
    'a step is due: no other key is tried',
  );
  t.is(talk.toBob(message), 'genuine');
});

test('row 3: whatever bit of a message with a new key is changed, it is refused and leaves no trace', (t) => {
  const talk = new Talk();
  const message = talk.fromAlice('genuine');
  const before = stored(talk.bob);
  const { head, headText, sealed } = decodeDr1Message(message);
  const changed = [
    ...[...oneBitChanges(sealed)].map((bytes) => encodeDr1Message(headText, bytes)),
    ...[...oneBitChanges(head.nonce)].map((nonce) => withHead(message, { nonce })),
    ...[...oneBitChanges(head.ratchetKey)].map((ratchetKey) => withHead(message, { ratchetKey })),
    withHead(message, { number: 1 }),
    withHead(message, { previousCount: 1 }),
  ];

  for (const one of changed) {
    const outcome = talk.toBob(one);
    if (outcome !== '! forged') t.fail(outcome);
  }

  t.is(stored(talk.bob), before);
  t.is(talk.toBob(message), 'genuine');
});

test('a member of the head that we do not know is authenticated, too', (t) => {
  const talk = new Talk();
  const { headText, sealed } = decodeDr1Message(talk.fromAlice());
  const json = Buffer.from(headText, 'base64url').toString();
  const longer = Buffer.from(json.replace('}', ',"z":"ж"}')).toString('base64url');

  t.is(talk.toBob(encodeDr1Message(longer, sealed)), '! forged');
});

test('a message is for its recipient alone, from its sender alone', (t) => {
  const { primitives, ...talk } = new Talk();
  const { message } = encrypt(talk.alice, Buffer.from('a'), writing(alice, bob, primitives));
  const others = [
    reading(mallory, alice, primitives),
    reading(bob, mallory, primitives),
    { ...reading(bob, alice, primitives), ends: { own: alice.fingerprint, peer: bob.fingerprint } },
  ];

  for (const context of others) {
    t.is(said(decrypt(talk.bob, decodeDr1Message(message), context)), '! forged');
  }
});

const weakKeys = test.macro({
  exec(t, dh: Dh) {
    const talk = new Talk(dh);
    const message = talk.fromAlice();
    const before = stored(talk.bob);

    for (const point of SMALL_ORDER) {
      t.is(talk.toBob(withHead(message, { ratchetKey: Buffer.from(point, 'hex') })), '! weak_key');
    }
    t.is(stored(talk.bob), before);
  },
  title: (title = '', dh: Dh) => `${title} (${dh.name})`,
});

/** 0, 1, both points of order 8, p - 1, p and p + 1. */
const SMALL_ORDER = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
];

for (const dh of [tweetnaclDh, createNodeDh()]) {
  test('a ratchet key of small order is refused', weakKeys, dh);
}

test('a new key is refused without public-key work as long as the peer cannot have had ours', (t) => {
  const dh = new CountedDh(createNodeDh());
  const talk = new Talk(dh);
  const fromBob = talk.fromBob();
  const { agreed } = dh;

  t.is(talk.toAlice(withHead(fromBob, { ratchetKey: mallory.dh })), '! unsolicited');
  talk.toBob(talk.fromAlice());
  const known = dh.agreed;
  t.is(talk.toBob(withHead(talk.fromAlice(), { ratchetKey: mallory.dh })), '! unsolicited');

  t.is(known, agreed + 2);
  t.is(dh.agreed, known);
});

test('our own message that comes back is refused without public-key work', (t) => {
  const dh = new CountedDh(createNodeDh());
  const talk = new Talk(dh);
  const message = talk.fromBob();
  const { agreed } = dh;

  t.is(talk.toBob(message), '! reflected');
  t.is(dh.agreed, agreed);
});

test('public-key work can be forbidden; what needs none is still read', (t) => {
  const dh = new CountedDh(createNodeDh());
  const talk = new Talk(dh);
  const first = talk.fromAlice('first');
  const { agreed } = dh;

  t.is(talk.toBob(first, false), '! throttled');
  t.is(dh.agreed, agreed);
  t.is(talk.toBob(first), 'first');
  t.is(talk.toBob(talk.fromAlice('second'), false), 'second');
});

test('a retired key is known again for a while', (t) => {
  const talk = new Talk();
  const old = talk.fromAlice();
  talk.toBob(old);
  for (let turn = 0; turn < 70; turn++) {
    if (turn < 64) t.is(talk.toBob(old), '! stale', String(turn));
    talk.toAlice(talk.fromBob());
    talk.toBob(talk.fromAlice());
  }

  t.is(talk.bob.retired.length, 64);
  talk.fromBob();
  t.is(talk.toBob(old), '! forged');
});

test('a genuine message that is badly padded is refused and leaves no trace', (t) => {
  const talk = new Talk();
  const { message } = forgeAsAlice(talk, new Uint8Array(256));
  const before = stored(talk.bob);

  t.is(talk.toBob(message), '! malformed');
  t.is(stored(talk.bob), before);
});

/** What Alice would send if she did not pad as she should. */
function forgeAsAlice(talk: Talk, padded: Uint8Array): { message: string } {
  const previous = talk.alice;
  const { head, headText } = decodeDr1Message(talk.fromAlice());
  const chain = { ...talk.alice.sending };
  // The first key of Alice's first chain: step once more from the same randomness to learn it.
  const { dh } = talk.primitives;
  const shared = talk.alice.own && previous.peerKey && dh.agree(talk.alice.own, previous.peerKey);
  if (shared === undefined || chain.count !== 1) throw new Error('not the first message');
  const prk = hmac(previous.rootKey, shared);
  const rootKey = hmac(prk, 'vestnik1 dr1 rk', Uint8Array.of(1));
  const chainKey = hmac(prk, rootKey, 'vestnik1 dr1 rk', Uint8Array.of(2));
  const messageKey = hmac(chainKey, Uint8Array.of(1));
  const parties = [alice.fingerprint, bob.fingerprint];
  const key = hmac(messageKey, 'vestnik1 dr1 enc', head.nonce, ...parties, headText);
  return { message: encodeDr1Message(headText, nacl.secretbox(padded, head.nonce, key)) };
}

test('a chain has an end', (t) => {
  const { bob: state } = meet(openPrimitives());
  const sending = { key: new Uint8Array(32), count: DR1_NUMBER_MAX };
  const context = writing(bob, alice, openPrimitives());

  t.throws(() => encrypt({ ...state, sending }, new Uint8Array(), context), {
    instanceOf: RangeError,
  });
});

test('who goes back to an older state does not use a key twice', (t) => {
  const { primitives, ...talk } = new Talk();
  const context = writing(bob, alice, primitives);

  const [one, other] = [1, 2].map(() => encrypt(talk.bob, Buffer.from('b'), context).message);

  const [first, second] = [decodeDr1Message(one!), decodeDr1Message(other!)];
  t.is(first.head.number, second.head.number);
  t.notDeepEqual(first.sealed, second.sealed, 'another nonce, so another key');
});
