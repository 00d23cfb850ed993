/** Two people who answer each other at once: every message changes the direction, and so the keys. */
import { performance } from 'node:perf_hooks';
import { openReceiver, receivedTexts, textOf, type Route } from './closed-loop.ts';
import { routeOf, withPair, type Kind, type Pair, type Surroundings } from './daemons.ts';
import { HttpPipe } from './http-pipe.ts';
import { keyOperationsOf } from './key-operations.ts';
import { spreadOf, type Spread } from './spread.ts';
import { formatMs, type Table } from './table.ts';

/** Rounds before anything counts. */
const WARM_UP_ROUNDS = 200;

type Options = Surroundings & Readonly<{ rounds: number }>;
type Row = Readonly<{ kind: Kind; spread: Spread; keyOperations: number }>;

export async function benchPingPong(options: Options): Promise<Table> {
  const rows = [await measure('plain', options), await measure('encrypted', options)];
  return {
    title: `A message and its answer, ${options.rounds} rounds, GUI client to GUI client and back`,
    columns: ['daemons', 'p50 ms', 'p99 ms', 'max ms', 'key operations a round'],
    rows: rows.map(({ kind, spread, keyOperations }) => [
      `vestnik, ${kind}`,
      ...[spread.p50, spread.p99, spread.max].map(formatMs),
      (keyOperations / options.rounds).toFixed(2),
    ]),
  };
}

function measure(kind: Kind, options: Options): Promise<Row> {
  return withPair({ ...options, kind }, async (pair) => {
    const alice = await openSide(routeOf(pair));
    const bob = await openSide(routeOf({ alice: pair.bob, bob: pair.alice }));
    await play(alice, bob, WARM_UP_ROUNDS);
    const before = await countOf(pair);
    const roundsMs = await play(alice, bob, options.rounds);
    const keyOperations = (await countOf(pair)) - before;
    for (const side of [alice, bob]) side.close();
    return { kind, spread: spreadOf(roundsMs), keyOperations };
  });
}

function countOf({ alice, bob }: Pair): Promise<number> {
  return keyOperationsOf([alice, bob]);
}

/** One who writes, and sees at the other end what he wrote. */
type Side = Readonly<{
  /** Resolves when the other has it. */
  say: (index: number) => Promise<void>;
  close: () => void;
}>;

async function openSide(route: Route): Promise<Side> {
  const receiver = await openReceiver(route);
  let settle: (error?: Error) => void = () => undefined;
  const pipe = new HttpPipe({
    url: route.postUrl,
    headers: route.postHeaders,
    connections: 1,
    onFailure: (error) => settle(error),
  });
  receiver.on('message', (frame) => {
    if (receivedTexts(frame).length > 0) settle();
  });
  return {
    say: (index) =>
      new Promise((resolve, reject) => {
        settle = (error) => (error === undefined ? resolve() : reject(error));
        pipe.post(JSON.stringify({ message: textOf(index) }));
      }),
    close: () => {
      pipe.close();
      receiver.terminate();
    },
  };
}

async function play(alice: Side, bob: Side, rounds: number): Promise<readonly number[]> {
  const roundsMs: number[] = [];
  for (let index = 0; index < rounds; index++) {
    const startedAt = performance.now();
    await alice.say(index);
    await bob.say(index);
    roundsMs.push(performance.now() - startedAt);
  }
  return roundsMs;
}
