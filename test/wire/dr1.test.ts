import test from 'ava';
import fc from 'fast-check';
import { WireError } from '../../daemon/wire/check.ts';
import { decodeDr1Head, encodeDr1Head, type Dr1Head } from '../../daemon/wire/dr1-head.ts';
import {
  decodeDr1Message,
  decodeInnerMessage,
  DR1_MESSAGE_MAX_LENGTH,
  encodeDr1Message,
  encodeInnerMessage,
  type InnerMessage,
  type WritableBody,
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

const ID = 'AQEBAQEBAQEBAQEBAQEBAQ';
const frame = { id: ID, timestamp: 1_763_640_000_000, sequence: 7 };
const wireFrame = { id: ID, ts: 1_763_640_000_000, q: 7 };

/** What becomes of an inner message by its text; one of ours by the quick way, but never with a blank in front. */
function innerOf(text: string): InnerMessage | string {
  try {
    return decodeInnerMessage(text);
  } catch (error) {
    if (error instanceof WireError) return error.message;
    throw error;
  }
}

test('words as we write them are read as any others are', (t) => {
  const number = fc.oneof(
    fc.nat(),
    fc.maxSafeInteger(),
    fc.constantFrom(0, 10 ** 15 - 1, 10 ** 15),
  );
  const words = fc.string({
    unit: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('"', '\\', '\ud800', '\u007f')),
  });
  const isSame = fc.property(words, number, number, (text, timestamp, sequence) => {
    const written = encodeInnerMessage({ id: ID, timestamp, sequence, type: 'msg', text });

    t.deepEqual(innerOf(written), innerOf(` ${written}`));
  });

  fc.assert(isSame);
});

test('words that are nearly as we write them are judged as any others are', (t) => {
  const json = encodeInnerMessage({ ...frame, type: 'msg', text: 'words' });
  const change = fc.tuple(
    fc.nat(json.length),
    fc.nat(2),
    fc.oneof(
      fc.string({ maxLength: 2 }),
      fc.constantFrom('0', '7', '-', 'A', 'B', '"', ',', '}', '\\', '\n', '\ud800'),
    ),
  );
  const isSame = fc.property(change, ([at, gone, put]) => {
    const changed = json.slice(0, at) + put + json.slice(at + gone);

    t.deepEqual(innerOf(changed), innerOf(` ${changed}`));
  });

  fc.assert(isSame, { numRuns: 2000 });
});

const NOTICE = {
  id: new Uint8Array(32).fill(1),
  dh: new Uint8Array(32).fill(2),
  bind: new Uint8Array(64).fill(3),
  byFormer: new Uint8Array(64).fill(4),
  byNext: new Uint8Array(64).fill(5),
};
const WIRE_NOTICE = {
  id: text64(NOTICE.id),
  dh: text64(NOTICE.dh),
  bind: text64(NOTICE.bind),
  sigs: { old: text64(NOTICE.byFormer), new: text64(NOTICE.byNext) },
};

function text64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

const BODIES: readonly (readonly [WritableBody, string, object])[] = [
  [{ type: 'msg', text: 'привет 😀' }, 'msg', { text: 'привет 😀' }],
  [{ type: 'ack', ids: [ID] }, 'ack', { ids: [ID] }],
  [{ type: 'ack', ids: [ID], deleted: [ID] }, 'ack', { ids: [ID], del: [ID] }],
  [{ type: 'read', upTo: ID }, 'read', { upTo: ID }],
  [
    { type: 'hello', invitation: undefined, nick: 'Anna', presence: undefined },
    'hello',
    { nick: 'Anna' },
  ],
  [
    {
      ...{ type: 'hello', invitation: undefined, nick: 'Anna' },
      presence: { status: 'busy', showsLastSeen: false },
    },
    'hello',
    { nick: 'Anna', presence: { status: 'busy', seen: false } },
  ],
  [
    { type: 'hello', invitation: undefined, nick: '', presence: undefined, countedSince: 5 },
    'hello',
    { nick: '', since: 5 },
  ],
  [{ type: 'del', target: ID, isFinal: false }, 'del', { id: ID }],
  [{ type: 'del', target: ID, isFinal: true }, 'del', { id: ID, final: true }],
  [{ type: 'rekey', notice: NOTICE }, 'rekey', WIRE_NOTICE],
];

