/** docs/topics.md, frame by frame: as clients of both listeners see it, in both spellings. */
import test, { type ExecutionContext } from 'ava';
import { CALL_TIMEOUT_MS } from '../../daemon/domain/services.ts';
import type { JsonObject, JsonValue, TopicDialect } from '../../daemon/wire/topic.ts';
import type { FakeClock } from '../helpers/fake-clock.ts';
import { API_TOKEN, startGui } from '../helpers/gui-world.ts';
import { startHub } from '../helpers/hub-world.ts';
import { openTopics, type SpokenTopics } from '../helpers/spoken-topics.ts';

type World = Readonly<{
  clock: FakeClock;
  come: () => Promise<SpokenTopics & { id: string }>;
}>;
type Start = (t: ExecutionContext, dialect: TopicDialect) => Promise<World>;

const LISTENERS: Readonly<Record<string, Start>> = {
  gui: async (t, dialect) => {
    const { url, clock } = await startGui(t);
    const headers = { authorization: `Bearer ${API_TOKEN}` };
    return { clock, come: () => openTopics(t, url, { dialect, headers }) };
  },
  hub: async (t, dialect) => {
    const { url, clock } = await startHub(t);
    return { clock, come: () => openTopics(t, url, { dialect }) };
  },
};

/** Runs a test against both listeners, in both spellings. */
function everywhere(title: string, run: (t: ExecutionContext, world: World) => Promise<void>) {
  for (const [listener, start] of Object.entries(LISTENERS)) {
    for (const dialect of ['content', 'args'] as const) {
      test(`${listener}, ${dialect}: ${title}`, async (t) => run(t, await start(t, dialect)));
    }
  }
}

/** For each type: its empty value, changes that fit one after the other, the value in the end, one that fits not. */
const TYPES: readonly (readonly [
  type: string,
  empty: JsonValue,
  changes: readonly JsonObject[],
  end: JsonValue,
  misfit: JsonObject,
])[] = [
  [
    'string',
    '',
    [
      { type: 'set', value: 'heo', old_value: 'whatever' },
      { type: 'insert', position: 2, insertion: 'l😀' },
      { type: 'delete', position: 3, deletion: '😀' },
    ],
    'helo',
    { type: 'insert', position: 5, insertion: 'x' },
  ],
  [
    'int',
    0,
    [
      { type: 'set', value: 40 },
      { type: 'add', value: 2 },
    ],
    42,
    { type: 'add', value: 0.5 },
  ],
  [
    'float',
    0,
    [
      { type: 'set', value: 1.5 },
      { type: 'add', value: -2 },
    ],
    -0.5,
    { type: 'add' },
  ],
  [
    'set',
    [],
    [
      { type: 'set', value: [1] },
      { type: 'append', item: { a: 1 } },
      { type: 'remove', item: 1 },
    ],
    [{ a: 1 }],
    { type: 'append', item: { a: 1 } },
  ],
  ...['u_list', 'ulist'].map(
    (type) =>
      [
        type,
        [],
        [
          { type: 'set', value: [[1], 'x', [1]] },
          { type: 'append', item: 'x' },
          { type: 'remove', item: [1] },
        ],
        [[1], 'x', 'x'],
        { type: 'remove', item: 2 },
      ] as const,
  ),
  [
    'list',
    [],
    [
      { type: 'set', value: [1, 2] },
      { type: 'insert', position: 1, item: null },
      { type: 'pop', position: 0 },
    ],
    [null, 2],
    { type: 'pop', position: 2 },
  ],
  [
    'dict',
    {},
    [
      { type: 'set', value: { a: 1 } },
      { type: 'add', key: 'b', value: [2] },
      { type: 'change_value', key: 'a', value: {} },
      { type: 'pop', key: 'b' },
    ],
    { a: {} },
    { type: 'change_value', key: 'b', value: 1 },
  ],
  [
    'event',
    null,
    [
      { type: 'emit', args: [1, { a: 2 }] },
      { type: 'set', value: null },
    ],
    null,
    { type: 'emit' },
  ],
  [
    'generic',
    null,
    [{ type: 'set', value: { any: ['thing'] } }],
    { any: ['thing'] },
    { type: 'add', value: 1 },
  ],
];

everywhere('every type begins empty and takes its changes', async (t, { come }) => {
  const [ann, bob] = [await come(), await come()];
  for (const [type, empty, changes, end, misfit] of TYPES) {
    const topic = `a ${type}`;
    for (const client of [ann, bob]) {
      const { type: kind, fields } = await client.subscribe(topic, type);
      t.is(kind, 'update');
      t.like(fields, { topic_name: topic, change: { type: 'set', value: empty } });
      t.is(typeof (fields['change'] as JsonObject)['id'], 'string');
    }

    for (const [at, change] of changes.entries()) {
      const named = { ...change, id: `${type}-${at}` };
      const told = await ann.change(topic, named);
      t.is(told.type, 'update');
      t.like(told.fields, { topic_name: topic, change: named });
      t.deepEqual(await bob.hear(), told);
    }
    const named = { ...misfit, id: 'mine' };
    const refused = await ann.change(topic, named);

    t.is(refused.type, 'reject_update');
    t.like(refused.fields, { topic_name: topic, change: named });
    t.true((refused.fields['reason'] as string).length > 0);
    // Had bob heard of the refused change, he would hear it before this.
    const { fields } = await bob.subscribe(topic);
    t.deepEqual((fields['change'] as JsonObject)['value'], end);
  }
});

