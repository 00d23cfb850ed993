import test from 'ava';
import { isFaultless, judge } from '../soak/delivery-checker.ts';
import { runKill9Campaign } from '../soak/kill9-campaign.ts';
import { freshSeed } from '../soak/seeded-random.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

/** A taste of what `npm run soak -- kill9` does for as long as one likes. */
const DURATION_MS = 5_000;

const survives = test.macro(async (t, hasRelays: boolean) => {
  t.timeout(180_000);
  const seed = freshSeed();
  t.log(`seed ${seed}`);

  const folder = await temporaryFolder(t);
  const report = await runKill9Campaign({ folder, seed, hasRelays, durationMs: DURATION_MS });

  t.log(report);
  t.like(report, { lost: 0, doubled: 0, unexpected: 0, disordered: 0, defects: [] });
  t.true(report.kills > 0);
  t.true(report.acknowledged > 0);
});

test(
  'killed at any moment, daemons lose nothing they confirmed and show nothing twice',
  survives,
  false,
);
test('nor do they when each carries for the others', survives, true);

test('the checker tells what was lost, doubled, made up, or out of order', (t) => {
  const good = { name: 'good', attempted: ['a', 'b', 'c'], acknowledged: ['a', 'c'] };

  t.true(isFaultless(judge([{ ...good, displayed: ['a', 'b', 'c'] }])));
  t.true(isFaultless(judge([{ ...good, displayed: ['a', 'c'] }])));
  t.is(judge([{ ...good, displayed: ['a', 'b'] }]).lost, 1);
  t.is(judge([{ ...good, displayed: ['a', 'a', 'c'] }]).doubled, 1);
  t.is(judge([{ ...good, displayed: ['a', 'c', 'd'] }]).unexpected, 1);
  t.is(judge([{ ...good, displayed: ['b', 'a', 'c'] }]).disordered, 1);
});
