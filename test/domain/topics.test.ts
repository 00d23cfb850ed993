import test from 'ava';
import { DRAFT_SAVE_DELAY_MS } from '../../daemon/domain/topic-drafts.ts';
import { CLIENT_MAX_TOPICS } from '../../daemon/domain/topic-subscriptions.ts';
import type { JsonObject, JsonValue } from '../../daemon/wire/topic.ts';
import { hubWith, join, subscribe, update, withoutId } from '../helpers/topic-world.ts';

/** Lets values of the daemon's own topics be read. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('a client learns its id first', (t) => {
  const { hub } = hubWith();

  const client = join(hub, 'me');

  t.deepEqual(client.frames, [{ type: 'hello', id: 'me' }]);
});

const emptyValue = test.macro({
  exec(t, topicType: string, value: JsonValue) {
    const { hub } = hubWith();
    const client = join(hub);

    subscribe(hub, client, 'board', topicType);

    t.deepEqual(client.changesOf('board'), [{ type: 'set', value, id: undefined }]);
  },
  title: (_, topicType: string) => `a new ${topicType} is empty, and its subscriber is told`,
});
test(emptyValue, 'string', '');
test(emptyValue, 'set', []);
test(emptyValue, 'dict', {});
test(emptyValue, 'event', null);

/** Changes in their order, and the value after them. */
const becomes = test.macro({
  exec(t, topicType: string, changes: readonly JsonObject[], value: JsonValue) {
    const { hub } = hubWith();
    const author = join(hub, 'author');
    subscribe(hub, author, 'board', topicType);

    for (const change of changes) update(hub, author, 'board', change);

    const late = join(hub, 'late');
    subscribe(hub, late, 'board', topicType);
    t.deepEqual(late.changesOf('board'), [{ type: 'set', value, id: undefined }]);
    t.is(author.changesOf('board').length, 1 + changes.length);
  },
  title: (title) => title ?? '',
});
test(
  'text is inserted and deleted',
  becomes,
  'string',
  [
    { type: 'set', value: 'helo' },
    { type: 'insert', position: 3, insertion: 'l' },
    { type: 'insert', position: 5, insertion: '!' },
    { type: 'delete', position: 0, deletion: 'h' },
  ],
  'ello!',
);
test(
  'a set has items of any kind',
  becomes,
  'set',
  [
    { type: 'append', item: { a: 1, b: [2] } },
    { type: 'append', item: 'x' },
    { type: 'remove', item: { b: [2], a: 1 } },
  ],
  ['x'],
);
test(
  'a dict has entries',
  becomes,
  'dict',
  [
    { type: 'add', key: 'a', value: 1 },
    { type: 'add', key: 'b', value: { deep: true } },
    { type: 'change_value', key: 'a', value: 2 },
    { type: 'pop', key: 'b' },
  ],
  { a: 2 },
);
test('an event leaves nothing behind', becomes, 'event', [{ type: 'emit', args: { n: 1 } }], null);

