/**
 * Rows 22 and 35: strange frames in masses on all three WebSockets of a real daemon, while a contact goes on writing. Each
 * connection keeps to the rate that it is allowed, so that frames are handled and not only refused.
 */
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { befriend, DaemonProcess } from '../helpers/daemon-process.ts';
import { memoryOf } from '../helpers/process-figures.ts';
import { strangeFrames } from '../helpers/strange-frames.ts';
import type { CampaignOptions } from './campaign.ts';
import { p99, receivedBy, Writer } from './strangers-campaign.ts';

/** Connections at each door, and frames a second of each: as many as it may send (G6). */
const CONNECTIONS = { gui: 10, hub: 20, turntable: 10 } as const;
const PER_SECOND = 50;
const GUESTS = {
  VESTNIK_HUB_LISTEN: '127.0.0.1:0',
  VESTNIK_HUB_FRAMES_PER_SECOND: '1000',
  VESTNIK_HUB_DURABLE_TOPICS: 'kept/*',
};
/** Pass figures: memory that is bounded (docs/topics.md#limits), and contacts who do not wait. */
const GROWTH_MAX_MIB = 200;
const P99_MAX_MS = 500;

export type FramesOptions = CampaignOptions & Readonly<{ frames: number }>;

export type FramesReport = Readonly<{
  frames: number;
  /** Connections that were closed on the way, and opened again. */
  closed: number;
  growthMiB: number;
  written: number;
  p99Ms: number;
  faults: readonly string[];
}>;

export async function runFramesCampaign(options: FramesOptions): Promise<FramesReport> {
  const [alice, bob] = await Promise.all([
    open(options.folder, 'alice', GUESTS),
    open(options.folder, 'bob', {}),
  ]);
  try {
    await befriend(bob, alice);
    return await campaign(alice, bob, options);
  } finally {
    await Promise.all([alice.kill(), bob.kill()]);
  }
}

async function open(
  folder: string,
  nick: string,
  environment: Readonly<Record<string, string>>,
): Promise<DaemonProcess> {
  const data = join(folder, nick);
  await mkdir(data, { recursive: true, mode: 0o700 });
  return new DaemonProcess(data, { nick, environment }).start();
}

async function campaign(
  alice: DaemonProcess,
  bob: DaemonProcess,
  { frames, seed, onEvent }: FramesOptions,
): Promise<FramesReport> {
  const senders = sendersTo(alice, seed);
  await Promise.all(senders.map((sender) => sender.open()));
  const before = await memoryOf([alice]);
  const writer = new Writer(bob, alice);
  const writing = writer.run();

  let sent = 0;
  while (sent < frames && alice.isRunning) {
    await Promise.all([...senders.map((sender) => sender.send(PER_SECOND)), setTimeout(1000)]);
    sent += senders.length * PER_SECOND;
    onEvent?.(`${sent} frames`);
  }
  const growthMiB = Math.round((await memoryOf([alice])) - before);
  writer.stop();
  await writing;
  const tookMs = await receivedBy(alice, bob, writer.written);
  const closed = senders.reduce((sum, sender) => sum + sender.closed, 0);
  for (const sender of senders) sender.end();

  const measured = { frames: sent, closed, growthMiB, written: writer.written, p99Ms: p99(tookMs) };
  const faults = [
    ...(growthMiB > GROWTH_MAX_MIB ? [`memory grew by ${growthMiB} MiB`] : []),
    ...(measured.p99Ms > P99_MAX_MS ? [`a contact waited ${measured.p99Ms} ms`] : []),
    ...(tookMs.length === writer.written ? [] : ['messages were lost or doubled']),
  ];
  return { ...measured, faults: [...faults, ...alice.defects, ...bob.defects] };
}

function sendersTo({ api, hubUrl }: DaemonProcess, seed: number): readonly Sender[] {
  const headers = { authorization: `Bearer ${api.token}` };
  const [gui, hub] = [api.url, hubUrl].map((url) => url.replace('http', 'ws'));
  return [
    ...Array.from({ length: CONNECTIONS.gui }, (_, at) => {
      const connect = () => new WebSocket(`${gui}/chatroom`, { headers });
      return new Sender(connect, strangeFrames('chatroom', seed + at));
    }),
    ...Array.from({ length: CONNECTIONS.hub }, (_, at) => {
      const connect = () => new WebSocket(`${hub}/chatroom`);
      return new Sender(connect, strangeFrames('chatroom', seed + 1000 + at));
    }),
    ...Array.from({ length: CONNECTIONS.turntable }, (_, at) => {
      const connect = () => new WebSocket(`${hub}/turntable`);
      const first = `{"command":"idme","data":"1:${at}"}`;
      return new Sender(connect, strangeFrames('turntable', seed + 2000 + at), first);
    }),
  ];
}

/** One connection; it comes again when it is sent away. */
class Sender {
  readonly #connect: () => WebSocket;
  readonly #frames: () => string | Uint8Array;
  readonly #first: string | undefined;
  #socket: WebSocket | undefined;
  closed = 0;

  constructor(connect: () => WebSocket, frames: () => string | Uint8Array, first?: string) {
    this.#connect = connect;
    this.#frames = frames;
    this.#first = first;
  }

  async open(): Promise<void> {
    const socket = this.#connect();
    // What comes is of no interest; not to read it would be another test.
    socket.on('message', () => undefined).on('error', () => undefined);
    await once(socket, 'open');
    if (this.#first !== undefined) socket.send(this.#first);
    this.#socket = socket;
  }

  async send(count: number): Promise<void> {
    if (this.#socket?.readyState !== WebSocket.OPEN) {
      this.closed++;
      await this.open();
    }
    for (let sent = 0; sent < count; sent++) this.#socket?.send(this.#frames());
  }

  end(): void {
    this.#socket?.terminate();
  }
}
