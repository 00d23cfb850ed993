/**
 * What a message costs the disk, in either profile: bytes that the disk itself says it was given, so that nothing else may
 * write to it meanwhile. What Linux counts for a process is of no use here: where the file system keeps long stretches of
 * a file together (ext4 since Linux 6.16), it counts the whole stretch for the smallest write.
 */
import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { conversationPath } from '../test/helpers/api.ts';
import { eventually } from '../test/helpers/eventually.ts';
import { textOf } from './closed-loop.ts';
import { withPair, type Pair, type Surroundings } from './daemons.ts';
import { formatCount, type Table } from './table.ts';

const PROFILES = ['desktop', 'router'] as const;
type Profile = (typeof PROFILES)[number];

/** So slowly that the states of encryption are rewritten once meanwhile, as they are every minute. */
const ALONE_MESSAGES = 130;
const ALONE_PAUSE_MS = 500;
const BURST_MESSAGES = 2_000;
const PER_REQUEST = 32;
/** What is still under way after the last message, like acknowledgements. */
const REST_MS = 1_000;
/** The unit of `/proc/diskstats`, whatever the disk's own is. */
const SECTOR_BYTES = 512;

type Pattern = Readonly<{
  name: string;
  messages: number;
  run: (pair: Pair, send: (from: number, count: number) => Promise<void>) => Promise<void>;
}>;

const PATTERNS: readonly Pattern[] = [
  { name: 'one every half second', messages: ALONE_MESSAGES, run: writeAlone },
  {
    name: 'the same, read as they come',
    messages: ALONE_MESSAGES,
    run: async (pair, send) => {
      await writeAlone(pair, async (from, count) => {
        await send(from, count);
        await readAll(pair);
      });
    },
  },
  { name: `${formatCount(BURST_MESSAGES)} at once`, messages: BURST_MESSAGES, run: writeBurst },
];

type Row = Readonly<{
  pattern: string;
  profile: Profile;
  /** Bytes a message: what the disk was given by both daemons, and what of it is lines of one history. */
  disk: number;
  history: number;
}>;

export async function benchWrites(surroundings: Surroundings): Promise<Table> {
  const rows: Row[] = [];
  for (const profile of PROFILES) rows.push(...(await measure(profile, surroundings)));
  return {
    title:
      'Bytes that the disk is given for a message of 200 bytes, encrypted, by two daemons together',
    columns: ['messages', 'profile', 'disk', 'lines of either history'],
    rows: PATTERNS.flatMap(({ name }) => rows.filter(({ pattern }) => pattern === name)).map(
      ({ pattern, profile, disk, history }) => [
        pattern,
        profile,
        ...[disk, history].map(formatCount),
      ],
    ),
  };
}

function measure(profile: Profile, surroundings: Surroundings): Promise<readonly Row[]> {
  const environment = { VESTNIK_STORAGE_PROFILE: profile };
  return withPair({ ...surroundings, environment }, async (pair) => {
    const rows: Row[] = [];
    let sent = 0;
    for (const { name, messages, run } of PATTERNS) {
      const before = await figuresOf(pair);
      await run(pair, (from, count) => write(pair, sent + from, count));
      sent += messages;
      await untilDelivered(pair);
      const after = await figuresOf(pair);
      const each = (of: 'disk' | 'history'): number => (after[of] - before[of]) / messages;
      rows.push({ pattern: name, profile, disk: each('disk'), history: each('history') });
    }
    return rows;
  });
}

async function writeAlone(
  _: Pair,
  send: (from: number, count: number) => Promise<void>,
): Promise<void> {
  for (let index = 0; index < ALONE_MESSAGES; index++) {
    await send(index, 1);
    await setTimeout(ALONE_PAUSE_MS);
  }
}

async function writeBurst(
  _: Pair,
  send: (from: number, count: number) => Promise<void>,
): Promise<void> {
  for (let index = 0; index < BURST_MESSAGES; index += PER_REQUEST) {
    await send(index, Math.min(PER_REQUEST, BURST_MESSAGES - index));
  }
}

async function write({ alice, bob }: Pair, from: number, count: number): Promise<void> {
  const messages = Array.from({ length: count }, (_, i) => ({ message: textOf(from + i) }));
  const { status } = await alice.api.post(conversationPath(bob.address), { messages });
  if (status >= 300) throw new Error(`refused with ${status}`);
}

/** The receiver's owner looks at what has come. */
async function readAll({ alice, bob }: Pair): Promise<void> {
  const [last] = await bob.api.messages(alice.address, 1);
  if (last === undefined) return;
  const path = `/api/conversations/${encodeURIComponent(alice.address)}/read`;
  await bob.api.post(path, { upTo: last.s });
}

async function untilDelivered({ alice, bob }: Pair): Promise<void> {
  await eventually(async () => {
    const messages = await alice.api.messages(bob.address);
    return messages.every(({ state }) => state === 'delivered' || state === 'read');
  });
  await setTimeout(REST_MS);
}

async function figuresOf({ bob }: Pair): Promise<Record<'disk' | 'history', number>> {
  const history = join(bob.data, 'history');
  // Whatever anybody wrote before is on its way to the disk for half a minute.
  await promisify(execFile)('sync');
  return { disk: await givenToDisk(history), history: await linesIn(history) };
}

/** Bytes that were ever given to the disk below a folder; `NaN` where the system does not tell. */
async function givenToDisk(folder: string): Promise<number> {
  const { dev } = await stat(folder);
  // As the C library makes one number of the two; Linux has no devices that need more than these bits.
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  const disks = (await readFile('/proc/diskstats', 'utf8')).split('\n');
  const fields = disks.map((line) => line.trim().split(/ +/));
  const own = fields.find(([one, other]) => one === `${major}` && other === `${minor}`);
  return Number(own?.[9] ?? NaN) * SECTOR_BYTES;
}

/** Bytes of all lines of a history, without the room behind them. */
async function linesIn(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return Buffer.byteLength(texts.join('').replace(/\n+/g, '\n'));
}
