import test from 'ava';
import { runClockCampaign } from '../soak/clock-campaign.ts';
import { freshSeed } from '../soak/seeded-random.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

test('row 17: clocks in 1970, ten years ahead, and jumping, change nothing between daemons', async (t) => {
  const seed = freshSeed();

  const report = await runClockCampaign({ folder: await temporaryFolder(t), seed, rounds: 1 });

  t.log({ seed, ...report });
  t.deepEqual(report.faults, []);
});