for (const [body, name, wireBody] of BODIES) {
  test(`${name} with ${Object.keys(wireBody).join(' and ')} is written and read`, (t) => {
    const message: InnerMessage = { ...frame, ...body };
    const text = encodeInnerMessage({ ...frame, ...body });

    t.deepEqual(JSON.parse(text), { ...wireFrame, t: name, body: wireBody });
    t.deepEqual(decodeInnerMessage(text), message);
  });
}

function decodeInner(members: object): InnerMessage {
  return decodeInnerMessage(
    JSON.stringify({ ...wireFrame, t: 'msg', body: { text: '' }, ...members }),
  );
}

test('a kind of message that we do not know is told apart from nonsense', (t) => {
  t.deepEqual(decodeInner({ t: 'poll', body: 7 }), { ...frame, type: 'unknown', name: 'poll' });
  t.deepEqual(decodeInner({ t: 'unknown', body: undefined }), {
    ...frame,
    type: 'unknown',
    name: 'unknown',
  });
});

test('a message with members that we do not know has its text', (t) => {
  const message = decodeInner({ body: { text: 'see', files: [1] }, later: true });

  t.deepEqual(message, { ...frame, type: 'msg', text: 'see' });
});

test('a nick that makes no sense is as good as none', (t) => {
  for (const nick of [7, 'x'.repeat(65), '\uD800', undefined]) {
    const hello = decodeInner({ t: 'hello', body: { nick } });
    const nothing = { nick: '', invitation: undefined, presence: undefined };
    t.deepEqual(hello, { ...frame, type: 'hello', ...nothing });
  }
});

test('a presence that makes no sense is as good as none', (t) => {
  for (const presence of [7, 'busy', {}, { status: 'dancing' }, { status: 'busy', seen: 'no' }]) {
    const hello = decodeInner({ t: 'hello', body: { nick: 'Anna', presence } });
    t.like(hello, { type: 'hello', nick: 'Anna', presence: undefined });
  }
});

test('a beginning of counting that makes no sense is as good as none', (t) => {
  for (const since of ['now', 0.5, 9e15, null]) {
    const hello = decodeInner({ t: 'hello', body: { nick: 'Anna', since } });
    const nothing = { invitation: undefined, presence: undefined };
    t.deepEqual(hello, { ...frame, type: 'hello', nick: 'Anna', ...nothing });
  }
});

test('an inner message that does not fit is refused', (t) => {
  const wrong = [
    { id: `${ID}A` },
    { id: `${ID.slice(1)}=` },
    { id: `${ID.slice(0, -1)}R` },
    { id: 7 },
    { t: '' },
    { t: undefined },
    { ts: 1.5 },
    { ts: '1763640000000' },
    { ts: 8_640_000_000_000_001 },
    { q: -1 },
    { q: undefined },
    { q: 2 ** 53 },
    { body: undefined },
    { body: { text: 7 } },
    { body: { text: '\uD800' } },
    { t: 'ack', body: { ids: Array.from({ length: 101 }, () => ID) } },
    { t: 'ack', body: { ids: ['x'] } },
    { t: 'ack', body: { ids: [], del: ['x'] } },
    { t: 'ack', body: { ids: [], del: Array.from({ length: 101 }, () => ID) } },
    { t: 'read', body: { upTo: '' } },
    { t: 'del', body: {} },
    { t: 'del', body: { id: ID, final: 1 } },
    { t: 'rekey', body: { ...WIRE_NOTICE, sigs: undefined } },
    { t: 'rekey', body: { ...WIRE_NOTICE, sigs: { old: WIRE_NOTICE.sigs.old } } },
    { t: 'rekey', body: { ...WIRE_NOTICE, dh: WIRE_NOTICE.bind } },
    { t: 'rekey', body: { ...WIRE_NOTICE, id: `${WIRE_NOTICE.id.slice(0, -1)}B` } },
  ];

  for (const members of wrong) {
    t.throws(() => decodeInner(members), { instanceOf: WireError }, JSON.stringify(members));
  }
  t.throws(() => decodeInnerMessage('[]'), { instanceOf: WireError });
});
