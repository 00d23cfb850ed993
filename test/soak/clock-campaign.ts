/**
 * Row 17: daemons whose wall clocks are decades off, or jump, talk and carry for each other, are killed now and then,
 * and call a contact that never answers well. Nobody is to notice.
 */
import { setTimeout } from 'node:timers/promises';
import { CallCounter } from '../helpers/call-counter.ts';
import type { DaemonProcess } from '../helpers/daemon-process.ts';
import { runCommand } from '../helpers/run-command.ts';
import { wrongClock, type WrongClock } from '../helpers/wrong-clock.ts';
import type { CampaignOptions, CampaignReport } from './campaign.ts';
import { faultsOfVerdict } from './delivery-checker.ts';
import { allowRelays, faultsOfFleet, withFriends, type Fleet, type Member } from './fleet.ts';
import { Killer } from './kill9-campaign.ts';
import { seededRandom } from './seeded-random.ts';
import { Load, settleAndJudge, streamsAmong } from './streams.ts';

const HOUR_MS = 3_600_000;
const TEN_YEARS_MS = 10 * 365.25 * 24 * HOUR_MS;
/** As the rule says; the last clock is right. */
const CLOCKS: readonly WrongClock[] = [
  { at: 0 },
  { ahead: TEN_YEARS_MS },
  { step: -HOUR_MS, every: 5_000 },
  {},
];
const MESSAGES_PER_SECOND = 60;
const KILL_SHARE = 0.3;
/** A contact that is there is pinged this often. Source: docs/peer-protocol.md. */
const PING_MIN_MS = 60_000;
const PING_MAX_MS = 68_000;
const TOLERANCE = 0.1;

export type ClockOptions = CampaignOptions &
  Readonly<{
    /** Each takes a few seconds. */
    rounds: number;
  }>;

export type ClockReport = CampaignReport & Readonly<{ rounds: number; pings: number }>;

export async function runClockCampaign(options: ClockOptions): Promise<ClockReport> {
  const counter = await new CallCounter().start();
  try {
    return await withFriends(options.folder, members(), async (fleet) => {
      await allowRelays(fleet, fleet.slice(2));
      for (const { api } of fleet) await api.post('/api/contacts', { address: counter.address });
      return campaign(fleet, counter, options);
    });
  } finally {
    counter.stop();
  }
}

function members(): [Member, ...Member[]] {
  const [first, ...rest] = CLOCKS.map((clock, index) => ({
    nick: `clock${index}`,
    host: `127.0.0.${21 + index}`,
    environment: wrongClock(clock),
  }));
  if (first === undefined) throw new Error('there are no clocks');
  return [first, ...rest];
}

async function campaign(
  fleet: Fleet,
  counter: CallCounter,
  { seed, rounds, onEvent }: ClockOptions,
): Promise<ClockReport> {
  const random = seededRandom(seed);
  const streams = streamsAmong(fleet, random);
  const load = new Load(streams, MESSAGES_PER_SECOND);
  const killer = new Killer(random);
  const faults: string[] = [];
  load.start();
  try {
    for (let round = 1; round <= rounds; round++) {
      await setTimeout(random.between(1_000, 4_000));
      const one = random.pick(fleet);
      faults.push(...(await faultsOfLock(one)));
      // Whoever is killed begins to count its pings anew.
      const [, ...others] = fleet;
      const victim = others[random.between(0, others.length - 1)] ?? one;
      if (random.fraction() < KILL_SHARE) await killer.killAndStart(victim);
      onEvent?.(`round ${round}: ${load.acknowledged} confirmed`);
    }
    await load.untilConfirmed(streams.length);
  } finally {
    await load.stop();
  }
  const { verdict, faults: restless } = await settleAndJudge(streams, { isOrdered: false });
  const gapsMs = counter.gapsFrom('127.0.0.21');
  return {
    ...verdict,
    rounds,
    pings: gapsMs.length,
    faults: [
      ...faultsOfVerdict(verdict),
      ...restless,
      ...faults,
      ...killer.faults,
      ...gapsMs.filter(isOff).map((gap) => `${Math.round(gap)} ms from ping to ping`),
      ...fleet.flatMap(({ notices }) => notices),
      ...faultsOfFleet(fleet),
    ],
  };
}

/** Nobody takes a folder away from a daemon because of what a clock says (D11). */
async function faultsOfLock({ nick, data }: DaemonProcess): Promise<readonly string[]> {
  const words = ['start', '--data', data, '--peer', '127.0.0.1:0', '--gui', '127.0.0.1:0'];
  const { code } = await runCommand(words, '', wrongClock({ ahead: -TEN_YEARS_MS }));
  return code === 3 ? [] : [`a second daemon on the folder of ${nick} ended with ${String(code)}`];
}

function isOff(gapMs: number): boolean {
  return gapMs < PING_MIN_MS * (1 - TOLERANCE) || gapMs > PING_MAX_MS * (1 + TOLERANCE);
}
