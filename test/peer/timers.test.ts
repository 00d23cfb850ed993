import { once } from 'node:events';
import { createServer } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { Contact } from '../../daemon/domain/model.ts';
import { parseAddress, splitAddress } from '../../daemon/wire/address.ts';
import { startBasePeer, type BasePeer } from '../helpers/base-peer.ts';
import { eventually } from '../helpers/eventually.ts';
import { FakeClock, fakeRandom } from '../helpers/fake-clock.ts';
import { happens, startMemoryDaemon, type MemoryDaemon } from '../helpers/memory-daemon.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

async function startWithFriend(
  t: ExecutionContext,
  clock: FakeClock,
): Promise<Readonly<{ daemon: MemoryDaemon; peer: BasePeer }>> {
  const daemon = await startMemoryDaemon(t, { clock, random: fakeRandom() });
  const peer = await startBasePeer(t);
  const address = parseAddress(peer.address);
  await daemon.contacts.add({ address });
  await eventually(() => peer.theirKey !== '');
  await peer.say(daemon.address, { action: 'handshake', key: 'key', from: peer.address });
  await happens(daemon, () => daemon.contacts.get(address)?.isHandshakeDue === false);
  return { daemon, peer };
}

/** The owner writes `hello` to a friend who has just gone. */
async function writeInVain(daemon: MemoryDaemon, peer: BasePeer): Promise<Contact> {
  const contact = daemon.contacts.require(parseAddress(peer.address));
  peer.stop();
  await daemon.conversations.send(contact.address, [{ text: 'hello' }]);
  await eventually(() => daemon.presence.of(contact).lastAttempt?.outcome === 'connection_refused');
  return contact;
}

test('a contact with whom nothing was exchanged for a minute is pinged', async (t) => {
  const clock = new FakeClock();
  const { peer } = await startWithFriend(t, clock);

  await clock.pass(MINUTE_MS - 1);
  t.is(peer.of('ping').length, 0);
  await clock.pass(10_000);
  await eventually(() => peer.of('ping').length === 1);
  t.pass();
});

test('a contact that is away is tried ever more seldom, with something waiting and without', async (t) => {
  const clock = new FakeClock();
  const { daemon, peer } = await startWithFriend(t, clock);
  const contact = daemon.contacts.require(parseAddress(peer.address));
  peer.stop();
  const waits: number[] = [];
  for (let round = 0; round < 5; round++) {
    const before = daemon.presence.of(contact).lastAttempt?.at;
    const nextMs =
      (daemon.presence.of(contact).nextAttemptAt ?? clock.nowMs() + 64_000) - clock.nowMs();
    await clock.pass(nextMs);
    await eventually(() => daemon.presence.of(contact).lastAttempt?.at !== before);
    waits.push((daemon.presence.of(contact).nextAttemptAt ?? 0) - clock.nowMs());
  }
  // Half of the jitter's range taken away: 60 s doubles from 45 s.
  t.deepEqual(waits, [45_000, 90_000, 180_000, 360_000, 720_000]);
  t.is(daemon.presence.of(contact).presence, 'offline');

  await daemon.conversations.send(contact.address, [{ text: 'are you there?' }]);
  await clock.pass(5_000);
  await eventually(async () => {
    const { timeline } = await daemon.conversations.details(
      contact.address,
      (await daemon.conversations.page(contact.address, { limit: 1 }))[0]?.id ?? '',
    );
    return timeline.some(({ outcome }) => outcome === 'connection_refused');
  });
});

test('a sign of life of a contact brings it at once what waits', async (t) => {
  const clock = new FakeClock();
  const { daemon, peer } = await startWithFriend(t, clock);
  const contact = await writeInVain(daemon, peer);
  await peer.start();
  await clock.pass(2_000);
  t.deepEqual(peer.texts, []);

  await peer.say(daemon.address, { action: 'ping', key: peer.theirKey, from: peer.address });

  await eventually(() => peer.texts.length === 1);
  t.is(daemon.presence.of(contact).presence, 'online');
});

