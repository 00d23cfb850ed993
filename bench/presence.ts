/** Thousands who are there and want to know of their friends: memory, and how soon a change is seen. */
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { DaemonProcess } from '../test/helpers/daemon-process.ts';
import { pause, startCrowd, type Crowd } from './crowd.ts';
import { profiling, withFolder, type Surroundings } from './daemons.ts';
import type { PresenceLoad, PresenceResult } from './presence-child.ts';
import { processorMs, residentMiB } from './process-cost.ts';
import { spreadOf } from './spread.ts';
import { formatCount, formatMs, type Table } from './table.ts';

const CHILD = fileURLToPath(new URL('./presence-child.js', import.meta.url));
const CLIENTS = 5000;
const FRIENDS = 50;
/** Processes with clients: one alone would be slower than the daemon. */
const CROWDS = 2;
/** Changes a second, of all together: a quiet evening, and everybody coming home. */
const LOADS = [20, 100];
const SETTLE_MS = 3000;

type Options = Surroundings & Readonly<{ measureMs: number }>;

export async function benchPresence(options: Options): Promise<Table> {
  return withFolder(options, async (folder) => {
    const daemon = new DaemonProcess(join(folder, 'hub'), {
      environment: { VESTNIK_HUB_LISTEN: '127.0.0.1:0' },
      nodeArguments: profiling(options),
    });
    const crowds: Crowd[] = [];
    try {
      await daemon.start();
      return await measure(daemon, crowds, options);
    } finally {
      for (const crowd of crowds) crowd.end();
      await daemon.stop();
    }
  });
}

async function measure(daemon: DaemonProcess, crowds: Crowd[], { measureMs }: Options) {
  // The first client makes the daemon load its WebSockets.
  const url = `${daemon.hubUrl.replace('http', 'ws')}/turntable`;
  const one = startCrowd(CHILD, [url, 1_000_000, 2, 2]);
  crowds.push(one);
  await one.next();
  await pause(SETTLE_MS);
  const beforeMiB = await residentMiB(daemon.pid);
  const beganMs = performance.now();
  const each = CLIENTS / CROWDS;
  for (let at = 0; at < CROWDS; at++) {
    crowds.push(startCrowd(CHILD, [url, at * each, each, FRIENDS]));
  }
  const loaded = crowds.slice(1);
  await Promise.all(loaded.map((crowd) => crowd.next()));
  const cameMs = performance.now() - beganMs;
  await pause(SETTLE_MS);
  const withAllMiB = await residentMiB(daemon.pid);
  const rows: string[][] = [];
  for (const changesPerSecond of LOADS) {
    const load = { changesPerSecond: changesPerSecond / CROWDS, seconds: measureMs / 1000 };
    rows.push(await measureLoad(daemon, loaded, load));
  }
  const perKiB = ((withAllMiB - beforeMiB) * 1024) / CLIENTS;
  return {
    title: `Presence: ${formatCount(CLIENTS)} clients with ${FRIENDS} friends each; all in after ${formatMs(cameMs)} ms; memory ${formatCount(beforeMiB)} → ${formatCount(withAllMiB)} MiB, ${perKiB.toFixed(1)} KiB a connection`,
    columns: ['changes/s', 'seen/s', 'p50 ms', 'p99 ms', 'max ms', 'processor s/s'],
    rows,
  } satisfies Table;
}

async function measureLoad(
  { pid }: DaemonProcess,
  crowds: readonly Crowd[],
  load: PresenceLoad,
): Promise<string[]> {
  const beforeMs = await processorMs(pid);
  const beganMs = performance.now();
  const answers = await Promise.all(crowds.map((crowd) => crowd.ask(load)));
  const results = answers as PresenceResult[];
  const seconds = (performance.now() - beganMs) / 1000;
  const latencies = results.flatMap(({ latenciesMs }) => latenciesMs);
  const changes = results.reduce((sum, result) => sum + result.changes, 0);
  const { p50, p99, max } = spreadOf(latencies);
  return [
    formatCount(changes / seconds),
    formatCount(latencies.length / seconds),
    ...[p50, p99, max].map(formatMs),
    (((await processorMs(pid)) - beforeMs) / 1000 / seconds).toFixed(2),
  ];
}
