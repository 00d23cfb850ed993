/**
 * Row 33: a ring of daemons, each a friend of the next two and a relay of both, through kills, broken networks,
 * standstills and strangers, all mixed. What lives through all of it must not grow.
 */
import { setTimeout } from 'node:timers/promises';
import { bogusHandshake, someAddressOf } from '../helpers/bogus-handshake.ts';
import { befriend, type DaemonProcess } from '../helpers/daemon-process.ts';
import type { LabHost, LabNetwork } from '../helpers/lab-network.ts';
import { openFilesOf } from '../helpers/process-figures.ts';
import type { CampaignOptions, CampaignReport } from './campaign.ts';
import { faultsOfVerdict } from './delivery-checker.ts';
import { endFleet, faultsOfFleet, letCarry, type Fleet } from './fleet.ts';
import { Killer } from './kill9-campaign.ts';
import { startLabFleet } from './lab-fleet.ts';
import { seededRandom, type SeededRandom } from './seeded-random.ts';
import { mean, slopeOf, type Sample } from './slope.ts';
import { Load, settleAndJudge, Stream } from './streams.ts';
import type { TidyMemory } from './tidy-line.ts';
import { TIDY_ON_SIGNAL, tidyMemoryOf } from './tidy-memory.ts';

const MESSAGES_PER_SECOND_EACH = 2;
const PAUSE_MIN_MS = 300;
const PAUSE_MAX_MS = 2_000;
const HOLD_MIN_MS = 500;
const STRANGERS = 100;
/** These are never killed, so that their memory can be watched. */
const WITNESSES = 2;
const SAMPLE_MS = 30_000;
const MIB = 1_048_576;
const HOUR_MS = 3_600_000;
/** Connections come and go; more than this many files more, each, do not go any more. */
const FILES_GROWTH_MAX = 40;

export type MixedOptions = CampaignOptions &
  Readonly<{
    daemons: number;
    durationMs: number;
    /** Longest that a fault lasts. */
    holdMaxMs: number;
    /**
     * How much a daemon may grow: resident, in what of that is not V8's heap, and in what is in use; not looked at unless
     * given, since a short time says nothing about it.
     */
    slopeMaxMiBPerHour?: number;
  }>;

export type MixedReport = CampaignReport &
  Readonly<{
    faultsMade: number;
    slowestStartMs: number;
    /** Of resident memory, right after collections of garbage. */
    residentMiBPerHour: number;
    /** Of what of it is not V8's heap. */
    nativeMiBPerHour: number;
    /** Of what is in use, without compiled code. */
    dataMiBPerHour: number;
    filesMore: number;
  }>;

type Growth = Pick<
  MixedReport,
  'residentMiBPerHour' | 'nativeMiBPerHour' | 'dataMiBPerHour' | 'filesMore'
>;

/** Must run in a network namespace of its own. */
export async function runMixedCampaign(options: MixedOptions): Promise<MixedReport> {
  const nicks = Array.from({ length: options.daemons - 1 }, (_, index) => `d${index + 1}`);
  const { lab, hosts, fleet } = await startLabFleet(
    options.folder,
    ['d0', ...nicks],
    TIDY_ON_SIGNAL,
  );
  try {
    await befriendRing(fleet);
    return await new Mixed(fleet, lab, hosts, options).run();
  } finally {
    await endFleet(fleet);
  }
}

async function befriendRing(fleet: Fleet): Promise<void> {
  for (const [index, one] of fleet.entries()) {
    const [next, second] = [at(fleet, index + 1), at(fleet, index + 2)];
    await befriend(one, next);
    await befriend(one, second);
  }
  // Between neighbours in the ring sits a friend of both.
  for (const [index, one] of fleet.entries()) {
    const [before, next, second] = [
      at(fleet, index - 1),
      at(fleet, index + 1),
      at(fleet, index + 2),
    ];
    for (const relay of [before, next, second]) await letCarry(one, relay);
  }
}

function at(fleet: Fleet, index: number): DaemonProcess {
  return fleet[(index + fleet.length) % fleet.length] ?? fleet[0];
}

class Mixed {
  readonly #fleet: Fleet;
  readonly #lab: LabNetwork;
  readonly #hosts: readonly LabHost[];
  readonly #options: MixedOptions;
  readonly #random: SeededRandom;
  readonly #killer: Killer;
  readonly #resident: Sample[] = [];
  readonly #native: Sample[] = [];
  readonly #data: Sample[] = [];
  readonly #files: number[] = [];
  #faultsMade = 0;

  constructor(fleet: Fleet, lab: LabNetwork, hosts: readonly LabHost[], options: MixedOptions) {
    this.#fleet = fleet;
    this.#lab = lab;
    this.#hosts = hosts;
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#killer = new Killer(this.#random);
  }

