/** The receiver is away, messages are queued, it comes back: how long both take, and whether all is right then. */
import { performance } from 'node:perf_hooks';
import type { WebSocket } from 'ws';
import {
  MESSAGES,
  PIPELINED,
  queue,
  readAll,
  requireEqual,
  SINGLE,
  type Posting,
} from './backlog.ts';
import { openReceiver, receivedTexts } from './closed-loop.ts';
import { routeOf, withPair, type Pair } from './daemons.ts';
import { measureStandstills, type StandstillOptions } from './standstill.ts';
import { formatCount, formatMs, formatRatio, type Table } from './table.ts';

type Times = Readonly<{ queuedMs: number; drainedMs: number }>;

/** @throws Messages are missing, doubled or in another order than they were written in. */
export async function benchDrain(options: StandstillOptions): Promise<Table> {
  const single = await withPair(options, (pair) => restart(pair, SINGLE));
  const pipelined = await withPair(options, (pair) => restart(pair, PIPELINED));
  const standstills = await measureStandstills(options);
  const [bare] = standstills;
  return {
    title: `${formatCount(MESSAGES)} messages for a receiver who is away`,
    columns: ['', 'ms', 'messages/s', 'to bare'],
    rows: [
      ...rowsOf('one a request', single),
      ...rowsOf(`${PIPELINED.perRequest} a request`, pipelined),
      ...standstills.map(({ name, drainedMs }) =>
        rowOf(`${name}: from the end of a standstill`, drainedMs, bare?.drainedMs),
      ),
    ],
  };
}

function rowsOf(queued: string, { queuedMs, drainedMs }: Times) {
  return [
    rowOf(`queued, ${queued}`, queuedMs),
    rowOf('drained, from `ready` until a GUI sees the last', drainedMs),
  ];
}

function rowOf(what: string, ms: number, bareMs?: number): readonly string[] {
  const ratio = bareMs === undefined ? '' : formatRatio(bareMs, ms);
  return [what, formatMs(ms), formatCount((MESSAGES * 1000) / ms), ratio];
}

/** The receiver was ended, as a machine that is switched off. */
async function restart(pair: Pair, posting: Posting): Promise<Times> {
  const { alice, bob } = pair;
  await bob.stop();
  const queuedMs = await queue(routeOf(pair), posting);
  const written = await readAll(alice.api, bob.address);
  await bob.start();
  const drainedMs = await drain(pair, written.at(-1) ?? '');
  requireEqual(await readAll(bob.api, alice.address), written);
  return { queuedMs, drainedMs };
}

/** Waits for the last message in front of a GUI that is opened at once; part of them comes before it looks. */
async function drain(pair: Pair, last: string): Promise<number> {
  const startedAt = performance.now();
  const receiver = await openReceiver(routeOf(pair));
  const arrived = seen(receiver, last);
  if ((await pair.bob.api.texts(pair.alice.address)).at(-1) !== last) await arrived;
  const drainedMs = performance.now() - startedAt;
  receiver.terminate();
  return drainedMs;
}

/** Resolves when a GUI sees a message. */
function seen(receiver: WebSocket, last: string): Promise<void> {
  return new Promise((resolve) => {
    const look = (frame: unknown): void => {
      if (!receivedTexts(frame).includes(last)) return;
      receiver.off('message', look);
      resolve();
    };
    receiver.on('message', look);
  });
}
