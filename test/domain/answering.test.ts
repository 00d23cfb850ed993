/** How often a daemon answers somebody who writes one message after the other. */
import test from 'ava';
import { STEP_MIN_INTERVAL_MS, UNANSWERED_MAX_MESSAGES } from '../../daemon/crypto/ratchet.ts';
import { befriendInWorld, SimulatedWorld } from '../helpers/simulated-world.ts';

const BETWEEN_MESSAGES_MS = 3;

test('somebody who writes faster than keys may change gets acknowledgements and no more', async (t) => {
  const world = new SimulatedWorld();
  const [alice, bob] = [world.add('alice'), world.add('bob')];
  await befriendInWorld(world, alice, bob);
  // Keys have just changed on both sides.
  await alice.write(bob, 'one');
  await world.until(() => alice.isRestingWith(bob));
  await bob.write(alice, 'two');
  await world.until(() => bob.isRestingWith(alice));

  const before = world.heard.length;
  const count = 6 * UNANSWERED_MAX_MESSAGES;
  for (let i = 0; i < count; i++) {
    await bob.write(alice, `message ${i}`);
    await world.clock.pass(BETWEEN_MESSAGES_MS);
  }
  const answers = world.heard.slice(before).filter(({ from }) => from === alice.address);
  await world.until(() => bob.isRestingWith(alice));

  // Acknowledgements gather for 100 ms, and the keys change once a second.
  const seconds = (count * BETWEEN_MESSAGES_MS) / 1000;
  t.true(answers.length <= 11 * seconds + 2, `${answers.length} answers in ${seconds} s`);
});

test('keys change although only one side has something to say', async (t) => {
  const world = new SimulatedWorld();
  const [alice, bob] = [world.add('alice'), world.add('bob')];
  await befriendInWorld(world, alice, bob);
  await alice.write(bob, 'one');
  await world.until(() => alice.isRestingWith(bob));
  const stateOf = () => bob.domain.channels.sessionsOf(bob.contact(alice)).current?.state;
  const keys = new Set<unknown>();

  for (let i = 0; i < 4 * UNANSWERED_MAX_MESSAGES; i++) {
    await bob.write(alice, `message ${i}`);
    await world.clock.pass(STEP_MIN_INTERVAL_MS / UNANSWERED_MAX_MESSAGES);
    keys.add(stateOf()?.own?.publicKey);
  }

  t.true(keys.size >= 3, `${keys.size} keys`);
});
