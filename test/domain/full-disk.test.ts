/** A receiver whose disk takes nothing for a while: what it was not able to store comes again, and in order. */
import test from 'ava';
import {
  befriendInWorld,
  SimulatedWorld,
  type SimulatedDaemon,
} from '../helpers/simulated-world.ts';

const NO_ROOM = new Error('there is hardly any room left on the disk');

async function startPair() {
  const world = new SimulatedWorld();
  const [alice, bob] = [world.add('alice'), world.add('bob')];
  await befriendInWorld(world, alice, bob);
  await alice.write(bob, 'hello');
  await world.until(() => alice.isRestingWith(bob));
  return { world, alice, bob };
}

function end(...daemons: readonly SimulatedDaemon[]): void {
  for (const daemon of daemons) daemon.kill();
}

test('what a friend has no room for is not overtaken by what is written later', async (t) => {
  const { world, alice, bob } = await startPair();
  bob.messages.failure = NO_ROOM;
  await alice.write(bob, 'one');
  await alice.write(bob, 'two');
  await world.clock.pass(2_000);

  bob.messages.failure = undefined;
  await alice.write(bob, 'three');
  await world.until(async () => (await bob.textsOf(alice)).length === 4, 300_000);

  t.deepEqual(await bob.textsOf(alice), ['hello', 'one', 'two', 'three']);
  t.deepEqual([...alice.defects, ...bob.defects], []);
  end(alice, bob);
});

test('a carrier keeps what its recipient has no room for, however often', async (t) => {
  const { world, alice, bob } = await startPair();
  const carrier = world.add('carrier');
  await befriendInWorld(world, alice, carrier);
  await befriendInWorld(world, carrier, bob);
  await world.during(alice.domain.contacts.change(carrier.address, { canResend: true }));
  world.wire = {
    fate: ({ from, to }) => ({
      isRequestLost: [from, to].every((one) => one === alice.address || one === bob.address),
    }),
  };
  bob.messages.failure = NO_ROOM;
  await alice.write(bob, 'past a friend');
  await world.until(() => [...carrier.relayed.entries()].length > 0);
  await world.clock.pass(3_600_000);

  bob.messages.failure = undefined;
  await world.until(async () => (await bob.textsOf(alice)).length === 2, 3_600_000);

  t.deepEqual(await bob.textsOf(alice), ['hello', 'past a friend']);
  end(alice, bob, carrier);
});

test('what a friend takes back is gone from the screens, though what came with it found no room', async (t) => {
  const { world, alice, bob } = await startPair();
  const gone: string[] = [];
  bob.domain.events.on('messageGone', ({ id }) => void gone.push(id));
  const [hello] = await alice.domain.conversations.page(bob.address, { limit: 1 });
  world.wire = { fate: () => ({ isRequestLost: true }) };
  await world.during(
    alice.domain.deletions.remove(bob.address, [hello?.id ?? ''], { isForBoth: true }),
  );
  await alice.write(bob, 'next');
  bob.messages.failure = NO_ROOM;

  world.wire = {};
  await world.until(() => gone.length > 0, 300_000);

  t.deepEqual(gone, [hello?.id]);
  end(alice, bob);
});
