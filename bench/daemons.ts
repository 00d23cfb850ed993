/** Two daemons as two friends have them, and two of the bare kind, for the length of a measurement. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { contactPath, conversationPath } from '../test/helpers/api.ts';
import { befriend, DaemonProcess } from '../test/helpers/daemon-process.ts';
import type { Route } from './closed-loop.ts';

const BARE = fileURLToPath(new URL('./bare-daemon.js', import.meta.url));

/** How two daemons talk. */
export type Kind = 'plain' | 'encrypted';

export type Pair = Readonly<{ alice: DaemonProcess; bob: DaemonProcess }>;

/** Where measurements keep their files, and what else all of them share. */
export type Surroundings = Readonly<{
  /** A folder on the disk that counts. */
  parent: string;
  /** Where processor profiles go; `undefined` for none. */
  profiles: string | undefined;
}>;

/** Gives `use` a folder that is gone afterwards. */
export async function withFolder<Result>(
  { parent }: Surroundings,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(parent, 'vestnik-bench-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Gives `use` two daemons that are contacts of each other. */
export async function withPair<Result>(
  surroundings: Surroundings &
    Readonly<{
      kind?: Kind;
      environment?: Readonly<Record<string, string>>;
      /** Words for Node itself. */
      nodeArguments?: readonly string[];
    }>,
  use: (pair: Pair) => Promise<Result>,
): Promise<Result> {
  return withFolder(surroundings, async (folder) => {
    const nodeArguments = [...profiling(surroundings), ...(surroundings.nodeArguments ?? [])];
    const { environment = {} } = surroundings;
    const [alice, bob] = ['alice', 'bob'].map(
      (nick) => new DaemonProcess(join(folder, nick), { nick, nodeArguments, environment }),
    ) as [DaemonProcess, DaemonProcess];
    try {
      await alice.start();
      await bob.start();
      await befriend(alice, bob);
      if (surroundings.kind === 'plain') await becomePlain(alice, bob);
      return await use({ alice, bob });
    } finally {
      await Promise.all([alice.stop(), bob.stop()]);
    }
  });
}

/** Gives up encryption on both sides, which takes both owners' word. */
async function becomePlain(alice: DaemonProcess, bob: DaemonProcess): Promise<void> {
  for (const [one, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    const { status } = await one.api.post(`${contactPath(other.address)}/plain`);
    if (status !== 200) throw new Error(`encryption was not given up: ${status}`);
  }
}

/** From a GUI of Alice's to a GUI of Bob's. */
export function routeOf({ alice, bob }: Pair): Route {
  return {
    postUrl: new URL(conversationPath(bob.address), alice.api.url),
    postHeaders: { Authorization: `Bearer ${alice.api.token}` },
    socketUrl: new URL('/chatroom', bob.api.url),
    socketHeaders: { Authorization: `Bearer ${bob.api.token}` },
  };
}

export type BarePair = Readonly<{ pids: readonly number[]; route: Route }>;

/** What answers HTTP in the bare kind. */
export type Front = 'koa' | 'http';

/** How the bare kind sends on: one POST a message, or what waits in one POST. */
export type Way = 'single' | 'batches';

/** As `withPair`, with the bare kind. */
export async function withBarePair<Result>(
  surroundings: Surroundings & Readonly<{ front?: Front; way?: Way }>,
  use: (pair: BarePair) => Promise<Result>,
): Promise<Result> {
  return withFolder(surroundings, async (folder) => {
    const children: ChildProcess[] = [];
    const { front = 'koa', way = 'single' } = surroundings;
    try {
      const bob = await startBare(children, [front, join(folder, 'bob')]);
      const alice = await startBare(children, [front, join(folder, 'alice'), bob.href, way]);
      const route = { postUrl: alice, postHeaders: {}, socketUrl: bob, socketHeaders: {} };
      return await use({ pids: children.map(({ pid }) => pid ?? 0).reverse(), route });
    } finally {
      await Promise.all(children.map(endChild));
    }
  });
}

/** Starts a bare daemon and waits for its URL. */
export function startBare(children: ChildProcess[], words: readonly string[]): Promise<URL> {
  return startSketch(children, BARE, words);
}

/** Starts a program that stands for a daemon, and waits for the URL that it prints. */
export async function startSketch(
  children: ChildProcess[],
  program: string,
  words: readonly string[] = [],
): Promise<URL> {
  const child = spawn(process.execPath, [program, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let url = '';
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'ready') return new URL(url);
    url = line;
  }
  throw new Error(`${program} ended before it was ready`);
}

export async function endChild(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}

/** Words for Node that make a daemon write a processor profile, where somebody wants one. */
export function profiling({ profiles }: Surroundings): readonly string[] {
  return profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
}
