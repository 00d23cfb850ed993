/** docs/client.md over real sockets: topics of all types, services, and lines that break. */
import test, { type ExecutionContext } from 'ava';
import { OPEN_GRANT } from '../../daemon/domain/guest-grant.ts';
import { FRAME_MAX_BYTES } from '../../daemon/wire/topic-terms.ts';
import type { JsonValue } from '../../daemon/wire/topic.ts';
import { connect } from '../../gui/client-node/client.ts';
import { openNodeSocket } from '../../gui/client-node/open-node-socket.ts';
import { ClientError, type ClientErrorCode } from '../../gui/client/errors.ts';
import type { ConnectionState } from '../../gui/client/line.ts';
import type { TopicConnection } from '../../gui/client/topic-connection.ts';
import { cutSockets } from '../helpers/cut-sockets.ts';
import { eventually } from '../helpers/eventually.ts';
import { startHub } from '../helpers/hub-world.ts';
import { API_TOKEN, startGui, type GuiWorld } from '../helpers/gui-world.ts';

/** A client, and what cuts its line. */
function come(t: ExecutionContext, { url }: Pick<GuiWorld, 'url'>, token = API_TOKEN) {
  const { openSocket, cut } = cutSockets(openNodeSocket);
  const client = connect({ url, token, openSocket });
  t.teardown(() => client.close());
  return { client, cut };
}

async function comeTo(client: TopicConnection, wanted: ConnectionState['state']): Promise<void> {
  if (client.state.state === wanted) return;
  await new Promise<void>((resolve) => {
    const stop = client.onState(({ state }) => {
      if (state !== wanted) return;
      stop();
      resolve();
    });
  });
}

async function refused(
  t: ExecutionContext,
  work: Promise<unknown>,
  code: ClientErrorCode,
): Promise<string> {
  const error = await t.throwsAsync(work, { instanceOf: ClientError });
  t.is(error.code, code);
  return error.message;
}

test('every type of topic can be changed in its own way', async (t) => {
  const { client } = come(t, await startGui(t));
  const [count, set, bag] = [
    client.topic('count', 'int'),
    client.topic('set', 'set'),
    client.topic('bag', 'u_list'),
  ];
  const [dict, any, list] = [
    client.topic('dict', 'dict'),
    client.topic('any', 'generic'),
    client.topic('list', 'list'),
  ];
  const happened: unknown[] = [];
  const event = client.topic('event', 'event');
  event.onEmit((args) => happened.push(args));

  await Promise.all([count.set(5), count.add(-2), client.topic('share', 'float').add(0.5)]);
  await Promise.all([set.append({ a: 1, b: 2 }), set.append('x'), set.remove({ b: 2, a: 1 })]);
  await Promise.all([bag.append(1), bag.append(1), bag.remove(1)]);
  await Promise.all([dict.put('a', 1), dict.put('b', 2)]);
  await Promise.all([dict.put('a', 3), dict.remove('b'), any.set([null]), event.emit('now')]);
  await list.insert(0, 'a', 'b', 'd');
  await Promise.all([list.insert(2, 'c'), list.remove(0, 2)]);

  t.is(count.value, 3);
  t.is(client.topic('share', 'float').value, 0.5);
  t.deepEqual([set.value, bag.value], [['x'], [1]]);
  t.deepEqual([...dict.value], [['a', 3]]);
  t.deepEqual(any.value, [null]);
  t.deepEqual(list.value, ['c', 'd']);
  t.deepEqual(happened, ['now']);
});

test('what the daemon refuses is told with its reason', async (t) => {
  const { client } = come(t, await startGui(t));
  const contacts = client.topic('_vestnik/contacts', 'dict');

  t.is(await refused(t, client.topic('_vestnik/no', 'dict').ready, 'rejected'), 'unknown topic');
  t.is(await refused(t, contacts.put('a', 1), 'rejected'), 'that topic is only for reading');
  await refused(t, client.topic('text', 'string').delete(0, 1), 'rejected');
  t.throws(() => client.topic('text', 'list'), { message: 'text is followed as a string' });
});

test('a text larger than a frame goes in pieces, and any other change is refused before it cuts the line', async (t) => {
  const { client } = come(t, await startGui(t));
  const [text, any] = [client.topic('text', 'string'), client.topic('any', 'generic')];
  const states: string[] = [];
  client.onState(({ state }) => states.push(state));
  const long = '\u0000😀'.repeat(40_000);

  await text.insert(0, long);
  await refused(t, any.set('я'.repeat(FRAME_MAX_BYTES / 2)), 'rejected');
  await text.delete(0, long.length);

  t.is(text.value, '');
  t.deepEqual(states, ['connected']);
});

