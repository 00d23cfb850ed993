import test from 'ava';
import { parseAddress } from '../../daemon/wire/address.ts';
import { startBasePeer, type BasePeer } from '../helpers/base-peer.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { eventually } from '../helpers/eventually.ts';
import { happens, startMemoryDaemon, type MemoryDaemon } from '../helpers/memory-daemon.ts';
import type { ExecutionContext } from 'ava';

/** A base peer that is an established contact. */
async function startFriend(
  t: ExecutionContext,
  daemon: MemoryDaemon,
  behaviour: Parameters<typeof startBasePeer>[1] = { host: '127.0.0.9' },
): Promise<BasePeer> {
  const peer = await startBasePeer(t, behaviour);
  await daemon.contacts.add({ address: parseAddress(peer.address) });
  await eventually(() => peer.of('handshake').length === 1);
  await peer.say(daemon.address, { action: 'handshake', key: 'their own' });
  return peer;
}

test('we ask a base peer, it answers with its key, and both can write', async (t) => {
  const daemon = await startMemoryDaemon(t, { host: '127.0.0.2' });
  const peer = await startBasePeer(t, { host: '127.0.0.9' });
  const address = parseAddress(peer.address);

  await daemon.contacts.add({ address });
  await eventually(() => peer.theirKey !== '');
  // Without a `from`, it is the contact on this host whose key we wait for: fetch comes from 127.0.0.1 here.
  const answer = await peer.say(daemon.address, {
    action: 'handshake',
    key: 'their own',
    from: peer.address,
  });
  t.deepEqual(answer, { status: 1 });
  t.is(daemon.contacts.get(address)?.state, 'established');

  await daemon.conversations.send(address, [{ text: 'hello' }]);
  const [sent] = await eventually(() => peer.of('send').length > 0 && peer.of('send'));
  t.deepEqual(Object.keys(sent ?? {}).sort(), [
    'action',
    'enctype',
    'from',
    'key',
    'message',
    'timestamp',
    'to',
  ]);
  t.is(sent?.['key'], 'their own');
  t.is(sent?.['to'], peer.address);
  t.is(sent?.['from'], daemon.address);
  t.is(sent?.['enctype'], '');

  const status = await peer.say(daemon.address, {
    action: 'send',
    from: peer.address,
    to: daemon.address,
    message: 'hello yourself',
    timestamp: '1763640000',
    enctype: '',
    key: peer.theirKey,
  });
  t.deepEqual(status, { status: 1 });
  const page = await daemon.conversations.page(address, { limit: 10 });
  t.deepEqual(
    page.map(({ text }) => text),
    ['hello', 'hello yourself'],
  );
});