  async run(): Promise<MixedReport> {
    const streams = this.#fleet.flatMap((one, index) => {
      const next = at(this.#fleet, index + 1);
      return [new Stream(this.#between(one, next)), new Stream(this.#between(next, one))];
    });
    const load = new Load(streams, streams.length * MESSAGES_PER_SECOND_EACH);
    const over = new AbortController();
    const watching = this.#watch(over.signal);
    // What goes wrong there is told when all is over.
    watching.catch(() => undefined);
    load.start();
    try {
      const endMs = performance.now() + this.#options.durationMs;
      while (performance.now() < endMs) {
        const what = await this.#makeFault();
        this.#faultsMade += 1;
        this.#options.onEvent?.(`${this.#faultsMade}: ${what}, ${load.acknowledged} confirmed`);
        await setTimeout(this.#random.between(PAUSE_MIN_MS, PAUSE_MAX_MS));
      }
    } finally {
      over.abort();
      await load.stop();
      await watching;
    }
    const { verdict, faults } = await settleAndJudge(streams, { isOrdered: false });
    await this.#sample();
    const growth = this.#growth();
    return {
      ...verdict,
      faultsMade: this.#faultsMade,
      slowestStartMs: this.#killer.slowest.startMs,
      ...growth,
      faults: [
        ...faultsOfVerdict(verdict),
        ...faults,
        ...this.#killer.faults,
        ...this.#tooMuch(growth),
        ...faultsOfFleet(this.#fleet),
      ],
    };
  }

  #between(sender: DaemonProcess, receiver: DaemonProcess) {
    return { sender, receiver, random: this.#random };
  }

  /** @returns What was done; it is over. */
  async #makeFault(): Promise<string> {
    const index = this.#random.between(0, this.#fleet.length - 1);
    const [one, host] = [at(this.#fleet, index), this.#hosts[index]];
    const holdMs = this.#random.between(HOLD_MIN_MS, this.#options.holdMaxMs);
    switch (host === undefined ? 'kill' : this.#random.pick(['kill', 'cut', 'freeze', 'flood'])) {
      case 'cut':
        if (host !== undefined) await this.#lab.isolate(host);
        await setTimeout(holdMs);
        await this.#lab.heal();
        return `${one.nick} was cut off for ${holdMs} ms`;
      case 'freeze':
        await one.freeze();
        await setTimeout(holdMs);
        one.thaw();
        return `${one.nick} stood still for ${holdMs} ms`;
      case 'flood':
        await floodWithStrangers(one);
        return `${STRANGERS} strangers came to ${one.nick}`;
      default: {
        const victim = at(this.#fleet, Math.max(index, WITNESSES));
        return `${victim.nick} was killed, up after ${await this.#killer.killAndStart(victim)} ms`;
      }
    }
  }

  async #watch(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await this.#sample();
      await setTimeout(SAMPLE_MS, undefined, { signal: over }).catch(() => undefined);
    }
  }

  async #sample(): Promise<void> {
    const witnesses = this.#fleet.slice(0, WITNESSES);
    const memories = await Promise.all(witnesses.map(tidyMemoryOf));
    const of = (part: keyof TidyMemory) => mean(memories.map((memory) => memory[part] / MIB));
    const [resident, native] = [of('resident'), of('native')];
    const [objects, buffers] = [of('objects'), of('buffers')];
    const atMs = performance.now();
    this.#resident.push({ atMs, value: resident });
    this.#native.push({ atMs, value: native });
    this.#data.push({ atMs, value: objects + buffers });
    this.#files.push((await openFilesOf(witnesses)) / witnesses.length);
    const parts = Object.entries({ resident, native, objects, buffers });
    const texts = parts.map(([name, mib]) => `${name} ${mib.toFixed(2)}`);
    this.#options.onEvent?.(`memory in MiB: ${texts.join(', ')}`);
  }

  #growth(): Growth {
    const [first = NaN] = this.#files;
    return {
      residentMiBPerHour: perHour(this.#resident),
      nativeMiBPerHour: perHour(this.#native),
      dataMiBPerHour: perHour(this.#data),
      filesMore: (this.#files.at(-1) ?? NaN) - first,
    };
  }

  #tooMuch(growth: Growth): readonly string[] {
    const maximum = this.#options.slopeMaxMiBPerHour ?? Infinity;
    const grown = (what: string, mibPerHour: number): readonly string[] =>
      mibPerHour > maximum ? [`${what} grows by ${mibPerHour} MiB an hour`] : [];
    const { filesMore } = growth;
    return [
      ...grown('resident memory', growth.residentMiBPerHour),
      ...grown('memory that is not the heap', growth.nativeMiBPerHour),
      ...grown('what is in use of memory', growth.dataMiBPerHour),
      ...(filesMore > FILES_GROWTH_MAX ? [`${filesMore} more files are open`] : []),
    ];
  }
}

function perHour(samples: readonly Sample[]): number {
  return Number((slopeOf(samples) * HOUR_MS).toFixed(2));
}

/** Handshakes of nobody, which cost the daemon next to nothing and change nothing. */
async function floodWithStrangers({ address }: DaemonProcess): Promise<void> {
  const calls = Array.from({ length: STRANGERS }, () =>
    fetch(`http://${address}/`, {
      method: 'POST',
      body: bogusHandshake(someAddressOf('10.79.0.250')),
    }).then((response) => response.text()),
  );
  // Most are refused, in one way or another.
  await Promise.allSettled(calls);
}
