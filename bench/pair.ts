/** Messages a second and latency from one GUI client to the other, through two daemons that sync before they say so. */
import { runClosedLoop, type Load, type LoopResult, type Route } from './closed-loop.ts';
import { routeOf, withBarePair, withPair, type Surroundings } from './daemons.ts';
import { processorMs } from './process-cost.ts';
import { formatCount, formatMs, formatRatio, type Table } from './table.ts';

/** Messages of one request where several are sent together. */
const PER_REQUEST = 32;
/** Before each row is measured. */
const WARM_UP_MS = 300;
/** What makes the compiler know the code before anything counts. */
const HEATING: Case = { window: 256, perRequest: 1 };

type Row = Readonly<{
  name: string;
  window: number;
  result: LoopResult;
  /** Processor time that each side spends on a message, in microseconds. */
  costUs: readonly number[];
}>;

export type PairOptions = Surroundings &
  Readonly<{ windows: readonly number[]; heatMs: number; measureMs: number }>;

export async function benchPair(options: PairOptions): Promise<Table> {
  const bare = await withBarePair(options, ({ route, pids }) =>
    measureAll('bare koa + group commit', { route, pids }, singles(options), options),
  );
  const ours = await withPair(options, (pair) => {
    const side = { route: routeOf(pair), pids: [pair.alice.pid, pair.bob.pid] };
    const loads = [...singles(options), ...together(options)];
    return measureAll('vestnik', side, loads, options);
  });
  return {
    title: 'GUI client to GUI client, 200 bytes, two daemons, synced on both sides',
    columns: [
      ...['daemons', 'in flight', 'delivered/s', 'to bare', 'p50 ms', 'p99 ms', 'max ms'],
      ...['µs CPU sender', 'µs CPU receiver'],
    ],
    rows: [...bare, ...ours].map((row) => format(row, bare)),
  };
}

type Case = Pick<Load, 'window' | 'perRequest'>;

function singles({ windows }: PairOptions): readonly Case[] {
  return windows.map((window) => ({ window, perRequest: 1 }));
}

function together({ windows }: PairOptions): readonly Case[] {
  const large = windows.filter((window) => window > PER_REQUEST);
  return large.map((window) => ({ window, perRequest: PER_REQUEST }));
}

async function measureAll(
  name: string,
  side: Readonly<{ route: Route; pids: readonly number[] }>,
  cases: readonly Case[],
  { heatMs, measureMs }: PairOptions,
): Promise<readonly Row[]> {
  await runClosedLoop(side.route, { ...HEATING, warmUpMs: 0, measureMs: heatMs });
  const rows: Row[] = [];
  for (const one of cases) {
    const times: (readonly number[])[] = [];
    const result = await runClosedLoop(
      side.route,
      { ...one, warmUpMs: WARM_UP_MS, measureMs },
      async () => {
        times.push(await Promise.all(side.pids.map(processorMs)));
      },
    );
    const [before = [], after = []] = times;
    const costUs = after.map(
      (ms, index) => ((ms - (before[index] ?? NaN)) * 1000) / result.latencyMs.count,
    );
    const how = one.perRequest === 1 ? '' : `, ${one.perRequest} a request`;
    rows.push({ name: name + how, window: one.window, result, costUs });
  }
  return rows;
}

function format({ name, window, result, costUs }: Row, bare: readonly Row[]): readonly string[] {
  const { perSecond, latencyMs } = result;
  const base = bare.find((one) => one.window === window)?.result.perSecond ?? NaN;
  return [
    name,
    String(window),
    formatCount(perSecond),
    formatRatio(perSecond, base),
    ...[latencyMs.p50, latencyMs.p99, latencyMs.max].map(formatMs),
    ...costUs.map(formatCount),
  ];
}
