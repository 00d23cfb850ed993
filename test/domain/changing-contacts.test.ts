/** Contacts that move, go and come back. */
import test from 'ava';
import { parseAddress } from '../../daemon/wire/address.ts';
import {
  befriendInWorld,
  SimulatedWorld,
  type SimulatedDaemon,
} from '../helpers/simulated-world.ts';
import { end, startTalkingPair, talk } from '../helpers/talking-pair.ts';

const MINUTE_MS = 60_000;

function gaps(one: SimulatedDaemon, other: SimulatedDaemon) {
  return one.domain.conversations.missing(one.contact(other));
}

test('a contact that moves is followed: the same conversation, nothing left at the old address', async (t) => {
  const { world, alice, bob } = await startTalkingPair();
  const { number, issuedKey } = alice.contact(bob);
  const old = bob.address;

  bob.moveTo('127.0.0.77');
  await world.until(() => alice.domain.contacts.get(bob.address) !== undefined);
  await talk(world, alice, bob, 'after');

  t.is(alice.contact(bob).number, number);
  t.is(alice.contact(bob).issuedKey, issuedKey);
  t.is(alice.domain.contacts.get(old), undefined);
  t.deepEqual(alice.domain.contacts.requests(), []);
  t.deepEqual(await alice.textsOf(bob), ['hello from bob', 'after from bob']);
  t.deepEqual([gaps(alice, bob), gaps(bob, alice)], [[], []]);
  end(alice, bob);
});

test('what waits for a contact that moves, and what it had waiting, arrives', async (t) => {
  const { world, alice, bob } = await startTalkingPair();
  world.wire = { fate: () => ({ isRequestLost: true }) };
  await bob.write(alice, 'written before moving');
  await world.clock.pass(MINUTE_MS);
  bob.kill();
  await alice.write(bob, 'written to the old address');
  await world.clock.pass(MINUTE_MS);
  world.wire = {};

  bob.moveTo('127.0.0.77');
  await world.until(async () => (await alice.textsOf(bob)).length === 2);
  await world.until(async () => (await bob.textsOf(alice)).length === 2);

  t.is((await bob.textsOf(alice)).at(-1), 'written to the old address');
  end(alice, bob);
});

test('a friend carries for a contact that has moved, and what it wrote before', async (t) => {
  const { world, alice, bob } = await startTalkingPair();
  const relay = world.add('relay');
  await befriendInWorld(world, alice, relay);
  await befriendInWorld(world, bob, relay);
  await world.during(bob.domain.contacts.change(relay.address, { canResend: true }));
  await world.during(alice.domain.contacts.change(relay.address, { canResend: true }));
  const part = (): void => {
    const apart = new Set([alice.address, bob.address]);
    world.wire = { fate: ({ from, to }) => ({ isRequestLost: apart.has(from) && apart.has(to) }) };
  };
  world.wire = { fate: ({ from }) => ({ isRequestLost: from === bob.address }) };
  await bob.write(alice, 'written before moving');
  await world.clock.pass(1_000);
  bob.moveTo('127.0.0.77');
  part();
  await alice.write(bob, 'to wherever you are').catch(() => undefined);

  await world.until(() => relay.domain.contacts.get(bob.address) !== undefined);
  await world.until(async () => {
    const there = alice.domain.contacts.get(bob.address) ?? alice.domain.contacts.list()[0];
    const page = await alice.domain.conversations.page(there?.address ?? bob.address, { limit: 9 });
    return page.some(({ text }) => text === 'written before moving');
  });
  t.is(bob.contact(relay).relayRefusedAt, undefined);
  end(alice, bob, relay);
});

test('nobody moves a contact by saying so: not who repeats it, not who knows it, not who sits there', async (t) => {
  const { world, alice, bob } = await startTalkingPair();
  const [mallory, elsewhere] = [world.add('mallory'), parseAddress('127.0.0.99:5000')];
  await befriendInWorld(world, alice, mallory);
  const pings = world.heard.filter(
    ({ from, body }) => from === bob.address && body.includes('"ping"'),
  );
  const lies = [
    { action: 'ping', from: mallory.address, key: alice.contact(bob).issuedKey },
    { action: 'ping', from: elsewhere, key: alice.contact(bob).issuedKey },
    { action: 'handshake', from: elsewhere, key: 'k' },
    { action: 'handshake', from: mallory.address, key: alice.contact(bob).key },
  ];

  for (const lie of lies) {
    const request = { to: alice.address, body: JSON.stringify(lie), proof: undefined };
    await world.during(world.deliver({ ...request, from: bob.address }));
    await world.during(world.deliver({ ...request, from: mallory.address }));
    await world.clock.pass(MINUTE_MS);
  }
  for (const ping of pings) {
    await world.during(world.deliver({ ...ping, from: mallory.address }));
    await world.clock.pass(MINUTE_MS);
  }

  t.is(alice.domain.contacts.get(bob.address)?.identity?.id, alice.contact(bob).identity?.id);
  t.deepEqual(
    alice.domain.contacts
      .list()
      .map(({ address }) => address)
      .sort(),
    [bob.address, mallory.address].sort(),
  );
  await talk(world, alice, bob, 'still');
  end(alice, bob, mallory);
});

