/**
 * Row 9: the disk of one daemon loses power at random moments, while it writes to a friend and is written to. What it
 * confirmed to its owner, and what it told the friend that it has, must be there.
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { mkdir } from 'node:fs/promises';
import type { DaemonProcess } from '../helpers/daemon-process.ts';
import { runCommand } from '../helpers/run-command.ts';
import { LoopDisk } from '../helpers/loop-disk.ts';
import { CampaignImpossible, type CampaignOptions, type CampaignReport } from './campaign.ts';
import { faultsOfVerdict } from './delivery-checker.ts';
import { faultsOfFleet, withFriends, type Member } from './fleet.ts';
import { seededRandom } from './seeded-random.ts';
import { Load, settleAndJudge, streamsAmong } from './streams.ts';

const DISK_MIB = 64;
const MESSAGES_PER_SECOND = 400;
const UP_MIN_MS = 50;
const UP_MAX_MS = 900;
/** The only thing that the owner may be told of after a power cut. */
const HARMLESS = 'journal_repaired';
/** With what is never synced only the first few losses are of interest. */
const SETTLE_TIMEOUT_MS = 500;

export type PowercutOptions = CampaignOptions &
  Readonly<{
    cuts: number;
    /** `never` shows that a daemon which does not sync is found out. */
    fsync: 'always' | 'never';
  }>;

export type PowercutReport = CampaignReport & Readonly<{ cuts: number; repairs: number }>;

/** @throws {CampaignImpossible} This machine mounts no file systems for us. */
export async function runPowercutCampaign(options: PowercutOptions): Promise<PowercutReport> {
  const { folder, fsync } = options;
  const disk = await LoopDisk.mount(folder, DISK_MIB);
  if (disk === undefined) {
    throw new CampaignImpossible(
      'a file system in a file can be mounted only by root, with mkfs.ext4',
    );
  }
  const data = join(disk.folder, 'data');
  await mkdir(data, { mode: 0o700 });
  const environment = { VESTNIK_STORAGE_FSYNC: fsync };
  const members: [Member, ...Member[]] = [
    { nick: 'victim', host: '127.0.0.14', data, environment },
    { nick: 'friend', host: '127.0.0.15' },
  ];
  try {
    return await withFriends(folder, members, (fleet) => campaign(fleet, disk, options));
  } finally {
    await disk.discard();
  }
}

async function campaign(
  fleet: readonly [DaemonProcess, ...DaemonProcess[]],
  disk: LoopDisk,
  { seed, cuts, fsync, onEvent }: PowercutOptions,
): Promise<PowercutReport> {
  const [victim] = fleet;
  const random = seededRandom(seed);
  const streams = streamsAmong(fleet, random);
  const load = new Load(streams, MESSAGES_PER_SECOND);
  const damages: string[] = [];
  load.start();
  try {
    for (let cut = 1; cut <= cuts; cut++) {
      await load.untilConfirmed(1);
      await setTimeout(random.between(UP_MIN_MS, UP_MAX_MS));
      await cutPower(victim, disk);
      damages.push(...(await damagesIn(victim)));
      await victim.start();
      onEvent?.(`cut ${cut}: ${load.acknowledged} confirmed`);
    }
  } finally {
    await load.stop();
  }
  const timeoutMs = fsync === 'never' ? SETTLE_TIMEOUT_MS : undefined;
  const { verdict, faults } = await settleAndJudge(streams, { isOrdered: true, timeoutMs });
  const repairs = victim.notices.filter((code) => code === HARMLESS).length;
  return {
    ...verdict,
    cuts,
    repairs,
    faults: [
      ...faultsOfVerdict(verdict),
      ...faults,
      ...damages,
      ...victim.notices.filter((code) => code !== HARMLESS),
      ...(repairs > cuts ? [`${repairs} repairs after ${cuts} cuts`] : []),
      ...faultsOfFleet(fleet),
    ],
  };
}

/** What `vestnik check` has to say of the folder as the power cut left it. */
async function damagesIn({ data }: DaemonProcess): Promise<readonly string[]> {
  const { code, output, complaints } = await runCommand(['check', '--data', data]);
  return code === 0 ? [] : [output + complaints];
}

/** What the daemon has told anybody before it stands still is on the disk then, or never will be. */
async function cutPower(victim: DaemonProcess, disk: LoopDisk): Promise<void> {
  await victim.freeze();
  const content = await disk.capture();
  await victim.kill();
  await disk.restore(content);
}
