/**
 * Strangers in masses: bogus handshakes as fast as they can be sent, then a thousand connections that drip, while a
 * contact goes on writing. Rows 20 and 23 in full size.
 *
 * Callers on loopback are exempt from the limits, so all of it happens in a network namespace of its own, whose one
 * interface has other addresses.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { splitAddress } from '../../daemon/wire/address.ts';
import { bogusHandshake, someAddressOf } from '../helpers/bogus-handshake.ts';
import { befriend, DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';

const ALICE = '10.77.0.100';
const BOB = '10.77.0.101';
const STRANGERS: readonly string[] = Array.from({ length: 10 }, (_, i) => `10.77.0.${i + 1}`);
const CONNECTIONS = 200;
const DRIPPING = 1_000;
const DRIP_MS = 1_000;
const WRITE_EVERY_MS = 50;
/** The kernel's unit of CPU time, which is the same everywhere on Linux. */
const TICK_MS = 10;

/** Pass figures. Source: docs/performance.md. */
const PARKED_MAX = 100;
const GROWTH_MAX_MIB = 20;
const CPU_MAX_MS = 10_000;
const FLOOD_P99_MS = 250;
const SLOW_P99_MS = 500;
const SLOW_CLOSED_MS = 22_000;

export type StrangersReport = Readonly<{
  handshakes: number;
  answers: Readonly<Record<string, number>>;
  parked: number;
  growthMiB: number;
  cpuMs: number;
  floodP99Ms: number;
  slowP99Ms: number;
  slowestClosedMs: number;
  written: number;
  faults: readonly string[];
}>;

/** Must run in a network namespace of its own. */
export async function runStrangersCampaign(
  folder: string,
  count: number,
): Promise<StrangersReport> {
  for (const host of [ALICE, BOB, ...STRANGERS]) {
    execFileSync('ip', ['address', 'add', `${host}/24`, 'dev', 'lo']);
  }
  const [alice, bob] = await Promise.all([open(folder, 'alice', ALICE), open(folder, 'bob', BOB)]);
  try {
    await befriend(bob, alice);
    return await campaign(alice, bob, count);
  } finally {
    await Promise.all([alice.kill(), bob.kill()]);
  }
}

async function open(folder: string, nick: string, host: string): Promise<DaemonProcess> {
  const data = join(folder, nick);
  await mkdir(data, { recursive: true, mode: 0o700 });
  return new DaemonProcess(data, { nick, host }).start();
}

async function campaign(
  alice: DaemonProcess,
  bob: DaemonProcess,
  count: number,
): Promise<StrangersReport> {
  const before = await usageOf(alice);
  const writer = new Writer(bob, alice);
  const writing = writer.run();

  const answers = await flood(alice, count);
  const flooded = writer.written;
  const after = await usageOf(alice);
  const slowestClosedMs = await dripAll(alice);
  writer.stop();
  await writing;

  const received = await receivedBy(alice, bob, writer.written);
  const requests = (await alice.api.contacts()).filter(({ state }) => state === 'request');
  const measured = {
    handshakes: count,
    answers,
    parked: requests.length,
    growthMiB: Math.round(after.rssMiB - before.rssMiB),
    cpuMs: after.cpuMs - before.cpuMs,
    floodP99Ms: p99(received.slice(0, flooded)),
    slowP99Ms: p99(received.slice(flooded)),
    slowestClosedMs: Math.round(slowestClosedMs),
    written: writer.written,
  };
  return { ...measured, faults: [...faultsOf(measured), ...alice.defects, ...bob.defects] };
}

function faultsOf(report: Omit<StrangersReport, 'faults'>): readonly string[] {
  const limits = [
    ['parked', PARKED_MAX],
    ['growthMiB', GROWTH_MAX_MIB],
    ['cpuMs', CPU_MAX_MS],
    ['floodP99Ms', FLOOD_P99_MS],
    ['slowP99Ms', SLOW_P99_MS],
    ['slowestClosedMs', SLOW_CLOSED_MS],
  ] as const;
  return limits.flatMap(([name, limit]) =>
    report[name] > limit ? `${name}: ${report[name]}, more than ${limit}` : [],
  );
}

