/** How often a daemon answers somebody who writes one message after the other. */
import test from 'ava';
import { STEP_MIN_INTERVAL_MS, UNANSWERED_MAX_MESSAGES } from '../../daemon/crypto/ratchet.ts';
import {
  befriendInWorld,
  SimulatedWorld,
  type SimulatedDaemon,
} from '../helpers/simulated-world.ts';

const BETWEEN_MESSAGES_MS = 3;

/** Two friends whose keys have just changed on both sides. */
async function startPair() {
  const world = new SimulatedWorld();
  const [alice, bob] = [world.add('alice'), world.add('bob')];
  await befriendInWorld(world, alice, bob);
  await alice.write(bob, 'one');
  await world.until(() => alice.isRestingWith(bob));
  await bob.write(alice, 'two');
  await world.until(() => bob.isRestingWith(alice));
  const flood = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await bob.write(alice, `message ${i}`);
      await world.clock.pass(BETWEEN_MESSAGES_MS);
    }
  };
  return { world, alice, bob, flood };
}

/** The key that a daemon shows to the other at present. */
function keyShown(of: SimulatedDaemon, to: SimulatedDaemon): Uint8Array | undefined {
  return of.domain.channels.sessionsOf(of.contact(to)).current?.state.own?.publicKey;
}

test('somebody who writes faster than keys may change gets acknowledgements and no more', async (t) => {
  const { world, alice, bob, flood } = await startPair();
  const before = world.heard.length;
  const count = 6 * UNANSWERED_MAX_MESSAGES;

  await flood(count);

  const answers = world.heard.slice(before).filter(({ from }) => from === alice.address);
  await world.until(() => bob.isRestingWith(alice));
  // Acknowledgements gather for 100 ms, and the keys change once a second.
  const seconds = (count * BETWEEN_MESSAGES_MS) / 1000;
  t.true(answers.length <= 11 * seconds + 2, `${answers.length} answers in ${seconds} s`);
});

test('after a flood keys change as soon as they may, though nobody says anything more', async (t) => {
  const { world, alice, bob, flood } = await startPair();
  await flood(2 * UNANSWERED_MAX_MESSAGES);
  await world.until(() => bob.isRestingWith(alice));
  const before = keyShown(alice, bob);

  await world.clock.pass(STEP_MIN_INTERVAL_MS);

  t.notDeepEqual(keyShown(alice, bob), before);
});