everywhere('a topic has one type, and ends with its last subscriber', async (t, { come }) => {
  const [ann, bob] = [await come(), await come()];
  await ann.subscribe('board', 'dict');

  const { type, fields } = await bob.subscribe('board', 'string');
  t.is(type, 'reject_update');
  t.like(fields, { topic_name: 'board', change: null, reason: 'this topic is a dict' });
  await bob.subscribe('board', 'dict');
  ann.say('unsubscribe', { topic_name: 'board' });
  await ann.settled();
  await bob.change('board', { type: 'add', key: 'a', value: 1 });
  bob.say('unsubscribe', { topic_name: 'board' });
  await bob.settled();

  const unknown = await ann.change('board', { type: 'pop', key: 'a' });
  t.like(unknown, { type: 'reject_update', fields: { reason: 'unknown topic' } });
  t.like((await ann.subscribe('board', 'int')).fields, { change: { value: 0 } });
});

everywhere(
  'what is wrong with a frame is told, and the connection lives on',
  async (t, { come }) => {
    const ann = await come();
    const messages = `_chatroom/client_message/${ann.id}`;
    t.like((await ann.subscribe(messages, 'string')).fields, { change: { value: '' } });

    for (const frame of [
      'nonsense',
      '[]',
      '{"type":"dance","content":{}}',
      '{"type":"subscribe","content":{"topic_name":""}}',
      '{"type":"subscribe","content":{"topic_name":"a\\nb","type":"int"}}',
      `{"type":"subscribe","content":{"topic_name":"${'x'.repeat(257)}","type":"int"}}`,
    ]) {
      ann.socket.send(frame);
      const told = await ann.hear();
      t.like(told, { type: 'update', fields: { topic_name: messages, change: { type: 'set' } } });
    }
  },
);

everywhere('topics of the daemon are there for reading', async (t, { come }) => {
  const ann = await come();
  const own = [
    '_chatroom/server_status',
    '_chatroom/topic_list',
    `_chatroom/client_message/${ann.id}`,
  ];

  t.like((await ann.subscribe(own[0]!, 'string')).fields, {
    change: { value: `client ${ann.id} is here` },
  });
  const list = (await ann.subscribe(own[1]!, 'set')).fields['change'] as JsonObject;
  for (const [topic_name, type] of [
    [own[0], 'string'],
    [own[1], 'set'],
  ]) {
    t.true(
      (list['value'] as JsonObject[]).some(
        (one) => one['topic_name'] === topic_name && one['type'] === type,
      ),
    );
  }
  await ann.subscribe(own[2]!);
  for (const topic of [...own, '_chatroom/mine', '_vestnik/mine']) {
    const { type, fields } = await ann.change(topic, { type: 'set', value: 'mine' });
    t.is(type, 'reject_update');
    t.like(fields, { topic_name: topic, reason: 'that topic is only for reading' });
  }
  t.like(await ann.subscribe('_vestnik/mine', 'string'), { type: 'reject_update' });
  const bob = await come();
  t.like((await ann.hear()).fields, { change: { value: `client ${bob.id} is here` } });
  t.like(await bob.subscribe(own[2]!), { type: 'reject_update', fields: { change: null } });
});

everywhere('services are called, under ids of the daemon’s own', async (t, { come, clock }) => {
  const [provider, caller] = [await come(), await come()];
  const call = (request_id: JsonValue): void =>
    caller.say('request', { service_name: 'sum', args: [1, 2], request_id });

  call('early');
  t.like(await caller.hear(), {
    type: 'response',
    fields: { request_id: 'early', error: { code: 'unknown_service' } },
  });
  provider.say('register_service', { service_name: 'sum' });
  await provider.settled();
  call(7);
  const asked = await provider.hear();
  t.is(asked.type, 'request');
  t.like(asked.fields, { service_name: 'sum', args: [1, 2] });
  const own = asked.fields['request_id'] as string;
  t.not(own, '7');
  provider.say('response', { response: 3, request_id: own });
  t.deepEqual(await caller.hear(), { type: 'response', fields: { response: 3, request_id: 7 } });

  call('slow');
  await provider.hear();
  for (let step = 0; step < 3; step++) {
    clock.advance(CALL_TIMEOUT_MS / 3);
    // Or the daemon would take them for dead.
    for (const client of [provider, caller]) await client.settled();
  }
  t.like((await caller.hear()).fields, { request_id: 'slow', error: { code: 'timeout' } });
  call('lost');
  await provider.hear();
  provider.socket.close();
  t.like((await caller.hear()).fields, { request_id: 'lost', error: { code: 'provider_gone' } });
});
