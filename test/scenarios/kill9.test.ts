import test from 'ava';
import { faultsOfVerdict, judge } from '../soak/delivery-checker.ts';
import { runKill9Campaign } from '../soak/kill9-campaign.ts';
import { freshSeed } from '../soak/seeded-random.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const survives = test.macro(async (t, hasRelay: boolean) => {
  const seed = freshSeed();
  t.log(`seed ${seed}`);

  const report = await runKill9Campaign({
    folder: await temporaryFolder(t),
    seed,
    kills: 4,
    perSecond: 200,
    pauseMs: [50, 400],
    hasRelay,
  });

  t.log(report);
  t.deepEqual(report.faults, []);
  t.true(report.acknowledged > 0);
});

test(
  'row 8: killed at any moment, daemons lose nothing they confirmed and show nothing twice',
  survives,
  false,
);
test('row 8: nor do they when one carries for the others', survives, true);

test('the checker tells what was lost, doubled, made up, or out of order', (t) => {
  const good = { name: 'good', attempted: ['a', 'b', 'c'], acknowledged: ['a', 'c'] };

  t.deepEqual(faultsOfVerdict(judge([{ ...good, displayed: ['a', 'b', 'c'] }])), []);
  t.deepEqual(faultsOfVerdict(judge([{ ...good, displayed: ['a', 'c'] }])), []);
  t.is(judge([{ ...good, displayed: ['a', 'b'] }]).lost, 1);
  t.is(judge([{ ...good, displayed: ['a', 'a', 'c'] }]).doubled, 1);
  t.is(judge([{ ...good, displayed: ['a', 'c', 'd'] }]).unexpected, 1);
  t.is(judge([{ ...good, displayed: ['b', 'a', 'c'] }]).disordered, 1);
});
