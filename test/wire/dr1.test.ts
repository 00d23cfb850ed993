import test from 'ava';
import fc from 'fast-check';
import { WireError } from '../../daemon/wire/check.ts';
import { decodeDr1Head, encodeDr1Head, type Dr1Head } from '../../daemon/wire/dr1-head.ts';
import {
  decodeDr1Message,
  DR1_MESSAGE_MAX_LENGTH,
  encodeDr1Message,
} from '../../daemon/wire/dr1.ts';

const head = {
  sessionId: new Uint8Array(16).fill(1),
  ratchetKey: new Uint8Array(32).fill(2),
  previousCount: 3,
  number: 2 ** 31 - 1,
  nonce: new Uint8Array(24).fill(4),
};
const wireHead = {
  v: 1,
  s: 'AQEBAQEBAQEBAQEBAQEBAQ',
  d: 'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI',
  p: 3,
  n: 2147483647,
  x: 'BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE',
};
const SEALED = 'AAECAwQ';

function b64u(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function withMembers(members: object): string {
  return `${b64u(JSON.stringify({ ...wireHead, ...members }))}.${SEALED}`;
}

test('a head is JSON in base64url', (t) => {
  t.is(encodeDr1Head(head), b64u(JSON.stringify(wireHead)));
});

/** What becomes of a head by its JSON text; one of ours by the quick way, but never with a blank in front. */
function headOf(json: string): Dr1Head | string {
  try {
    return decodeDr1Head(b64u(json));
  } catch (error) {
    if (error instanceof WireError) return error.message;
    throw error;
  }
}

test('a head as we write it is read as any other is', (t) => {
  const number = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 31 - 1, 2 ** 31, 10 ** 12));
  const isSame = fc.property(
    fc.uint8Array({ minLength: 72, maxLength: 72 }),
    number,
    number,
    (bytes, previousCount, count) => {
      const [sessionId, ratchetKey] = [bytes.slice(0, 16), bytes.slice(16, 48)];
      const one = { sessionId, ratchetKey, previousCount, number: count, nonce: bytes.slice(48) };
      const json = Buffer.from(encodeDr1Head(one), 'base64url').toString();

      t.deepEqual(headOf(json), headOf(` ${json}`));
    },
  );

  fc.assert(isSame);
  t.deepEqual(headOf(JSON.stringify(wireHead)), head);
});

test('a head that is nearly ours is judged as any other is', (t) => {
  const json = JSON.stringify(wireHead);
  const change = fc.tuple(
    fc.nat(json.length),
    fc.nat(2),
    fc.oneof(fc.string({ maxLength: 2 }), fc.constantFrom('0', '7', '-', 'A', '"', ',', '}', 'J')),
  );
  const isSame = fc.property(change, ([at, gone, put]) => {
    const changed = json.slice(0, at) + put + json.slice(at + gone);

    t.deepEqual(headOf(changed), headOf(` ${changed}`));
  });

  fc.assert(isSame, { numRuns: 2000 });
});

test('a message comes back as it was', (t) => {
  const headText = encodeDr1Head(head);
  const sealed = Uint8Array.of(0, 1, 2, 3, 4);

  t.is(encodeDr1Message(headText, sealed), `${headText}.${SEALED}`);
  t.deepEqual(decodeDr1Message(`${headText}.${SEALED}`), { head, headText, sealed });
});

test('members of a head that we do not know are kept in its text alone', (t) => {
  const message = withMembers({ z: 'ж', y: { deep: [1] } });

  const decoded = decodeDr1Message(message);

  t.deepEqual(decoded.head, head);
  t.is(`${decoded.headText}.${SEALED}`, message);
});

const WRONG_HEADS: Readonly<Record<string, string>> = {
  'no head': SEALED,
  'an empty head': `.${SEALED}`,
  'a head that is no JSON': `${b64u('{"v":1')}.${SEALED}`,
  'an array': `${b64u('[]')}.${SEALED}`,
  null: `${b64u('null')}.${SEALED}`,
  'a head that is not UTF-8': `${Buffer.from([0x22, 0xff, 0x22]).toString('base64url')}.${SEALED}`,
  'another version': withMembers({ v: 2 }),
  'a short session id': withMembers({ s: wireHead.s.slice(1) }),
  'a long key': withMembers({ d: `${wireHead.d}A` }),
  'a key with bits left over': withMembers({ d: `${wireHead.d.slice(0, -1)}J` }),
  'a padded key': withMembers({ d: `${wireHead.d.slice(0, -1)}=` }),
  'an old alphabet': withMembers({ x: `+${wireHead.x.slice(1)}` }),
  'a key that is a number': withMembers({ d: 7 }),
  'n beyond the last': withMembers({ n: 2 ** 31 }),
  'n below the first': withMembers({ n: -1 }),
  'half an n': withMembers({ n: 1.5 }),
  'n as a string': withMembers({ n: '0' }),
  'no n': withMembers({ n: undefined }),
  'p beyond the last': withMembers({ p: 2 ** 31 }),
  'p below the first': withMembers({ p: -1 }),
  'a padded rest': `${encodeDr1Head(head)}.AAECAwQ=`,
  'a rest with bits left over': `${encodeDr1Head(head)}.AAECAwR`,
  'two dots': `${encodeDr1Head(head)}.${SEALED}.`,
  'a head without end': withMembers({ z: 'z'.repeat(1000) }),
};

for (const [how, message] of Object.entries(WRONG_HEADS)) {
  test(`a message is refused: ${how}`, (t) => {
    t.throws(() => decodeDr1Message(message), { instanceOf: WireError });
  });
}

test('a message that is too long is refused', (t) => {
  const message = `${encodeDr1Head(head)}.`.padEnd(DR1_MESSAGE_MAX_LENGTH + 1, 'A');

  t.throws(() => decodeDr1Message(message), { code: 'too_large' });
});
