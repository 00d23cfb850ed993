import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Api } from '../helpers/api.ts';
import { befriend, startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { openSocket } from '../helpers/gui-world.ts';
import type { TopicSocket } from '../helpers/topic-socket.ts';

/** Logs in as a browser does that opens the link. */
async function logIn(daemon: DaemonProcess): Promise<Api> {
  const link = await daemon.api.post('/api/login-link');
  const { url } = link.body as { url: string };
  const ticket = new URL(url).hash.replace('#t=', '');
  const { body } = await new Api(daemon.api.url, '').post('/api/login', { ticket });
  return new Api(daemon.api.url, (body as { token: string }).token);
}

/** Goes live as a browser does. */
async function goLive(t: ExecutionContext, browser: Api): Promise<TopicSocket> {
  const { body } = await browser.post('/api/ws-ticket');
  const { ticket } = body as { ticket: string };
  return openSocket(t, browser, ['vestnik.v1', `t.${ticket}`], { origin: browser.url });
}

/** Waits for a change of a topic that is as expected; those before it are passed by. */
async function awaitChange(
  socket: TopicSocket,
  topic: string,
  isExpected: (change: Readonly<Record<string, unknown>>) => boolean,
): Promise<void> {
  while (!isExpected(await socket.nextChange(topic)));
}

function textOf(change: Readonly<Record<string, unknown>>): unknown {
  return (change['args'] as { message?: string } | undefined)?.message;
}

test('what one browser does the other sees live', async (t) => {
  const alice = await startDaemonProcess(t, { host: '127.0.0.2' });
  const bob = await startDaemonProcess(t, { host: '127.0.0.3' });
  await befriend(alice, bob);
  const laptop = await logIn(alice);
  const phone = await logIn(alice);
  t.not(laptop.token, phone.token);
  const [contacts, conversations, messages, status] = [
    await goLive(t, phone),
    await goLive(t, phone),
    await goLive(t, phone),
    await goLive(t, phone),
  ];
  await contacts.subscribe('_vestnik/contacts', 'dict');
  await conversations.subscribe('_vestnik/conversations', 'dict');
  await messages.subscribe('_vestnik/messages', 'event');
  await status.subscribe('_vestnik/status', 'dict');

  await laptop.send(bob.address, 'from the laptop');
  await awaitChange(messages, '_vestnik/messages', (it) => textOf(it) === 'from the laptop');
  await bob.api.send(alice.address, 'from Bob');
  await awaitChange(messages, '_vestnik/messages', (it) => textOf(it) === 'from Bob');
  await awaitChange(conversations, '_vestnik/conversations', (it) =>
    JSON.stringify(it).includes('"unread":1'),
  );

  const { s } = (await laptop.messages(bob.address)).at(-1) ?? { s: 0 };
  await laptop.post(`/api/conversations/${encodeURIComponent(bob.address)}/read`, { upTo: s });
  await awaitChange(conversations, '_vestnik/conversations', (it) =>
    JSON.stringify(it).includes(`"read_up_to":${s}`),
  );
  t.is((await phone.contact(bob.address))?.unread, 0);

  await laptop.patch(`/api/contacts/${encodeURIComponent(bob.address)}`, { nick: 'Bobby' });
  await awaitChange(contacts, '_vestnik/contacts', (it) => JSON.stringify(it).includes('Bobby'));
  await laptop.patch('/api/me', { nick: 'Alicia' });
  await awaitChange(status, '_vestnik/status', (it) => it['value'] === 'Alicia');
  t.deepEqual(alice.defects, []);
});

test('two browsers write at one draft, which outlives the daemon', async (t) => {
  const alice = await startDaemonProcess(t);
  const topic = 'draft/127.0.0.9';
  const laptop = await goLive(t, await logIn(alice));
  const phone = await goLive(t, await logIn(alice));
  t.is(await laptop.subscribe(topic, 'string'), '');
  t.is(await phone.subscribe(topic, 'string'), '');

  for (const [index, letter] of ['h', 'e', 'l', 'l', 'o'].entries()) {
    const [writer, reader] = index % 2 === 0 ? [laptop, phone] : [phone, laptop];
    const change = { type: 'insert', position: index, insertion: letter };
    writer.send('update', { topic_name: topic, change });
    t.like(await writer.nextChange(topic), change);
    t.like(await reader.nextChange(topic), change);
  }

  await alice.stop();
  await alice.start();
  const later = await goLive(t, await logIn(alice));
  t.is(await later.subscribe(topic, 'string'), 'hello');

  later.send('update', { topic_name: topic, change: { type: 'set', value: 'hello, Bob' } });
  await eventually(async () =>
    (await readFile(join(alice.data, 'drafts.json'), 'utf8')).includes('hello, Bob'),
  );
  await alice.kill();
  await alice.start();
  const last = await goLive(t, await logIn(alice));
  t.is(await last.subscribe(topic, 'string'), 'hello, Bob');
});

test('a browser that comes back is told what it missed', async (t) => {
  const alice = await startDaemonProcess(t, { host: '127.0.0.2' });
  const bob = await startDaemonProcess(t, { host: '127.0.0.3' });
  await befriend(alice, bob);
  const browser = await logIn(alice);
  const before = await goLive(t, browser);
  await before.subscribe('_vestnik/messages', 'event');
  const { s } = await browser.send(bob.address, 'the last one it saw');
  await alice.kill();
  await bob.api.send(alice.address, 'while nobody looked');
  await alice.start();

  const again = new Api(alice.api.url, browser.token);
  const live = await goLive(t, again);
  await live.subscribe('_vestnik/messages', 'event');
  await eventually(async () => {
    const path = `/api/conversations/${encodeURIComponent(bob.address)}/messages?after=${s}`;
    const { body } = await again.get(path);
    return (body as { message: string }[]).some(({ message }) => message === 'while nobody looked');
  });
  t.is((await again.contact(bob.address))?.unread, 1);
});
