import test from 'ava';
import fc from 'fast-check';
import { parseAddress } from '../../daemon/wire/address.ts';
import { WireError } from '../../daemon/wire/check.ts';
import {
  decodePeerRequest,
  encodeHandshake,
  encodeHistory,
  encodeMessage,
  encodePing,
} from '../../daemon/wire/peer.ts';
import { decodeHistoryStatus, decodePong, decodeStatus } from '../../daemon/wire/peer-answer.ts';
import { interpretTimestamp } from '../../daemon/wire/timestamp.ts';

const alice = parseAddress('127.0.0.2:5000');
const bob = parseAddress('fc92::7b04');
const base = {
  action: 'send',
  from: alice,
  to: bob,
  message: 'привет',
  timestamp: '2026-11-20T12:00:00.000Z',
  enctype: '',
  key: 'secret',
};

function decodeObject(value: unknown): ReturnType<typeof decodePeerRequest> {
  return decodePeerRequest(JSON.stringify(value));
}

test('a base handshake has a key and nothing else', (t) => {
  t.deepEqual(decodeObject({ action: 'handshake', key: 'пароль' }), {
    action: 'handshake',
    key: 'пароль',
    from: undefined,
    nick: '',
    e2e: undefined,
  });
});

test('our handshake says where we are and what we are called', (t) => {
  const request = decodePeerRequest(
    encodeHandshake({ key: 'k', from: alice, nick: 'Маша', e2e: undefined }),
  );

  t.deepEqual(request, {
    action: 'handshake',
    key: 'k',
    from: alice,
    nick: 'Маша',
    e2e: undefined,
  });
});

test('a claim in a handshake that makes no sense is as good as none', (t) => {
  const request = decodeObject({
    action: 'handshake',
    key: 'k',
    from: 'nonsense',
    nick: 7,
  });

  t.deepEqual(request, {
    action: 'handshake',
    key: 'k',
    from: undefined,
    nick: '',
    e2e: undefined,
  });
});

test('a handshake whose encryption makes no sense is refused, not taken for a plain one', (t) => {
  for (const e2e of [[], {}, null, 'dr1', { v: 2 }]) {
    t.throws(() => decodeObject({ action: 'handshake', key: 'k', e2e }), { instanceOf: WireError });
  }
});

test('a message keeps its timestamp as it came', (t) => {
  const request = decodeObject({ ...base, from: '127.0.0.2:05000', timestamp: 1763640000 });

  t.deepEqual(request, {
    action: 'send',
    message: {
      from: alice,
      to: bob,
      message: 'привет',
      wireTimestamp: '1763640000',
      timestamp: 1_763_640_000_000,
      enctype: '',
      key: 'secret',
    },
  });
});

test('members that we do not know are dropped', (t) => {
  const request = decodeObject({
    ...base,
    later: { much: 'more' },
    ['__proto__']: { admin: true },
  });

  t.is(request.action, 'send');
  t.false('later' in (request.action === 'send' ? request.message : {}));
});

test('a missing enctype is plain', (t) => {
  const request = decodeObject({ ...base, enctype: undefined });

  t.is(request.action === 'send' ? request.message.enctype : undefined, '');
});

const malformed = test.macro({
  exec(t, _what: string, body: string) {
    t.throws(() => decodePeerRequest(body), { instanceOf: WireError });
  },
  title: (_, what: string) => `refused: ${what}`,
});

test(malformed, 'no JSON', 'hello');
test(malformed, 'an array', '[]');
test(malformed, 'null', 'null');
test(malformed, 'no action', '{}');
test(malformed, 'an unknown action', '{"action":"dance"}');
test(malformed, 'an action that is no string', '{"action":["ping"]}');
test(malformed, 'a handshake without a key', '{"action":"handshake"}');
test(malformed, 'an empty key', '{"action":"handshake","key":""}');
test(malformed, 'an endless key', JSON.stringify({ action: 'handshake', key: 'k'.repeat(257) }));
test(malformed, 'a message from nowhere', JSON.stringify({ ...base, from: 'somewhere' }));
test(malformed, 'a message that is a number', JSON.stringify({ ...base, message: 7 }));
test(
  malformed,
  'a message that is too long',
  JSON.stringify({ ...base, message: 'x'.repeat(90_001) }),
);
test(malformed, 'a lone surrogate', JSON.stringify({ ...base, message: '\ud800' }));
test(malformed, 'an odd timestamp', JSON.stringify({ ...base, timestamp: 'yesterday' }));
test(malformed, 'a history that is no list', '{"action":"history","messages":{}}');
test(malformed, 'depth', `{"action":"ping","x":${'['.repeat(100)}${']'.repeat(100)}}`);
test(
  malformed,
  'a history of too many',
  JSON.stringify({ action: 'history', messages: Array.from({ length: 101 }, () => base) }),
);

test('elements of a history take key and sender from outside where they have none', (t) => {
  const bare = { ...base, key: undefined, from: undefined };

  const request = decodeObject({
    action: 'history',
    key: 'outer',
    from: alice,
    messages: [bare, base],
  });

  const messages = request.action === 'history' ? request.messages : [];
  t.deepEqual(
    messages.map((message) => [message?.key, message?.from]),
    [
      ['outer', alice],
      ['secret', alice],
    ],
  );
});

