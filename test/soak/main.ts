/** Long campaigns: `npm run soak -- CAMPAIGN [--count N] [--seed S] …`; without a campaign it tells which there are. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runStormyConversation } from '../helpers/stormy-conversation.ts';
import { CampaignImpossible, type CampaignOptions } from './campaign.ts';
import { runClockCampaign } from './clock-campaign.ts';
import { makeCorruptTemplate, runCorruption } from './corrupt-campaign.ts';
import { runDuplicatesCampaign } from './duplicates-campaign.ts';
import { runEioCampaign } from './eio-campaign.ts';
import { runEnospcCampaign } from './enospc-campaign.ts';
import { runFramesCampaign } from './frames-campaign.ts';
import { runKill9Campaign } from './kill9-campaign.ts';
import { runMixedCampaign } from './mixed-campaign.ts';
import { isInOwnNamespace, runInOwnNamespace } from './own-namespace.ts';
import { runPartitionCampaign } from './partition-campaign.ts';
import { runPowercutCampaign } from './powercut-campaign.ts';
import { freshSeed } from './seeded-random.ts';
import { runStrangersCampaign } from './strangers-campaign.ts';

type Options = CampaignOptions &
  Readonly<{
    /** How often; each campaign has its own measure. */
    count: number;
    /** Without relays, so that the order is looked at, too. */
    isDirect: boolean;
    /** Longest that a network stays broken. */
    holdMaxMs: number;
  }>;

/** What a campaign has found; its figures are printed before. */
type Faults = readonly string[];

type Campaign = Readonly<{
  /** What `--count` counts, and how many unless it says otherwise: as many as the pass figures ask for. */
  counts: string;
  usually: number;
  /** It changes the network, in a namespace of its own. */
  needsNamespace?: boolean;
  run: (options: Options) => Promise<Faults>;
}>;

const CAMPAIGNS: ReadonlyMap<string, Campaign> = new Map<string, Campaign>([
  ['kill9', { counts: 'kills', usually: 500, run: kill9 }],
  ['powercut', { counts: 'power cuts', usually: 100, run: powercut }],
  ['enospc', { counts: 'full disks', usually: 20, run: enospc }],
  ['eio', { counts: 'broken disks', usually: 100, run: eio }],
  ['corrupt', { counts: 'folders', usually: 1_000, run: corrupt }],
  ['partition', { counts: 'cycles', usually: 10, needsNamespace: true, run: partition }],
  ['duplicates', { counts: 'messages', usually: 10_000, run: duplicates }],
  ['mixed', { counts: 'minutes', usually: 30, needsNamespace: true, run: mixed }],
  ['clock', { counts: 'rounds of some seconds', usually: 100, run: clock }],
  ['storm', { counts: 'conversations', usually: 10_000, run: storm }],
  ['frames', { counts: 'frames', usually: 1_000_000, run: frames }],
  ['strangers', { counts: 'handshakes', usually: 10_000, needsNamespace: true, run: strangers }],
]);

process.exitCode = await main();

/** @returns The exit code; if something went wrong, the data folders are left for whoever looks into it. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: 'string' },
      direct: { type: 'boolean', default: false },
      hold: { type: 'string', default: '20000' },
      seed: { type: 'string', default: String(freshSeed()) },
    },
  });
  const campaign = CAMPAIGNS.get(positionals[0] ?? '');
  const [seed, holdMaxMs] = [Number(values.seed), Number(values.hold)];
  const count = Number(values.count ?? campaign?.usually);
  if (campaign === undefined || !seed || !count || !holdMaxMs) {
    console.error(usage());
    return 2;
  }
  if (campaign.needsNamespace === true && !isInOwnNamespace()) {
    return runInOwnNamespace(process.argv.slice(2));
  }
  const folder = await mkdtemp(join(tmpdir(), 'vestnik-soak-'));
  const onEvent = (sentence: string): void => console.log(sentence);
  console.log(`seed ${seed}`);
  try {
    const chosen = { seed, count, holdMaxMs, isDirect: values.direct };
    const faults = await campaign.run({ folder, onEvent, ...chosen });
    if (faults.length > 0) console.log(`seed ${seed} failed; what is left is in ${folder}`, faults);
    else await rm(folder, { recursive: true });
    return faults.length > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof CampaignImpossible)) throw error;
    console.error(error.message);
    return 3;
  }
}

function usage(): string {
  const lines = [...CAMPAIGNS].map(
    ([name, { counts, usually }]) =>
      `  ${name.padEnd(10)} ${usually.toLocaleString('en')} ${counts}`,
  );
  return [
    'usage: npm run soak -- CAMPAIGN [--count N] [--seed S]',
    '       kill9 --direct: without relays; partition, mixed --hold N: milliseconds at most',
    ...lines,
  ].join('\n');
}

/** Prints the figures of a report. @returns Its faults. */
function print<Report extends Readonly<{ faults: Faults }>>(report: Report): Faults {
  const { faults, ...figures } = report;
  console.log(figures);
  return faults;
}

