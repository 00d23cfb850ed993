import test from 'ava';
import fc from 'fast-check';
import { isWellFormed, WireError } from '../../daemon/wire/check.ts';
import {
  BUNDLE_MAX_MESSAGES,
  decodeInnerMessages,
  encodeBundle,
  encodeInnerMessage,
  type InnerMessage,
  type WritableBody,
} from '../../daemon/wire/dr1-inner.ts';

const ID = 'AQEBAQEBAQEBAQEBAQEBAQ';
const frame = { id: ID, timestamp: 1_763_640_000_000, sequence: 7 };
const wireFrame = { id: ID, ts: 1_763_640_000_000, q: 7 };

/** What becomes of an inner message by its text; one of ours by the quick way, but never with a blank in front. */
function innerOf(text: string): readonly InnerMessage[] | string {
  try {
    return decodeInnerMessages(text);
  } catch (error) {
    if (error instanceof WireError) return error.message;
    throw error;
  }
}

function bundleOf(...texts: readonly string[]): string {
  const messages = texts.map((text) => encodeInnerMessage({ ...frame, type: 'msg', text }));
  return encodeBundle(frame, messages);
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

for (const [what, json] of Object.entries({
  words: encodeInnerMessage({ ...frame, type: 'msg', text: 'words' }),
  'words with escapes': encodeInnerMessage({ ...frame, type: 'msg', text: '"one"\n\u0001' }),
  'a bundle': bundleOf('one', 'two'),
})) {
  test(`${what} nearly as we write them: judged as any others are`, (t) => {
    const change = fc.tuple(
      fc.nat(json.length),
      fc.nat(2),
      fc.oneof(
        fc.string({ maxLength: 2 }),
        fc.constantFrom('0', '7', '-', 'A', 'B', '"', ',', '}', ']', '\\', '\n', '\ud800'),
      ),
    );
    const isSame = fc.property(change, ([at, gone, put]) => {
      const changed = json.slice(0, at) + put + json.slice(at + gone);

      t.deepEqual(innerOf(changed), innerOf(` ${changed}`));
    });

    fc.assert(isSame, { numRuns: 2000 });
  });
}

test('of a bundle as we write it no more is read than may be in one', (t) => {
  const full = Array.from({ length: BUNDLE_MAX_MESSAGES }, (_, index) => `${index}`);

  t.is(innerOf(bundleOf(...full)).length, BUNDLE_MAX_MESSAGES);
  for (const wrong of [bundleOf(), bundleOf(...full, 'one more'), bundleOf('cut').slice(0, -1)]) {
    t.is(typeof innerOf(wrong), 'string');
    t.deepEqual(innerOf(wrong), innerOf(` ${wrong}`));
  }
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
    t.deepEqual(decodeInnerMessages(text), [message]);
  });
}

function decodeInner(members: object): InnerMessage | undefined {
  const [inner, ...others] = decodeInnerMessages(
    JSON.stringify({ ...wireFrame, t: 'msg', body: { text: '' }, ...members }),
  );
  return others.length === 0 ? inner : undefined;
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
    t.like(hello ?? {}, { type: 'hello', nick: 'Anna', presence: undefined });
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
  t.throws(() => decodeInnerMessages('[]'), { instanceOf: WireError });
});

const bundled = fc.array(
  fc.record({
    id: fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .map((bytes) => Buffer.from(bytes).toString('base64url')),
    timestamp: fc.maxSafeInteger().filter((ms) => Math.abs(ms) <= 8_640_000_000_000_000),
    sequence: fc.maxSafeInteger().map(Math.abs),
    type: fc.constant('msg' as const),
    text: fc.string({ unit: 'binary' }).filter(isWellFormed),
  }),
  { minLength: 1, maxLength: 20 },
);

test('a bundle is read as the messages that were put into it, in order', (t) => {
  const isSame = fc.property(bundled, (messages) => {
    const text = encodeBundle(frame, messages.map(encodeInnerMessage));

    t.deepEqual(innerOf(` ${text}`), messages);
    t.like(JSON.parse(text), { ...wireFrame, t: 'bundle' });
    t.deepEqual(decodeInnerMessages(text), messages);
  });

  fc.assert(isSame);
});

test('a bundle is what the documents say it is', (t) => {
  const text = encodeBundle(frame, [
    encodeInnerMessage({ id: ID, timestamp: 1, sequence: 7, type: 'msg', text: 'one' }),
  ]);

  const of = [{ id: ID, t: 'msg', ts: 1, q: 7, body: { text: 'one' } }];
  t.deepEqual(JSON.parse(text), { ...wireFrame, t: 'bundle', body: { of } });
});

test('members of a bundled message that we do not know are passed over', (t) => {
  const of = [{ ...wireFrame, t: 'msg', body: { text: 'see', files: [1] }, later: true }];

  t.deepEqual(decodeInner({ t: 'bundle', body: { of, more: 1 } }), {
    ...frame,
    type: 'msg',
    text: 'see',
  });
});

test('a bundle that does not fit is refused as a whole', (t) => {
  const good = { ...wireFrame, t: 'msg', body: { text: 'see' } };
  const wrong: Record<string, unknown> = {
    nothing: undefined,
    'nothing in it': { of: [] },
    'no list': { of: good },
    'too many': { of: Array.from({ length: BUNDLE_MAX_MESSAGES + 1 }, () => good) },
    'a bundle in it': { of: [{ ...good, t: 'bundle', body: { of: [good] } }] },
    'something that nobody wrote': { of: [good, { ...good, t: 'ack', body: { ids: [] } }] },
    'something unknown': { of: [{ ...good, t: 'poll' }] },
    'a wrong id': { of: [good, { ...good, id: ID.slice(1) }] },
    'no number': { of: [{ ...good, q: undefined }] },
    'no words': { of: [{ ...good, body: {} }] },
    'half a character': { of: [{ ...good, body: { text: '\uD800' } }] },
  };

  for (const [how, body] of Object.entries(wrong)) {
    t.throws(() => decodeInner({ t: 'bundle', body }), { instanceOf: WireError }, how);
  }
});