test('what is changed while nobody is there is sent once somebody is', async (t) => {
  const gui = await startGui(t);
  const [{ client, cut }, { client: other }] = [come(t, gui), come(t, gui)];
  const [text, count] = [client.topic('text', 'string'), client.topic('count', 'int')];
  const [theirs, theirCount] = [other.topic('text', 'string'), other.topic('count', 'int')];
  await Promise.all([text.insert(0, 'b'), theirs.ready, theirCount.ready]);

  cut();
  const work = [text.insert(1, 'c'), count.add(2)];
  t.is(text.value, 'bc');
  await Promise.all([theirs.insert(0, 'a'), theirCount.add(3)]);
  client.retryNow();
  await Promise.all(work);

  t.is(text.value, 'abc');
  await eventually(() => theirs.value === 'abc' && theirCount.value === 5);
});

test('a change that was on its way when the topic began anew is told as uncertain', async (t) => {
  const { client, cut } = come(t, await startGui(t));
  const count = client.topic('count', 'int');
  await count.ready;

  const work = count.add(1);
  cut();
  client.retryNow();

  await refused(t, work, 'uncertain');
});

test('an unknown token ends the attempts', async (t) => {
  const { client } = come(t, await startGui(t), 'nobody knows it');

  await comeTo(client, 'refused');

  t.deepEqual(client.state, { state: 'refused' });
});

test('guests of a hub share topics and services of their own', async (t) => {
  const token = 'a-token-of-somebody';
  const { url } = await startHub(t, { tokens: new Map([[token, OPEN_GRANT]]) });
  const [ann, boris] = [come(t, { url }, token), come(t, { url }, token)];
  const plan = ann.client.topic('plan', 'string');

  await plan.insert(0, 'the lake');
  const his = boris.client.topic('plan', 'string');
  await his.ready;
  await ann.client.provide('echo', (args) => args).ready;

  t.is(his.value, 'the lake');
  t.is(await boris.client.call('echo', 'hi'), 'hi');
  await comeTo(come(t, { url }, 'nobody-knows-this-token').client, 'refused');
});

test('services answer, fail in their own words, and are nobody’s when nobody has them', async (t) => {
  const gui = await startGui(t);
  const [{ client: provider }, { client: caller }] = [come(t, gui), come(t, gui)];
  const silent = new Promise<JsonValue>(() => undefined);
  await provider.provide('echo', (args) => args).ready;
  await provider.provide('silent', () => silent).ready;
  const failing = provider.provide('failing', async () => {
    throw new Error('not today');
  });
  await failing.ready;

  t.deepEqual(await caller.call('echo', { a: [1] }), { a: [1] });
  t.is(await refused(t, caller.call('failing', null), 'failed'), 'not today');
  await refused(t, caller.call('nothing', null), 'unknown_service');
  await refused(t, caller.call('silent', null, { timeoutMs: 1 }), 'timeout');
  await refused(t, caller.provide('echo', () => null).ready, 'refused');
  await refused(t, provider.provide('echo', () => null).ready, 'refused');
  failing.remove();
  await refused(t, caller.call('failing', null), 'unknown_service');
});

test('a service is offered again after a broken line; what was asked meanwhile is uncertain', async (t) => {
  const gui = await startGui(t);
  const [provider, caller] = [come(t, gui), come(t, gui)];
  let asked = 0;
  await provider.client.provide('count', () => ++asked).ready;
  await comeTo(caller.client, 'connected');

  const work = caller.client.call('count', null);
  caller.cut();
  await refused(t, work, 'uncertain');
  provider.cut();
  provider.client.retryNow();
  const later = caller.client.call('count', null);
  caller.client.retryNow();

  const answer = await later.catch(() => eventually(() => caller.client.call('count', null)));
  t.true(typeof answer === 'number' && answer > 0);
});

test('what waits ends when the connection is closed', async (t) => {
  const { client } = come(t, await startGui(t));
  const [text, count] = [client.topic('text', 'string'), client.topic('count', 'int')];
  const work = [
    text.insert(0, 'a'),
    count.add(1),
    client.call('x', null),
    client.provide('y', () => null).ready,
  ];

  client.close();

  for (const one of work) await refused(t, one, 'closed');
  await refused(t, text.insert(0, 'b'), 'closed');
  t.is(client.state.state, 'closed');
});
