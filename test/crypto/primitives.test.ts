import { createHmac } from 'node:crypto';
import test from 'ava';
import nacl from 'tweetnacl';
import fc from 'fast-check';
import { concat, fromBase64url, lengthPrefixed, toBase64url } from '../../daemon/crypto/bytes.ts';
import { encodeBase64url, tryDecodeBase64url } from '../../daemon/wire/base64url.ts';
import { createNodeDh, generateKeyPair, tweetnaclDh, type Dh } from '../../daemon/crypto/dh.ts';
import { hkdf, hkdfExpand, hmac, sha256 } from '../../daemon/crypto/kdf.ts';
import {
  isGenuine,
  isGenuineByReference,
  sign,
  signByReference,
  signKeyPair,
  signKeyPairByReference,
  type Verifier,
} from '../../daemon/crypto/signature.ts';
import { IS_LONG } from './pair.ts';
import { countedBytes, fromHex, toHex } from './vectors.ts';

const nodeDh = createNodeDh();
const BACK_ENDS = [tweetnaclDh, nodeDh];
const eachBackEnd = (title = '', dh: Dh): string => `${title} (${dh.name})`;

/** One step of X25519, whatever the scalar. */
function x25519(dh: Dh, scalar: Uint8Array, point: Uint8Array): Uint8Array {
  const shared = dh.agree({ secret: scalar, publicKey: new Uint8Array(32) }, point);
  if (shared === undefined) throw new Error('a point of small order');
  return shared;
}

const multiplication = test.macro({
  exec(t, dh: Dh) {
    const first = x25519(
      dh,
      fromHex('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4'),
      fromHex('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c'),
    );
    const second = x25519(
      dh,
      fromHex('4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d'),
      fromHex('e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493'),
    );

    t.is(toHex(first), 'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552');
    t.is(toHex(second), '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957');
  },
  title: eachBackEnd,
});

const iteration = test.macro({
  exec(t, dh: Dh) {
    let scalar = fromHex(`09${'00'.repeat(31)}`);
    let point = scalar;
    for (let i = 1; i <= 1000; i++) {
      [scalar, point] = [x25519(dh, scalar, point), scalar];
      if (i === 1) {
        t.is(toHex(scalar), '422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079');
      }
    }

    t.is(toHex(scalar), '684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51');
  },
  title: eachBackEnd,
});

for (const dh of BACK_ENDS) {
  test('X25519 gives the results of RFC 7748, 5.2', multiplication, dh);
  test('X25519 gives the result of RFC 7748 after 1,000 iterations', iteration, dh);
}

test('row 1: both back ends agree on random pairs', (t) => {
  const randomBytes = countedBytes('random pairs');
  for (let i = 0; i < (IS_LONG ? 1000 : 50); i++) {
    const one = generateKeyPair(nodeDh, randomBytes);
    const other = generateKeyPair(tweetnaclDh, randomBytes);
    t.deepEqual(nodeDh.agree(one, other.publicKey), tweetnaclDh.agree(other, one.publicKey));
  }
});

const SIGNATURES = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
      '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
      '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
].map(({ seed, publicKey, message, signature }) => ({
  seed: fromHex(seed),
  publicKey: fromHex(publicKey),
  message: fromHex(message),
  signature: fromHex(signature),
}));

test('row 1: Ed25519 signs as RFC 8032, tests 1 to 3', (t) => {
  for (const { seed, publicKey, message, signature } of SIGNATURES) {
    const key = signKeyPair(seed);

    t.deepEqual(key.publicKey, publicKey);
    t.deepEqual(sign(key, message), signature);
  }
});

test('OpenSSL and the reference make the same keys and signatures', (t) => {
  const isSame = fc.property(
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc.uint8Array({ maxLength: 200 }),
    (seed, message) => {
      const key = signKeyPair(seed);
      const own = [toHex(key.publicKey), toHex(key.secret), toHex(sign(key, message))];
      const reference = signKeyPairByReference(seed);

      const { publicKey, secret } = reference;
      t.deepEqual(own, [
        toHex(publicKey),
        toHex(secret),
        toHex(signByReference(reference, message)),
      ]);
    },
  );

  fc.assert(isSame, { numRuns: IS_LONG ? 10_000 : 30 });
});

for (const length of [0, 31, 33]) {
  test(`a seed of ${length} bytes makes no key that signs`, (t) => {
    t.throws(() => signKeyPair(new Uint8Array(length)), { message: 'bad seed size' });
  });
}

/** S + L instead of S: another signature of the same message for whoever does not look. */
function malleate(signature: Uint8Array): Uint8Array {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const scalar = BigInt(`0x${Buffer.from(signature.slice(32)).reverse().toString('hex')}`);
  const sum = Buffer.from((scalar + order).toString(16).padStart(64, '0'), 'hex').reverse();
  return concat(signature.slice(0, 32), sum);
}