/** A change that does not fit the value that is there. */
const rejected = test.macro({
  exec(t, topicType: string, before: JsonObject | undefined, change: JsonObject, reason: RegExp) {
    const { hub } = hubWith();
    const [author, other] = [join(hub, 'author'), join(hub, 'other')];
    subscribe(hub, author, 'board', topicType);
    subscribe(hub, other, 'board', topicType);
    if (before !== undefined) update(hub, author, 'board', before);
    const heard = other.frames.length;

    update(hub, author, 'board', change);

    const last = author.frames.at(-1);
    t.is(last?.type, 'reject_update');
    t.like(last, { topic: 'board', change });
    t.regex(author.lastReason ?? '', reason);
    t.is(other.frames.length, heard);
  },
  title: (title) => `rejected: ${title ?? ''}`,
});
const HELLO = { type: 'set', value: 'hello' };
test(
  'text after the end',
  rejected,
  'string',
  HELLO,
  { type: 'insert', position: 6, insertion: 'x' },
  /only 5/,
);
test(
  'a negative position',
  rejected,
  'string',
  HELLO,
  { type: 'insert', position: -1, insertion: 'x' },
  /position/,
);
test(
  'half a position',
  rejected,
  'string',
  HELLO,
  { type: 'insert', position: 0.5, insertion: 'x' },
  /position/,
);
test(
  'text that is not there',
  rejected,
  'string',
  HELLO,
  { type: 'delete', position: 1, deletion: 'l' },
  /another/,
);
test(
  'a change of another type',
  rejected,
  'string',
  HELLO,
  { type: 'add', key: 'a', value: 1 },
  /type/,
);
test('a value of another type', rejected, 'string', HELLO, { type: 'set', value: 1 }, /value/);
test('a change without a type', rejected, 'string', HELLO, {}, /type/);
test(
  'an item twice',
  rejected,
  'set',
  { type: 'append', item: [1] },
  { type: 'append', item: [1] },
  /already/,
);
test(
  'a set with an item twice',
  rejected,
  'set',
  undefined,
  { type: 'set', value: [1, 1] },
  /once/,
);
test(
  'an item that is not there',
  rejected,
  'set',
  undefined,
  { type: 'remove', item: 1 },
  /no such/,
);
test(
  'a key twice',
  rejected,
  'dict',
  { type: 'add', key: 'a', value: 1 },
  { type: 'add', key: 'a', value: 2 },
  /already/,
);
test(
  'a key that is not there',
  rejected,
  'dict',
  undefined,
  { type: 'change_value', key: 'a', value: 1 },
  /no a/,
);
test('nothing to pop', rejected, 'dict', undefined, { type: 'pop', key: 'a' }, /no a/);
test(
  'a key of the prototype',
  rejected,
  'dict',
  undefined,
  { type: 'add', key: '__proto__', value: {} },
  /reserved/,
);
test('a value without a value', rejected, 'dict', undefined, { type: 'add', key: 'a' }, /value/);
test('an event that is set', rejected, 'event', undefined, { type: 'set', value: 1 }, /value/);

test('everybody sees the same changes in the same order, the author included', (t) => {
  const { hub } = hubWith();
  const clients = ['a', 'b', 'c'].map((id) => join(hub, id));
  for (const client of clients) subscribe(hub, client, 'board', 'string');

  for (let i = 0; i < 30; i++) {
    update(hub, clients[i % 3]!, 'board', {
      type: 'insert',
      position: 0,
      insertion: String(i),
      id: `c${i}`,
    });
  }

  const [first, ...others] = clients.map((client) =>
    client.frames.filter((frame) => frame.type === 'update' && frame.change.type === 'insert'),
  );
  t.is(first?.length, 30);
  for (const other of others) t.deepEqual(other, first);
  t.like(first?.[7], { change: { id: 'c7' } });
});

test('a change without an id gets one, unknown members are dropped', (t) => {
  const { hub } = hubWith();
  const client = join(hub);
  subscribe(hub, client, 'board', 'string');

  update(hub, client, 'board', { type: 'set', value: 'x', old_value: 'y', color: 'red' });

  const last = client.frames.at(-1);
  t.is(last?.type, 'update');
  t.deepEqual(withoutId((last as { change: object }).change), {
    type: 'set',
    value: 'x',
    old_value: 'y',
    id: undefined,
  });
  t.regex(String((last as { change: { id?: string } }).change.id), /^id-\d+$/);
});

test('a topic ends with its last subscriber, an unsubscribed client hears nothing', (t) => {
  const { hub } = hubWith();
  const [one, other] = [join(hub, 'one'), join(hub, 'other')];
  subscribe(hub, one, 'board', 'string');
  subscribe(hub, other, 'board', 'string');
  update(hub, one, 'board', HELLO);

  hub.handle(one, { type: 'unsubscribe', topic: 'board' });
  const heard = one.frames.length;
  update(hub, other, 'board', { type: 'set', value: 'bye' });
  hub.leave(other);
  subscribe(hub, one, 'board', 'dict');

  t.is(one.frames.length, heard + 1);
  t.deepEqual(one.changesOf('board').at(-1), { type: 'set', value: {}, id: undefined });
});

test('refused subscriptions tell why, with no change', (t) => {
  const { hub } = hubWith();
  const client = join(hub);
  subscribe(hub, client, 'board', 'string');
  const refusals = [
    ['board', 'dict', /is a string/],
    ['new', 'colour', /no such topic type/],
    ['new', undefined, /no such topic type/],
    ['_vestnik/secrets', 'dict', /unknown topic/],
    ['_chatroom/client_message/other', 'string', /another client/],
    ['draft/bob', 'dict', /draft is a string/],
  ] as const;

  for (const [topic, type, reason] of refusals) {
    subscribe(hub, client, topic, type);
    t.like(client.frames.at(-1), { type: 'reject_update', topic, change: null });
    t.regex(client.lastReason ?? '', reason);
  }
});

