/** Long campaigns: `npm run soak -- kill9 [--minutes N] [--seed S]`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isFaultless } from './delivery-checker.ts';
import { runKill9Campaign } from './kill9-campaign.ts';
import { freshSeed } from './seeded-random.ts';

const MINUTE_MS = 60_000;
const USAGE = 'usage: npm run soak -- kill9 [--minutes N] [--seed S]';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } },
});
const minutes = Number(values.minutes);
const seed = values.seed === undefined ? freshSeed() : Number(values.seed);

if (positionals[0] === 'kill9' && minutes > 0 && Number.isSafeInteger(seed)) {
  process.exitCode = (await kill9()) ? 0 : 1;
} else {
  console.error(USAGE);
  process.exitCode = 2;
}

/** @returns Whether nothing went wrong; if something did, the data folders are left for whoever looks into it. */
async function kill9(): Promise<boolean> {
  console.log(`seed ${seed}, ${minutes} min`);
  const folder = await mkdtemp(join(tmpdir(), 'vestnik-soak-'));
  const report = await runKill9Campaign({
    folder,
    seed,
    durationMs: minutes * MINUTE_MS,
    onEvent: (sentence) => console.log(sentence),
  });
  console.log(report);
  const isGood = isFaultless(report) && report.defects.length === 0;
  if (isGood) await rm(folder, { recursive: true });
  else console.log(`seed ${seed}; the data is in ${folder}`);
  return isGood;
}
