/**
 * Measures and prints tables: `npm run bench -- [name …] [options]`, all unless some are named (see `BENCHES` and `GROUPS`
 * below). docs/performance.md says what the figures mean.
 */
import { mkdir } from 'node:fs/promises';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchCrypto } from './crypto.ts';
import { benchDrain } from './drain.ts';
import { benchFanout } from './fanout.ts';
import { benchGrowth } from './growth.ts';
import { benchJournal } from './journal.ts';
import { benchLiving } from './living.ts';
import { benchMemory } from './memory.ts';
import { benchOutbox } from './outbox.ts';
import { benchPair } from './pair.ts';
import { benchPresence } from './presence.ts';
import { benchPingPong } from './ping-pong.ts';
import { benchRoomSync } from './room-sync.ts';
import { benchSearch } from './search.ts';
import { benchServices } from './services.ts';
import { benchStart } from './start.ts';
import { benchStorage } from './storage.ts';
import { formatTable, type Table } from './table.ts';
import { benchTopics } from './topics.ts';
import { benchWrites } from './writes.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Tables as docs/performance.md has them. */
    markdown: { type: 'boolean', default: false },
    /** How long each row is measured. */
    seconds: { type: 'string', default: '3' },
    /** How long each pair is under load before the first row: in each of its cases, or as `drain` needs it. */
    heat: { type: 'string', default: '15' },
    /** How often each row of `pair` is measured; the middle counts. */
    turns: { type: 'string', default: '3' },
    /** Messages in flight, a row each. */
    windows: { type: 'string', default: '1,16,256' },
    /** Where files are made: what counts is the disk below it. */
    folder: { type: 'string', default: 'build/bench-data' },
    /** Where the daemons write a processor profile each; they are slower then. */
    profile: { type: 'string' },
    /** Messages and their answers. */
    rounds: { type: 'string', default: '2000' },
    /** Messages in the history of the second start. */
    messages: { type: 'string', default: '100000' },
    /** Messages in the histories of `storage` and `search`, a row each. */
    sizes: { type: 'string', default: '1000,10000,100000,1000000' },
  },
});

const heatMs = Number(values.heat) * 1000;
const windows = values.windows.split(',').map(Number);
const measureMs = Number(values.seconds) * 1000;
const surroundings = {
  parent: resolve(values.folder),
  profiles: values.profile === undefined ? undefined : resolve(values.profile),
};

const BENCHES: Readonly<Record<string, () => Table | Promise<Table>>> = {
  pair: () =>
    benchPair({ ...surroundings, measureMs, heatMs, turns: Number(values.turns), windows }),
  journal: () => benchJournal({ ...surroundings, measureMs }),
  start: () => benchStart(surroundings, Number(values.messages)),
  memory: () => benchMemory(surroundings),
  growth: () => benchGrowth(surroundings),
  pingpong: () => benchPingPong({ ...surroundings, rounds: Number(values.rounds) }),
  outbox: () => benchOutbox(surroundings),
  drain: () => benchDrain({ ...surroundings, heatMs }),
  writes: () => benchWrites(surroundings),
  living: () => benchLiving(surroundings),
  storage: () => benchStorage(surroundings, values.sizes.split(',').map(Number)),
  crypto: benchCrypto,
  fanout: () => benchFanout({ ...surroundings, measureMs }),
  presence: () => benchPresence({ ...surroundings, measureMs }),
  topics: () => benchTopics({ ...surroundings, measureMs }),
  services: () => benchServices({ ...surroundings, measureMs }),
  'room-sync': () => benchRoomSync(measureMs),
  search: () => benchSearch(surroundings, values.sizes.split(',').map(Number)),
};
/** Names that stand for several. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  delivery: ['pair', 'drain', 'living'],
};

const named = positionals.flatMap((name) => GROUPS[name] ?? [name]);
const names = named.length > 0 ? named : Object.keys(BENCHES);
await mkdir(surroundings.parent, { recursive: true });
const [processor] = cpus();
console.log(
  `Node ${process.versions.node}, ${process.platform}, ${cpus().length} × ${processor?.model ?? '?'}\n`,
);
for (const name of names) {
  const bench = BENCHES[name];
  if (bench === undefined)
    throw new Error(`there is no ${name}, only ${Object.keys(BENCHES).join(', ')}`);
  console.log(formatTable(await bench(), values.markdown ? 'markdown' : 'text'));
}