test('a client is subscribed to a hundred topics at most', (t) => {
  const { hub } = hubWith();
  const client = join(hub);

  for (let i = 0; i <= CLIENT_MAX_TOPICS; i++) subscribe(hub, client, `topic ${i}`, 'string');

  t.regex(client.lastReason ?? '', /at most 100/);
  t.is(client.changesOf(`topic ${CLIENT_MAX_TOPICS}`).length, 0);
});

test('a value of more than 1 MiB is rejected, and a smaller one still fits', (t) => {
  const { hub } = hubWith();
  const client = join(hub);
  subscribe(hub, client, 'board', 'string');
  const piece = 'x'.repeat(250_000);

  for (let i = 0; i < 4; i++)
    update(hub, client, 'board', { type: 'insert', position: 0, insertion: piece });
  t.is(client.lastReason, undefined);
  update(hub, client, 'board', { type: 'insert', position: 0, insertion: piece });
  t.regex(client.lastReason ?? '', /1 MiB/);
  update(hub, client, 'board', { type: 'delete', position: 0, deletion: piece });
  t.is(client.lastReason, undefined);
  update(hub, client, 'board', { type: 'insert', position: 0, insertion: piece });
  t.is(client.lastReason, undefined);
  update(hub, client, 'board', { type: 'set', value: piece });
  t.is(client.lastReason, undefined);
});

test('topics of the daemon are only for reading', async (t) => {
  const { hub } = hubWith();
  const client = join(hub);
  hub.declare('_vestnik/status', 'dict', async () => ({ nick: 'Alice' }));
  subscribe(hub, client, '_vestnik/status', 'dict');
  await settle();

  for (const topic of ['_vestnik/status', '_chatroom/server_status', '_chatroom/new']) {
    update(hub, client, topic, { type: 'set', value: {} });
    t.regex(client.lastReason ?? '', /only for reading/, topic);
  }
  update(hub, client, 'nowhere', HELLO);
  t.regex(client.lastReason ?? '', /unknown topic/);
});

test('the value of an own topic is read for its first subscriber and followed from then on', async (t) => {
  const { hub } = hubWith();
  let reads = 0;
  hub.declare('_vestnik/contacts', 'dict', async () => ({ bob: ++reads }));
  const client = join(hub);
  hub.put('_vestnik/contacts', 'nobody looks', 1);
  t.false(hub.isLive('_vestnik/contacts'));

  subscribe(hub, client, '_vestnik/contacts', 'dict');
  hub.put('_vestnik/contacts', 'bob', 'changed meanwhile');
  hub.put('_vestnik/contacts', 'eve', 1);
  await settle();
  hub.put('_vestnik/contacts', 'eve', 2);
  hub.remove('_vestnik/contacts', 'bob');
  hub.remove('_vestnik/contacts', 'bob');

  t.is(reads, 1);
  t.deepEqual(client.changesOf('_vestnik/contacts'), [
    { type: 'set', value: { bob: 1 }, id: undefined },
    { type: 'change_value', key: 'bob', value: 'changed meanwhile', id: undefined },
    { type: 'add', key: 'eve', value: 1, id: undefined },
    { type: 'change_value', key: 'eve', value: 2, id: undefined },
    { type: 'pop', key: 'bob', id: undefined },
  ]);
});

test('an own topic that was left is read anew', async (t) => {
  const { hub } = hubWith();
  let reads = 0;
  hub.declare('_vestnik/contacts', 'dict', async () => ({ reads: ++reads }));
  const client = join(hub);

  subscribe(hub, client, '_vestnik/contacts');
  hub.handle(client, { type: 'unsubscribe', topic: '_vestnik/contacts' });
  subscribe(hub, client, '_vestnik/contacts');
  await settle();

  t.deepEqual(client.changesOf('_vestnik/contacts'), [
    { type: 'set', value: { reads: 2 }, id: undefined },
  ]);
});

test('a value that cannot be read is refused, reported, and tried again for the next one', async (t) => {
  const { hub, defects } = hubWith();
  let isBroken = true;
  hub.declare('_vestnik/contacts', 'dict', async () => {
    if (isBroken) throw new Error('disk');
    return {};
  });
  const client = join(hub);

  subscribe(hub, client, '_vestnik/contacts');
  await settle();
  t.regex(client.lastReason ?? '', /could not be read/);
  t.is(defects.length, 1);
  isBroken = false;
  subscribe(hub, client, '_vestnik/contacts');
  await settle();

  t.deepEqual(client.changesOf('_vestnik/contacts'), [{ type: 'set', value: {}, id: undefined }]);
});

