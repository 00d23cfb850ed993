import test from 'ava';
import { parseAddress } from '../../daemon/wire/address.ts';
import { startBasePeer } from '../helpers/base-peer.ts';
import { eventually } from '../helpers/eventually.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { befriendInMemory, happens, startMemoryDaemon } from '../helpers/memory-daemon.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;

test('row 17: daemons with clocks of their own, that jump, understand each other', async (t) => {
  const clock = new FakeClock();
  const alice = await startMemoryDaemon(t, { host: '127.0.0.2', clock });
  const bob = await startMemoryDaemon(t, { host: '127.0.0.3' });
  await befriendInMemory(alice, bob);
  const jumps = [-40 * YEAR_MS, 60 * YEAR_MS, -HOUR_MS, -20 * YEAR_MS, 1, -1, DAY_MS];

  const texts: string[] = [];
  for (const jump of jumps) {
    clock.jump(jump);
    for (const [from, to, name] of [
      [alice, bob, 'alice'],
      [bob, alice, 'bob'],
    ] as const) {
      const text = `${name} ${texts.length}`;
      texts.push(text);
      await from.conversations.send(to.address, [{ text }]);
      await eventually(async () => {
        const [last] = await to.conversations.page(from.address, { limit: 1 });
        return last?.text === text;
      });
    }
  }

  for (const [one, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    const page = await one.conversations.page(other.address, { limit: 200 });
    t.deepEqual(
      page.map(({ text }) => text),
      texts,
    );
    t.is(one.conversations.unread(one.contacts.require(other.address)), jumps.length);
    t.true(one.presence.isOnline(one.contacts.require(other.address)));
  }
  t.deepEqual([...alice.defects, ...bob.defects], []);
});

test('a peer that was away for a day gets all that was written meanwhile, in order, when it calls', async (t) => {
  const clock = new FakeClock();
  const daemon = await startMemoryDaemon(t, { clock });
  const peer = await startBasePeer(t);
  const address = parseAddress(peer.address);
  await daemon.contacts.add({ address });
  await eventually(() => peer.theirKey !== '');
  await peer.say(daemon.address, { action: 'handshake', key: 'key', from: peer.address });
  await happens(daemon, () => daemon.contacts.get(address)?.isHandshakeDue === false);
  const contact = daemon.contacts.require(address);
  peer.stop();

  const texts = Array.from({ length: 48 }, (_, half) => `after ${half} half hours`);
  for (const text of texts) {
    await daemon.conversations.send(address, [{ text }]);
    await clock.pass(HOUR_MS / 2);
  }
  await eventually(() => daemon.presence.of(contact).lastAttempt?.outcome === 'connection_refused');
  t.is(daemon.presence.of(contact).presence, 'offline');
  t.deepEqual(peer.texts, []);

  await peer.start();
  await peer.say(daemon.address, { action: 'ping', key: peer.theirKey, from: peer.address });

  await eventually(async () => {
    await clock.pass(100);
    return peer.texts.length >= texts.length;
  });
  t.deepEqual(peer.texts, texts);
  const [first] = await daemon.conversations.page(address, { limit: 200 });
  await eventually(async () => {
    const { message, timeline } = await daemon.conversations.details(address, first?.id ?? '');
    // A day of attempts that all ended alike is one line of the story.
    return message.state === 'delivered' && timeline.length <= 3;
  });
});
