/** docs/topics.md#validation: who else has a say in a change, and what waits meanwhile. */
import test from 'ava';
import {
  CLIENT_MAX_WAITING,
  HUB_MAX_WAITING_BYTES,
  TOPIC_MAX_WAITING,
  type ProposedUpdate,
  type Verdict,
} from '../../daemon/domain/topic-validation.ts';
import { settle } from '../helpers/fake-clock.ts';
import { hubWith, join, ListeningClient, subscribe, update } from '../helpers/topic-world.ts';

/** A judge who takes his time, and is asked by the test. */
function slowJudge() {
  const asked: { update: ProposedUpdate; say: (verdict: Verdict) => void }[] = [];
  const validate = (one: ProposedUpdate): Promise<Verdict> =>
    new Promise((resolve) => {
      asked.push({ update: one, say: resolve });
    });
  return { asked, validate };
}

test('a verdict at once is as if nobody had been asked', (t) => {
  const { hub } = hubWith({
    validate: ({ topic, value, change }) =>
      topic !== 'counter' ||
      (value() as number) < 2 || { reason: `enough, ${JSON.stringify(change['id'])}` },
  });
  const client = join(hub);
  subscribe(hub, client, 'counter', 'int');

  for (const id of ['a', 'b', 'c']) update(hub, client, 'counter', { type: 'add', value: 1, id });

  t.is(client.changesOf('counter').length, 3);
  t.is(client.lastReason, 'enough, "c"');
});

test('changes of a topic wait for the one that is judged, those of others do not', async (t) => {
  const { asked, validate } = slowJudge();
  const { hub } = hubWith({
    validate: (one) => (one.topic === 'slow' ? validate(one) : true),
  });
  const [ann, bob] = [join(hub, 'ann'), join(hub, 'bob')];
  for (const topic of ['slow', 'quick']) {
    subscribe(hub, ann, topic, 'string');
    subscribe(hub, bob, topic, 'string');
  }

  update(hub, ann, 'slow', { type: 'set', value: 'first' });
  update(hub, bob, 'slow', { type: 'set', value: 'second' });
  update(hub, bob, 'slow', { type: 'insert', position: 0, insertion: 'the ' });
  update(hub, ann, 'quick', { type: 'set', value: 'now' });

  t.is(ann.changesOf('slow').length, 1);
  t.like(bob.changesOf('quick').at(-1), { value: 'now' });
  t.is(asked.length, 1);
  t.like(asked[0]?.update, { topicType: 'string', clientId: 'ann' });
  asked[0]?.say(true);
  await settle();
  t.is(asked.length, 2);
  t.is(asked[1]?.update.value(), 'first');
  asked[1]?.say({ reason: 'I do not like it' });
  await settle();
  t.is(bob.lastReason, 'I do not like it');
  asked[2]?.say(true);
  await settle();
  const expected = [{ value: '' }, { value: 'first' }, { insertion: 'the ' }];
  t.like([...ann.changesOf('slow')], expected);
  t.like([...bob.changesOf('slow')], expected);
});

test('a change that can not fit is rejected unasked, one that does not fit any more afterwards', async (t) => {
  const { asked, validate } = slowJudge();
  const { hub } = hubWith({ validate });
  const client = join(hub);
  subscribe(hub, client, 'board', 'string');

  update(hub, client, 'board', { type: 'insert', position: -1, insertion: 'x' });
  t.regex(client.lastReason ?? '', /position/);
  t.is(asked.length, 0);
  update(hub, client, 'board', { type: 'insert', position: 9, insertion: 'x' });
  asked[0]?.say(true);
  await settle();

  t.regex(client.lastReason ?? '', /only 0 units/);
});

test('a topic that ended while a change was judged is not changed, nor is one that began anew', async (t) => {
  const { asked, validate } = slowJudge();
  const { hub } = hubWith({ validate });
  const client = join(hub);
  subscribe(hub, client, 'board', 'string');

  update(hub, client, 'board', { type: 'set', value: 'late' });
  hub.handle(client, { type: 'unsubscribe', topic: 'board' });
  subscribe(hub, client, 'board', 'string');
  asked[0]?.say(true);
  await settle();

  t.is(client.lastReason, 'unknown topic');
  t.like(client.changesOf('board').at(-1), { value: '' });
});

