/**
 * Row 8: three daemons, one of them a relay of the others, talk without a pause while one after another is killed and
 * comes back.
 */
import { setTimeout } from 'node:timers/promises';
import type { DaemonProcess } from '../helpers/daemon-process.ts';
import { processorMsOf } from '../helpers/process-figures.ts';
import type { CampaignOptions, CampaignReport } from './campaign.ts';
import { faultsOfVerdict } from './delivery-checker.ts';
import { allowRelays, faultsOfFleet, withFriends, type Fleet, type Member } from './fleet.ts';
import { seededRandom, type SeededRandom } from './seeded-random.ts';
import { Load, settleAndJudge, streamsAmong } from './streams.ts';

/** How often a daemon is told to stop instead, which must be as harmless, and clean. */
const STOP_SHARE = 0.15;
/** How often a daemon is killed once more while it starts, after so many milliseconds. */
const INTERRUPTED_START_SHARE = 0.25;
const INTERRUPT_MIN_MS = 50;
const INTERRUPT_MAX_MS = 600;

export type Kill9Options = CampaignOptions &
  Readonly<{
    /** How many daemons are killed, one after another. */
    kills: number;
    /** Messages that are written a second, by all together. */
    perSecond: number;
    /** Least and most time between two kills, in milliseconds. */
    pauseMs: readonly [number, number];
    /** Whether one carries for the others; what two ways bring may come out of order. */
    hasRelay: boolean;
    /** Longest that a start may take, in milliseconds; unless given, it takes as long as the machine needs. */
    startMaxMs?: number;
  }>;

export type Kill9Report = CampaignReport &
  Readonly<{
    kills: number;
    slowestStartMs: number;
    /** Processor time of the slowest start: much less of it means that the machine was busy. */
    slowestStartProcessorMs: number | undefined;
  }>;

/** Runs the campaign; all daemons are ended when it resolves. */
export async function runKill9Campaign(options: Kill9Options): Promise<Kill9Report> {
  const members: [Member, ...Member[]] = [
    { nick: 'one', host: '127.0.0.11' },
    { nick: 'two', host: '127.0.0.12' },
    { nick: 'three', host: '127.0.0.13' },
  ];
  return withFriends(options.folder, members, async (fleet) => {
    if (options.hasRelay) await allowRelays(fleet, fleet.slice(2));
    return campaign(fleet, options);
  });
}

async function campaign(fleet: Fleet, options: Kill9Options): Promise<Kill9Report> {
  const random = seededRandom(options.seed);
  const streams = streamsAmong(fleet, random);
  const load = new Load(streams, options.perSecond);
  const killer = new Killer(random);
  load.start();
  try {
    while (killer.kills < options.kills) {
      await setTimeout(random.between(...options.pauseMs));
      const victim = random.pick(fleet);
      const startMs = await killer.killAndStart(victim);
      options.onEvent?.(
        `kill ${killer.kills}: ${victim.nick}, up after ${startMs} ms, ${load.acknowledged} confirmed`,
      );
    }
    // The last one to come back may not have been written to yet.
    await load.untilConfirmed(streams.length);
  } finally {
    await load.stop();
  }
  const { verdict, faults } = await settleAndJudge(streams, { isOrdered: !options.hasRelay });
  const { kills, slowest } = killer;
  return {
    ...verdict,
    kills,
    slowestStartMs: slowest.startMs,
    slowestStartProcessorMs: slowest.processorMs,
    faults: [
      ...faultsOfVerdict(verdict),
      ...faults,
      ...killer.faults,
      ...faultsOfFleet(fleet),
      ...tooSlow(slowest, options.startMaxMs ?? Infinity),
    ],
  };
}

function tooSlow({ startMs, processorMs }: Start, maxMs: number): readonly string[] {
  if (startMs <= maxMs) return [];
  return [
    `a start took ${startMs} ms, more than ${maxMs}; ${String(processorMs)} ms of it the processor's`,
  ];
}

type Start = Readonly<{ startMs: number; processorMs: number | undefined }>;

/** Ends daemons and lets them come back, without anybody's help. */
export class Killer {
  readonly faults: string[] = [];
  readonly #random: SeededRandom;
  kills = 0;
  /** Slowest start after a kill. */
  slowest: Start = { startMs: 0, processorMs: undefined };

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** @returns How long it took to be ready, in milliseconds. */
  async killAndStart(victim: DaemonProcess): Promise<number> {
    await this.#end(victim);
    if (this.#random.fraction() < INTERRUPTED_START_SHARE) await this.#interruptStart(victim);
    const startedAt = performance.now();
    await victim.start();
    const startMs = Math.round(performance.now() - startedAt);
    if (startMs > this.slowest.startMs) {
      this.slowest = { startMs, processorMs: await processorMsOf(victim) };
    }
    this.kills += 1;
    return startMs;
  }

  async #end(victim: DaemonProcess): Promise<void> {
    if (this.#random.fraction() >= STOP_SHARE) {
      await victim.kill();
      return;
    }
    const code = await victim.stop();
    if (code !== 0) this.faults.push(`${victim.nick} stopped with exit code ${String(code)}`);
  }

  async #interruptStart(victim: DaemonProcess): Promise<void> {
    // Killed before it was ready, which is what start() complains of; or ready already, which is as good.
    const starting = victim.start().catch(() => undefined);
    await setTimeout(this.#random.between(INTERRUPT_MIN_MS, INTERRUPT_MAX_MS));
    await victim.kill();
    await starting;
    this.kills += 1;
  }
}
