/** Messages a second and latency from one GUI client to the other, through two daemons that sync before they say so. */
import { runClosedLoop, type Load, type LoopResult, type Route } from './closed-loop.ts';
import type { DaemonProcess } from '../test/helpers/daemon-process.ts';
import { keyOperationsOf } from './key-operations.ts';
import {
  routeOf,
  withBarePair,
  withPair,
  type Front,
  type Kind,
  type Surroundings,
} from './daemons.ts';
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
  /** Public-key operations of both sides while the row was measured. */
  keyOperations: number;
}>;

export type PairOptions = Surroundings &
  Readonly<{ windows: readonly number[]; heatMs: number; measureMs: number }>;

export async function benchPair(options: PairOptions): Promise<Table> {
  const raw = await measureBare('http', 'bare node:http + group commit', options);
  const bare = await measureBare('koa', 'bare koa + group commit', options);
  const plain = await measureOurs('plain', options);
  const encrypted = await measureOurs('encrypted', options);
  return {
    title: 'GUI client to GUI client, 200 bytes, two daemons, synced on both sides',
    columns: [
      ...['daemons', 'in flight', 'delivered/s', 'to bare', 'to plain', 'p50 ms', 'p99 ms'],
      ...['µs CPU sender', 'µs CPU receiver', 'key operations'],
    ],
    rows: [...raw, ...bare, ...plain, ...encrypted].map((row) => format(row, bare, plain)),
  };
}

function measureBare(front: Front, name: string, options: PairOptions): Promise<readonly Row[]> {
  return withBarePair({ ...options, front }, ({ route, pids }) =>
    measureAll(name, { route, pids }, singles(options), options),
  );
}

function measureOurs(kind: Kind, options: PairOptions): Promise<readonly Row[]> {
  return withPair({ ...options, kind }, (pair) => {
    const { alice, bob } = pair;
    const side = { route: routeOf(pair), pids: [alice.pid, bob.pid], daemons: [alice, bob] };
    const loads = [...singles(options), ...together(options)];
    return measureAll(`vestnik, ${kind}`, side, loads, options);
  });
}

/** What is measured: where messages go in and out, and the processes between. */
type Side = Readonly<{
  route: Route;
  pids: readonly number[];
  /** The daemons that count their public-key operations. */
  daemons?: readonly DaemonProcess[];
}>;

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
  side: Side,
  cases: readonly Case[],
  { heatMs, measureMs }: PairOptions,
): Promise<readonly Row[]> {
  await runClosedLoop(side.route, { ...HEATING, warmUpMs: 0, measureMs: heatMs });
  const rows: Row[] = [];
  for (const one of cases) {
    const times: (readonly number[])[] = [];
    const operations: number[] = [];
    const result = await runClosedLoop(
      side.route,
      { ...one, warmUpMs: WARM_UP_MS, measureMs },
      async () => {
        times.push(await Promise.all(side.pids.map(processorMs)));
        operations.push(await keyOperationsOf(side.daemons ?? []));
      },
    );
    const [before = [], after = []] = times;
    const costUs = after.map(
      (ms, index) => ((ms - (before[index] ?? NaN)) * 1000) / result.latencyMs.count,
    );
    const how = one.perRequest === 1 ? '' : `, ${one.perRequest} a request`;
    const keyOperations = (operations[1] ?? 0) - (operations[0] ?? 0);
    rows.push({ name: name + how, window: one.window, result, costUs, keyOperations });
  }
  return rows;
}

function format(row: Row, bare: readonly Row[], plain: readonly Row[]): readonly string[] {
  const { name, window, result, costUs, keyOperations } = row;
  const { perSecond, latencyMs } = result;
  const base = bare.find((one) => one.window === window)?.result.perSecond ?? NaN;
  const twin = plain.find(
    (one) => one.name === name.replace('encrypted', 'plain') && one.window === window,
  );
  return [
    name,
    String(window),
    formatCount(perSecond),
    formatRatio(perSecond, base),
    twin === undefined ? '' : formatRatio(perSecond, twin.result.perSecond),
    ...[latencyMs.p50, latencyMs.p99].map(formatMs),
    ...costUs.map(formatCount),
    String(keyOperations),
  ];
}