const verification = test.macro((t, isRight: Verifier) => {
  for (const { publicKey, message, signature } of SIGNATURES) {
    const [otherKey, otherMessage, otherSignature] = [
      publicKey,
      concat(message, '!'),
      signature,
    ].map((bytes, index) =>
      index === 1 ? bytes : bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte)),
    );

    t.true(isRight(publicKey, message, signature));
    t.false(isRight(otherKey!, message, signature));
    t.false(isRight(publicKey, otherMessage!, signature));
    t.false(isRight(publicKey, message, otherSignature!));
    t.false(isRight(publicKey, message, malleate(signature)), 'S + L');
    t.false(isRight(publicKey, message, signature.slice(1)));
    t.false(isRight(publicKey.slice(1), message, signature));
  }
});

test('only the genuine, canonical signature is taken', verification, isGenuine);
test('the reference takes the same signatures', verification, isGenuineByReference);

test('tweetnacl by itself would take a malleated signature', (t) => {
  const { publicKey, message, signature } = SIGNATURES[1]!;

  t.true(nacl.sign.detached.verify(message, malleate(signature), publicKey));
});

test('row 1: HKDF gives the results of RFC 5869, cases 1 to 3', (t) => {
  const run = (from: number, count: number): Uint8Array =>
    Uint8Array.from({ length: count }, (_, i) => from + i);

  const first = { salt: run(0, 13), ikm: new Uint8Array(22).fill(0x0b), info: run(0xf0, 10) };
  const second = { salt: run(0x60, 80), ikm: run(0, 80), info: run(0xb0, 80) };
  const third = { salt: '', ikm: first.ikm, info: '' };

  t.is(
    toHex(hmac(first.salt, first.ikm)),
    '077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5',
  );
  t.is(
    toHex(hkdf(first, 42)),
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  );
  t.is(
    toHex(hkdf(second, 82)),
    'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c' +
      '59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71' +
      'cc30c58179ec3e87c14c01d5c1f3434f1d87',
  );
  t.is(
    toHex(hkdf(third, 42)),
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  );
  t.deepEqual(hkdfExpand(hmac('', first.ikm), '', 42), hkdf(third, 42));
});

test('row 1: secretbox gives the result of the NaCl paper', (t) => {
  const key = fromHex('1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389');
  const nonce = fromHex('69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37');
  const text = fromHex(
    'be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffc' +
      'e5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31' +
      '0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde' +
      '048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864' +
      '5e0705',
  );
  const sealed =
    'f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce' +
    '48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972' +
    '71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae' +
    '90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3' +
    '7973f622a43d14a6599b1f654cb45a74e355a5';

  t.is(toHex(nacl.secretbox(text, nonce, key)), sealed);
  t.deepEqual(nacl.secretbox.open(fromHex(sealed), nonce, key), text);
});

test('SHA-256 runs over the parts one after another, and a length in front keeps them apart', (t) => {
  t.deepEqual(sha256('a', 'bc'), sha256('ab', 'c'));
  t.deepEqual(sha256('ё', Uint8Array.of(1)), sha256(Uint8Array.of(0xd1, 0x91, 1)));
  t.deepEqual(sha256(), sha256(''));
  t.is(toHex(sha256('abc')), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  t.is(toHex(lengthPrefixed('é')), '00000002c3a9');
});

test('base64url by Node is that of the wire, and as strict', (t) => {
  const isSame = fc.property(
    fc.uint8Array({ maxLength: 100 }),
    fc.nat(200),
    fc.oneof(fc.string({ maxLength: 2 }), fc.constantFrom('=', '+', '/', '\n', 'B')),
    (bytes, at, put) => {
      const text = encodeBase64url(bytes);
      const changed = text.slice(0, at) + put + text.slice(at + 1);
      const read = fromBase64url(changed);

      t.is(toBase64url(bytes), text);
      t.deepEqual(read && new Uint8Array(read), tryDecodeBase64url(changed));
    },
  );

  fc.assert(isSame, { numRuns: 1000 });
});

test('an HMAC is that of node:crypto, whatever the sizes of key and text', (t) => {
  const part = fc.oneof(fc.uint8Array({ maxLength: 100 }), fc.string({ unit: 'grapheme' }));
  const long = fc.integer({ min: 1900, max: 2100 }).map((size) => new Uint8Array(size).fill(7));
  const parts = fc.array(fc.oneof({ weight: 5, arbitrary: part }, long), { maxLength: 5 });
  const key = fc.oneof(part, fc.constantFrom('', new Uint8Array(64).fill(1), new Uint8Array(65)));
  const isSame = fc.property(key, parts, (secret, texts) => {
    const expected = createHmac('sha256', secret);
    for (const text of texts) expected.update(text);

    t.is(toHex(hmac(secret, ...texts)), expected.digest('hex'));
  });

  fc.assert(isSame, { numRuns: 1000 });
});
