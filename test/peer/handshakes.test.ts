import test from 'ava';
import { DomainError } from '../../daemon/domain/errors.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { startBasePeer } from '../helpers/base-peer.ts';
import { eventually } from '../helpers/eventually.ts';
import { befriendInMemory, happens, startMemoryDaemon } from '../helpers/memory-daemon.ts';

test('adding an address whose request is parked accepts it', async (t) => {
  const alice = await startMemoryDaemon(t, { host: '127.0.0.2', nick: 'Alice' });
  const bob = await startMemoryDaemon(t, { host: '127.0.0.3' });
  await alice.contacts.add({ address: bob.address });
  await happens(bob, () => bob.contacts.request(alice.address) !== undefined);

  const { contact, isNew } = await bob.contacts.add({ address: alice.address, canResend: true });

  t.true(isNew);
  t.is(contact.state, 'established');
  t.is(contact.nick, 'Alice');
  t.true(contact.canResend);
  t.deepEqual(bob.contacts.requests(), []);
  await happens(alice, () => alice.contacts.get(bob.address)?.state === 'established');
});

test('two who ask each other at the same time are friends', async (t) => {
  const alice = await startMemoryDaemon(t, { host: '127.0.0.2' });
  const bob = await startMemoryDaemon(t, { host: '127.0.0.3' });

  await Promise.all([
    alice.contacts.add({ address: bob.address }),
    bob.contacts.add({ address: alice.address }),
  ]);

  // Whoever's handshake went first has the other's access key a little later.
  await happens(alice, () => alice.contacts.get(bob.address)?.key !== undefined);
  await happens(bob, () => bob.contacts.get(alice.address)?.key !== undefined);
  t.is(alice.contacts.get(bob.address)?.state, 'established');
  t.is(bob.contacts.get(alice.address)?.state, 'established');
  t.is(alice.contacts.get(bob.address)?.key, bob.contacts.get(alice.address)?.issuedKey);
  t.is(bob.contacts.get(alice.address)?.key, alice.contacts.get(bob.address)?.issuedKey);
});

test('an established contact can not be added again, a requested one is asked again', async (t) => {
  const alice = await startMemoryDaemon(t, { host: '127.0.0.2' });
  const bob = await startMemoryDaemon(t, { host: '127.0.0.3' });
  await alice.contacts.add({ address: bob.address });
  await happens(alice, () => alice.contacts.get(bob.address)?.isHandshakeDue === false);
  await bob.contacts.dismiss(alice.address);
  t.deepEqual(bob.contacts.requests(), []);

  const again = await alice.contacts.add({ address: bob.address, nick: 'Bob' });
  t.false(again.isNew);
  t.is(again.contact.nick, 'Bob');
  await happens(bob, () => bob.contacts.requests().length === 1);

  await bob.contacts.accept(alice.address);
  await happens(alice, () => alice.contacts.get(bob.address)?.state === 'established');
  const error = await t.throwsAsync(alice.contacts.add({ address: bob.address }), {
    instanceOf: DomainError,
  });
  t.is(error.code, 'contact_exists');
});

test('nobody can be his own friend, nor befriend an address that nobody has', async (t) => {
  const alice = await startMemoryDaemon(t, { host: '127.0.0.2' });

  for (const address of [String(alice.address), '0.0.0.0', '169.254.169.254', 'ff02::1', '::']) {
    const error = await t.throwsAsync(alice.contacts.add({ address: parseAddress(address) }), {
      instanceOf: DomainError,
    });
    t.is(error.code, 'bad_address', address);
  }
});

test('a handshake from elsewhere can not speak for a host', async (t) => {
  const alice = await startMemoryDaemon(t, { host: '127.0.0.2' });
  const stranger = await startBasePeer(t);

  // Loopback hosts stand for one another; any other host does not.
  await stranger.say(alice.address, { action: 'handshake', key: 'k', from: '203.0.113.7:5000' });

  const [request] = alice.contacts.requests();
  t.is(String(request?.address), '127.0.0.1:5000');
});

test('a stranger can not make us knock at the port of another service', async (t) => {
  const alice = await startMemoryDaemon(t, { host: '127.0.0.2' });
  const stranger = await startBasePeer(t);

  for (const port of [22, 80, 2049, 5432, 6005, 6379]) {
    const handshake = { action: 'handshake', key: 'k', from: `127.0.0.1:${port}` };
    t.deepEqual(await stranger.say(alice.address, handshake), { status: 0 });
  }
  t.deepEqual(alice.contacts.requests(), []);
});

test('another key of an established contact waits for the owner; until then the old one is shown', async (t) => {
  const alice = await startMemoryDaemon(t, { host: '127.0.0.1' });
  const bob = await startBasePeer(t);
  const address = parseAddress(bob.address);
  await alice.contacts.add({ address });
  await eventually(() => bob.theirKey !== '');
  await bob.say(alice.address, { action: 'handshake', key: 'first', from: bob.address });

  const answer = await bob.say(alice.address, {
    action: 'handshake',
    key: 'second',
    from: bob.address,
  });

  t.deepEqual(answer, { status: 1 });
  t.is(alice.contacts.get(address)?.key, 'first');
  t.is(alice.contacts.get(address)?.candidate?.key, 'second');
  const handshakes = bob.of('handshake').length;
  await alice.trust.accept(address);
  t.is(alice.contacts.get(address)?.key, 'second');
  await eventually(() => bob.of('handshake').length === handshakes + 1);
});

test('a blocked stranger gets the answers of any stranger, and nothing of it is kept', async (t) => {
  const alice = await startMemoryDaemon(t, { host: '127.0.0.1' });
  const stranger = await startBasePeer(t);
  const handshake = { action: 'handshake', key: 'first', from: stranger.address };
  await stranger.say(alice.address, handshake);
  const address = parseAddress(stranger.address);
  await alice.contacts.block(address);

  t.deepEqual(await stranger.say(alice.address, { ...handshake, key: 'second' }), { status: 1 });
  t.is(alice.contacts.request(address)?.key, 'first');
  t.true(alice.contacts.request(address)?.isBlocked);

  await alice.contacts.unblock(address);
  await stranger.say(alice.address, { ...handshake, key: 'third' });
  t.is(alice.contacts.request(address)?.key, 'third');
});

test('a handshake that finds no room is repeated later', async (t) => {
  let answers = 0;
  const alice = await startMemoryDaemon(t, { host: '127.0.0.1' });
  const full = await startBasePeer(t, {
    answer: ({ action }) => (action === 'handshake' && ++answers === 1 ? { status: 0 } : undefined),
  });
  const address = parseAddress(full.address);
  await alice.contacts.add({ address });
  const contact = alice.contacts.require(address);
  await happens(alice, () => alice.presence.of(contact).lastAttempt?.outcome === 'refused');
  t.true(alice.contacts.get(address)?.isHandshakeDue);

  await alice.contacts.add({ address });

  await happens(alice, () => alice.contacts.get(address)?.isHandshakeDue === false);
  t.is(answers, 2);
});

test('friends keep their access keys to themselves: each has another one', async (t) => {
  const alice = await startMemoryDaemon(t, { host: '127.0.0.2' });
  const bob = await startMemoryDaemon(t, { host: '127.0.0.3' });
  const carol = await startMemoryDaemon(t, { host: '127.0.0.4' });
  await befriendInMemory(alice, bob);
  await befriendInMemory(alice, carol);

  const keys = alice.contacts.list().map(({ issuedKey }) => issuedKey);

  t.is(new Set(keys).size, 2);
  for (const key of keys) t.regex(key, /^[A-Za-z0-9_-]{43}$/);
});
