import test, { type ExecutionContext } from 'ava';
import { CampaignImpossible } from '../soak/campaign.ts';
import { runPowercutCampaign, type PowercutReport } from '../soak/powercut-campaign.ts';
import { freshSeed } from '../soak/seeded-random.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

async function cutPower(
  t: ExecutionContext,
  options: Readonly<{ cuts: number; fsync: 'always' | 'never' }>,
): Promise<PowercutReport | undefined> {
  const seed = freshSeed();
  const folder = await temporaryFolder(t);
  try {
    const report = await runPowercutCampaign({ folder, seed, ...options });
    t.log({ seed, ...report });
    return report;
  } catch (error) {
    if (!(error instanceof CampaignImpossible)) throw error;
    t.log(`skipped: ${error.message}`);
    return undefined;
  }
}

test('row 9: when power is cut, everything that was acknowledged is on the disk', async (t) => {
  const report = await cutPower(t, { cuts: 2, fsync: 'always' });

  t.deepEqual(report?.faults ?? [], []);
});

test('row 9: a daemon that does not sync is found out', async (t) => {
  const report = await cutPower(t, { cuts: 1, fsync: 'never' });

  t.true((report?.lost ?? 1) > 0);
});
