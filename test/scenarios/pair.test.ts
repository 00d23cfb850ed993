import test from 'ava';
import { contactPath, conversationPath } from '../helpers/api.ts';
import { befriend, startDaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';

test('a friend is asked, accepts, and the two talk', async (t) => {
  const alice = await startDaemonProcess(t, { nick: 'Alice', host: '127.0.0.2' });
  const bob = await startDaemonProcess(t, { nick: 'Bob', host: '127.0.0.3' });

  const added = await alice.api.post('/api/contacts', { address: bob.address, nick: 'Bobby' });
  t.is(added.status, 201);
  t.is((await alice.api.contact(bob.address))?.state, 'requested');
  const request = await eventually(() => bob.api.contact(alice.address));
  t.is(request.state, 'request');
  t.is(request.nick, 'Alice');

  const accepted = await bob.api.post(`${contactPath(alice.address)}/accept`);
  t.is(accepted.status, 200);
  await eventually(async () => (await alice.api.contact(bob.address))?.state === 'established');

  const sent = await alice.api.send(bob.address, 'привет');
  t.is(sent.direction, 'out');
  const [received] = await eventually(async () => {
    const messages = await bob.api.messages(alice.address);
    return messages.length > 0 && messages;
  });
  t.is(received?.message, 'привет');
  t.is(received?.direction, 'in');
  t.is(received?.timestamp, sent.timestamp);
  t.is(received?.enctype, 'dr1');
  t.is(received?.via, null);
  await eventually(
    async () => (await alice.api.details(bob.address, sent.id)).state === 'delivered',
  );

  await bob.api.send(alice.address, 'hello');
  await eventually(async () => (await alice.api.texts(bob.address)).includes('hello'));
  t.is((await alice.api.contact(bob.address))?.unread, 1);
  const { s } = (await alice.api.messages(bob.address)).at(-1) ?? { s: 0 };
  await alice.api.post(`/api/conversations/${encodeURIComponent(bob.address)}/read`, { upTo: s });
  t.is((await alice.api.contact(bob.address))?.unread, 0);
});

test('two daemons on IPv6 loopback talk', async (t) => {
  const alice = await startDaemonProcess(t, { host: '::1' });
  const bob = await startDaemonProcess(t, { host: '::1' });
  await befriend(alice, bob);

  await alice.api.send(bob.address, 'one');
  await bob.api.send(alice.address, 'two');

  await eventually(async () => (await bob.api.texts(alice.address)).length === 2);
  await eventually(async () => (await alice.api.texts(bob.address)).length === 2);
  t.pass();
});

test('what was written while the friend was away arrives once and in order, also after kill -9', async (t) => {
  const alice = await startDaemonProcess(t, { host: '127.0.0.2' });
  const bob = await startDaemonProcess(t, { host: '127.0.0.3' });
  await befriend(alice, bob);
  await bob.stop();
  const texts = Array.from({ length: 120 }, (_, index) => `message ${index}`);
  for (const text of texts.slice(0, 60)) await alice.api.send(bob.address, text);
  const { body } = await alice.api.post(conversationPath(bob.address), {
    messages: texts.slice(60).map((message) => ({ message })),
  });
  t.is((body as unknown[]).length, 60);

  await alice.kill();
  await alice.start();
  await bob.start();

  await eventually(async () => (await bob.api.texts(alice.address)).length === 120);
  t.deepEqual(await bob.api.texts(alice.address), texts);
  await eventually(async () =>
    (await alice.api.messages(bob.address)).every(({ state }) => state === 'delivered'),
  );
  await bob.kill();
  await bob.start();
  t.deepEqual(await bob.api.texts(alice.address), texts);
});

test('the same id is the same message, another text under it is refused', async (t) => {
  const alice = await startDaemonProcess(t, { host: '127.0.0.2' });
  await alice.api.post('/api/contacts', { address: '127.0.0.3:4999' });
  const path = conversationPath('127.0.0.3:4999');

  const answers = await Promise.all(
    Array.from({ length: 10 }, () => alice.api.post(path, { message: 'once', id: 'id-1' })),
  );
  const other = await alice.api.post(path, { message: 'twice', id: 'id-1' });

  t.deepEqual(answers.map(({ status }) => status).sort(), [...Array<number>(9).fill(200), 201]);
  t.is(other.status, 409);
  t.deepEqual(await alice.api.texts('127.0.0.3:4999'), ['once']);
});

test('a message that waits can be cancelled, and retried after that', async (t) => {
  const alice = await startDaemonProcess(t, { host: '127.0.0.2' });
  const bob = await startDaemonProcess(t, { host: '127.0.0.3' });
  await befriend(alice, bob);
  await bob.stop();
  const { id } = await alice.api.send(bob.address, 'wait');
  await eventually(async () => (await alice.api.details(bob.address, id)).timeline.length > 1);

  const cancelled = await alice.api.post(`${conversationPath(bob.address)}/${id}/cancel`);
  t.is(cancelled.status, 200);
  const failed = await alice.api.details(bob.address, id);
  t.is(failed.state, 'failed');
  t.is(failed.reason, 'cancelled');
  t.true(failed.timeline.some(({ outcome }) => outcome === 'connection_refused'));

  await alice.api.post(`${conversationPath(bob.address)}/${id}/retry`);
  await bob.start();
  await eventually(async () => (await bob.api.texts(alice.address)).length === 1);
  await eventually(async () => (await alice.api.details(bob.address, id)).state === 'delivered');
  const late = await alice.api.post(`${conversationPath(bob.address)}/${id}/cancel`);
  t.is(late.status, 409);
});

test('a removed contact is a stranger; added again, the conversation goes on', async (t) => {
  const alice = await startDaemonProcess(t, { host: '127.0.0.2' });
  const bob = await startDaemonProcess(t, { host: '127.0.0.3' });
  await befriend(alice, bob);
  await bob.api.send(alice.address, 'before');
  await eventually(async () => (await alice.api.texts(bob.address)).length === 1);

  t.is((await alice.api.delete(contactPath(bob.address))).status, 204);
  const lost = await bob.api.send(alice.address, 'to nobody');
  await eventually(async () =>
    (await bob.api.details(alice.address, lost.id)).timeline.some(
      ({ outcome }) => outcome === 'not_proven',
    ),
  );
  t.is(await alice.api.contact(bob.address), undefined);

  await alice.api.post('/api/contacts', { address: bob.address });
  await eventually(async () => (await alice.api.texts(bob.address)).length === 2);
  t.deepEqual(await alice.api.texts(bob.address), ['before', 'to nobody']);
});

test('nothing of a blocked contact is stored, and nothing tells it so', async (t) => {
  const alice = await startDaemonProcess(t, { host: '127.0.0.2' });
  const bob = await startDaemonProcess(t, { host: '127.0.0.3' });
  await befriend(alice, bob);
  await alice.api.post(`${contactPath(bob.address)}/block`);

  const { id } = await bob.api.send(alice.address, 'hello?');
  await eventually(async () =>
    (await bob.api.details(alice.address, id)).timeline.some(
      ({ outcome }) => outcome === 'not_proven',
    ),
  );
  t.deepEqual(await alice.api.texts(bob.address), []);
  t.is((await alice.api.post(conversationPath(bob.address), { message: 'x' })).status, 403);

  await alice.api.post(`${contactPath(bob.address)}/unblock`);
  await bob.api.post(`${conversationPath(alice.address)}/${id}/retry`);
  await eventually(async () => (await alice.api.texts(bob.address)).length === 1);
});

test('a friend who accepts while we are away is heard of as soon as we are back', async (t) => {
  const alice = await startDaemonProcess(t, { nick: 'Alice', host: '127.0.0.2' });
  const bob = await startDaemonProcess(t, { nick: 'Bob', host: '127.0.0.3' });
  await alice.api.post('/api/contacts', { address: bob.address });
  await eventually(async () => (await bob.api.contact(alice.address))?.state === 'request');
  await alice.stop();
  await bob.api.post(`${contactPath(alice.address)}/accept`);
  await bob.api.send(alice.address, 'glad to');
  // The wait before the third attempt is longer than this test has patience for.
  await eventually(async () => {
    const next = (await bob.api.contact(alice.address))?.other_info.next_attempt;
    return typeof next === 'string' && Date.parse(next) - Date.now() > 6_000;
  });

  await alice.start();

  await eventually(async () => (await alice.api.texts(bob.address)).length === 1, {
    timeoutMs: 5_000,
  });
  t.is((await alice.api.contact(bob.address))?.state, 'established');
});