/** Row 8. */
async function kill9({ count, isDirect, ...options }: Options): Promise<Faults> {
  return print(
    await runKill9Campaign({
      ...options,
      kills: count,
      perSecond: 200,
      pauseMs: [500, 3_000],
      hasRelay: !isDirect,
      startMaxMs: 2_000,
    }),
  );
}

/** Row 9, and the proof that it would find a daemon which does not sync. */
async function powercut({ count, folder, ...options }: Options): Promise<Faults> {
  const [tried, proof] = [join(folder, 'always'), join(folder, 'never')];
  await Promise.all([mkdir(tried), mkdir(proof)]);
  const careless = await runPowercutCampaign({
    ...options,
    folder: proof,
    cuts: 2,
    fsync: 'never',
  });
  console.log({ withoutSyncs: careless.lost });
  const isProven = careless.lost > 0;
  const faults = print(
    await runPowercutCampaign({ ...options, folder: tried, cuts: count, fsync: 'always' }),
  );
  return isProven ? faults : [...faults, 'without syncs nothing was lost: this proves nothing'];
}

/** Row 11. */
async function eio({ count, ...options }: Options): Promise<Faults> {
  return print(await runEioCampaign({ ...options, rounds: count }));
}

/** Row 12. */
async function enospc({ count, ...options }: Options): Promise<Faults> {
  return print(await runEnospcCampaign({ ...options, rounds: count }));
}

/** Row 13. */
async function corrupt({ folder, seed, count, onEvent }: Options): Promise<Faults> {
  const original = join(folder, 'original');
  await mkdir(original, { mode: 0o700 });
  const template = await makeCorruptTemplate(original);
  const faults: string[] = [];
  for (let next = seed; next < seed + count; next++) {
    const report = await runCorruption(template, join(folder, String(next)), next);
    if (report.faults.length > 0) faults.push(JSON.stringify(report));
    if ((next + 1 - seed) % 100 === 0) onEvent?.(`${next + 1 - seed} folders`);
  }
  return print({ corrupted: count, faults });
}

/** Row 15. */
async function partition({ count, ...options }: Options): Promise<Faults> {
  return print(await runPartitionCampaign({ ...options, cycles: count }));
}

/** Row 16. */
async function duplicates({ count, ...options }: Options): Promise<Faults> {
  return print(await runDuplicatesCampaign({ ...options, messages: count }));
}

/** Row 33; of few minutes nothing can be said about slopes. */
async function mixed({ count, ...options }: Options): Promise<Faults> {
  const isShort = count < 10;
  return print(
    await runMixedCampaign({
      ...options,
      daemons: isShort ? 5 : 20,
      durationMs: count * 60_000,
      ...(isShort ? {} : { slopeMaxMiBPerHour: 1 }),
    }),
  );
}

/** Row 17. */
async function clock({ count, ...options }: Options): Promise<Faults> {
  return print(await runClockCampaign({ ...options, rounds: count }));
}

/** Row 7: two who talk encrypted through a bad network, simulated: a seed each. */
async function storm({ seed, count }: Options): Promise<Faults> {
  const all: string[] = [];
  for (let next = seed; next < seed + count; next++) {
    const { faults } = await runStormyConversation(next);
    if (faults.length > 0) all.push(JSON.stringify({ seed: next, faults }));
  }
  return print({ storms: count, faults: all });
}

/** Rows 22 and 35, at the WebSockets. */
async function frames({ count, ...options }: Options): Promise<Faults> {
  return print(await runFramesCampaign({ ...options, frames: count }));
}

/** Rows 20 and 23. */
async function strangers({ folder, count }: Options): Promise<Faults> {
  return print(await runStrangersCampaign(folder, count));
}