test('a contact that was removed and added again goes on where both were, and shows no gap', async (t) => {
  const { world, alice, bob } = await startTalkingPair();
  await talk(world, alice, bob, 'second');
  await world.during(alice.domain.contacts.remove(bob.address, { withHistory: false }));
  await bob.write(alice, 'to nobody');
  await world.clock.pass(5 * MINUTE_MS);
  await world.during(alice.domain.contacts.add({ address: bob.address }));
  await world.until(() => alice.sessionWith(bob) !== undefined);
  await talk(world, alice, bob, 'again');
  await talk(world, alice, bob, 'and again');

  t.deepEqual(await alice.textsOf(bob), [
    'hello from bob',
    'second from bob',
    'to nobody',
    'again from bob',
    'and again from bob',
  ]);
  t.deepEqual(gaps(alice, bob), []);
  t.deepEqual(gaps(bob, alice), []);
  end(alice, bob);
});

test('a contact that forgot us and counts anew is noticed: what it loses from then on is missed', async (t) => {
  const { world, alice, bob } = await startTalkingPair();
  for (const name of ['second', 'third', 'fourth']) await talk(world, alice, bob, name);
  await world.during(bob.domain.contacts.remove(alice.address, { withHistory: false }));
  await world.during(bob.domain.contacts.add({ address: alice.address }));
  await world.until(() => bob.sessionWith(alice) !== undefined);
  await talk(world, alice, bob, 'again');
  await world.clock.pass(MINUTE_MS);
  const before = gaps(alice, bob);

  // A number that is given away and never sent.
  bob.domain.conversations.nextSequence(bob.contact(alice));
  await talk(world, alice, bob, 'and again');

  t.deepEqual(before, []);
  t.deepEqual(
    gaps(alice, bob).map(({ first, last }) => last - first + 1),
    [1],
  );
  t.deepEqual(gaps(bob, alice), []);
  end(alice, bob);
});

test('a contact that was removed with all its history and added again shows no gap', async (t) => {
  const { world, alice, bob } = await startTalkingPair();
  await talk(world, alice, bob, 'second');
  await world.during(alice.domain.contacts.remove(bob.address, { withHistory: true }));
  await world.during(alice.domain.contacts.add({ address: bob.address }));
  await world.until(() => alice.sessionWith(bob) !== undefined);
  await talk(world, alice, bob, 'again');

  t.deepEqual(gaps(alice, bob), []);
  t.deepEqual(gaps(bob, alice), []);
  end(alice, bob);
});

test('two who remove and add each other, both at once, understand each other', async (t) => {
  const { world, alice, bob } = await startTalkingPair();
  await world.during(alice.domain.contacts.remove(bob.address, { withHistory: false }));
  await world.during(bob.domain.contacts.remove(alice.address, { withHistory: false }));
  await world.during(
    Promise.all([
      alice.domain.contacts.add({ address: bob.address }),
      bob.domain.contacts.add({ address: alice.address }),
    ]),
  );
  await world.until(
    () => alice.sessionWith(bob) !== undefined && bob.sessionWith(alice) !== undefined,
  );
  await talk(world, alice, bob, 'again');

  t.is(alice.contact(bob).key, bob.contact(alice).issuedKey);
  t.is(bob.contact(alice).key, alice.contact(bob).issuedKey);
  t.deepEqual([gaps(alice, bob), gaps(bob, alice)], [[], []]);
  end(alice, bob);
});

test('a contact that knows itself by another address than we do is told that we can not read it', async (t) => {
  const world = new SimulatedWorld();
  const alice = world.add('alice');
  const bob = world.add('bob', parseAddress('10.0.0.7:5000'));
  await world.during(alice.domain.contacts.add({ address: bob.address }));
  await world.until(() => bob.domain.contacts.request(alice.address) !== undefined);
  await world.during(bob.domain.contacts.accept(alice.address));
  await world.until(() =>
    alice.domain.contacts.list().some(({ encryption }) => encryption === 'dr1'),
  );
  await talk(world, alice, bob, 'hello');
  const backup = alice.backUp();
  bob.restore({ ...bob.backUp(), sessions: new Map() });
  await talk(world, alice, bob, 'on another session');

  // Alice knows nothing of the session on which Bob writes.
  alice.restore(backup);
  await bob.write(alice, 'can you read this?');
  await world.until(() => bob.isRestingWith(alice), 5 * MINUTE_MS);

  t.is((await alice.textsOf(bob)).at(-1), 'can you read this?');
  end(alice, bob);
});
