/**
 * Row 11: calls of one daemon to its disk fail now and then, or from some moment on, while it writes to a friend and is
 * written to. It stays up, refuses what it can not keep, and says so.
 */
import { setTimeout } from 'node:timers/promises';
import type { DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { failCalls } from '../helpers/failing-sync.ts';
import { CampaignImpossible, type CampaignOptions, type CampaignReport } from './campaign.ts';
import { faultsOfVerdict } from './delivery-checker.ts';
import { faultsOfFleet, withFriends, type Member } from './fleet.ts';
import { seededRandom, type SeededRandom } from './seeded-random.ts';
import { Load, settleAndJudge, streamsAmong } from './streams.ts';

const MESSAGES_PER_SECOND = 100;
const CALLS = ['fdatasync', 'fsync', 'fdatasync,fsync', 'pwrite64', 'rename'] as const;
/** Calls of a thread that go well before the first one fails. */
const GOOD_CALLS_MAX = 20;
/** How long the disk is as it is in a round. */
const ROUND_MIN_MS = 300;
const ROUND_MAX_MS = 2_000;
/** What a daemon answers to its owner: it has the message, or its disk has failed. */
const HONEST: readonly number[] = [200, 201, 500, 507];

export type EioOptions = CampaignOptions & Readonly<{ rounds: number }>;

export type EioReport = CampaignReport &
  Readonly<{ rounds: number; refused: number; wasReadOnly: number }>;

/** @throws {CampaignImpossible} There is no `strace`, or it may not look at other processes. */
export async function runEioCampaign(options: EioOptions): Promise<EioReport> {
  const members: [Member, ...Member[]] = [
    { nick: 'victim', host: '127.0.0.16' },
    { nick: 'friend', host: '127.0.0.17' },
  ];
  return withFriends(options.folder, members, (fleet) => campaign(fleet, options));
}

async function campaign(
  fleet: readonly [DaemonProcess, ...DaemonProcess[]],
  { seed, rounds, onEvent }: EioOptions,
): Promise<EioReport> {
  const [victim] = fleet;
  const random = seededRandom(seed);
  const streams = streamsAmong(fleet, random);
  const load = new Load(streams, MESSAGES_PER_SECOND);
  let wasReadOnly = 0;
  load.start();
  try {
    for (let round = 1; round <= rounds; round++) {
      const what = chooseFailure(random);
      await letFail(victim, what, random.between(ROUND_MIN_MS, ROUND_MAX_MS));
      const isReadOnly = (await healthOf(victim)) === 'read_only';
      if (isReadOnly) {
        wasReadOnly += 1;
        await victim.kill();
        await victim.start();
      }
      await load.untilConfirmed(2);
      onEvent?.(`round ${round}: ${what}${isReadOnly ? ', read-only' : ''}`);
    }
  } finally {
    await load.stop();
  }
  // What was refused waits on its own, and others overtake it.
  const { verdict, faults } = await settleAndJudge(streams, { isOrdered: false });
  const statuses = streams.flatMap((stream) => [...stream.statuses]);
  const dishonest = statuses.filter(([status]) => !HONEST.includes(status));
  return {
    ...verdict,
    rounds,
    refused: statuses.reduce((sum, [status, count]) => sum + (status >= 500 ? count : 0), 0),
    wasReadOnly,
    faults: [
      ...faultsOfVerdict(verdict),
      ...faults,
      ...dishonest.map(([status, count]) => `${count} answers ${status}`),
      ...victim.notices,
      ...faultsOfFleet(fleet),
    ],
  };
}

/** Words for `strace`: one call, every so many, or all from some one on. */
function chooseFailure(random: SeededRandom): string {
  const calls = random.pick(CALLS);
  const first = random.between(1, GOOD_CALLS_MAX);
  const when = random.pick([`${first}`, `${first}+${random.between(2, 7)}`, `${first}+`]);
  return `inject=${calls}:error=EIO:when=${when}`;
}

async function letFail(victim: DaemonProcess, what: string, durationMs: number): Promise<void> {
  const [, calls = ''] = /^inject=([^:]*)/.exec(what) ?? [];
  const failing = await failCalls(victim.pid, ['-f', '-e', `trace=${calls}`, '-e', what]);
  if (failing === undefined)
    throw new CampaignImpossible('calls can be made to fail only by strace');
  try {
    await setTimeout(durationMs);
    // What is on the disk can be read whatever happens.
    await eventually(async () => (await victim.api.get('/api/conversations')).status === 200);
  } finally {
    await failing.stop();
  }
}

async function healthOf({ api }: DaemonProcess): Promise<string> {
  return ((await api.get('/healthz')).body as { status: string }).status;
}
