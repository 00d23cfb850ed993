/**
 * Row 12: the disk of one daemon is filled again and again, up to some bytes that its own messages take then. It
 * refuses what has no room, stays up, and goes on by itself when there is room.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { SmallDisk } from '../helpers/small-disk.ts';
import { CampaignImpossible, type CampaignOptions, type CampaignReport } from './campaign.ts';
import { faultsOfVerdict } from './delivery-checker.ts';
import { faultsOfFleet, withFriends, type Member } from './fleet.ts';
import { seededRandom } from './seeded-random.ts';
import { Load, settleAndJudge, Stream } from './streams.ts';

const DISK_MIB = 8;
const LEFT_MAX_BYTES = 20_000;
const MESSAGES_PER_SECOND = 40;
const PADDING_MAX = 500;
/** How long it stays full. */
const FULL_MAX_MS = 2_000;
/** How often the daemon is killed while the disk is full, and comes back on it. */
const KILL_SHARE = 0.3;
/** Until when it must have noticed that there is room again. */
const RECOVERY_MAX_MS = 15_000;
/** What a daemon answers to its owner: it has the message, or there is no room for it. */
const HONEST: readonly number[] = [200, 201, 507];

export type EnospcOptions = CampaignOptions & Readonly<{ rounds: number }>;

export type EnospcReport = CampaignReport &
  Readonly<{ rounds: number; refused: number; slowestRecoveryMs: number }>;

/** @throws {CampaignImpossible} This machine mounts no file systems for us. */
export async function runEnospcCampaign(options: EnospcOptions): Promise<EnospcReport> {
  const { folder } = options;
  const mountPoint = join(folder, 'disk');
  await mkdir(mountPoint, { mode: 0o700 });
  const disk = await SmallDisk.mount(mountPoint, DISK_MIB);
  if (disk === undefined) throw new CampaignImpossible('a file system can be mounted only by root');
  const members: [Member, ...Member[]] = [
    { nick: 'victim', host: '127.0.0.18', data: join(disk.folder, 'data') },
    { nick: 'friend', host: '127.0.0.19' },
  ];
  try {
    return await withFriends(folder, members, (fleet) => campaign(fleet, disk, options));
  } finally {
    await disk.unmount();
  }
}

async function campaign(
  fleet: readonly [DaemonProcess, ...DaemonProcess[]],
  disk: SmallDisk,
  { seed, rounds, onEvent }: EnospcOptions,
): Promise<EnospcReport> {
  const [victim, friend = victim] = fleet;
  const random = seededRandom(seed);
  const padding = '.'.repeat(random.between(0, PADDING_MAX));
  const out = new Stream({ sender: victim, receiver: friend, random, padding });
  const streams = [out, new Stream({ sender: friend, receiver: victim, random, padding })];
  const load = new Load(streams, MESSAGES_PER_SECOND);
  const recoveriesMs: number[] = [];
  load.start();
  try {
    for (let round = 1; round <= rounds; round++) {
      await disk.fillBut(random.between(0, LEFT_MAX_BYTES));
      const before = refusalsOf(out);
      await eventually(() => refusalsOf(out) > before);
      if (random.fraction() < KILL_SHARE) {
        await victim.kill();
        await victim.start();
      }
      await setTimeout(random.between(0, FULL_MAX_MS));
      recoveriesMs.push(await recover(disk, out));
      onEvent?.(`round ${round}: ${refusalsOf(out)} refused, back after ${recoveriesMs.at(-1)} ms`);
    }
  } finally {
    await load.stop();
  }
  // What was refused waits on its own, and others overtake it.
  const { verdict, faults } = await settleAndJudge(streams, { isOrdered: false });
  const slowestRecoveryMs = Math.max(...recoveriesMs);
  const dishonest = [...out.statuses].filter(([status]) => !HONEST.includes(status));
  return {
    ...verdict,
    rounds,
    refused: refusalsOf(out),
    slowestRecoveryMs,
    faults: [
      ...faultsOfVerdict(verdict),
      ...faults,
      ...dishonest.map(([status, count]) => `${count} answers ${status}`),
      ...(slowestRecoveryMs > RECOVERY_MAX_MS
        ? [`room was noticed after ${slowestRecoveryMs} ms`]
        : []),
      ...victim.notices,
      ...faultsOfFleet(fleet),
    ],
  };
}

/** Makes room. @returns After how many milliseconds the daemon takes messages again. */
async function recover(disk: SmallDisk, out: Stream): Promise<number> {
  const confirmed = out.acknowledgedCount;
  await disk.clear();
  const clearedAt = performance.now();
  await eventually(() => out.acknowledgedCount > confirmed, { timeoutMs: 2 * RECOVERY_MAX_MS });
  return Math.round(performance.now() - clearedAt);
}

function refusalsOf({ statuses }: Stream): number {
  return statuses.get(507) ?? 0;
}
