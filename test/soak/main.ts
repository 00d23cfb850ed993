/**
 * Long campaigns: `npm run soak -- kill9 [--minutes N] [--relays] [--seed S]`, `npm run soak -- damage [--count N] [--seed S]`,
 * `npm run soak -- storm [--count N] [--seed S]` and `npm run soak -- strangers [--count N]`, which needs a Linux where `unshare -rn` and `ip` work.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runStormyConversation } from '../helpers/stormy-conversation.ts';
import { makeDamageTemplate, runDamage } from './damage-campaign.ts';
import { isFaultless } from './delivery-checker.ts';
import { runKill9Campaign } from './kill9-campaign.ts';
import { freshSeed } from './seeded-random.ts';
import { runStrangersCampaign } from './strangers-campaign.ts';

const MINUTE_MS = 60_000;
const USAGE = `usage: npm run soak -- kill9 [--minutes N] [--relays] [--seed S]
       npm run soak -- damage [--count N] [--seed S]
       npm run soak -- storm [--count N] [--seed S]
       npm run soak -- strangers [--count N]`;

type Options = Readonly<{
  folder: string;
  seed: number;
  minutes: number;
  /** How often; each campaign has its own measure. */
  count: number | undefined;
  hasRelays: boolean;
}>;

/** Campaigns by name; each answers whether nothing went wrong. */
const CAMPAIGNS: ReadonlyMap<string, (options: Options) => Promise<boolean>> = new Map([
  ['kill9', kill9],
  ['damage', damage],
  ['storm', storm],
  ['strangers', strangers],
]);

process.exitCode = await main();

/** @returns The exit code; if something went wrong, the data folders are left for whoever looks into it. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '10' },
      count: { type: 'string' },
      relays: { type: 'boolean', default: false },
      seed: { type: 'string', default: String(freshSeed()) },
    },
  });
  const campaign = CAMPAIGNS.get(positionals[0] ?? '');
  const [minutes, seed] = [values.minutes, values.seed].map(Number);
  const count = values.count === undefined ? undefined : Number(values.count);
  const hasNumbers = Boolean(minutes) && count !== 0 && !Number.isNaN(count) && !Number.isNaN(seed);
  if (campaign === undefined || minutes === undefined || seed === undefined || !hasNumbers) {
    console.error(USAGE);
    return 2;
  }
  const folder = await mkdtemp(join(tmpdir(), 'vestnik-soak-'));
  console.log(`seed ${seed}`);
  const isGood = await campaign({ folder, seed, minutes, count, hasRelays: values.relays });
  if (isGood) await rm(folder, { recursive: true });
  else console.log(`seed ${seed} failed; the data is in ${folder}`);
  return isGood ? 0 : 1;
}

async function kill9({ folder, seed, minutes, hasRelays }: Options): Promise<boolean> {
  const report = await runKill9Campaign({
    folder,
    seed,
    hasRelays,
    durationMs: minutes * MINUTE_MS,
    onEvent: (sentence) => console.log(sentence),
  });
  console.log(report);
  return isFaultless(report) && report.defects.length === 0;
}

async function damage({ folder, seed, count = 1000 }: Options): Promise<boolean> {
  const original = join(folder, 'original');
  await mkdir(original, { mode: 0o700 });
  const template = await makeDamageTemplate(original);
  let failures = 0;
  for (let next = seed; next < seed + count; next++) {
    const report = await runDamage(template, join(folder, String(next)), next);
    if (report.faults.length === 0) continue;
    failures += 1;
    console.log(report);
  }
  console.log({ damaged: count, failures });
  return failures === 0;
}

/** Two who talk encrypted through a bad network, simulated: a seed each. */
async function storm({ seed, count = 10_000 }: Options): Promise<boolean> {
  let failures = 0;
  for (let next = seed; next < seed + count; next++) {
    const { faults } = await runStormyConversation(next);
    if (faults.length === 0) continue;
    failures += 1;
    console.log({ seed: next, faults });
  }
  console.log({ storms: count, failures });
  return failures === 0;
}

async function strangers({ folder, count = 10_000 }: Options): Promise<boolean> {
  const report = await runStrangersCampaign(folder, count);
  if (report === undefined) return false;
  console.log(report);
  return report.faults.length === 0;
}
