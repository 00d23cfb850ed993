import test from 'ava';
import { WireError } from '../../daemon/wire/check.ts';
import {
  decodeE2eAnswer,
  decodeHs1,
  decodeHs2,
  decodeRelayedHandshake,
  encodeE2eAnswer,
  encodeHs1,
  encodeHs2,
  encodeRelayedHandshake,
  formatHopAuth,
  parseHopAuth,
} from '../../daemon/wire/e2e.ts';

const KEY = 'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI';
const key = new Uint8Array(32).fill(2);
const BIND = Buffer.alloc(64, 3).toString('base64url');
const wireHs1 = {
  v: 1,
  suites: ['dr1', 'dr2'],
  id: KEY,
  dh: KEY,
  bind: BIND,
  ek: KEY,
  rcpt: '',
  mac: '',
};
const wireHs2 = { v: 1, suite: 'dr1', id: KEY, dh: KEY, bind: BIND, ek: KEY, mac: KEY };
const keys = { id: key, dh: key, bind: new Uint8Array(64).fill(3), ephemeralKey: key };
const hs1 = { suites: ['dr1', 'dr2'], ...keys, recipient: undefined, mac: undefined };
const hs2 = { suite: 'dr1', ...keys, mac: key };

test('an hs1 is read and written', (t) => {
  const known = { ...wireHs1, rcpt: KEY, mac: KEY };

  t.deepEqual(decodeHs1(wireHs1), hs1);
  t.deepEqual(encodeHs1(hs1), wireHs1);
  t.deepEqual(decodeHs1({ ...known, later: 1 }), { ...hs1, recipient: key, mac: key });
  t.deepEqual(encodeHs1({ ...hs1, recipient: key, mac: key }), known);
});

test('an hs2 is read and written', (t) => {
  t.deepEqual(decodeHs2({ ...wireHs2, later: 1 }), hs2);
  t.deepEqual(encodeHs2(hs2), wireHs2);
});

test('a member that does not fit is refused', (t) => {
  const wrong = [
    { v: 2 },
    { suites: [] },
    { suites: 'dr1' },
    { suites: ['dr1,dr2'] },
    { suites: ['DR1'] },
    { suites: Array.from({ length: 9 }, () => 'dr1') },
    { id: KEY.slice(1) },
    { id: '' },
    { dh: `${KEY.slice(0, -1)}J` },
    { bind: KEY },
    { ek: 7 },
    { rcpt: undefined },
    { rcpt: 'x' },
    { mac: null },
  ];

  for (const members of wrong) {
    t.throws(
      () => decodeHs1({ ...wireHs1, ...members }),
      { instanceOf: WireError },
      JSON.stringify(members),
    );
  }
  for (const value of [
    undefined,
    null,
    [],
    'e2e',
    { ...wireHs2, mac: '' },
    { ...wireHs2, suite: 7 },
  ]) {
    t.throws(() => decodeHs1(value), { instanceOf: WireError });
    t.throws(() => decodeHs2(value), { instanceOf: WireError });
  }
});

test('an answer is an hs2 or says what is in the way', (t) => {
  const busy = { kind: 'trouble', trouble: 'busy' } as const;

  t.deepEqual(decodeE2eAnswer(wireHs2), { kind: 'hs2', hs2 });
  t.deepEqual(encodeE2eAnswer({ kind: 'hs2', hs2 }), wireHs2);
  t.deepEqual(decodeE2eAnswer({ err: 'busy' }), busy);
  t.deepEqual(encodeE2eAnswer(busy), { err: 'busy' });
  t.throws(() => decodeE2eAnswer({ err: 'later' }), { instanceOf: WireError });
});

test('a handshake travels past a friend', (t) => {
  const message = encodeRelayedHandshake(wireHs1);

  t.is(message, Buffer.from(JSON.stringify(wireHs1)).toString('base64url'));
  t.deepEqual(decodeHs1(decodeRelayedHandshake(message)), hs1);
  t.throws(() => decodeRelayedHandshake('x'.repeat(4097)), { code: 'too_large' });
  t.throws(() => decodeRelayedHandshake('e30='), { instanceOf: WireError });
});

const HEADER = `v=1; k=AQEBAQEBAQE; n=BAQEBAQEBAQEBAQEBAQEBA; m=${KEY}`;
const auth = {
  keyHint: new Uint8Array(8).fill(1),
  nonce: new Uint8Array(16).fill(4),
  mac: key,
};

test('the header is parsed and formatted', (t) => {
  const nameless = HEADER.replace('AQEBAQEBAQE', '');

  t.deepEqual(parseHopAuth(HEADER), auth);
  t.is(formatHopAuth(auth), HEADER);
  t.deepEqual(parseHopAuth(nameless), { ...auth, keyHint: undefined });
  t.is(formatHopAuth({ ...auth, keyHint: undefined }), nameless);
});

test('a header that does not fit is refused', (t) => {
  const wrong = [
    '',
    HEADER.replace('v=1', 'v=2'),
    HEADER.replace('; ', ';'),
    `${HEADER}; x=1`,
    HEADER.slice(0, -1),
    `${HEADER.slice(0, -1)}J`,
    HEADER.replace('BAQEBA;', 'BAQEBB;'),
  ];

  for (const header of wrong)
    t.throws(() => parseHopAuth(header), { instanceOf: WireError }, header);
});
