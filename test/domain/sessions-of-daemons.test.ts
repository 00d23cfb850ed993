/** Two whole daemons on a hostile network, simulated: every run is a seed, and every seed is a run. */
import test from 'ava';
import { runStormyConversation } from '../helpers/stormy-conversation.ts';

const SEEDS = process.env['VESTNIK_LONG_TESTS'] === '1' ? 10_000 : 25;

test('row 7: whatever is lost, late or repeated, and whoever dies, each message comes once, and both end on one session', async (t) => {
  t.timeout(3_600_000);
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { faults } = await runStormyConversation(seed);
    t.deepEqual(faults, [], `seed ${seed}`);
  }
});
