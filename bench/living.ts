/** Many contacts of whom half are dead or slow: what that costs those who are there. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { DaemonProcess } from '../test/helpers/daemon-process.ts';
import { eventually } from '../test/helpers/eventually.ts';
import { withFolder, type Surroundings } from './daemons.ts';
import { spreadOf, type Spread } from './spread.ts';
import { formatMs, type Table } from './table.ts';

const CONTACTS = 200;
/** Messages that wait for everybody who does not take them. */
const WAITING = 5;
/** Messages measured, one after another, to those who are there in turn. */
const MEASURED = 600;
/** How late the slow ones answer. */
const SLOW_MS = 4_000;
/** A port on loopback where nobody listens. */
const DEAD_PORT = 9;

/** How a contact behaves, by the third number of its address. */
const KINDS = ['living', 'silent', 'slow', 'refusing'] as const;
type Kind = (typeof KINDS)[number];

/** @throws A message did not arrive. */
export async function benchLiving(surroundings: Surroundings): Promise<Table> {
  const alone = await measure(surroundings, { living: CONTACTS });
  const among = await measure(surroundings, {
    living: CONTACTS / 2,
    silent: CONTACTS / 8,
    slow: CONTACTS / 8,
    refusing: CONTACTS / 4,
  });
  return {
    title: `A message to one of ${CONTACTS} contacts, written until it is there`,
    columns: ['', 'p50 ms', 'p99 ms', 'max ms'],
    rows: [
      row('all of them are there', alone),
      row('half are dead, silent or slow, with messages waiting', among),
    ],
  };
}

function row(name: string, { p50, p99, max }: Spread): readonly string[] {
  return [name, ...[p50, p99, max].map(formatMs)];
}

type Numbers = Readonly<Partial<Record<Kind, number>>>;

async function measure(surroundings: Surroundings, numbers: Numbers): Promise<Spread> {
  return withFolder(surroundings, async (folder) => {
    const crowd = await new Crowd().start();
    const addresses = KINDS.map((kind) => crowd.addressesOf(kind, numbers[kind] ?? 0));
    const [living = [], ...others] = addresses;
    const daemon = new DaemonProcess(join(folder, 'alice'), { nick: 'alice' });
    await writeContacts(daemon.data, addresses.flat());
    await daemon.start();
    try {
      await eventually(() => crowd.hasHeardOf(living.length), { timeoutMs: 30_000 });
      for (const address of others.flat()) {
        for (let i = 0; i < WAITING; i++) await daemon.api.send(address, `waits ${i}`);
      }
      return spreadOf(await sendInTurn(daemon, crowd, living));
    } finally {
      await daemon.kill();
      crowd.stop();
    }
  });
}

async function sendInTurn(
  daemon: DaemonProcess,
  crowd: Crowd,
  living: readonly string[],
): Promise<readonly number[]> {
  const waits: number[] = [];
  for (let i = 0; i < MEASURED; i++) {
    const message = `message ${i}`;
    const arrived = crowd.arrivalOf(message);
    const startedAt = performance.now();
    await daemon.api.send(living[i % living.length] ?? '', message);
    waits.push((await arrived) - startedAt);
  }
  return waits;
}

/** An address book as somebody may write it by hand: friends who do not encrypt, with the key that they gave us. */
async function writeContacts(folder: string, addresses: readonly string[]): Promise<void> {
  const entry = { nick: '', last_online: '', last_connect: '', can_resend: 0, key: 'known' };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const book = Object.fromEntries(addresses.map((address) => [address, entry]));
  await writeFile(join(folder, 'contacts.json'), JSON.stringify(book), { mode: 0o600 });
}

/** Daemons of the base protocol, all on one port, each on an address of its own. */
class Crowd {
  readonly #server = createServer((request, response) => void this.#hear(request, response));
  readonly #heard = new Set<string>();
  readonly #awaited = new Map<string, (atMs: number) => void>();

  async start(): Promise<this> {
    this.#server.listen(0, '0.0.0.0');
    await once(this.#server, 'listening');
    return this;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  addressesOf(kind: Kind, count: number): readonly string[] {
    const { port } = this.#server.address() as AddressInfo;
    const net = `127.2.${KINDS.indexOf(kind)}`;
    return Array.from(
      { length: count },
      (_, index) => `${net}.${index + 1}:${kind === 'refusing' ? DEAD_PORT : port}`,
    );
  }

  /** Whether so many of those who answer were called. */
  hasHeardOf(count: number): boolean {
    return this.#heard.size >= count;
  }

  /** When a message is there. */
  arrivalOf(message: string): Promise<number> {
    return new Promise((resolve) => this.#awaited.set(message, resolve));
  }

  async #hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { localAddress = '' } = request.socket;
    const kind = KINDS[Number(localAddress.split('.')[2])];
    const body = JSON.parse(await text(request)) as { action?: string; message?: string };
    if (kind === 'silent') return;
    const answer = (): void => {
      response.end(JSON.stringify(body.action === 'ping' ? { action: 'pong' } : answerTo(body)));
    };
    if (kind === 'slow') {
      setTimeout(answer, SLOW_MS).unref();
      return;
    }
    this.#heard.add(localAddress);
    this.#awaited.get(body.message ?? '')?.(performance.now());
    answer();
  }
}

function answerTo(body: object): object {
  const list = 'messages' in body && Array.isArray(body.messages) ? body.messages : undefined;
  return { status: list === undefined ? 1 : list.map(() => 1) };
}