/** What a base peer may see of each action. `nick`, `from` and a ping's `key` are ours; it ignores them. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  handshake: ['action', 'e2e', 'from', 'key', 'nick'],
  ping: ['action', 'from', 'key'],
  send: ['action', 'enctype', 'from', 'key', 'message', 'timestamp', 'to'],
  resend: ['action', 'enctype', 'from', 'key', 'message', 'timestamp', 'to'],
  history: ['action', 'from', 'key', 'messages'],
};

test('row 32: a base peer sees nothing of encryption but the member e2e of a handshake', async (t) => {
  const clock = new FakeClock();
  const daemon = await startMemoryDaemon(t, { host: '127.0.0.1', clock });
  const peer = await startFriend(t, daemon, { host: '127.0.0.1' });
  const away = await startFriend(t, daemon, { host: '127.0.0.1' });
  away.stop();
  const [address, awayAddress] = [parseAddress(peer.address), parseAddress(away.address)];
  await daemon.contacts.change(address, { canResend: true });
  await daemon.contacts.change(awayAddress, { relayPlain: true });

  await daemon.conversations.send(address, [{ text: 'one' }]);
  await eventually(() => peer.texts.includes('one'));
  await daemon.conversations.send(address, [{ text: 'two' }, { text: 'three' }]);
  await eventually(() => peer.texts.includes('three'));
  await daemon.conversations.send(awayAddress, [{ text: 'carry me' }]);
  await eventually(() => peer.of('resend').length > 0);
  await clock.pass(70_000);
  await eventually(() => peer.of('ping').length > 0);

  t.deepEqual([...new Set(peer.heard.map(({ action }) => String(action)))].sort(), [
    'handshake',
    'history',
    'ping',
    'resend',
    'send',
  ]);
  for (const request of peer.heard) {
    t.deepEqual(Object.keys(request).sort(), MEMBERS[String(request['action'])]);
  }
  const elements = peer.of('history').flatMap(({ messages }) => messages as object[]);
  for (const element of elements) t.deepEqual(Object.keys(element).sort(), MEMBERS['send']);
  t.deepEqual([...peer.headers].sort(), ['connection', 'content-length', 'content-type', 'host']);
  t.is(daemon.contacts.get(address)?.encryption, 'plain');
});

test('a base peer asks first; the owner corrects the port and accepts', async (t) => {
  const daemon = await startMemoryDaemon(t, { host: '127.0.0.1' });
  const peer = await startBasePeer(t, { host: '127.0.0.1' });

  const answer = await peer.say(daemon.address, { action: 'handshake', key: 'their own' });

  t.deepEqual(answer, { status: 1 });
  t.deepEqual(
    daemon.contacts.requests().map(({ address }) => String(address)),
    ['127.0.0.1'],
  );
  const contact = await daemon.contacts.accept(
    parseAddress('127.0.0.1'),
    parseAddress(peer.address),
  );
  t.is(contact.state, 'established');
  t.deepEqual(daemon.contacts.requests(), []);
  await eventually(() => peer.theirKey !== '');
  t.is(daemon.contacts.get(parseAddress(peer.address))?.issuedKey, peer.theirKey);
});

test('all that waited comes in batches, in order, when a base peer shows itself', async (t) => {
  const daemon = await startMemoryDaemon(t, { host: '127.0.0.2' });
  const peer = await startFriend(t, daemon, { host: '127.0.0.1' });
  const address = parseAddress(peer.address);
  peer.stop();
  const texts = Array.from({ length: 130 }, (_, index) => `${index}`);
  await daemon.conversations.send(
    address,
    texts.map((text) => ({ text })),
  );
  const contact = daemon.contacts.require(address);
  await happens(
    daemon,
    () => daemon.presence.of(contact).lastAttempt?.outcome === 'connection_refused',
  );

  await peer.start();
  await peer.say(daemon.address, { action: 'ping', key: peer.theirKey });

  await eventually(() => peer.texts.length === 130);
  t.deepEqual(peer.texts, texts);
  t.true(peer.of('history').every(({ messages }) => (messages as unknown[]).length <= 50));
});

test('what a base peer refuses in a history is offered again, the rest is delivered', async (t) => {
  const daemon = await startMemoryDaemon(t, { host: '127.0.0.2' });
  const peer = await startFriend(t, daemon, {
    host: '127.0.0.1',
    answer: (request) => (request['action'] === 'history' ? { status: [1, 0, 1] } : undefined),
  });
  const address = parseAddress(peer.address);

  await daemon.conversations.send(address, [{ text: 'a' }, { text: 'b' }, { text: 'c' }]);
  await eventually(() => peer.of('history').length > 0);
  await eventually(async () => {
    const page = await daemon.conversations.page(address, { limit: 10 });
    return page.filter(({ state }) => state === 'delivered').length === 2;
  });
  const states = (await daemon.conversations.page(address, { limit: 10 })).map(
    ({ state }) => state,
  );
  t.deepEqual(states, ['delivered', 'queued', 'delivered']);

  await daemon.conversations.retry(
    address,
    (await daemon.conversations.page(address, { limit: 10 }))[1]?.id ?? '',
  );
  await eventually(() => peer.of('send').length === 1);
  t.is(peer.of('send')[0]?.['message'], 'b');
});

test('a base peer hands over its history and may repeat it', async (t) => {
  const daemon = await startMemoryDaemon(t, { host: '127.0.0.1' });
  const peer = await startFriend(t, daemon, { host: '127.0.0.1' });
  const element = (message: string): object => ({
    from: peer.address,
    to: daemon.address,
    message,
    timestamp: 1_763_640_000,
    key: peer.theirKey,
  });
  const request = {
    action: 'history',
    messages: [
      element('one'),
      'nonsense',
      element('two'),
      { ...element('three'), enctype: 'rot13' },
    ],
  };

  t.deepEqual(await peer.say(daemon.address, request), { status: [1, 0, 1, 0] });
  t.deepEqual(await peer.say(daemon.address, request), { status: [1, 0, 1, 0] });
  const page = await daemon.conversations.page(parseAddress(peer.address), { limit: 10 });
  t.deepEqual(
    page.map(({ text }) => text),
    ['one', 'two'],
  );
});

test('copies of a message that come at the same time are one message', async (t) => {
  const daemon = await startMemoryDaemon(t, { host: '127.0.0.1' });
  const peer = await startFriend(t, daemon, { host: '127.0.0.1' });
  const message = {
    from: peer.address,
    to: daemon.address,
    message: 'once',
    timestamp: '2026-11-20T12:00:00Z',
    enctype: '',
    key: peer.theirKey,
  };

  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      peer.say(daemon.address, {
        action: ['send', 'history', 'resend'][index % 3] ?? '',
        ...(index % 3 === 1 ? { messages: [message] } : message),
      }),
    ),
  );

  t.true(answers.every(({ status }, index) => index % 3 === 2 || String(status) === '1'));
  t.is((await daemon.conversations.page(parseAddress(peer.address), { limit: 10 })).length, 1);
});

test('a wrong key and a missing one are dropped, and the answer tells nothing', async (t) => {
  const daemon = await startMemoryDaemon(t, { host: '127.0.0.1' });
  const peer = await startFriend(t, daemon, { host: '127.0.0.1' });
  const message = {
    action: 'send',
    from: peer.address,
    to: daemon.address,
    message: 'hello',
    timestamp: 1,
    enctype: '',
  };

  t.deepEqual(await peer.say(daemon.address, { ...message, key: 'wrong' }), { status: 0 });
  t.deepEqual(await peer.say(daemon.address, message), { status: 0 });
  t.deepEqual(await peer.say(daemon.address, { ...message, from: '127.7.7.7', key: 'wrong' }), {
    status: 0,
  });
  t.deepEqual(await daemon.conversations.page(parseAddress(peer.address), { limit: 10 }), []);
});

test('GET answers ping, and nothing else unless the owner wants it so', async (t) => {
  const daemon = await startMemoryDaemon(t);
  const old = await startMemoryDaemon(t, { get: 'all' });

  const pong = await fetch(`http://${daemon.address}/?action=ping`);
  const refused = await fetch(`http://${daemon.address}/?action=handshake&key=k`);
  const taken = await fetch(`http://${old.address}/?action=handshake&key=k`);

  t.deepEqual(await pong.json(), { action: 'pong' });
  t.is(refused.status, 400);
  t.deepEqual(await taken.json(), { status: 1 });
});

test('a base peer relays for us and we relay for it', async (t) => {
  const daemon = await startMemoryDaemon(t, { host: '127.0.0.1' });
  const relay = await startFriend(t, daemon, { host: '127.0.0.1' });
  const away = await startBasePeer(t, { host: '127.0.0.1' });
  const awayAddress = parseAddress(away.address);
  await daemon.contacts.add({ address: awayAddress });
  await eventually(() => away.theirKey !== '');
  await away.say(daemon.address, { action: 'handshake', key: 'away', from: away.address });
  away.stop();
  await daemon.contacts.change(parseAddress(relay.address), { canResend: true });
  await daemon.contacts.change(awayAddress, { relayPlain: true });

  await daemon.conversations.send(awayAddress, [{ text: 'carry me' }]);
  const [resend] = await eventually(() => relay.of('resend').length > 0 && relay.of('resend'));
  t.is(resend?.['to'], away.address);
  t.is(resend?.['from'], daemon.address);
  t.is(resend?.['key'], 'their own');
  await eventually(async () => {
    const [message] = await daemon.conversations.page(awayAddress, { limit: 1 });
    return message?.state === 'relayed' && message.relayedBy === relay.address;
  });

  const asked = await relay.say(daemon.address, {
    action: 'resend',
    from: relay.address,
    to: away.address,
    message: 'for you',
    timestamp: 7,
    enctype: '',
    key: relay.theirKey,
  });
  t.deepEqual(asked, { status: 1 });
  t.is(daemon.relay.ledger().length, 1);
  await away.start();
  await away.say(daemon.address, { action: 'ping', key: away.theirKey });
  await eventually(() => away.texts.includes('for you'));
  const carried = away
    .of('history')
    .flatMap(({ messages }) => messages as Record<string, unknown>[]);
  const envelope = carried.find(({ message }) => message === 'for you');
  t.is(envelope?.['from'], relay.address);
  t.is(envelope?.['key'], 'away');
  t.is(envelope?.['timestamp'], '7');
  await happens(daemon, () => daemon.relay.ledger().length === 0);
});
