/** What stays in memory of the messages that two daemons have exchanged: what is left after a collection of garbage. */
import { setTimeout as after } from 'node:timers/promises';
import { TIDY_ON_SIGNAL, tidyMemoryOf } from '../test/soak/tidy-memory.ts';
import type { TidyMemory } from '../test/soak/tidy-line.ts';
import { runClosedLoop, type Route } from './closed-loop.ts';
import { routeOf, withPair, type Surroundings } from './daemons.ts';
import { formatCount, type Table } from './table.ts';

/** The first row is of when the code is compiled, the last of what a daemon sends in eight hours of `mixed`. */
const STAGES = [25_000, 50_000, 100_000, 200_000] as const;
const STEP_MS = 3_000;
/** Acknowledgements, and what is put off until there is nothing else to do. */
const REST_MS = 10_000;
const MIB = 1_048_576;
const PARTS = ['resident', 'native', 'objects', 'buffers'] as const;

export async function benchGrowth(surroundings: Surroundings): Promise<Table> {
  const rows = await withPair({ ...surroundings, ...TIDY_ON_SIGNAL }, async (pair) => {
    const route = routeOf(pair);
    const measured: string[][] = [];
    let delivered = 0;
    for (const stage of STAGES) {
      while (delivered < stage) delivered += await exchange(route);
      await after(REST_MS);
      const memories = await Promise.all([pair.alice, pair.bob].map(tidyMemoryOf));
      measured.push([formatCount(delivered), ...PARTS.map((part) => formatPart(memories, part))]);
    }
    return measured;
  });
  return {
    title: 'Memory after a collection of garbage, MiB, sender and receiver',
    columns: ['messages', 'resident', 'of that besides the heap', 'objects', 'buffers'],
    rows,
  };
}

/** @returns How many messages. */
async function exchange(route: Route): Promise<number> {
  const load = { window: 64, posting: 'pipelined', warmUpMs: 0, measureMs: STEP_MS } as const;
  return (await runClosedLoop(route, load)).delivered;
}

function formatPart(memories: readonly TidyMemory[], part: keyof TidyMemory): string {
  return memories.map((memory) => (memory[part] / MIB).toFixed(1)).join(', ');
}
