/** What is written while the answer to something before it is on its way. */
import test from 'ava';
import { befriendInWorld, SimulatedWorld } from '../helpers/simulated-world.ts';

const ONE_WAY_MS = 500;

/** Two friends far from each other, who have written before. */
async function startFarFriends() {
  const world = new SimulatedWorld();
  const [alice, bob] = [world.add('alice'), world.add('bob')];
  await befriendInWorld(world, alice, bob);
  await alice.write(bob, 'zero');
  await world.until(() => alice.isRestingWith(bob));
  world.wire = { fate: () => ({ delayMs: ONE_WAY_MS }) };
  return { world, alice, bob };
}

test('messages that are written one after the other do not wait for the answers to those before', async (t) => {
  const { world, alice, bob } = await startFarFriends();

  for (const text of ['one', 'two', 'three']) {
    await alice.write(bob, text);
    await world.clock.pass(50);
  }
  await world.clock.pass(ONE_WAY_MS);

  t.deepEqual(await bob.textsOf(alice), ['zero', 'one', 'two', 'three']);
});

test('what follows something that is lost comes with it, in order and once', async (t) => {
  const { world, alice, bob } = await startFarFriends();
  let isFirst = true;
  world.wire = {
    fate: () => {
      const isRequestLost = isFirst;
      isFirst = false;
      return { delayMs: ONE_WAY_MS, isRequestLost };
    },
  };

  await alice.write(bob, 'one');
  await world.clock.pass(50);
  await alice.write(bob, 'two');
  await world.until(() => alice.isRestingWith(bob));

  t.deepEqual(await bob.textsOf(alice), ['zero', 'one', 'two']);
});
