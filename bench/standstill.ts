/**
 * The receiver stands still while messages are queued, as a laptop that was closed with a GUI open, and goes on: all have
 * their code compiled. In turns with the bare pair, which sends a message a POST, and with one that sends what waits in one.
 */
import { performance } from 'node:perf_hooks';
import type { WebSocket } from 'ws';
import { freezeProcess, thawProcess } from '../test/helpers/standstill.ts';
import { lastPlace, MESSAGES, PIPELINED, queue, readAll, requireEqual, SINGLE } from './backlog.ts';
import { openReceiver, receivedTexts, runClosedLoop, type Route } from './closed-loop.ts';
import {
  routeOf,
  withBarePair,
  withPair,
  type Pair,
  type Surroundings,
  type Way,
} from './daemons.ts';
import { medianOf } from './spread.ts';

/** Each receiver stands still so often. */
const TURNS = 5;
/** Messages in flight while all get warm: as fast as it goes. */
const WINDOW = 256;

export type StandstillOptions = Surroundings &
  Readonly<{
    /** How long each pair is under load before its receiver stands still, in milliseconds. */
    heatMs: number;
  }>;

/** The middle of several standstills. */
export type Standstill = Readonly<{ name: string; drainedMs: number }>;

type Side = Readonly<{
  name: string;
  route: Route;
  /** Of the receiver. */
  pid: number;
  /** How a client posts. */
  posting: 'single' | 'pipelined';
  /** Begins to look at what comes. @returns What says, later, whether that was right. */
  look: () => Promise<() => Promise<void>>;
}>;

/** @returns The bare pair first. @throws Messages are missing, doubled or in another order than they were written in. */
export async function measureStandstills(
  options: StandstillOptions,
): Promise<readonly Standstill[]> {
  return withBare('single', 'bare koa, a POST a message', options, (single) =>
    withBare('batches', 'bare koa, what waits in a POST', options, (batches) =>
      withPair(options, (pair) => measureInTurns([single, batches, sideOf(pair)], options)),
    ),
  );
}

function withBare<Result>(
  way: Way,
  name: string,
  options: StandstillOptions,
  use: (side: Side) => Promise<Result>,
): Promise<Result> {
  return withBarePair({ ...options, way }, ({ route, pids: [, pid = 0] }) =>
    use({ name, route, pid, posting: 'single', look: async () => async () => undefined }),
  );
}

function sideOf(pair: Pair): Side {
  const { alice, bob } = pair;
  return {
    name: 'vestnik',
    route: routeOf(pair),
    pid: bob.pid,
    posting: 'pipelined',
    async look() {
      const written = await lastPlace(alice.api, bob.address);
      const read = await lastPlace(bob.api, alice.address);
      return async () =>
        requireEqual(
          await readAll(bob.api, alice.address, read),
          await readAll(alice.api, bob.address, written),
        );
    },
  };
}

async function measureInTurns(
  sides: readonly Side[],
  { heatMs }: StandstillOptions,
): Promise<readonly Standstill[]> {
  for (const { route, posting } of sides) {
    await runClosedLoop(route, { window: WINDOW, posting, warmUpMs: 0, measureMs: heatMs });
  }
  const times = new Map<Side, number[]>(sides.map((side) => [side, []]));
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [side, all] of times) all.push(await standStill(side));
  }
  return [...times].map(([{ name }, all]) => ({ name, drainedMs: medianOf(all) }));
}

/** @returns Milliseconds from the end of the standstill until a GUI has seen all messages. */
async function standStill({ route, pid, posting, look }: Side): Promise<number> {
  const receiver = await openReceiver(route);
  const requireRight = await look();
  await freezeProcess(pid);
  await queue(route, posting === 'single' ? SINGLE : PIPELINED);
  const arrived = allSeen(receiver);
  const startedAt = performance.now();
  thawProcess(pid);
  await arrived;
  const drainedMs = performance.now() - startedAt;
  receiver.terminate();
  await requireRight();
  return drainedMs;
}

/** Resolves when as many messages were seen as were queued. */
function allSeen(receiver: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    let seen = 0;
    receiver.on('message', (frame) => {
      seen += receivedTexts(frame).length;
      if (seen === MESSAGES) resolve();
    });
  });
}
