import test, { type ExecutionContext } from 'ava';
import { parseAddress } from '../../daemon/wire/address.ts';
import { startBasePeer, type BasePeer } from '../helpers/base-peer.ts';
import { eventually } from '../helpers/eventually.ts';
import {
  befriendInMemory,
  happens,
  startMemoryDaemon,
  type MemoryDaemon,
} from '../helpers/memory-daemon.ts';

/** A base peer that is an established contact of a daemon. */
async function startFriend(
  t: ExecutionContext,
  daemon: MemoryDaemon,
  answer?: (request: Readonly<Record<string, unknown>>) => unknown,
): Promise<BasePeer> {
  const peer = await startBasePeer(t, answer === undefined ? {} : { answer });
  await daemon.contacts.add({ address: parseAddress(peer.address) });
  await eventually(() => peer.theirKey !== '');
  await peer.say(daemon.address, { action: 'handshake', key: 'key', from: peer.address });
  return peer;
}

function envelope(from: BasePeer, to: string, message: string): Readonly<Record<string, unknown>> {
  const { address, theirKey: key } = from;
  return { action: 'resend', from: address, to, message, timestamp: 1, enctype: '', key };
}

test('a message that goes directly is given to no relay', async (t) => {
  const alice = await startMemoryDaemon(t, { host: '127.0.0.2' });
  const relay = await startMemoryDaemon(t, { host: '127.0.0.3' });
  const carol = await startMemoryDaemon(t, { host: '127.0.0.4' });
  await befriendInMemory(alice, relay);
  await befriendInMemory(relay, carol);
  await befriendInMemory(alice, carol);
  await alice.contacts.change(relay.address, { canResend: true });
  await alice.contacts.change(carol.address, { relayPlain: true });

  const [sent] = await alice.conversations.send(carol.address, [{ text: 'direct' }]);
  await happens(
    carol,
    () => carol.conversations.unread(carol.contacts.require(alice.address)) === 1,
  );

  t.is(
    (await alice.conversations.details(carol.address, sent?.message.id ?? '')).message.via,
    undefined,
  );
  t.deepEqual(relay.relay.ledger(), []);
});

test('we carry only for contacts, only their own words, only to contacts', async (t) => {
  const daemon = await startMemoryDaemon(t);
  const [sender, recipient, stranger] = await Promise.all([
    startFriend(t, daemon),
    startFriend(t, daemon),
    startBasePeer(t),
  ]);
  recipient.stop();
  const refused = { status: 0 };

  const forged = { ...envelope(sender, recipient.address, 'forged'), from: recipient.address };
  t.deepEqual(
    await stranger.say(daemon.address, envelope(stranger, recipient.address, 'x')),
    refused,
  );
  t.deepEqual(await sender.say(daemon.address, forged), refused);
  t.deepEqual(await sender.say(daemon.address, envelope(sender, stranger.address, 'x')), refused);
  t.deepEqual(await sender.say(daemon.address, envelope(sender, sender.address, 'x')), refused);
  const sealed = { ...envelope(sender, recipient.address, 'x'), enctype: 'unknown' };
  t.deepEqual(await sender.say(daemon.address, sealed), refused);
  t.deepEqual(daemon.relay.ledger(), []);

  await daemon.contacts.change(parseAddress(sender.address), { relayFor: false });
  t.deepEqual(await sender.say(daemon.address, envelope(sender, recipient.address, 'x')), refused);
  await daemon.contacts.change(parseAddress(sender.address), { relayFor: true });
  t.deepEqual(await sender.say(daemon.address, envelope(sender, recipient.address, 'x')), {
    status: 1,
  });
  t.is(daemon.relay.ledger()[0]?.messages, 1);
});

test('row 19: quotas are exact, and a copy takes no room', async (t) => {
  const daemon = await startMemoryDaemon(t, { quota: { pairMaxMessages: 3, pairMaxBytes: 100 } });
  const [sender, recipient] = await Promise.all([startFriend(t, daemon), startFriend(t, daemon)]);
  recipient.stop();
  const ask = (message: string): Promise<Readonly<Record<string, unknown>>> =>
    sender.say(daemon.address, envelope(sender, recipient.address, message));

  t.deepEqual(await ask('x'.repeat(101)), { status: 0 });
  t.deepEqual(await ask('x'.repeat(90)), { status: 1 });
  t.deepEqual(await ask('x'.repeat(90)), { status: 1 });
  t.deepEqual(await ask('x'.repeat(11)), { status: 0 });
  t.deepEqual(await ask('two'), { status: 1 });
  t.deepEqual(await ask('three'), { status: 1 });
  t.deepEqual(await ask('four'), { status: 0 });
  const [line] = daemon.relay.ledger();
  t.is(line?.messages, 3);
  t.is(line?.bytes, 98);
});

test('the owner can drop what we carry, and a sender can take it back', async (t) => {
  const daemon = await startMemoryDaemon(t);
  const [sender, recipient] = await Promise.all([startFriend(t, daemon), startFriend(t, daemon)]);
  recipient.stop();
  await sender.say(daemon.address, envelope(sender, recipient.address, 'one'));
  t.is(daemon.relay.ledger().length, 1);

  await daemon.relay.drop(parseAddress(recipient.address));

  t.deepEqual(daemon.relay.ledger(), []);
});

