/** One who talks and many who listen, in one room, over plain HTTP: how many deliveries a second. */
import { spawn, type ChildProcess } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DaemonProcess } from '../test/helpers/daemon-process.ts';
import { endChild, withFolder, type Surroundings } from './daemons.ts';
import { HttpPipe } from './http-pipe.ts';
import { processorMs } from './process-cost.ts';
import { spreadOf } from './spread.ts';
import { formatCount, formatMs, formatRatio, type Table } from './table.ts';

const BARE = fileURLToPath(new URL('./bare-room.js', import.meta.url));
const ROOM = '/chats/lobby';
const RECEIVERS = [50, 500];
/** Messages of the sender without an answer at a time. */
const WINDOW = 128;
const CONNECTIONS = 8;
const MESSAGE = 'x'.repeat(200);
const WARM_UP_MS = 1000;
const LONE_ROUNDS = 100;
const HEAD_END = Buffer.from('\r\n\r\n');
const MARK = Buffer.from('"type":"MSG"');

/** Limits are not what is measured. */
const ENVIRONMENT = {
  VESTNIK_HUB_LISTEN: '127.0.0.1:0',
  VESTNIK_ROOMS_MESSAGES_PER_SECOND: '1000000',
  VESTNIK_ROOMS_JOINS_PER_SECOND: '10000',
};

type Options = Surroundings & Readonly<{ measureMs: number }>;
type Host = Readonly<{ url: URL; pid: number }>;
type Row = Readonly<{
  deliveries: number;
  messages: number;
  processor: number;
  lastMs: number;
}>;

export async function benchFanout(options: Options): Promise<Table> {
  const rows: string[][] = [];
  for (const receivers of RECEIVERS) {
    const bare = await withBareRoom(options, (host) => measure(host, receivers, options));
    const ours = await withHub(options, (host) => measure(host, receivers, options));
    rows.push(toRow('bare sketch', receivers, bare, NaN));
    rows.push(toRow('vestnik', receivers, ours, bare.deliveries));
  }
  return {
    title: 'One sender and many receivers in a room, long polls with batches',
    columns: [
      'host',
      'receivers',
      'deliveries/s',
      'messages/s',
      'processor s/s',
      'to the sketch',
      'a lone message with the last, p50 ms',
    ],
    rows,
  };
}

function toRow(host: string, receivers: number, row: Row, base: number): string[] {
  return [
    host,
    String(receivers),
    formatCount(row.deliveries),
    formatCount(row.messages),
    row.processor.toFixed(2),
    formatRatio(row.deliveries, base),
    formatMs(row.lastMs),
  ];
}

function withHub<Result>(
  surroundings: Surroundings,
  use: (host: Host) => Promise<Result>,
): Promise<Result> {
  return withFolder(surroundings, async (folder) => {
    const { profiles } = surroundings;
    const nodeArguments =
      profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
    const daemon = new DaemonProcess(join(folder, 'host'), {
      environment: ENVIRONMENT,
      nodeArguments,
    });
    try {
      await daemon.start();
      return await use({ url: new URL(daemon.hubUrl), pid: daemon.pid });
    } finally {
      await daemon.stop();
    }
  });
}

