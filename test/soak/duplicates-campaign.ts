/**
 * Row 16: every message goes directly and past two relays, and all of that late, repeated and shuffled. Simulated, so
 * that the network can be as bad as the seed says.
 */
import {
  befriendInWorld,
  SimulatedWorld,
  type Fate,
  type SimulatedDaemon,
} from '../helpers/simulated-world.ts';
import type { CampaignOptions, CampaignReport } from './campaign.ts';
import { faultsOfVerdict, judge } from './delivery-checker.ts';
import { seededRandom, type SeededRandom } from './seeded-random.ts';

/** Messages that are on their way by all ways at once. */
const BATCH = 50;
const DELAYS_MS = [0, 1, 20, 300, 2_000] as const;
const REPEATS_MS = [1, 100, 6_000] as const;

export type DuplicatesOptions = Omit<CampaignOptions, 'folder'> & Readonly<{ messages: number }>;

/** `copies`: how many requests reached the receiver in all. */
export type DuplicatesReport = CampaignReport & Readonly<{ copies: number }>;

export async function runDuplicatesCampaign(options: DuplicatesOptions): Promise<DuplicatesReport> {
  const random = seededRandom(options.seed);
  const world = new SimulatedWorld({ seed: options.seed });
  const [alice, carol] = [world.add('alice'), world.add('carol')];
  const relays = [world.add('bob'), world.add('dora')];
  await befriendInWorld(world, alice, carol);
  for (const relay of relays) await letCarryInWorld(world, relay, alice, carol);
  try {
    return await new Duplicates(world, { alice, carol, relays }, random).run(options);
  } finally {
    for (const daemon of [alice, carol, ...relays]) daemon.kill();
  }
}

async function letCarryInWorld(
  world: SimulatedWorld,
  relay: SimulatedDaemon,
  ...friends: readonly SimulatedDaemon[]
): Promise<void> {
  for (const friend of friends) {
    await befriendInWorld(world, friend, relay);
    await world.during(friend.domain.contacts.change(relay.address, { canResend: true }));
  }
}

type Cast = Readonly<{
  alice: SimulatedDaemon;
  carol: SimulatedDaemon;
  relays: readonly SimulatedDaemon[];
}>;

class Duplicates {
  readonly #world: SimulatedWorld;
  readonly #cast: Cast;
  readonly #random: SeededRandom;
  readonly #written: string[] = [];
  readonly #faults: string[] = [];
  #copies = 0;

  constructor(world: SimulatedWorld, cast: Cast, random: SeededRandom) {
    this.#world = world;
    this.#cast = cast;
    this.#random = random;
  }

  async run({ messages, onEvent }: DuplicatesOptions): Promise<DuplicatesReport> {
    const { alice, carol, relays } = this.#cast;
    while (this.#written.length < messages) {
      await this.#spread(Math.min(BATCH, messages - this.#written.length));
      await this.#handOver();
      onEvent?.(`${this.#written.length} written`);
    }
    const displayed = await carol.textsOf(alice);
    carol.kill();
    carol.start();
    const reloaded = await carol.textsOf(alice);
    const isStable = displayed.join() === reloaded.join();
    const [attempted, acknowledged] = [this.#written, this.#written];
    const verdict = judge([{ name: 'alice-carol', attempted, acknowledged, displayed }]);
    // Which of the ways was the first is chance.
    const counted = { ...verdict, disordered: 0 };
    return {
      ...counted,
      copies: this.#copies,
      faults: [
        ...faultsOfVerdict(counted),
        ...this.#faults,
        ...(isStable ? [] : ['the order is another one after a restart']),
        ...[alice, carol, ...relays].flatMap(({ defects }) => defects.map(String)),
      ],
    };
  }

  /** Nobody reaches Carol until both relays have everything as well. */
  async #spread(count: number): Promise<void> {
    const { alice, carol, relays } = this.#cast;
    const texts = Array.from({ length: count }, (_, i) => `message ${this.#written.length + i}`);
    this.#world.wire = { fate: ({ to }) => ({ isRequestLost: to === carol.address }) };
    this.#written.push(...texts);
    await alice.write(carol, ...texts);
    await this.#world.until(() => relays.every(({ relayed }) => relayed.carried.length >= count));
  }

  /** All of it at once, in any order and more than once. What is shown already stays where it is. */
  async #handOver(): Promise<void> {
    const { alice, carol, relays } = this.#cast;
    const before = await carol.textsOf(alice);
    const heard = this.#world.heard.length;
    this.#world.wire = { fate: () => this.#fate() };
    await this.#world.until(async () => (await alice.isRestingWith(carol)) && isDone(relays));
    this.#copies += this.#world.heard.slice(heard).filter(({ to }) => to === carol.address).length;
    const after = await carol.textsOf(alice);
    if (before.some((text, index) => after[index] !== text)) {
      this.#faults.push(`what was shown moved after ${this.#written.length} messages`);
    }
  }

  #fate(): Fate {
    return {
      delayMs: this.#random.pick(DELAYS_MS),
      isAnswerLost: this.#random.fraction() < 0.2,
      ...(this.#random.fraction() < 0.5 ? { repeatedAfterMs: this.#random.pick(REPEATS_MS) } : {}),
    };
  }
}

function isDone(relays: readonly SimulatedDaemon[]): boolean {
  return relays.every(({ relayed }) => relayed.carried.length === 0);
}