test('a relay that is not willing is not asked again', async (t) => {
  const daemon = await startMemoryDaemon(t, { host: '127.0.0.1' });
  const unwilling = await startFriend(t, daemon, ({ action }) =>
    action === 'resend' ? { status: 0 } : undefined,
  );
  const away = await startFriend(t, daemon);
  away.stop();
  const [relayAddress, awayAddress] = [parseAddress(unwilling.address), parseAddress(away.address)];
  await daemon.contacts.change(relayAddress, { canResend: true });
  await daemon.contacts.change(awayAddress, { relayPlain: true });

  await daemon.conversations.send(awayAddress, [{ text: 'one' }, { text: 'two' }]);
  await happens(daemon, () => daemon.contacts.get(relayAddress)?.relayRefusedAt !== undefined);
  await daemon.conversations.send(awayAddress, [{ text: 'three' }]);
  const contact = daemon.contacts.require(awayAddress);
  await happens(
    daemon,
    () => daemon.presence.of(contact).lastAttempt?.outcome === 'connection_refused',
  );
  t.is(unwilling.of('resend').length, 1);

  await daemon.contacts.change(relayAddress, { canResend: false });
  await daemon.contacts.change(relayAddress, { canResend: true });
  t.is(daemon.contacts.get(relayAddress)?.relayRefusedAt, undefined);
});

test('plain text goes to no relay unless the owner allowed it for this contact', async (t) => {
  const daemon = await startMemoryDaemon(t, { host: '127.0.0.1' });
  const relay = await startFriend(t, daemon);
  const away = await startFriend(t, daemon);
  away.stop();
  const awayAddress = parseAddress(away.address);
  await daemon.contacts.change(parseAddress(relay.address), { canResend: true });

  await daemon.conversations.send(awayAddress, [{ text: 'for her eyes only' }]);
  const contact = daemon.contacts.require(awayAddress);
  await happens(
    daemon,
    () => daemon.presence.of(contact).lastAttempt?.outcome === 'connection_refused',
  );
  t.deepEqual(relay.of('resend'), []);

  await daemon.contacts.change(awayAddress, { relayPlain: true });
  await eventually(() => relay.of('resend').length === 1);
});

test('what a recipient refuses three times is not carried any longer', async (t) => {
  const daemon = await startMemoryDaemon(t);
  const sender = await startFriend(t, daemon);
  const recipient = await startFriend(t, daemon, ({ action }) =>
    action === 'history' ? { status: [0] } : undefined,
  );

  await sender.say(daemon.address, envelope(sender, recipient.address, 'unwanted'));
  for (let round = 1; round <= 3; round++) {
    await eventually(() => recipient.of('history').length === round);
    await recipient.say(daemon.address, { action: 'ping', key: recipient.theirKey });
    const contact = daemon.contacts.require(parseAddress(recipient.address));
    daemon.lanes.lane(contact).hurry();
  }

  await happens(daemon, () => daemon.relay.ledger().length === 0);
  t.is(recipient.of('history').length, 3);
});

test('a relayed message says by whom it came, and is the same message as the direct one', async (t) => {
  const carol = await startMemoryDaemon(t);
  const alice = await startFriend(t, carol);
  const relay = await startFriend(t, carol);
  const message = {
    from: alice.address,
    to: carol.address,
    message: 'hello',
    timestamp: 1_763_640_000,
    enctype: '',
  };

  const relayed = { action: 'history', messages: [{ ...message, key: relay.theirKey }] };
  t.deepEqual(await relay.say(carol.address, relayed), { status: [1] });
  const direct = { action: 'send', ...message, key: alice.theirKey };
  t.deepEqual(await alice.say(carol.address, direct), { status: 1 });

  const page = await carol.conversations.page(parseAddress(alice.address), { limit: 10 });
  t.deepEqual(
    page.map(({ text, via }) => [text, String(via)]),
    [['hello', relay.address]],
  );
});

test('a relay can not bring words of somebody whom we do not know, or have blocked', async (t) => {
  const carol = await startMemoryDaemon(t);
  const relay = await startFriend(t, carol);
  const blocked = await startFriend(t, carol);
  await carol.contacts.block(parseAddress(blocked.address));
  const from = (address: string): Promise<Readonly<Record<string, unknown>>> =>
    relay.say(carol.address, {
      action: 'resend',
      from: address,
      to: carol.address,
      message: 'hello',
      timestamp: 1,
      key: relay.theirKey,
    });

  t.deepEqual(await from('203.0.113.7'), { status: 0 });
  t.deepEqual(await from(blocked.address), { status: 0 });
});

test('a cancelled message is taken back from its relays', async (t) => {
  const alice = await startMemoryDaemon(t, { host: '127.0.0.2' });
  const relay = await startMemoryDaemon(t, { host: '127.0.0.3' });
  await befriendInMemory(alice, relay);
  const carol = await startBasePeer(t);
  const carolAddress = parseAddress(carol.address);
  for (const daemon of [alice, relay]) {
    carol.theirKey = '';
    await daemon.contacts.add({ address: carolAddress });
    await eventually(() => carol.theirKey !== '');
    await carol.say(daemon.address, { action: 'handshake', key: 'k', from: carol.address });
  }
  carol.stop();
  await alice.contacts.change(relay.address, { canResend: true });
  await alice.contacts.change(carolAddress, { relayPlain: true });
  const [sent] = await alice.conversations.send(carolAddress, [{ text: 'oh no' }]);
  await happens(relay, () => relay.relay.ledger().length === 1);
  await happens(alice, () => alice.messages.stateOf(sent?.message.s ?? 0) === 'relayed');

  const cancelled = await alice.conversations.cancel(carolAddress, sent?.message.id ?? '');

  t.is(cancelled.state, 'failed');
  await happens(relay, () => relay.relay.ledger().length === 0);
});
