import test from 'ava';
import {
  chooseDh,
  CountedDh,
  createNodeDh,
  generateKeyPair,
  lateDh,
  tweetnaclDh,
  type Dh,
} from '../../daemon/crypto/dh.ts';
import { countedBytes, fromHex } from './vectors.ts';

const PRIME = 2n ** 255n - 19n;

function littleEndian(value: bigint): string {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse().toString('hex');
}

/** Every encoding of a point of small order, with and without the highest bit, which X25519 ignores. */
const SMALL_ORDER = [
  0n,
  1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
  PRIME - 1n,
  PRIME,
  PRIME + 1n,
].flatMap((point) => [littleEndian(point), littleEndian(point + 2n ** 255n)]);

const eachBackEnd = (title = '', dh: Dh): string => `${title} (${dh.name})`;

const smallOrder = test.macro({
  exec(t, dh: Dh) {
    const own = generateKeyPair(dh, countedBytes('own'));

    const shared = SMALL_ORDER.map((point) => dh.agree(own, fromHex(point)));

    t.deepEqual(new Set(shared), new Set([undefined]));
  },
  title: eachBackEnd,
});

const highestBit = test.macro({
  exec(t, dh: Dh) {
    const randomBytes = countedBytes('highest bit');
    const own = generateKeyPair(dh, randomBytes);
    const { publicKey } = generateKeyPair(dh, randomBytes);
    const marked = publicKey.map((byte, i) => (i === 31 ? byte | 0x80 : byte));

    t.deepEqual(dh.agree(own, marked), dh.agree(own, publicKey));
  },
  title: eachBackEnd,
});

const wrongSize = test.macro({
  exec(t, dh: Dh) {
    const own = generateKeyPair(dh, countedBytes('size'));

    t.throws(() => dh.keyPair(new Uint8Array(31)));
    t.throws(() => dh.agree(own, new Uint8Array(33)));
  },
  title: eachBackEnd,
});

for (const dh of [tweetnaclDh, createNodeDh()]) {
  test('a public key of small order shares nothing', smallOrder, dh);
  test('the highest bit of a public key does not count', highestBit, dh);
  test('a key of another size is a defect', wrongSize, dh);
}

test('the fast back end is chosen where it is right', (t) => {
  t.is(chooseDh(countedBytes('start')).name, 'node:crypto');
});

test('a back end that is wrong, or missing, is not chosen', (t) => {
  const right = createNodeDh();
  const broken: readonly (() => Dh)[] = [
    () => ({ ...right, keyPair: (secret) => ({ secret, publicKey: secret }) }),
    () => ({ ...right, agree: (own) => own.publicKey }),
    () => ({ ...right, agree: (own, other) => right.agree(own, other) ?? new Uint8Array(32) }),
    () => ({ ...right, agree: () => undefined }),
    () => {
      throw new Error('no X25519 here');
    },
  ];

  for (const open of broken) t.is(chooseDh(countedBytes('start'), open), tweetnaclDh);
});

test('a back end that is wrong only for some keys is found out', (t) => {
  const right = createNodeDh();
  let calls = 0;
  const flaky: Dh = {
    ...right,
    agree: (own, other) => (++calls === 7 ? new Uint8Array(32).fill(1) : right.agree(own, other)),
  };

  t.is(
    chooseDh(countedBytes('start'), () => flaky),
    tweetnaclDh,
  );
});

test('a back end that is chosen late is chosen once, when the first key is needed', (t) => {
  let choices = 0;
  const dh = lateDh(() => {
    choices += 1;
    return tweetnaclDh;
  });
  t.is(choices, 0);

  const own = generateKeyPair(dh, countedBytes('late'));

  t.deepEqual(dh.agree(own, own.publicKey), tweetnaclDh.agree(own, own.publicKey));
  t.deepEqual([dh.name, choices], ['tweetnacl', 1]);
});

test('public-key operations can be counted', (t) => {
  const dh = new CountedDh(tweetnaclDh);

  const own = generateKeyPair(dh, countedBytes('count'));
  dh.agree(own, own.publicKey);
  dh.agree(own, own.publicKey);

  t.is(dh.name, 'tweetnacl');
  t.deepEqual([dh.generated, dh.agreed], [1, 2]);
});
