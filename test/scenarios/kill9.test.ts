import test from 'ava';
import { isFaultless, judge } from '../soak/delivery-checker.ts';
import { runKill9Campaign } from '../soak/kill9-campaign.ts';
import { freshSeed } from '../soak/seeded-random.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const DURATION_MS = 6_000;

test('daemons that are killed at any moment lose nothing they confirmed and show nothing twice', async (t) => {
  t.timeout(180_000);
  const seed = freshSeed();
  t.log(`seed ${seed}`);

  const report = await runKill9Campaign({
    folder: await temporaryFolder(t),
    seed,
    durationMs: DURATION_MS,
  });

  t.log(report);
  t.like(report, { lost: 0, doubled: 0, unexpected: 0, disordered: 0, defects: [] });
  t.true(report.kills > 0);
  t.true(report.acknowledged > 0);
});

test('the checker tells what was lost, doubled, made up, or out of order', (t) => {
  const good = { name: 'good', attempted: ['a', 'b', 'c'], acknowledged: ['a', 'c'] };

  t.true(isFaultless(judge([{ ...good, displayed: ['a', 'b', 'c'] }])));
  t.true(isFaultless(judge([{ ...good, displayed: ['a', 'c'] }])));
  t.is(judge([{ ...good, displayed: ['a', 'b'] }]).lost, 1);
  t.is(judge([{ ...good, displayed: ['a', 'a', 'c'] }]).doubled, 1);
  t.is(judge([{ ...good, displayed: ['a', 'c', 'd'] }]).unexpected, 1);
  t.is(judge([{ ...good, displayed: ['b', 'a', 'c'] }]).disordered, 1);
});