test('a sign of life counts at once, also right after an attempt that failed', async (t) => {
  const { daemon, peer } = await startWithFriend(t, new FakeClock());
  await writeInVain(daemon, peer);
  await peer.start();

  await peer.say(daemon.address, { action: 'ping', key: peer.theirKey, from: peer.address });

  await eventually(() => peer.texts.length === 1);
  t.deepEqual(peer.texts, ['hello']);
});

test('whoever is heard and not reached is tried once a second, however much it says', async (t) => {
  const clock = new FakeClock();
  const { daemon, peer } = await startWithFriend(t, clock);
  const contact = await writeInVain(daemon, peer);
  let attempts = 0;
  const { host, port } = splitAddress(contact.address);
  const deaf = createServer((socket) => {
    attempts += 1;
    socket.destroy();
  }).listen(port, host);
  t.teardown(() => deaf.close());
  await once(deaf, 'listening');
  const ping = { action: 'ping', key: peer.theirKey, from: peer.address };

  for (let second = 1; second <= 3; second++) {
    for (let i = 0; i < 10; i++) await peer.say(daemon.address, ping);
    await eventually(() => attempts === second);
    await clock.pass(1_000);
  }

  // At the beginning, and after each second.
  await eventually(() => attempts === 4);
  await peer.say(daemon.address, ping);
  t.is(attempts, 4);
});

test('a message fails that never left this daemon in 30 days, but not because a clock jumps', async (t) => {
  const clock = new FakeClock();
  const { daemon, peer } = await startWithFriend(t, clock);
  const contact = daemon.contacts.require(parseAddress(peer.address));
  peer.stop();
  const [sent] = await daemon.conversations.send(contact.address, [{ text: 'hello' }]);
  const s = sent?.message.s ?? 0;
  await eventually(() => daemon.presence.of(contact).lastAttempt?.outcome === 'connection_refused');

  clock.jump(3650 * DAY_MS);
  await clock.pass(2 * 3_600_000);
  clock.jump(-3650 * DAY_MS);
  await clock.pass(2 * DAY_MS);
  t.is(daemon.messages.stateOf(s), 'queued');

  await clock.pass(30 * DAY_MS);
  await happens(daemon, () => daemon.messages.stateOf(s) === 'failed');
  const { message } = await daemon.conversations.details(contact.address, sent?.message.id ?? '');
  t.is(message.reason, 'expired');
});

test('what is carried for a friend is dropped after 14 days, but not because a clock jumps', async (t) => {
  const clock = new FakeClock();
  const { daemon, peer } = await startWithFriend(t, clock);
  const recipient = await startBasePeer(t);
  await daemon.contacts.add({ address: parseAddress(recipient.address) });
  await eventually(() => recipient.theirKey !== '');
  await recipient.say(daemon.address, { action: 'handshake', key: 'key', from: recipient.address });
  recipient.stop();
  await peer.say(daemon.address, {
    action: 'resend',
    from: peer.address,
    to: recipient.address,
    message: 'x',
    timestamp: 1,
    key: peer.theirKey,
  });
  t.is(daemon.relay.ledger().length, 1);
  peer.stop();

  clock.jump(3650 * DAY_MS);
  await clock.pass(2 * HOUR_MS);
  clock.jump(-3650 * DAY_MS);
  await clock.pass(14 * DAY_MS);
  t.is(daemon.relay.ledger().length, 1);

  await clock.pass(2 * DAY_MS);

  await happens(daemon, () => daemon.relay.ledger().length === 0);
  t.pass();
});

test('messages keep their order and their difference when the clock is set back', async (t) => {
  const clock = new FakeClock();
  const { daemon, peer } = await startWithFriend(t, clock);
  const { address } = daemon.contacts.require(parseAddress(peer.address));

  await daemon.conversations.send(address, [{ text: 'same' }, { text: 'same' }]);
  clock.jump(-DAY_MS);
  await daemon.conversations.send(address, [{ text: 'same' }, { text: 'other' }]);

  await eventually(() => peer.texts.length === 4);
  t.deepEqual(peer.texts, ['same', 'same', 'same', 'other']);
  const page = await daemon.conversations.page(address, { limit: 10 });
  t.is(new Set(page.map(({ wireTimestamp }) => wireTimestamp)).size, 4);
});
