/** A call of a service, from the caller through the daemon to the provider and back. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { DaemonProcess } from '../test/helpers/daemon-process.ts';
import { pause } from './crowd.ts';
import { endChild, profiling, startSketch, withFolder, type Surroundings } from './daemons.ts';
import { RawSocket } from './raw-socket.ts';
import { spreadOf } from './spread.ts';
import { formatCount, formatMs, type Table } from './table.ts';

const RELAY = fileURLToPath(new URL('./bare-relay.js', import.meta.url));
/** A connection may send 50 frames a second (G6). */
const CALLS_PER_SECOND = 40;
/** So many take turns that each of them keeps below its limit while a call is on its way at nearly any time. */
const TAKING_TURNS = 160;
const WARM_UP_MS = 2000;
const ENVIRONMENT = {
  VESTNIK_HUB_LISTEN: '127.0.0.1:0',
  VESTNIK_HUB_FRAMES_PER_SECOND: '100000',
};

type Options = Surroundings & Readonly<{ measureMs: number }>;
type Pair = Awaited<ReturnType<typeof openPair>>;
/** Calls for so long; resolves to what each call took, in milliseconds. */
type Run = (pairs: readonly Pair[], durationMs: number) => Promise<readonly number[]>;

type Case = Readonly<{ name: string; callers: number; run: Run }>;

/** How callers divide the time. Idle processors wake up late, so that it matters. */
const LONE: Case = { name: 'one, 40 times a second', callers: 1, run: apart };
/** Comes first, so that the compiler knows the code before the others count. */
const BUSY: Case = {
  name: 'taking turns, one call after another',
  callers: TAKING_TURNS,
  run: inTurn,
};
const CASES: readonly Case[] = [
  BUSY,
  LONE,
  { name: '16, each 40 times a second', callers: 16, run: apart },
  { name: '16, all at the same time', callers: 16, run: together },
];
type Content = Readonly<{ request_id: string; error?: Readonly<{ message: string }> }>;

export async function benchServices(options: Options): Promise<Table> {
  return withFolder(options, async (folder) => {
    const daemon = new DaemonProcess(join(folder, 'hub'), {
      environment: ENVIRONMENT,
      nodeArguments: profiling(options),
    });
    try {
      await daemon.start();
      const url = new URL('/chatroom', daemon.hubUrl);
      const rows = [await measureRelay(options)];
      for (const one of CASES) rows.push(await measure(url, one, options));
      return {
        title: 'Services: a call and its answer, through the daemon both times',
        columns: ['callers', 'calls/s', 'p50 ms', 'p99 ms', 'max ms'],
        rows,
      };
    } finally {
      await daemon.stop();
    }
  });
}

/** What a call costs that no daemon looks at: four times a process is woken up. */
async function measureRelay(options: Options): Promise<string[]> {
  const children: ChildProcess[] = [];
  try {
    const url = await startSketch(children, RELAY);
    return await measure(url, { ...LONE, name: `${LONE.name}, bare relay` }, options);
  } finally {
    await Promise.all(children.map(endChild));
  }
}

async function measure(
  url: URL,
  { name, callers, run }: Case,
  { measureMs }: Options,
): Promise<string[]> {
  // One provider for each caller: what a provider may answer a second is limited as well.
  const pairs = await Promise.all(
    Array.from({ length: callers }, (_, index) => openPair(url, `echo, ${name}, ${index}`)),
  );
  await run(pairs, WARM_UP_MS);
  const latencies = await run(pairs, measureMs);
  for (const pair of pairs) pair.close();
  const { p50, p99, max } = spreadOf(latencies);
  return [
    name,
    formatCount(latencies.length / (measureMs / 1000)),
    ...[p50, p99, max].map(formatMs),
  ];
}

/** Callers that know nothing of each other: their calls fall between each other. */
async function apart(pairs: readonly Pair[], durationMs: number): Promise<readonly number[]> {
  const stepMs = 1000 / CALLS_PER_SECOND / pairs.length;
  const runs = pairs.map((pair, index) => pair.run(durationMs, index * stepMs));
  return (await Promise.all(runs)).flat();
}

/** The worst case: each call waits for those before it. */
async function together(pairs: readonly Pair[], durationMs: number): Promise<readonly number[]> {
  const latencies: number[] = [];
  const endMs = performance.now() + durationMs;
  while (performance.now() < endMs) {
    latencies.push(...(await Promise.all(pairs.map((pair) => pair.call()))));
    await pause(1000 / CALLS_PER_SECOND);
  }
  return latencies;
}

/** Hardly a pause: the daemon and its clients are awake. */
async function inTurn(pairs: readonly Pair[], durationMs: number): Promise<readonly number[]> {
  const latencies: number[] = [];
  const endMs = performance.now() + durationMs;
  while (performance.now() < endMs) {
    const roundEndMs = performance.now() + 1000 / CALLS_PER_SECOND;
    for (const pair of pairs) latencies.push(await pair.call());
    const leftMs = roundEndMs - performance.now();
    if (leftMs > 0) await pause(leftMs);
  }
  return latencies;
}

async function openPair(url: URL, service: string) {
  const provider = new RawSocket(url, (payload) => {
    const { type, content } = parse(payload);
    if (type !== 'request') return;
    provider.send({
      type: 'response',
      content: { response: true, request_id: content.request_id },
    });
  });
  let answer: (content: Content) => void = () => undefined;
  const caller = new RawSocket(url, (payload) => {
    const { type, content } = parse(payload);
    if (type === 'response') answer(content);
  });
  await Promise.all([provider.opened(), caller.opened()]);
  provider.send({ type: 'register_service', content: { service_name: service } });
  await pause(100);

  let calls = 0;

  async function call(): Promise<number> {
    const id = String(calls++);
    const beganMs = performance.now();
    const answered = new Promise<Content>((resolve) => {
      answer = resolve;
    });
    caller.send({ type: 'request', content: { service_name: service, args: {}, request_id: id } });
    const { request_id: answeredId, error } = await answered;
    if (error !== undefined || answeredId !== id) throw new Error(error?.message ?? 'wrong answer');
    return performance.now() - beganMs;
  }

  return {
    /** One call. @returns What it took, in milliseconds. */
    call,
    /** Calls again and again, beginning after a delay. */
    run: async (durationMs: number, delayMs: number): Promise<readonly number[]> => {
      const latencies: number[] = [];
      const endMs = performance.now() + durationMs;
      await pause(delayMs);
      while (performance.now() < endMs) {
        const tookMs = await call();
        latencies.push(tookMs);
        await pause(Math.max(0, 1000 / CALLS_PER_SECOND - tookMs));
      }
      return latencies;
    },
    close: () => {
      caller.close();
      provider.close();
    },
  };
}

function parse(payload: Buffer): Readonly<{ type: string; content: Content }> {
  return JSON.parse(payload.toString()) as Readonly<{ type: string; content: Content }>;
}
