/** Messages a second and latency from one GUI client to the other, through two daemons that sync before they say so. */
import type { DaemonProcess } from '../test/helpers/daemon-process.ts';
import { runClosedLoop, type Load, type Route } from './closed-loop.ts';
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
import { medianOf } from './spread.ts';
import { formatCount, formatMs, formatRatio, type Table } from './table.ts';

/** Before each measurement. */
const WARM_UP_MS = 300;
/** Messages in flight from which on it matters how a client posts. */
const PIPELINED_FROM = 64;

type Case = Pick<Load, 'window' | 'posting'>;

/** What is measured: where messages go in and out, and the processes between. */
type Side = Readonly<{
  name: string;
  route: Route;
  pids: readonly number[];
  /** The daemons that count their public-key operations. */
  daemons: readonly DaemonProcess[];
}>;

/** One case on one side; of several turns the middle of each figure. */
type Row = Readonly<{
  name: string;
  window: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Processor time that each side spends on a message, in microseconds. */
  costUs: readonly number[];
  /** Public-key operations of both sides while the row was measured. */
  keyOperations: number;
}>;

export type PairOptions = Surroundings &
  Readonly<{
    windows: readonly number[];
    /** How long each side is under load in each case before anything counts: so long the compiler is busy with its code. */
    heatMs: number;
    /** How often each row is measured, in turns with the others: what else the machine does hits all of them. */
    turns: number;
    measureMs: number;
  }>;

export async function benchPair(options: PairOptions): Promise<Table> {
  const rows = await withSides(options, async (sides) => {
    const cases = [...singles(options), ...pipelined(options)];
    for (const side of sides) await heat(side, cases, options);
    const measured: Row[] = [];
    for (const one of cases) measured.push(...(await measureInTurns(sides, one, options)));
    return sides.flatMap((side) => measured.filter(({ name }) => name.startsWith(side.name)));
  });
  return {
    title: 'GUI client to GUI client, 200 bytes, two daemons, synced on both sides',
    columns: [
      ...['daemons', 'in flight', 'delivered/s', 'to bare', 'to plain', 'p50 ms', 'p99 ms'],
      ...['µs CPU sender', 'µs CPU receiver', 'key operations'],
    ],
    rows: rows.map((row) => format(row, rows)),
  };
}

const RAW = 'bare node:http + group commit';
const BARE = 'bare koa + group commit';
const PLAIN = 'vestnik, plain';
const ENCRYPTED = 'vestnik, encrypted';

function withSides<Result>(
  options: PairOptions,
  use: (sides: readonly Side[]) => Promise<Result>,
): Promise<Result> {
  return withBare('http', RAW, options, (raw) =>
    withBare('koa', BARE, options, (bare) =>
      withOurs('plain', PLAIN, options, (plain) =>
        withOurs('encrypted', ENCRYPTED, options, (encrypted) =>
          use([raw, bare, plain, encrypted]),
        ),
      ),
    ),
  );
}

function withBare<Result>(
  front: Front,
  name: string,
  options: PairOptions,
  use: (side: Side) => Promise<Result>,
): Promise<Result> {
  return withBarePair({ ...options, front }, ({ route, pids }) =>
    use({ name, route, pids, daemons: [] }),
  );
}

function withOurs<Result>(
  kind: Kind,
  name: string,
  options: PairOptions,
  use: (side: Side) => Promise<Result>,
): Promise<Result> {
  return withPair({ ...options, kind }, (pair) => {
    const daemons = [pair.alice, pair.bob];
    return use({ name, route: routeOf(pair), pids: daemons.map(({ pid }) => pid), daemons });
  });
}

function singles({ windows }: Pick<PairOptions, 'windows'>): readonly Case[] {
  return windows.map((window) => ({ window, posting: 'single' }));
}

/** Where few are in flight, none waits for a request to be answered. */
function pipelined({ windows }: Pick<PairOptions, 'windows'>): readonly Case[] {
  const large = windows.filter((window) => window >= PIPELINED_FROM);
  return large.map((window) => ({ window, posting: 'pipelined' }));
}

/** The bare ones take one message a request. */
function takes({ daemons }: Side, { posting }: Case): boolean {
  return posting === 'single' || daemons.length > 0;
}

/** Each case has code of its own: a lone message does not travel as one of many does. */
async function heat(side: Side, cases: readonly Case[], { heatMs }: PairOptions): Promise<void> {
  for (const one of cases) {
    if (!takes(side, one)) continue;
    await runClosedLoop(side.route, { ...one, warmUpMs: 0, measureMs: heatMs });
  }
}

async function measureInTurns(
  sides: readonly Side[],
  one: Case,
  options: PairOptions,
): Promise<readonly Row[]> {
  const turns = new Map<Side, Row[]>(
    sides.filter((side) => takes(side, one)).map((side) => [side, []]),
  );
  for (let turn = 0; turn < options.turns; turn++) {
    for (const [side, rows] of turns) rows.push(await measure(side, one, options));
  }
  return [...turns.values()].flatMap((rows) => middleOf(rows) ?? []);
}

async function measure(side: Side, one: Case, { measureMs }: PairOptions): Promise<Row> {
  const times: (readonly number[])[] = [];
  const operations: number[] = [];
  const load = { ...one, warmUpMs: WARM_UP_MS, measureMs };
  const { perSecond, latencyMs } = await runClosedLoop(side.route, load, async () => {
    times.push(await Promise.all(side.pids.map(processorMs)));
    operations.push(await keyOperationsOf(side.daemons));
  });
  const [before = [], after = []] = times;
  return {
    name: side.name + (one.posting === 'single' ? '' : ', pipelined'),
    window: one.window,
    perSecond,
    p50Ms: latencyMs.p50,
    p99Ms: latencyMs.p99,
    costUs: after.map((ms, index) => ((ms - (before[index] ?? NaN)) * 1000) / latencyMs.count),
    keyOperations: (operations[1] ?? 0) - (operations[0] ?? 0),
  };
}

function middleOf(rows: readonly Row[]): Row | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    ...first,
    perSecond: medianOf(rows.map(({ perSecond }) => perSecond)),
    p50Ms: medianOf(rows.map(({ p50Ms }) => p50Ms)),
    p99Ms: medianOf(rows.map(({ p99Ms }) => p99Ms)),
    costUs: first.costUs.map((_, side) => medianOf(rows.map(({ costUs }) => costUs[side] ?? NaN))),
    keyOperations: medianOf(rows.map(({ keyOperations }) => keyOperations)),
  };
}

function format(row: Row, rows: readonly Row[]): readonly string[] {
  const { name, window, perSecond, p50Ms, p99Ms, costUs, keyOperations } = row;
  const rateOf = (other: string): number | undefined =>
    rows.find((one) => one.name === other && one.window === window)?.perSecond;
  const plain = rateOf(name.replace(ENCRYPTED, PLAIN));
  const isOurs = name.startsWith(PLAIN) || name.startsWith(ENCRYPTED);
  return [
    name,
    String(window),
    formatCount(perSecond),
    formatRatio(perSecond, rateOf(BARE) ?? NaN),
    isOurs && plain !== undefined ? formatRatio(perSecond, plain) : '',
    ...[p50Ms, p99Ms].map(formatMs),
    ...costUs.map(formatCount),
    String(keyOperations),
  ];
}
