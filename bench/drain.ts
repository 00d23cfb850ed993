/** The receiver is away, messages are queued, it comes back: how long both take, and whether all is right then. */
import { performance } from 'node:perf_hooks';
import type { ApiMessage } from '../daemon/wire/gui-api.ts';
import { conversationPath, type Api } from '../test/helpers/api.ts';
import { openReceiver, receivedText, textOf } from './closed-loop.ts';
import { routeOf, withPair, type Pair, type Surroundings } from './daemons.ts';
import { HttpPipe } from './http-pipe.ts';
import { formatCount, formatMs, type Table } from './table.ts';

const MESSAGES = 10_000;
/** How a client posts: messages of a request, and requests without an answer, over so many connections. */
const SINGLE = { perRequest: 1, requests: 256, connections: 16 } as const;
const PIPELINED = { perRequest: 100, requests: 2, connections: 2 } as const;
type Posting = typeof SINGLE | typeof PIPELINED;
const PAGE = 200;

/** @throws Messages are missing, doubled or in another order than they were written in. */
export async function benchDrain(surroundings: Surroundings): Promise<Table> {
  const single = await withPair(surroundings, (pair) => measure(pair, SINGLE));
  const pipelined = await withPair(surroundings, (pair) => measure(pair, PIPELINED));
  const row = (what: string, ms: number) => [
    what,
    formatMs(ms),
    formatCount((MESSAGES * 1000) / ms),
  ];
  const drained = 'drained, from `ready` until a GUI sees the last';
  return {
    title: `${formatCount(MESSAGES)} messages for a receiver who is away`,
    columns: ['', 'ms', 'messages/s'],
    rows: [
      row('queued, one a request', single.queuedMs),
      row(drained, single.drainedMs),
      row(`queued, ${PIPELINED.perRequest} a request`, pipelined.queuedMs),
      row(drained, pipelined.drainedMs),
    ],
  };
}

async function measure(
  pair: Pair,
  posting: Posting,
): Promise<Readonly<{ queuedMs: number; drainedMs: number }>> {
  const { alice, bob } = pair;
  await bob.stop();
  const queuedMs = await queue(pair, posting);
  const written = await readAll(alice.api, bob.address);
  await bob.start();
  const drainedMs = await drain(pair, written.at(-1) ?? '');
  requireEqual(await readAll(bob.api, alice.address), written);
  return { queuedMs, drainedMs };
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
  const arrived = new Promise<void>((resolve) => {
    receiver.on('message', (frame) => {
      if (receivedText(frame) === last) resolve();
    });
  });
  if ((await pair.bob.api.texts(pair.alice.address)).at(-1) !== last) await arrived;
  const drainedMs = performance.now() - startedAt;
  receiver.terminate();
  return drainedMs;
}

/** All texts of a conversation, oldest first, page by page. */
async function readAll(api: Api, address: string): Promise<readonly string[]> {
  const texts: string[] = [];
  for (let after = 0; ;) {
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
