/** One topic with many subscribers: how many updates reach all of them a second, and how soon. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DaemonProcess } from '../test/helpers/daemon-process.ts';
import { startCrowd, type Crowd } from './crowd.ts';
import { profiling, withFolder, type Surroundings } from './daemons.ts';
import { processorMs } from './process-cost.ts';
import { spreadOf } from './spread.ts';
import { formatCount, formatMs, type Table } from './table.ts';
import type { TopicsLoad, TopicsResult } from './topics-child.ts';

const CHILD = fileURLToPath(new URL('./topics-child.js', import.meta.url));
const SUBSCRIBERS = 500;
const CROWDS = 2;
/** Each may send 50 frames a second (G6), and here sends at most 40. */
const AUTHORS = 50;
const LOADS = [20, 100, 400, 1000];
/** What many guests of one address may send is not what is measured. */
const ENVIRONMENT = {
  VESTNIK_HUB_LISTEN: '127.0.0.1:0',
  VESTNIK_HUB_FRAMES_PER_SECOND: '100000',
};

type Options = Surroundings & Readonly<{ measureMs: number }>;

export async function benchTopics(options: Options): Promise<Table> {
  return withFolder(options, async (folder) => {
    const daemon = new DaemonProcess(join(folder, 'hub'), {
      environment: ENVIRONMENT,
      nodeArguments: profiling(options),
    });
    const crowds: Crowd[] = [];
    try {
      await daemon.start();
      const url = `${daemon.hubUrl}/chatroom`;
      for (let at = 0; at < CROWDS; at++) {
        crowds.push(startCrowd(CHILD, [url, SUBSCRIBERS / CROWDS, at === 0 ? AUTHORS : 0]));
      }
      await Promise.all(crowds.map((crowd) => crowd.next()));
      const rows: string[][] = [];
      const seconds = options.measureMs / 1000;
      for (const updatesPerSecond of LOADS) {
        rows.push(await measure(daemon, crowds, { updatesPerSecond, seconds }));
      }
      return {
        title: `Topics: updates of 200 bytes for ${SUBSCRIBERS} subscribers`,
        columns: ['updates/s sent', 'deliveries/s', 'p50 ms', 'p99 ms', 'max ms', 'processor s/s'],
        rows,
      };
    } finally {
      for (const crowd of crowds) crowd.end();
      await daemon.stop();
    }
  });
}

async function measure(
  { pid }: DaemonProcess,
  crowds: readonly Crowd[],
  load: TopicsLoad,
): Promise<string[]> {
  const beforeMs = await processorMs(pid);
  const results = (await Promise.all(crowds.map((crowd) => crowd.ask(load)))) as TopicsResult[];
  const processor = ((await processorMs(pid)) - beforeMs) / 1000 / load.seconds;
  const deliveries = results.reduce((sum, result) => sum + result.deliveries, 0);
  const { p50, p99, max } = spreadOf(results.flatMap(({ latenciesMs }) => latenciesMs));
  return [
    formatCount(load.updatesPerSecond),
    formatCount(deliveries / load.seconds),
    ...[p50, p99, max].map(formatMs),
    processor.toFixed(2),
  ];
}