function withBareRoom<Result>(
  surroundings: Surroundings,
  use: (host: Host) => Promise<Result>,
): Promise<Result> {
  return withFolder(surroundings, async (folder) => {
    const child = spawn(process.execPath, [BARE, join(folder, 'room')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      return await use({ url: await urlOf(child), pid: child.pid ?? 0 });
    } finally {
      await endChild(child);
    }
  });
}

async function urlOf({ stdout }: ChildProcess): Promise<URL> {
  if (stdout === null) throw new Error('no standard output');
  for await (const line of createInterface({ input: stdout })) return new URL(line);
  throw new Error('the bare room ended before it was ready');
}

async function measure(host: Host, count: number, { measureMs }: Options): Promise<Row> {
  const receivers = await openReceivers(host.url, count);
  const session = await joinRoom(host.url, 'sender');
  const flood = new Flood(host.url, session);
  flood.start();
  await pause(WARM_UP_MS);
  const before = { deliveries: total(receivers), processor: await processorMs(host.pid) };
  const messagesBefore = flood.answered;
  const beganMs = performance.now();
  await pause(measureMs);
  const seconds = (performance.now() - beganMs) / 1000;
  const deliveries = (total(receivers) - before.deliveries) / seconds;
  const messages = (flood.answered - messagesBefore) / seconds;
  const processor = ((await processorMs(host.pid)) - before.processor) / 1000 / seconds;
  await flood.stop();
  await arrival(receivers, flood.answered);
  const lastMs = await measureLone(flood, receivers);
  flood.close();
  for (const receiver of receivers) receiver.close();
  return { deliveries, messages, processor, lastMs };
}

/** From saying one message until the last receiver has it, with nothing else going on. */
async function measureLone(flood: Flood, receivers: readonly Receiver[]): Promise<number> {
  const rounds: number[] = [];
  for (let i = 0; i < LONE_ROUNDS; i++) {
    const beganMs = performance.now();
    flood.sayOne();
    await arrival(receivers, flood.said);
    rounds.push(performance.now() - beganMs);
  }
  return spreadOf(rounds).p50;
}

/** @throws Somebody has more than was said. */
async function arrival(receivers: readonly Receiver[], said: number): Promise<void> {
  for (const receiver of receivers) await receiver.has(said);
  const most = Math.max(...receivers.map(({ messages }) => messages));
  if (most > said) throw new Error(`${most} deliveries of ${said} messages`);
}

function total(receivers: readonly Receiver[]): number {
  return receivers.reduce((sum, { messages }) => sum + messages, 0);
}

async function openReceivers(url: URL, count: number): Promise<readonly Receiver[]> {
  const receivers: Receiver[] = [];
  for (let i = 0; i < count; i++) {
    receivers.push(new Receiver(url, await joinRoom(url, `receiver-${i}`)));
  }
  return receivers;
}

async function joinRoom(url: URL, name: string): Promise<string> {
  const answer = await fetch(new URL(`${ROOM}/join/${name}`, url), { method: 'PUT' });
  await answer.arrayBuffer();
  const session = answer.headers.get('session');
  if (session === null) throw new Error(`nobody got in: ${answer.status}`);
  return session;
}

/** Says as much as is taken, so many at a time. */
class Flood {
  answered = 0;
  said = 0;
  readonly #pipe: HttpPipe;
  #isOn = false;
  #onQuiet: () => void = () => undefined;

  constructor(url: URL, session: string) {
    this.#pipe = new HttpPipe({
      url: new URL(`${ROOM}/messages`, url),
      method: 'PUT',
      headers: { session, type: 'MSG' },
      connections: CONNECTIONS,
      onAnswer: () => {
        this.answered += 1;
        if (this.#isOn) this.sayOne();
        else if (this.answered === this.said) this.#onQuiet();
      },
      onFailure: (error) => {
        throw error;
      },
    });
  }

  start(): void {
    this.#isOn = true;
    for (let i = 0; i < WINDOW; i++) this.sayOne();
  }

  sayOne(): void {
    this.said += 1;
    this.#pipe.post(JSON.stringify(MESSAGE));
  }

  async stop(): Promise<void> {
    this.#isOn = false;
    if (this.answered === this.said) return;
    await new Promise<void>((resolve) => {
      this.#onQuiet = resolve;
    });
  }

  close(): void {
    this.#pipe.close();
  }
}

/** Asks for the next batch as soon as it has one, and counts messages. */
class Receiver {
  messages = 0;
  readonly #url: URL;
  readonly #request: string;
  #socket: Socket;
  #pieces: Buffer[] = [];
  #sizeBytes = 0;
  #wantedBytes = 0;
  #onNews: () => void = () => undefined;

  constructor(url: URL, session: string) {
    this.#url = url;
    const line = `GET ${ROOM}/events?wait=25&batch=1000 HTTP/1.1`;
    this.#request = `${line}\r\nHost: ${url.host}\r\nsession: ${session}\r\n\r\n`;
    this.#socket = this.#connect();
  }

  /** Resolves when so many messages have come. */
  async has(count: number): Promise<void> {
    while (this.messages < count) {
      await new Promise<void>((resolve) => {
        this.#onNews = resolve;
      });
    }
  }

  close(): void {
    this.#socket.removeAllListeners('close').destroy();
  }

  #connect(): Socket {
    const socket = connect(Number(this.#url.port), this.#url.hostname).setNoDelay(true);
    socket.on('data', (bytes) => this.#read(bytes)).on('error', () => undefined);
    // After so many requests the daemon wants another connection.
    socket.once('close', () => {
      this.#socket = this.#connect();
    });
    socket.write(this.#request);
    return socket;
  }

  #read(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#sizeBytes += bytes.length;
    if (this.#sizeBytes < this.#wantedBytes) return;
    const received = Buffer.concat(this.#pieces);
    const headEnd = received.indexOf(HEAD_END);
    this.#pieces = [received];
    if (headEnd === -1) return;
    const head = received.toString('latin1', 0, headEnd);
    this.#wantedBytes = headEnd + HEAD_END.length + lengthIn(head);
    if (this.#sizeBytes < this.#wantedBytes) return;
    this.#take(head, received.subarray(headEnd));
  }

  #take(head: string, body: Buffer): void {
    this.#pieces = [];
    this.#sizeBytes = 0;
    this.#wantedBytes = 0;
    this.messages += countMessages(body);
    if (!/^connection: close/im.test(head)) this.#socket.write(this.#request);
    this.#onNews();
  }
}

function lengthIn(head: string): number {
  return Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
}

/** Looked for by what no message of ours has inside. */
function countMessages(body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(MARK); at !== -1; at = body.indexOf(MARK, at + MESSAGE.length)) {
    count += 1;
  }
  return count;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
