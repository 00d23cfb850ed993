/**
 * Row 15: two daemons with two relays, each on a host of its own, while the network between them breaks and heals:
 * hosts cut off, pairs that can't reach each other, and ways on which only one direction works.
 */
import { setTimeout } from 'node:timers/promises';
import type { LabHost, LabNetwork } from '../helpers/lab-network.ts';
import { memoryOf } from '../helpers/process-figures.ts';
import type { CampaignOptions, CampaignReport } from './campaign.ts';
import { faultsOfVerdict, judge } from './delivery-checker.ts';
import { allowRelays, befriendAll, endFleet, faultsOfFleet, type Fleet } from './fleet.ts';
import { startLabFleet } from './lab-fleet.ts';
import { seededRandom, type SeededRandom } from './seeded-random.ts';
import { Load, streamsAmong, type Stream } from './streams.ts';

const NICKS = ['alice', 'bob', 'carol', 'dave'] as const;
const MESSAGES_PER_SECOND = 40;
const HOLD_MIN_MS = 2_000;
/** Everything must be there this long after the network is whole. */
const HEALED_MAX_MS = 60_000;
/** Memory is compared from this cycle on, when all code has run. */
const WARM_CYCLE = 3;
const GROWTH_MAX_MIB = 40;

export type PartitionOptions = CampaignOptions &
  Readonly<{
    cycles: number;
    /** Longest that the network stays broken in a cycle. */
    holdMaxMs: number;
  }>;

export type PartitionReport = CampaignReport &
  Readonly<{ cycles: number; slowestHealMs: number; growthMiB: number }>;

/** Must run in a network namespace of its own. */
export async function runPartitionCampaign(options: PartitionOptions): Promise<PartitionReport> {
  const { lab, hosts, fleet } = await startLabFleet(options.folder, NICKS);
  try {
    await befriendAll(fleet);
    await allowRelays(fleet, fleet.slice(2));
    return await new Partition(fleet, lab, hosts, options).run();
  } finally {
    await endFleet(fleet);
  }
}

class Partition {
  readonly #fleet: Fleet;
  readonly #lab: LabNetwork;
  readonly #hosts: readonly LabHost[];
  readonly #options: PartitionOptions;
  readonly #random: SeededRandom;
  readonly #streams: readonly Stream[];
  #slowestHealMs = 0;

  constructor(fleet: Fleet, lab: LabNetwork, hosts: readonly LabHost[], options: PartitionOptions) {
    this.#fleet = fleet;
    this.#lab = lab;
    this.#hosts = hosts;
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#streams = streamsAmong(fleet.slice(0, 2), this.#random);
  }

  async run(): Promise<PartitionReport> {
    const { cycles } = this.#options;
    const faults: string[] = [];
    let warmMiB = NaN;
    for (let cycle = 1; cycle <= cycles; cycle++) {
      faults.push(...(await this.#cycle(cycle)));
      if (cycle === Math.min(WARM_CYCLE, cycles)) warmMiB = await memoryOf(this.#fleet);
    }
    const verdict = judge(await Promise.all(this.#streams.map((stream) => stream.history())));
    // Past relays they come in the order in which they find their way.
    const counted = { ...verdict, disordered: 0 };
    const growthMiB = Math.round((await memoryOf(this.#fleet)) - warmMiB);
    return {
      ...counted,
      cycles,
      slowestHealMs: this.#slowestHealMs,
      growthMiB,
      faults: [
        ...faultsOfVerdict(counted),
        ...faults,
        ...(growthMiB > GROWTH_MAX_MIB ? [`${growthMiB} MiB more memory`] : []),
        ...faultsOfFleet(this.#fleet),
      ],
    };
  }

  async #cycle(cycle: number): Promise<readonly string[]> {
    const load = new Load(this.#streams, MESSAGES_PER_SECOND);
    const holdMs = this.#random.between(HOLD_MIN_MS, this.#options.holdMaxMs);
    load.start();
    const what = await this.#break();
    await setTimeout(holdMs);
    await load.stop();
    await this.#lab.heal();
    const healedAt = performance.now();
    try {
      for (const stream of this.#streams) await stream.settle(HEALED_MAX_MS);
      return [];
    } catch (error) {
      return [`cycle ${cycle}, ${what}: not delivered ${HEALED_MAX_MS} ms later, ${String(error)}`];
    } finally {
      const healMs = Math.round(performance.now() - healedAt);
      this.#slowestHealMs = Math.max(this.#slowestHealMs, healMs);
      this.#options.onEvent?.(
        `cycle ${cycle}: ${what} for ${holdMs} ms, whole ${healMs} ms later, ${load.acknowledged} written`,
      );
    }
  }

  /** @returns What is broken now. */
  async #break(): Promise<string> {
    const lab = this.#lab;
    const [alice, bob] = this.#hosts;
    if (alice === undefined || bob === undefined) throw new Error('there are no hosts');
    switch (this.#random.between(0, 4)) {
      case 0: {
        const host = this.#hosts[this.#random.between(0, this.#hosts.length - 1)] ?? alice;
        await lab.isolate(host);
        return `${NICKS[host.number - 1]} is cut off`;
      }
      case 1:
        for (const host of this.#hosts) await lab.isolate(host);
        return 'everybody is cut off';
      case 2:
        await lab.silence(alice, bob);
        return 'alice does not reach bob';
      case 3:
        await lab.silence(alice, bob);
        await lab.silence(bob, alice);
        return 'alice and bob do not reach each other';
      default: {
        for (const host of this.#hosts) if (host !== alice) await lab.silence(host, alice);
        return 'nobody reaches alice';
      }
    }
  }
}
