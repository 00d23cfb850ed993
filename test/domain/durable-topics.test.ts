/** docs/topics.md#durable-topics: what outlives its subscribers, and what becomes of a change that can't be saved. */
import test from 'ava';
import fc from 'fast-check';
import { MAX_DURABLE_BYTES, MAX_DURABLE_TOPICS } from '../../daemon/domain/topic-keeper.ts';
import type { TopicHub } from '../../daemon/domain/topics.ts';
import type { JsonObject, Resumed, TopicType } from '../../daemon/wire/topic.ts';
import { FakeClock, settle } from '../helpers/fake-clock.ts';
import { keeperOn, MemoryTopicStore } from '../helpers/memory-topic-store.ts';
import { CHANGES } from '../helpers/topic-changes.ts';
import { hubWith, join, ListeningClient, subscribe, update } from '../helpers/topic-world.ts';

/** The value of a topic as somebody sees it who comes now. */
function valueOf(hub: TopicHub, topic: string, type?: string): unknown {
  const client = join(hub, 'reader');
  subscribe(hub, client, topic, type);
  const [first] = client.changesOf(topic) as { value?: unknown }[];
  hub.leave(client);
  return first?.value;
}

/** What somebody heard last of what became of its changes. */
function resumedOf({ frames }: ListeningClient): Resumed | undefined {
  return frames.flatMap((frame) => (frame.type === 'update' ? [frame.resumed] : [])).find(Boolean);
}

/** A hub on a store, with somebody who is subscribed to a topic. */
function open(store: MemoryTopicStore, topic: string, type: string, options = {}) {
  const { hub, defects } = hubWith({ keeper: keeperOn(store, options) });
  const client = join(hub);
  subscribe(hub, client, topic, type);
  return { hub, client, defects };
}

test('a durable topic outlives its subscribers and the daemon, others do not', async (t) => {
  const store = new MemoryTopicStore();
  const { hub, client } = open(store, 'kept/count', 'int');
  subscribe(hub, client, 'passing', 'int');
  for (const topic of ['kept/count', 'passing'])
    update(hub, client, topic, { type: 'add', value: 5 });
  await settle();

  hub.leave(client);
  const after = [valueOf(hub, 'kept/count'), valueOf(hub, 'passing', 'int')];
  const { hub: restarted } = hubWith({ keeper: keeperOn(store) });

  t.deepEqual(after, [5, 0]);
  t.is(valueOf(restarted, 'kept/count'), 5);
  t.is(valueOf(restarted, 'passing', 'int'), 0);
});

for (const type of Object.keys(CHANGES) as (keyof typeof CHANGES)[]) {
  test(`whatever is changed in a ${type}, a restart at any moment has all that was told`, async (t) => {
    const moves = fc.array(
      fc.tuple(fc.constantFrom('change', 'change', 'change', 'restart', 'compact'), CHANGES[type]),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(moves, async (run) => {
        const store = new MemoryTopicStore();
        let { hub, client } = open(store, 'kept/it', type);
        for (const [what, change] of run) {
          if (what === 'compact') store.compact();
          if (what !== 'change') {
            const before = valueOf(hub, 'kept/it', type);
            ({ hub, client } = open(store, 'kept/it', type));
            if (JSON.stringify(valueOf(hub, 'kept/it', type)) !== JSON.stringify(before)) {
              throw new Error(`lost by ${what}`);
            }
          }
          update(hub, client, 'kept/it', change as JsonObject);
          await settle();
        }
        if (store.damages > 0) throw new Error('damaged');
      }),
      { numRuns: 40, seed: 20_261_121 },
    );
    t.pass();
  });
}

test('a change that can not be saved is rejected, told to nobody, and not there later', async (t) => {
  const store = new MemoryTopicStore();
  const { hub, client, defects } = open(store, 'kept/text', 'string', {
    onDefect: (error: unknown) => void seen.push(error),
  });
  const seen: unknown[] = [];
  const other = join(hub, 'other');
  subscribe(hub, other, 'kept/text', 'string');
  update(hub, client, 'kept/text', { type: 'set', value: 'saved' });
  await settle();

  store.failure = new Error('the disk is full');
  update(hub, client, 'kept/text', { type: 'set', value: 'lost' });
  update(hub, client, 'kept/text', { type: 'insert', position: 5, insertion: '!' });
  await settle();
  t.is(client.lastReason, 'the change could not be saved');
  store.failure = undefined;
  update(hub, client, 'kept/text', { type: 'insert', position: 5, insertion: '.' });
  await settle();

  t.like(
    [...other.changesOf('kept/text')],
    [{ value: '' }, { value: 'saved' }, { insertion: '.' }],
  );
  t.is(valueOf(hubWith({ keeper: keeperOn(store) }).hub, 'kept/text'), 'saved.');
  t.is(seen.length, 2);
  t.deepEqual(defects, []);
});