test('an element of a history that makes no sense keeps its place', (t) => {
  const request = decodeObject({
    action: 'history',
    messages: [7, base, null, { ...base, to: '' }],
  });

  const messages = request.action === 'history' ? request.messages : [];
  t.deepEqual(
    messages.map((message) => message !== undefined),
    [false, true, false, false],
  );
});

test('what we send can be read by whoever reads what we send', (t) => {
  const text = fc.string({ unit: 'grapheme', maxLength: 200 });
  fc.assert(
    fc.property(text, fc.array(text, { minLength: 1, maxLength: 5 }), (key, texts) => {
      fc.pre(key !== '');
      const messages = texts.map((message) => ({
        from: alice,
        to: bob,
        message,
        wireTimestamp: base.timestamp,
        enctype: '',
      }));
      const [first] = messages;
      if (first === undefined) return;
      const single = decodePeerRequest(encodeMessage('resend', first, key));
      const batch = decodePeerRequest(encodeHistory(alice, messages, key));
      t.is(single.action === 'resend' ? single.message.message : undefined, first.message);
      t.deepEqual(
        batch.action === 'history' ? batch.messages.map((one) => one?.message) : [],
        texts,
      );
    }),
  );
});

test('nothing that comes as a body can do worse than a WireError', (t) => {
  const action = fc.constantFrom('handshake', 'send', 'ping', 'history', 'resend', 'withdraw', '');
  const body = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({ action, key: fc.jsonValue(), from: fc.jsonValue(), messages: fc.jsonValue() })
      .map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(body, (text) => {
      try {
        decodePeerRequest(text);
      } catch (error) {
        t.true(error instanceof WireError);
      }
      t.pass();
    }),
    { numRuns: 500 },
  );
});

test('timestamps are ISO 8601, epoch seconds or epoch milliseconds', (t) => {
  const noon = Date.UTC(2026, 10, 20, 12);

  t.is(interpretTimestamp('2026-11-20T12:00:00.000Z'), noon);
  t.is(interpretTimestamp('2026-11-20T15:00:00+03:00'), noon);
  t.is(interpretTimestamp('2026-11-20 12:00:00'), noon);
  t.is(interpretTimestamp('2026-11-20T12:00'), noon);
  t.is(interpretTimestamp(noon), noon);
  t.is(interpretTimestamp(String(noon)), noon);
  t.is(interpretTimestamp(noon / 1000), noon);
  t.is(interpretTimestamp(`${noon / 1000}`), noon);
  t.is(interpretTimestamp(noon / 1000 + 0.25), noon + 250);
  t.is(interpretTimestamp(''), undefined);
  t.is(interpretTimestamp('2026-13-45T12:00:00Z'), undefined);
  t.is(interpretTimestamp(1e300), undefined);
});

test('an answer is 0 or 1, and nothing else', (t) => {
  t.deepEqual(decodeStatus('{"status":1,"e2e":{}}'), {
    status: 1,
    isFull: false,
    e2e: undefined,
    ahead: 1,
    bundles: false,
  });
  t.deepEqual(decodeStatus('{"status":0,"error":"too_large"}'), {
    status: 0,
    isFull: false,
    e2e: undefined,
    ahead: 1,
    bundles: false,
  });
  t.true(decodeStatus('{"status":0,"error":"storage_full"}').isFull);
  t.throws(() => decodeStatus('{"status":true}'), { instanceOf: WireError });
  t.throws(() => decodeStatus('<html>'), { instanceOf: WireError });
});

test('answers to a history are as many as its messages', (t) => {
  t.deepEqual(decodeHistoryStatus('{"status":[1,0,"1",1]}', 4), {
    accepted: [true, false, false, true],
    isFull: false,
    e2e: undefined,
    ahead: 1,
    bundles: false,
  });
  t.throws(() => decodeHistoryStatus('{"status":[1]}', 2), { instanceOf: WireError });
  t.throws(() => decodeHistoryStatus('{"status":1}', 1), { instanceOf: WireError });
});

test('a peer that reads several messages under one seal says so, and nothing else counts', (t) => {
  t.true(decodeStatus('{"status":1,"bundles":true}').bundles);
  t.true(decodeHistoryStatus('{"status":[1],"bundles":true}', 1).bundles);
  for (const bundles of ['false', '1', '"true"', 'null', '{}']) {
    t.false(decodeStatus(`{"status":1,"bundles":${bundles}}`).bundles);
  }
});

test('how many requests a peer takes at once is a small number, else one', (t) => {
  t.is(decodeStatus('{"status":1,"ahead":4}').ahead, 4);
  t.is(decodeHistoryStatus('{"status":[1],"ahead":2}', 1).ahead, 2);
  for (const ahead of ['0', '-1', '1.5', '"4"', 'null', '1e9', '[]']) {
    t.is(decodeStatus(`{"status":1,"ahead":${ahead}}`).ahead, 1);
  }
});

test('a pong says pong', (t) => {
  t.notThrows(() => {
    decodePong('{"action":"pong"}');
  });
  t.throws(() => {
    decodePong('{"action":"ping"}');
  });
  t.deepEqual(decodePeerRequest(encodePing({ from: alice, key: 'k' })), {
    action: 'ping',
    from: alice,
    key: 'k',
  });
});