test('the list of topics, the status and messages to a client are topics', async (t) => {
  const { hub } = hubWith();
  const client = join(hub, 'me');
  for (const topic of ['topic_list', 'server_status', 'client_message/me'])
    subscribe(hub, client, `_chatroom/${topic}`);
  await settle();

  subscribe(hub, client, 'board', 'dict');
  hub.tell(client, 'a frame is text');
  join(hub, 'other');
  hub.handle(client, { type: 'unsubscribe', topic: 'board' });

  const [list, ...changes] = client.changesOf('_chatroom/topic_list');
  t.like(list, { type: 'set' });
  t.true(
    (list as { value: JsonObject[] }).value.some(
      (one) => one['topic_name'] === '_chatroom/topic_list',
    ),
  );
  const item = { topic_name: 'board', type: 'dict' };
  t.deepEqual(changes, [
    { type: 'append', item, id: undefined },
    { type: 'remove', item, id: undefined },
  ]);
  t.deepEqual(client.changesOf('_chatroom/client_message/me').at(-1), {
    type: 'set',
    value: 'a frame is text',
    id: undefined,
  });
  t.like(client.changesOf('_chatroom/server_status').at(-1), { value: 'client other is here' });
});

test('a client can not read what is told to another', (t) => {
  const { hub } = hubWith();
  join(hub, 'other');
  const client = join(hub, 'me');

  subscribe(hub, client, '_chatroom/client_message/other', 'string');

  t.regex(client.lastReason ?? '', /another client/);
});

test('a draft outlives its subscribers and is saved a little later', (t) => {
  const { hub, clock, store } = hubWith();
  const client = join(hub);
  subscribe(hub, client, 'draft/bob', 'string');
  update(hub, client, 'draft/bob', { type: 'set', value: 'dear b' });
  update(hub, client, 'draft/bob', { type: 'insert', position: 6, insertion: 'ob' });
  hub.leave(client);
  t.is(store.saved.size, 0);

  clock.advance(DRAFT_SAVE_DELAY_MS);
  const other = join(hub, 'other');
  subscribe(hub, other, 'draft/bob', 'string');

  t.deepEqual([...store.saved], [['draft/bob', 'dear bob']]);
  t.deepEqual(other.changesOf('draft/bob'), [{ type: 'set', value: 'dear bob', id: undefined }]);
});

test('drafts come back after a restart, and an emptied one is gone', async (t) => {
  const { hub, store } = hubWith({
    drafts: new Map([
      ['draft/bob', 'hi'],
      ['draft/eve', 'yo'],
    ]),
  });
  const client = join(hub);
  subscribe(hub, client, 'draft/bob', 'string');
  t.deepEqual(client.changesOf('draft/bob'), [{ type: 'set', value: 'hi', id: undefined }]);

  update(hub, client, 'draft/bob', { type: 'set', value: '' });
  hub.leave(client);
  await hub.stop();

  t.deepEqual([...store.saved], [['draft/eve', 'yo']]);
});

test('a topic of a family is there as long as somebody looks at it, and only if it is one', async (t) => {
  const { hub } = hubWith();
  hub.declareFamily('tide/', (name) =>
    name === 'tide/of nowhere'
      ? undefined
      : { type: 'dict', isOpen: false, read: async () => ({ of: name }) },
  );
  const client = join(hub);

  subscribe(hub, client, 'tide/of nowhere', 'dict');
  t.is(client.lastReason, 'unknown topic');
  subscribe(hub, client, 'tide/of Brest', 'string');
  t.is(client.lastReason, 'this topic is a dict');
  t.false(hub.isLive('tide/of Brest'));
  subscribe(hub, client, 'tide/of Brest', 'dict');
  await settle();
  hub.put('tide/of Brest', 'high', 7);

  t.deepEqual(client.changesOf('tide/of Brest'), [
    withoutId({ type: 'set', value: { of: 'tide/of Brest' } }),
    withoutId({ type: 'add', key: 'high', value: 7 }),
  ]);
  hub.handle(client, { type: 'unsubscribe', topic: 'tide/of Brest' });
  update(hub, client, 'tide/of Brest', { type: 'add', key: 'low', value: 1 });
  t.is(client.lastReason, 'unknown topic');
});
