/** Asking friends to carry: how many are asked, and what is not lost when nobody could be. */
import test from 'ava';
import { RELAYS_PER_MESSAGE } from '../../daemon/domain/relay-choice.ts';
import {
  befriendInWorld,
  SimulatedWorld,
  type SimulatedDaemon,
} from '../helpers/simulated-world.ts';
import { end } from '../helpers/talking-pair.ts';

/** Alice, Bob, and friends of both whom Alice may ask to carry. */
async function startWithFriends(count: number) {
  const world = new SimulatedWorld();
  const [alice, bob] = [world.add('alice'), world.add('bob')];
  await befriendInWorld(world, alice, bob);
  const friends: SimulatedDaemon[] = [];
  for (let i = 0; i < count; i++) {
    const friend = world.add(`friend ${i}`);
    await befriendInWorld(world, alice, friend);
    await befriendInWorld(world, bob, friend);
    for (const one of [alice, bob]) {
      await world.during(one.domain.contacts.change(friend.address, { canResend: true }));
    }
    friends.push(friend);
  }
  return { world, alice, bob, friends };
}

test('what is written in quick succession is given to no more friends than one message needs', async (t) => {
  const { world, alice, bob, friends } = await startWithFriends(RELAYS_PER_MESSAGE + 2);
  bob.kill();
  await alice.write(bob, 'first');
  await world.until(() => friends.some((friend) => friend.domain.relay.ledger().length > 0));

  await Promise.all(['second', 'third'].map((text) => alice.write(bob, text)));
  await world.clock.pass(60_000);

  const asked = world.heard.filter(({ body }) => body.includes('"resend"')).length;
  t.is(asked, 3 * RELAYS_PER_MESSAGE);
  end(alice, ...friends);
});

test('what is owed to somebody who is away is still owed when the disk took no keys for it', async (t) => {
  const { world, alice, bob, friends } = await startWithFriends(1);
  const [friend = bob] = friends;
  alice.kill();
  bob.kill();
  // A new run has given no keys away in advance.
  bob.start();
  await world.until(() => bob.domain.presence.isOnline(bob.contact(friend)));
  bob.sessions.failure = new Error('there is no room left on the disk');
  await bob.write(alice, 'never mind');
  const [message] = await bob.domain.conversations.page(alice.address, { limit: 1 });
  await world.during(bob.domain.conversations.cancel(alice.address, message?.id ?? ''));
  await world.clock.pass(60_000);

  bob.sessions.failure = undefined;
  alice.start();
  await bob.write(alice, 'this one');
  await world.until(async () => (await alice.textsOf(bob)).length > 0);
  await world.clock.pass(60_000);

  t.deepEqual(await alice.textsOf(bob), ['this one']);
  t.deepEqual(alice.domain.conversations.missing(alice.contact(bob)), []);
  end(alice, bob, friend);
});