test('a judge who fails lets nothing through, and is reported', async (t) => {
  let calls = 0;
  const { hub, defects } = hubWith({
    validate: () => {
      if (++calls === 1) throw new Error('at once');
      return Promise.reject(new Error('later'));
    },
  });
  const client = join(hub);
  subscribe(hub, client, 'board', 'string');

  for (const value of ['a', 'b']) {
    update(hub, client, 'board', { type: 'set', value });
    await settle();
    t.regex(client.lastReason ?? '', /could not be judged/);
  }

  t.is(defects.length, 2);
});

test('so many changes may wait and no more; the others are rejected at once', async (t) => {
  const { asked, validate } = slowJudge();
  const { hub } = hubWith({ validate });
  const [ann, bob] = [join(hub, 'ann'), join(hub, 'bob')];
  const topics = ['a', 'b', 'c'];
  for (const topic of topics) subscribe(hub, ann, topic, 'int');
  subscribe(hub, bob, 'd', 'int');

  for (let made = 0; made < TOPIC_MAX_WAITING; made++) {
    update(hub, ann, 'a', { type: 'add', value: 1 });
  }
  t.is(ann.lastReason, undefined);
  update(hub, ann, 'a', { type: 'add', value: 1 });
  t.regex(ann.lastReason ?? '', /too many/);
  for (let made = TOPIC_MAX_WAITING; made <= CLIENT_MAX_WAITING; made++) {
    update(hub, ann, 'b', { type: 'add', value: 1 });
  }
  update(hub, ann, 'c', { type: 'add', value: 1 });
  t.regex(ann.lastReason ?? '', /too many/);
  update(hub, bob, 'd', { type: 'add', value: 1 });
  t.is(bob.lastReason, undefined);

  while (asked.length > 0) {
    asked.shift()?.say(true);
    await settle();
  }
  update(hub, ann, 'c', { type: 'add', value: 1 });
  asked.shift()?.say(true);
  await settle();
  t.is(ann.changesOf('a').length, 1 + TOPIC_MAX_WAITING);
  t.is(ann.changesOf('c').length, 2);
});

test('an open topic of the daemon is changed by both, and judged for clients alone', async (t) => {
  const { hub } = hubWith({
    validate: ({ change }) => change['value'] !== 'cheating' || { reason: 'no cheating' },
  });
  const client = join(hub);
  hub.declare('game/1', 'dict', async () => ({ board: '---' }), { isOpen: true });
  update(hub, client, 'game/1', { type: 'change_value', key: 'board', value: 'X--' });
  t.regex(client.lastReason ?? '', /subscribe/);
  subscribe(hub, client, 'game/1');
  await settle();

  update(hub, client, 'game/1', { type: 'change_value', key: 'board', value: 'X--' });
  hub.put('game/1', 'board', 'XO-');
  update(hub, client, 'game/1', { type: 'change_value', key: 'board', value: 'cheating' });

  t.is(client.lastReason, 'no cheating');
  t.like(
    [...client.changesOf('game/1')],
    [{ value: { board: '---' } }, { value: 'X--' }, { value: 'XO-' }],
  );
});

test('a topic of the daemon that is withdrawn is not there any more', async (t) => {
  const { hub } = hubWith();
  const client = join(hub);
  hub.declare('game/1', 'dict', async () => ({}), { isOpen: true });
  subscribe(hub, client, 'game/1');
  await settle();

  hub.withdraw('game/1');
  update(hub, client, 'game/1', { type: 'add', key: 'a', value: 1 });

  t.is(client.lastReason, 'unknown topic');
  t.false(hub.isLive('game/1'));
});

test('what waits is bounded in bytes, and nobody has more than half of it', (t) => {
  const { asked, validate } = slowJudge();
  const { hub } = hubWith({ validate });
  const may = () => true;
  const come = (account: string) => {
    const access = { account, mayValidate: false, mayRead: may, mayWrite: may, mayOffer: may };
    const client = Object.assign(new ListeningClient(account), { access });
    hub.join(client);
    for (const topic of ['a', 'b']) subscribe(hub, client, topic, 'string');
    return client;
  };
  const [ann, bob] = [come('ann'), come('bob')];
  const large = { type: 'set', value: 'x'.repeat(1_000_000) };

  for (let bytes = 0; bytes < HUB_MAX_WAITING_BYTES / 2; bytes += 1_000_000) {
    t.is(ann.lastReason, undefined);
    update(hub, ann, 'a', large);
  }
  update(hub, bob, 'b', large);

  t.regex(ann.lastReason ?? '', /too many changes wait/);
  t.is(bob.lastReason, undefined);
  t.deepEqual(
    asked.map(({ update: { clientId } }) => clientId),
    ['ann', 'bob'],
  );
});
