/** What a message costs the disk: bytes that the system must write for it, in either profile. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { conversationPath } from '../test/helpers/api.ts';
import type { DaemonProcess } from '../test/helpers/daemon-process.ts';
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
  /** Bytes a message: for the disk of either side, and by how much the receiver's history grew. */
  sender: number;
  receiver: number;
  history: number;
}>;

export async function benchWrites(surroundings: Surroundings): Promise<Table> {
  // Processor time does not count here, so they may disturb each other.
  const rows = (await Promise.all(PROFILES.map((one) => measure(one, surroundings)))).flat();
  return {
    title: 'Bytes written for a message of 200 bytes, encrypted, two daemons',
    columns: ['messages', 'profile', 'sender', 'receiver', 'of it history'],
    rows: PATTERNS.flatMap(({ name }) => rows.filter(({ pattern }) => pattern === name)).map(
      ({ pattern, profile, sender, receiver, history }) => [
        pattern,
        profile,
        ...[sender, receiver, history].map(formatCount),
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
      const each = (of: 'sender' | 'receiver' | 'history'): number =>
        (after[of] - before[of]) / messages;
      rows.push({
        ...{ pattern: name, profile },
        ...{ sender: each('sender'), receiver: each('receiver'), history: each('history') },
      });
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

async function figuresOf({
  alice,
  bob,
}: Pair): Promise<Record<'sender' | 'receiver' | 'history', number>> {
  return {
    sender: await writtenBy(alice),
    receiver: await writtenBy(bob),
    history: await sizeOf(join(bob.data, 'history')),
  };
}

/** Bytes that a process has made the system write to disks: whole pages, as disks get them. */
async function writtenBy({ pid }: DaemonProcess): Promise<number> {
  const [, bytes] = /^write_bytes: (\d+)$/m.exec(await readFile(`/proc/${pid}/io`, 'utf8')) ?? [];
  return Number(bytes ?? NaN);
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