test('an edit that is moved past others is kept as it was applied', async (t) => {
  const store = new MemoryTopicStore();
  const { hub, client } = open(store, 'kept/text', 'string');
  for (const change of [
    { type: 'set', value: 'hello world' },
    { type: 'insert', position: 5, insertion: '!' },
    { type: 'delete', position: 2, deletion: 'llo wor', base: 1 },
  ]) {
    update(hub, client, 'kept/text', change);
    await settle();
  }

  t.is(valueOf(hub, 'kept/text'), 'he!ld');
  t.is(valueOf(hubWith({ keeper: keeperOn(store) }).hub, 'kept/text'), 'he!ld');
});

test('a durable topic that is empty again is forgotten with its last subscriber', async (t) => {
  const store = new MemoryTopicStore();
  const { hub, client } = open(store, 'kept/dict', 'dict');
  update(hub, client, 'kept/dict', { type: 'add', key: 'a', value: 1 });
  update(hub, client, 'kept/dict', { type: 'pop', key: 'a' });
  await settle();

  hub.leave(client);
  await settle();

  t.like(store.records.at(-1), { kind: 'gone', topic: 'kept/dict' });
  t.is(valueOf(hubWith({ keeper: keeperOn(store) }).hub, 'kept/dict', 'int'), 0);
});

test('a topic that happens to be empty when the file is written anew loses nothing that comes later', async (t) => {
  const store = new MemoryTopicStore();
  const { hub, client } = open(store, 'kept/count', 'int');
  update(hub, client, 'kept/count', { type: 'add', value: 5 });
  update(hub, client, 'kept/count', { type: 'add', value: -5 });
  await settle();

  store.compact();
  update(hub, client, 'kept/count', { type: 'add', value: 7 });
  await settle();

  t.is(valueOf(hubWith({ keeper: keeperOn(store) }).hub, 'kept/count'), 7);
  t.is(store.damages, 0);
});

test('a change whose author left before it was saved counts', async (t) => {
  const store = new MemoryTopicStore();
  const { hub, client } = open(store, 'kept/count', 'int');

  update(hub, client, 'kept/count', { type: 'add', value: 5 });
  hub.leave(client);
  await settle();

  t.is(valueOf(hub, 'kept/count', 'int'), 5);
  t.is(valueOf(hubWith({ keeper: keeperOn(store) }).hub, 'kept/count', 'int'), 5);
});

test('a topic that nobody looks at is forgotten when the last change under way leaves it empty', async (t) => {
  const store = new MemoryTopicStore();
  const { hub, client } = open(store, 'kept/count', 'int');
  update(hub, client, 'kept/count', { type: 'add', value: 5 });
  await settle();

  update(hub, client, 'kept/count', { type: 'add', value: -5 });
  hub.leave(client);
  await settle();

  t.like(store.records.at(-1), { kind: 'gone', topic: 'kept/count' });
  t.is(valueOf(hub, 'kept/count', 'string'), '');
});

test('a change for which the world has no room is not on the disk either', async (t) => {
  const store = new MemoryTopicStore();
  const { hub, client } = open(store, 'kept/text', 'string');
  const large = 'x'.repeat(1_000_000);
  for (let made = 0; (client.lastReason ?? '') === ''; made++) {
    subscribe(hub, client, `passing ${made}`, 'string');
    update(hub, client, `passing ${made}`, { type: 'set', value: large });
  }

  update(hub, client, 'kept/text', { type: 'set', value: large });
  await settle();

  t.regex(client.lastReason ?? '', /all topics take too much/);
  t.deepEqual(store.records, []);
});

test('after a restart it is still known which changes were applied, and none of them twice', async (t) => {
  const store = new MemoryTopicStore();
  const first = open(store, 'kept/count', 'int');
  first.hub.handle(first.client, {
    ...{ type: 'subscribe', topic: 'kept/count', topicType: 'int', unanswered: [] },
  });
  for (const id of ['a', 'b'])
    update(first.hub, first.client, 'kept/count', { type: 'add', value: 1, id });
  await settle();

  for (const isCompact of [false, true]) {
    if (isCompact) store.compact();
    const { hub } = hubWith({ keeper: keeperOn(store) });
    const back = join(hub, 'back');
    hub.handle(back, {
      ...{ type: 'subscribe', topic: 'kept/count', topicType: 'int' },
      unanswered: ['a', 'b', 'c'],
    });
    update(hub, back, 'kept/count', { type: 'add', value: 1, id: 'b', again: true });
    await settle();

    const before = resumedOf(first.client);
    t.like(resumedOf(back), { life: before?.life, version: 2, applied: ['a', 'b'] });
    t.is(back.lastReason, 'that change was made already');
    t.is(valueOf(hub, 'kept/count'), 2);
  }
});

test('a text that comes back after a restart goes on counting its versions', async (t) => {
  const store = new MemoryTopicStore();
  const { hub, client } = open(store, 'kept/text', 'string');
  for (const change of [
    { type: 'set', value: 'hello world' },
    { type: 'insert', position: 5, insertion: '!' },
    { type: 'delete', position: 2, deletion: 'llo wor', base: 1 },
  ]) {
    update(hub, client, 'kept/text', change);
    await settle();
  }

  const { hub: restarted } = hubWith({ keeper: keeperOn(store) });
  const back = join(restarted, 'back');
  subscribe(restarted, back, 'kept/text');
  update(restarted, back, 'kept/text', { type: 'insert', position: 0, insertion: 'x', base: 3 });
  await settle();
  t.is(back.lastReason, 'that was too long ago');
  update(restarted, back, 'kept/text', { type: 'insert', position: 0, insertion: 'x', base: 4 });
  await settle();

  t.like(
    back.frames.filter(({ type }) => type === 'update'),
    [{ version: 4 }, { version: 5, change: { insertion: 'x' } }],
  );
});

