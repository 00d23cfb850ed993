/** How long a daemon takes from its process being made to `ready`, and how much memory it has when nothing happens. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as after } from 'node:timers/promises';
import { Journal } from '../storage/journal.ts';
import { DaemonProcess } from '../test/helpers/daemon-process.ts';
import { endChild, startBare, withFolder, type Surroundings } from './daemons.ts';
import { processorMs, residentMiB } from './process-cost.ts';
import { medianOf } from './spread.ts';
import { formatCount, type Table } from './table.ts';

const STARTS = 7;
/** Memory is looked at when nothing has happened for so long that V8 has tidied up after the start: it does so after 8 s. */
const REST_MS = 12_000;
/** Starts after which it is looked at: it hardly differs. */
const RESTS = 3;

type Start = Readonly<{ ms: number; cpuMs: number; residentMiB: number | undefined }>;

export async function benchStart(surroundings: Surroundings, messages: number): Promise<Table> {
  const bare = await withFolder(surroundings, (folder) =>
    repeat((isResting) => measureBare(join(folder, 'file'), isResting)),
  );
  const empty = await withFolder(surroundings, (folder) => measureDaemon(join(folder, 'data')));
  const full = await withFolder(surroundings, async (folder) => {
    const data = join(folder, 'data');
    await fill(join(data, 'history'), messages);
    return measureDaemon(data);
  });
  return {
    title: `Start until \`ready\`, and memory ${REST_MS / 1000} s later (medians)`,
    columns: ['daemon', 'start ms', 'CPU ms', 'resident MiB'],
    rows: [
      ['bare koa', ...format(bare)],
      ['vestnik, no messages', ...format(empty)],
      [`vestnik, ${formatCount(messages)} messages`, ...format(full)],
    ],
  };
}

async function measureDaemon(data: string): Promise<readonly Start[]> {
  const daemon = new DaemonProcess(data, {});
  // The first start makes keys and documents, which no later one does.
  await daemon.start();
  await daemon.stop();
  return repeat(async (isResting) => {
    const startedAt = performance.now();
    await daemon.start();
    const ms = performance.now() - startedAt;
    const start = { ms, ...(await costOf(daemon.pid, isResting)) };
    await daemon.stop();
    return start;
  });
}

async function measureBare(path: string, isResting: boolean): Promise<Start> {
  const children: ChildProcess[] = [];
  const startedAt = performance.now();
  await startBare(children, ['koa', path]);
  const ms = performance.now() - startedAt;
  const start = { ms, ...(await costOf(children[0]?.pid ?? 0, isResting)) };
  await Promise.all(children.map(endChild));
  return start;
}

async function costOf(pid: number, isResting: boolean): Promise<Omit<Start, 'ms'>> {
  const cpuMs = await processorMs(pid);
  if (!isResting) return { cpuMs, residentMiB: undefined };
  await after(REST_MS);
  return { cpuMs, residentMiB: await residentMiB(pid) };
}

async function repeat(measure: (isResting: boolean) => Promise<Start>): Promise<readonly Start[]> {
  const starts: Start[] = [];
  for (let i = 0; i < STARTS; i++) starts.push(await measure(i < RESTS));
  return starts;
}

/** A history as that of an owner who has written to one contact for years. */
async function fill(folder: string, messages: number): Promise<void> {
  const journal = await Journal.open({ folder });
  const BATCH = 1000;
  for (let done = 0; done < messages; done += BATCH) {
    await journal.append(Array.from({ length: BATCH }, (_, index) => recordOf(done + index)));
  }
  await journal.close();
}

function recordOf(index: number): object {
  const at = 1_772_366_400_000 + index;
  return {
    k: 'msg',
    n: 1,
    d: 'in',
    id: `${index}`.padStart(22, 'i'),
    from: '203.0.113.7',
    to: '203.0.113.9',
    ts: new Date(at).toISOString(),
    t: at,
    at,
    m: `${index} `.padEnd(200, 'x'),
    e: '',
  };
}

function format(starts: readonly Start[]): readonly string[] {
  return [
    formatCount(medianOf(starts.map(({ ms }) => ms))),
    formatCount(medianOf(starts.map(({ cpuMs }) => cpuMs))),
    formatCount(medianOf(starts.flatMap((start) => start.residentMiB ?? []))),
  ];
}
