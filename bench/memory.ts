/** What two daemons take of memory under all the load that there is, and afterwards. */
import { setTimeout as after } from 'node:timers/promises';
import { runClosedLoop } from './closed-loop.ts';
import { routeOf, withPair, type Surroundings } from './daemons.ts';
import { residentMiB } from './process-cost.ts';
import { formatCount, type Table } from './table.ts';

const LOAD_MS = 25_000;
const REST_MS = 20_000;
/** As a service has it. Source: packaging/vestnik.service. */
export const SERVICE = { MALLOC_MMAP_THRESHOLD_: '131072' } as const;
/** For machines with little memory. Source: docs/operations.md. */
export const SPARING = { NODE_OPTIONS: '--max-old-space-size=40 --max-semi-space-size=1' } as const;
const ENVIRONMENTS: readonly Environment[] = [{}, SERVICE, { ...SERVICE, ...SPARING }];

type Environment = Readonly<Record<string, string>>;

/** With what Node takes by itself, which depends on the machine's memory, and with what it is told to take at most. */
export async function benchMemory(surroundings: Surroundings): Promise<Table> {
  const rows: string[][] = [];
  for (const environment of ENVIRONMENTS) rows.push(await measure(surroundings, environment));
  return {
    title: 'Resident memory under full load, MiB, sender and receiver',
    columns: [
      'environment',
      'delivered/s',
      'started',
      `after ${LOAD_MS / 1000} s`,
      `${REST_MS / 1000} s later`,
    ],
    rows,
  };
}

async function measure(surroundings: Surroundings, environment: Environment): Promise<string[]> {
  const words = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return withPair({ ...surroundings, environment }, async (pair) => {
    const resident = async (): Promise<string> => {
      const sizes = await Promise.all([pair.alice.pid, pair.bob.pid].map(residentMiB));
      return sizes.map(formatCount).join(', ');
    };
    const started = await resident();
    const load = { window: 256, posting: 'pipelined', warmUpMs: 0, measureMs: LOAD_MS } as const;
    const { perSecond } = await runClosedLoop(routeOf(pair), load);
    const loaded = await resident();
    await after(REST_MS);
    return [
      words.length === 0 ? '–' : `\`${words.join(' ')}\``,
      formatCount(perSecond),
      started,
      loaded,
      await resident(),
    ];
  });
}