test('a hub that stops has saved what came before', async (t) => {
  const store = new MemoryTopicStore();
  const { hub, client } = open(store, 'kept/count', 'int');
  for (let made = 0; made < 5; made++) update(hub, client, 'kept/count', { type: 'add', value: 1 });
  hub.leave(client);

  await hub.stop();

  t.is(store.records.length, 5);
});

test('a topic that no pattern fits any more stays on the disk, and comes back with the pattern', async (t) => {
  const store = new MemoryTopicStore();
  const { hub, client } = open(store, 'kept/count', 'int');
  update(hub, client, 'kept/count', { type: 'add', value: 5 });
  await settle();

  const { hub: without } = hubWith({ keeper: keeperOn(store, { patterns: ['other/*'] }) });
  t.is(valueOf(without, 'kept/count', 'string'), '');
  store.compact();

  t.is(valueOf(hubWith({ keeper: keeperOn(store) }).hub, 'kept/count'), 5);
});

test('what comes after a hole is passed by, and told', (t) => {
  const store = new MemoryTopicStore();
  const record = { kind: 'change', topic: 'kept/count', type: 'int' } as const;
  store.records = [1, 2, 4, 5].map((changes) => ({
    ...record,
    ...{ changes, parts: [{ type: 'add', value: 1 }] },
  }));

  const { hub } = hubWith({ keeper: keeperOn(store) });

  t.is(valueOf(hub, 'kept/count'), 2);
  t.is(store.damages, 1);
});

test('durable topics are bounded in number and size, and nobody has more than half', async (t) => {
  const { hub } = hubWith({ keeper: keeperOn(new MemoryTopicStore()) });
  const come = (id: string, account: string): ListeningClient => {
    const may = () => true;
    const access = { account, mayValidate: false, mayRead: may, mayWrite: may, mayOffer: may };
    const client = Object.assign(new ListeningClient(id), { access });
    hub.join(client);
    return client;
  };
  const [ann, ann2] = [come('ann', 'ann'), come('ann 2', 'ann')];
  const [bob, bob2, eve] = [come('bob', 'bob'), come('bob 2', 'bob'), come('eve', 'eve')];

  for (let made = 0; made < MAX_DURABLE_TOPICS / 2; made++) {
    subscribe(hub, ann, `kept/ann ${made}`, 'string');
    subscribe(hub, bob, `kept/bob ${made}`, 'string');
  }
  t.is(ann.lastReason, undefined);
  for (const client of [ann2, bob2, eve]) {
    subscribe(hub, client, 'kept/more', 'string');
    t.regex(client.lastReason ?? '', /too many durable topics/);
  }

  const piece = 'x'.repeat(250_000);
  for (let written = 0; written < MAX_DURABLE_BYTES / 2 - piece.length; written += piece.length) {
    update(hub, ann, `kept/ann ${Math.floor(written / 1_000_000)}`, {
      ...{ type: 'insert', position: 0, insertion: piece },
    });
    await settle();
  }
  t.is(ann.lastReason, undefined);
  update(hub, ann, 'kept/ann 50', { type: 'set', value: piece });
  await settle();
  t.regex(ann.lastReason ?? '', /durable topics take too much/);
  update(hub, bob, 'kept/bob 0', { type: 'set', value: piece });
  await settle();
  t.is(bob.lastReason, undefined);
});

test('a full disk and a spent budget reject changes, and let them through later', async (t) => {
  const clock = new FakeClock();
  let hasRoom = false;
  const { hub, client } = open(new MemoryTopicStore(), 'kept/text', 'string', {
    ...{ clock, hasRoom: () => hasRoom, rate: { bytesPerSecond: 1000, burstBytes: 1000 } },
  });
  const say = async (value: string): Promise<string | undefined> => {
    update(hub, client, 'kept/text', { type: 'set', value });
    await settle();
    return client.lastReason;
  };

  t.is(await say('a'), 'there is no room on the disk');
  hasRoom = true;
  t.is(await say('a'.repeat(800)), undefined);
  t.regex((await say('b'.repeat(800))) ?? '', /too fast for the disk/);
  clock.advance(1000);
  t.is(await say('b'.repeat(800)), undefined);
});

test('events of a durable topic are passed on and cost no write', async (t) => {
  const store = new MemoryTopicStore();
  const { hub, client } = open(store, 'kept/bell', 'event' satisfies TopicType);

  update(hub, client, 'kept/bell', { type: 'emit', args: 'ring' });
  await settle();

  t.like(client.changesOf('kept/bell').at(-1), { args: 'ring' });
  t.deepEqual(store.records, []);
});
