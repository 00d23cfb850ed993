/** A call of a service, from the caller through the daemon to the provider and back. */
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { DaemonProcess } from '../test/helpers/daemon-process.ts';
import { pause } from './crowd.ts';
import { profiling, withFolder, type Surroundings } from './daemons.ts';
import { RawSocket } from './raw-socket.ts';
import { spreadOf } from './spread.ts';
import { formatCount, formatMs, type Table } from './table.ts';

/** Callers; each may send 50 frames a second (G6). */
const CALLERS = [1, 16];
const CALLS_PER_SECOND = 40;
const WARM_UP_MS = 2000;
const ENVIRONMENT = {
  VESTNIK_HUB_LISTEN: '127.0.0.1:0',
  VESTNIK_HUB_FRAMES_PER_SECOND: '100000',
};

type Options = Surroundings & Readonly<{ measureMs: number }>;
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
      const rows: string[][] = [];
      for (const callers of CALLERS) rows.push(await measure(url, callers, options));
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

async function measure(url: URL, callers: number, { measureMs }: Options): Promise<string[]> {
  // One provider for each caller: what a provider may answer a second is limited as well.
  const pairs = await Promise.all(
    Array.from({ length: callers }, (_, index) => openPair(url, `echo ${callers} ${index}`)),
  );
  await Promise.all(pairs.map((pair) => pair.run(WARM_UP_MS)));
  const latencies = (await Promise.all(pairs.map((pair) => pair.run(measureMs)))).flat();
  for (const pair of pairs) pair.close();
  const { p50, p99, max } = spreadOf(latencies);
  return [
    String(callers),
    formatCount(latencies.length / (measureMs / 1000)),
    ...[p50, p99, max].map(formatMs),
  ];
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

  async function call(id: string): Promise<number> {
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
    run: async (durationMs: number): Promise<readonly number[]> => {
      const latencies: number[] = [];
      const endMs = performance.now() + durationMs;
      for (let count = 0; performance.now() < endMs; count++) {
        const tookMs = await call(String(count));
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
