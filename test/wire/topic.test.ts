import test from 'ava';
import {
  decodeClientFrame,
  encodeHello,
  encodeServerFrame,
  type ClientFrame,
  type ServerFrame,
  type TopicDialect,
} from '../../daemon/wire/topic.ts';

const decodes = test.macro({
  exec(t, text: string, frame: ClientFrame, dialect: TopicDialect | undefined) {
    t.deepEqual(decodeClientFrame(text), { frame, dialect });
  },
  title: (title) => `decoded: ${title ?? ''}`,
});

test(
  'a subscription',
  decodes,
  '{"type":"subscribe","content":{"topic_name":"a","type":"dict"}}',
  { type: 'subscribe', topic: 'a', topicType: 'dict' },
  'content',
);
test(
  'a subscription in the other spelling',
  decodes,
  '{"type":"subscribe","args":{"topic_name":"a","type":"dict"}}',
  { type: 'subscribe', topic: 'a', topicType: 'dict' },
  'args',
);
test(
  'a subscription to whatever type there is',
  decodes,
  '{"type":"subscribe","content":{"topic_name":"a"}}',
  { type: 'subscribe', topic: 'a', topicType: undefined },
  'content',
);
test(
  'an offer of a service',
  decodes,
  '{"type":"register_service","content":{"service_name":"sum"}}',
  { type: 'register_service', service: 'sum' },
  'content',
);
test(
  'the end of an offer',
  decodes,
  '{"type":"unregister_service","content":{"service_name":"sum"}}',
  { type: 'unregister_service', service: 'sum' },
  'content',
);
test(
  'a request',
  decodes,
  '{"type":"request","args":{"service_name":"sum","args":[1,2],"request_id":7}}',
  { type: 'request', service: 'sum', args: [1, 2], requestId: 7 },
  'args',
);
test(
  'a response to a request that had no arguments',
  decodes,
  '{"type":"response","content":{"request_id":"a"}}',
  { type: 'response', response: null, requestId: 'a' },
  'content',
);
test(
  'both spellings at once',
  decodes,
  '{"type":"unsubscribe","content":{"topic_name":"a"},"args":{"topic_name":"b"}}',
  { type: 'unsubscribe', topic: 'a' },
  'content',
);
test(
  'an update, its change as it came',
  decodes,
  '{"type":"update","content":{"topic_name":"a","change":{"type":"nonsense","x":[1]}},"more":1}',
  { type: 'update', topic: 'a', change: { type: 'nonsense', x: [1] } },
  'content',
);

const refuses = test.macro({
  exec(t, text: string) {
    t.throws(() => decodeClientFrame(text), { name: 'WireError' });
  },
  title: (_, text: string) => `refused: ${text.slice(0, 60)}`,
});

test(refuses, 'nonsense');
test(refuses, '[]');
test(refuses, '{"type":"subscribe"}');
test(refuses, '{"type":"subscribe","content":[]}');
test(refuses, '{"type":"subscribe","content":{"topic_name":""}}');
test(refuses, '{"type":"subscribe","content":{"topic_name":"a\\u0007b"}}');
test(refuses, `{"type":"subscribe","content":{"topic_name":"${'x'.repeat(257)}"}}`);
test(refuses, '{"type":"update","content":{"topic_name":"a"}}');
test(refuses, '{"type":"update","content":{"topic_name":"a","change":[]}}');
test(refuses, '{"type":"dance","content":{"topic_name":"a"}}');
test(
  refuses,
  `{"type":"update","content":{"topic_name":"a","change":${'{"x":'.repeat(20)}1${'}'.repeat(20)}}}`,
);

test('the first hello speaks both spellings', (t) => {
  t.deepEqual(JSON.parse(encodeHello({ type: 'hello', id: '7' })), {
    type: 'hello',
    content: { id: '7' },
    args: { id: '7' },
  });
});

test('a frame is encoded in the spelling of each client', (t) => {
  const update: ServerFrame = {
    type: 'update',
    topic: 'a',
    change: { type: 'set', value: 'x', id: '1' },
  };
  const reject: ServerFrame = { type: 'reject_update', topic: 'a', change: null, reason: 'why' };

  t.deepEqual(JSON.parse(encodeServerFrame(update, 'content')), {
    type: 'update',
    content: { topic_name: 'a', change: { type: 'set', value: 'x', id: '1' } },
  });
  t.deepEqual(JSON.parse(encodeServerFrame(reject, 'args')), {
    type: 'reject_update',
    args: { topic_name: 'a', change: null, reason: 'why' },
  });
  t.is(encodeServerFrame(update, 'content'), encodeServerFrame(update, 'content'));
});
