/** The receiver is away, messages are queued, it comes back: how long both take, and whether all is right then. */
import { performance } from 'node:perf_hooks';
import type { WebSocket } from 'ws';
import type { ApiMessage } from '../daemon/wire/gui-api.ts';
import { conversationPath, type Api } from '../test/helpers/api.ts';
import { openReceiver, receivedText, runClosedLoop, textOf } from './closed-loop.ts';
import { routeOf, withPair, type Pair, type Surroundings } from './daemons.ts';
import { HttpPipe } from './http-pipe.ts';
import { formatCount, formatMs, type Table } from './table.ts';

const MESSAGES = 10_000;
/** How a client posts: messages of a request, and requests without an answer, over so many connections. */
const SINGLE = { perRequest: 1, requests: 256, connections: 16 } as const;
const PIPELINED = { perRequest: 100, requests: 2, connections: 2 } as const;
type Posting = typeof SINGLE | typeof PIPELINED;
const PAGE = 200;
/** What both are under before one of them stands still: as fast as it goes. */
const LOAD = { window: 256, posting: 'pipelined', warmUpMs: 0 } as const;
/** A receiver stands still so often. */
const STANDSTILLS = 5;

export type DrainOptions = Surroundings &
  Readonly<{
    /** How long both are under load before one of them stands still, in milliseconds. */
    heatMs: number;
  }>;

type Times = Readonly<{ queuedMs: number; drainedMs: number }>;

/** @throws Messages are missing, doubled or in another order than they were written in. */
export async function benchDrain(options: DrainOptions): Promise<Table> {
  const single = await withPair(options, (pair) => restart(pair, SINGLE));
  const pipelined = await withPair(options, (pair) => restart(pair, PIPELINED));
  const standstills = await withPair(options, (pair) => standStill(pair, options));
  return {
    title: `${formatCount(MESSAGES)} messages for a receiver who is away`,
    columns: ['', 'ms', 'messages/s'],
    rows: [
      ...rowsOf('one a request', 'from `ready`', single),
      ...rowsOf(`${PIPELINED.perRequest} a request`, 'from `ready`', pipelined),
      ...rowsOf('both warm', 'from the end of a standstill', standstills),
    ],
  };
}

function rowsOf(queued: string, from: string, { queuedMs, drainedMs }: Times) {
  const row = (what: string, ms: number) => [
    what,
    formatMs(ms),
    formatCount((MESSAGES * 1000) / ms),
  ];
  return [
    row(`queued, ${queued}`, queuedMs),
    row(`drained, ${from} until a GUI sees the last`, drainedMs),
  ];
}

/** The receiver was ended, as a machine that is switched off. */
async function restart(pair: Pair, posting: Posting): Promise<Times> {
  const { alice, bob } = pair;
  await bob.stop();
  const queuedMs = await queue(pair, posting);
  const written = await readAll(alice.api, bob.address);
  await bob.start();
  const drainedMs = await drain(pair, written.at(-1) ?? '');
  requireEqual(await readAll(bob.api, alice.address), written);
  return { queuedMs, drainedMs };
}

/** The receiver stood still, as a laptop that was closed, with a GUI open. @returns The middle of several times. */
async function standStill(pair: Pair, { heatMs }: DrainOptions): Promise<Times> {
  const { alice, bob } = pair;
  const all: Times[] = [];
  await runClosedLoop(routeOf(pair), { ...LOAD, measureMs: heatMs });
  const receiver = await openReceiver(routeOf(pair));
  for (let turn = 0; turn < STANDSTILLS; turn++) {
    const [written, read] = [
      await lastPlace(alice.api, bob.address),
      await lastPlace(bob.api, alice.address),
    ];
    await bob.freeze();
    const queuedMs = await queue(pair, PIPELINED);
    const arrived = seen(receiver, textOf(MESSAGES - 1));
    const startedAt = performance.now();
    bob.thaw();
    await arrived;
    all.push({ queuedMs, drainedMs: performance.now() - startedAt });
    requireEqual(
      await readAll(bob.api, alice.address, read),
      await readAll(alice.api, bob.address, written),
    );
  }
  receiver.terminate();
  const [middle] = all
    .sort((one, other) => one.drainedMs - other.drainedMs)
    .slice((STANDSTILLS - 1) / 2);
  return middle ?? { queuedMs: NaN, drainedMs: NaN };
}

/** Posts all messages. */
async function queue(pair: Pair, { perRequest, requests, connections }: Posting): Promise<number> {
  const { postUrl, postHeaders } = routeOf(pair);
  const startedAt = performance.now();
  await new Promise<void>((resolve, reject) => {
    let posted = 0;
    let answered = 0;
    const post = (): void => {
      const length = Math.min(perRequest, MESSAGES - posted);
      const messages = Array.from({ length }, () => ({ message: textOf(posted++) }));
      pipe.post(JSON.stringify(perRequest === 1 ? messages[0] : { messages }));
    };
    const pipe = new HttpPipe({
      url: postUrl,
      headers: postHeaders,
      connections,
      onAnswer() {
        answered += perRequest;
        if (posted < MESSAGES) post();
        else if (answered === MESSAGES) resolve();
      },
      onFailure: reject,
    });
    for (let i = 0; i < requests; i++) post();
  });
  return performance.now() - startedAt;
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
      if (receivedText(frame) !== last) return;
      receiver.off('message', look);
      resolve();
    };
    receiver.on('message', look);
  });
}

/** Where the newest message of a conversation stands. */
async function lastPlace(api: Api, address: string): Promise<number> {
  const { body } = await api.get(`${conversationPath(address)}?limit=1`);
  return (body as readonly ApiMessage[]).at(-1)?.s ?? 0;
}

/** All texts of a conversation after a place, oldest first, page by page. */
async function readAll(api: Api, address: string, afterS = 0): Promise<readonly string[]> {
  const texts: string[] = [];
  for (let after = afterS; ;) {
    const path = `${conversationPath(address)}?after=${after}&limit=${PAGE}`;
    const page = (await api.get(path)).body as readonly ApiMessage[];
    texts.push(...page.map(({ message }) => message));
    const last = page.at(-1);
    if (last === undefined) return texts;
    after = last.s;
  }
}

function requireEqual(read: readonly string[], written: readonly string[]): void {
  const difference = read.findIndex((text, index) => text !== written[index]);
  if (read.length === MESSAGES && difference === -1) return;
  throw new Error(`${read.length} of ${written.length} messages; first difference: ${difference}`);
}