/** Bob, who writes to Alice twenty times a second. */
export class Writer {
  readonly #from: DaemonProcess;
  readonly #to: DaemonProcess;
  readonly #end = new AbortController();
  written = 0;

  constructor(from: DaemonProcess, to: DaemonProcess) {
    this.#from = from;
    this.#to = to;
  }

  async run(): Promise<void> {
    while (!this.#end.signal.aborted) {
      await this.#from.api.send(this.#to.address, String(this.written));
      this.written += 1;
      await setTimeout(WRITE_EVERY_MS);
    }
  }

  stop(): void {
    this.#end.abort();
  }
}

/** Sends handshakes on many connections at once. @returns How often each status, or none, was answered. */
async function flood({ address }: DaemonProcess, count: number): Promise<Record<string, number>> {
  const answers: Record<string, number> = {};
  let left = count;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, i) => {
      const localAddress = STRANGERS[i % STRANGERS.length] ?? BOB;
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      while (left > 0) {
        left -= 1;
        const answer = await handshake(splitAddress(address), localAddress, agent);
        answers[answer] = (answers[answer] ?? 0) + 1;
      }
      agent.destroy();
    }),
  );
  return answers;
}

function handshake(
  { host, port }: Readonly<{ host: string; port: number }>,
  localAddress: string,
  agent: Agent,
): Promise<string> {
  const body = bogusHandshake(someAddressOf(localAddress));
  return new Promise((resolve) => {
    request({ host, port, localAddress, agent, method: 'POST', path: '/' })
      .on('response', (response) => {
        response.resume().once('close', () => {
          resolve(String(response.statusCode));
        });
      })
      .on('error', () => {
        resolve('none');
      })
      .end(body);
  });
}

/** Opens a thousand connections that drip. @returns After how long the last one was cut, in milliseconds. */
async function dripAll({ address }: DaemonProcess): Promise<number> {
  const { host, port } = splitAddress(address);
  const heads = ['', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n'];
  const times = Array.from({ length: DRIPPING }, async (_, i) => {
    const localAddress = STRANGERS[i % STRANGERS.length] ?? BOB;
    const socket = connect({ host, port, localAddress });
    const startMs = performance.now();
    // Most are cut off at once: a caller has sixteen connections.
    socket.on('error', () => undefined).resume();
    socket.write(heads[i % heads.length] ?? '');
    const timer = setInterval(() => {
      if (socket.writable) socket.write('x');
    }, DRIP_MS);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(timer);
    return performance.now() - startMs;
  });
  return Math.max(...(await Promise.all(times)));
}

/** How long each of Bob's messages took to Alice's disk, in milliseconds, in their order. */
export async function receivedBy(
  alice: DaemonProcess,
  bob: DaemonProcess,
  count: number,
): Promise<readonly number[]> {
  const tookMs: number[] = [];
  for (let after = 0; tookMs.length < count;) {
    const path = `/api/conversations/${encodeURIComponent(bob.address)}/messages?after=${after}&limit=200`;
    const page = await eventually(async () => {
      const { body } = await alice.api.get(path);
      const messages = body as readonly { s: number; timestamp: string; received: string }[];
      return messages.length > 0 && messages;
    });
    for (const { s, timestamp, received } of page) {
      tookMs.push(Date.parse(received) - Date.parse(timestamp));
      after = s;
    }
  }
  return tookMs;
}

export function p99(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
}

/** Memory and CPU time of a daemon's process. */
async function usageOf({ pid }: DaemonProcess): Promise<{ rssMiB: number; cpuMs: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = '0', system = '0'] = fields.slice(11, 13);
  return {
    rssMiB: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024,
    cpuMs: (Number(user) + Number(system)) * TICK_MS,
  };
}
