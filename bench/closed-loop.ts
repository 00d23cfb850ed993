/**
 * A closed loop from one GUI client to the other: so many messages are on their way at any time, and one counts as
 * delivered when the receiving client sees it.
 */
import { on, once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { WebSocket } from 'ws';
import { HttpPipe } from './http-pipe.ts';
import { spreadOf, type Spread } from './spread.ts';

const TEXT_LENGTH = 200;
/** More connections bring nothing; a gui listener allows 64 in all. */
const CONNECTIONS_MAX = 16;
/** While the answer to one request travels, the daemon has another one. */
const PIPELINED_REQUESTS_MAX = 2;
/** The most that one request may carry. */
const MESSAGES_PER_REQUEST_MAX = 500;
/** Whatever has not arrived after this is lost. */
const STRAGGLERS_MS = 10_000;

/** Where messages go in and where they come out. */
export type Route = Readonly<{
  postUrl: URL;
  postHeaders: Readonly<Record<string, string>>;
  socketUrl: URL;
  socketHeaders: Readonly<Record<string, string>>;
}>;

/**
 * How the client posts: `single` – each message in a request of its own, as soon as it may be sent; `pipelined` – at most
 * two requests under way, and whatever waits meanwhile goes with the next, as `{messages: […]}`.
 */
export type Posting = 'single' | 'pipelined';

export type Load = Readonly<{
  /** Messages on their way at any time. */
  window: number;
  posting: Posting;
  warmUpMs: number;
  measureMs: number;
}>;

export type LoopResult = Readonly<{ perSecond: number; latencyMs: Spread; delivered: number }>;

/** @throws A message was refused, lost or delivered twice. */
export async function runClosedLoop(
  route: Route,
  load: Load,
  onMeasure: () => Promise<void> = () => Promise.resolve(),
): Promise<LoopResult> {
  const receiver = await openReceiver(route);
  try {
    return await new ClosedLoop(route, load, receiver).run(onMeasure);
  } finally {
    receiver.terminate();
  }
}

/** The text of message number `index`: numbered, so that the receiver knows which one it is. */
export function textOf(index: number): string {
  return `${index} `.padEnd(TEXT_LENGTH, 'x');
}

/** The number in a text of `textOf`. */
export function indexOf(text: string): number {
  return Number.parseInt(text, 10);
}

/** Opens a WebSocket that is told about every message, as a page of ours does. */
export async function openReceiver({ socketUrl, socketHeaders }: Route): Promise<WebSocket> {
  const socket = new WebSocket(socketUrl, { headers: socketHeaders, perMessageDeflate: false });
  await once(socket, 'open');
  const content = { topic_name: '_vestnik/message-batches', type: 'event' };
  socket.send(JSON.stringify({ type: 'subscribe', content }));
  for await (const [frame] of on(socket, 'message') as AsyncIterable<unknown[]>) {
    // The topic's value, of which an event has none: from here on nothing is missed.
    if (String(frame).includes('"topic_name"')) break;
  }
  return socket;
}

type Told = Readonly<{ message?: string; direction?: string }>;
/** The bare kind tells of one message a frame. */
type EmitFrame = Readonly<{ content: { change: { args?: Told | readonly Told[] } } }>;

/** The texts of incoming messages that a frame tells of. */
export function receivedTexts(frame: unknown): readonly string[] {
  const { content } = JSON.parse(String(frame)) as EmitFrame;
  const told = [content.change.args ?? []].flat();
  return told.flatMap(({ message, direction }) => (direction === 'in' ? (message ?? []) : []));
}

class ClosedLoop {
  readonly #load: Load;
  readonly #receiver: WebSocket;
  readonly #pipe: HttpPipe;
  readonly #sentAtMs: number[] = [];
  readonly #latenciesMs: number[] = [];
  /** Messages that may be sent and are not yet; requests that are not answered. */
  #waiting = 0;
  #underWay = 0;
  #isPumping = false;
  #missing = 0;
  #delivered = 0;
  #isMeasuring = false;
  #isOver = false;
  #settle: (error?: Error) => void = () => undefined;

  constructor(route: Route, load: Load, receiver: WebSocket) {
    this.#load = load;
    this.#receiver = receiver;
    const connections = isPipelined(load) ? PIPELINED_REQUESTS_MAX : CONNECTIONS_MAX;
    this.#pipe = new HttpPipe({
      url: route.postUrl,
      headers: route.postHeaders,
      connections: Math.min(connections, load.window),
      onAnswer: () => {
        this.#underWay -= 1;
        this.#pump();
      },
      onFailure: (error) => this.#settle(error),
    });
  }

  async run(onMeasure: () => Promise<void>): Promise<LoopResult> {
    const { window, warmUpMs, measureMs } = this.#load;
    const ended = new Promise<void>((resolve, reject) => {
      this.#settle = (error) => {
        if (error === undefined) resolve();
        else reject(error);
      };
    });
    this.#receiver.on('message', (frame) => {
      for (const text of receivedTexts(frame)) this.#receive(text);
    });
    this.#waiting = window;
    this.#pump();
    await Promise.race([ended, after(warmUpMs)]);
    await onMeasure();
    this.#isMeasuring = true;
    const startedAt = performance.now();
    await Promise.race([ended, after(measureMs)]);
    this.#isMeasuring = false;
    const seconds = (performance.now() - startedAt) / 1000;
    await onMeasure();
    this.#isOver = true;
    this.#waiting = 0;
    if (this.#missing > 0) await Promise.race([ended, tooLate()]);
    this.#pipe.close();
    const latencyMs = spreadOf(this.#latenciesMs);
    return { perSecond: latencyMs.count / seconds, latencyMs, delivered: this.#delivered };
  }

  /** Posts what waits, as far as it may go. */
  #pump(): void {
    if (!isPipelined(this.#load)) {
      while (this.#waiting > 0) this.#post(1);
      return;
    }
    if (this.#isPumping) return;
    this.#isPumping = true;
    // What comes in one turn of the event loop goes together.
    setImmediate(() => {
      this.#isPumping = false;
      while (this.#waiting > 0 && this.#underWay < PIPELINED_REQUESTS_MAX) {
        this.#post(Math.min(this.#waiting, MESSAGES_PER_REQUEST_MAX));
      }
    });
  }

  #post(count: number): void {
    const first = this.#sentAtMs.length;
    const now = performance.now();
    const messages: { message: string }[] = [];
    for (let i = 0; i < count; i++) {
      messages.push({ message: textOf(first + i) });
      this.#sentAtMs.push(now);
    }
    this.#waiting -= count;
    this.#missing += count;
    this.#underWay += 1;
    this.#pipe.post(JSON.stringify(isPipelined(this.#load) ? { messages } : messages[0]));
  }

  #receive(text: string): void {
    const index = indexOf(text);
    const sentAtMs = this.#sentAtMs[index];
    // A straggler of the run before, or a second copy: both are defects of what is measured.
    if (sentAtMs === undefined || Number.isNaN(sentAtMs)) {
      this.#settle(new Error(`message ${index} was not expected`));
      return;
    }
    this.#sentAtMs[index] = NaN;
    this.#delivered += 1;
    this.#missing -= 1;
    if (this.#isMeasuring) this.#latenciesMs.push(performance.now() - sentAtMs);
    if (!this.#isOver) {
      this.#waiting += 1;
      this.#pump();
    } else if (this.#missing === 0) this.#settle();
  }
}

function isPipelined({ posting }: Load): boolean {
  return posting === 'pipelined';
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function tooLate(): Promise<never> {
  await after(STRAGGLERS_MS);
  throw new Error('messages were lost on their way');
}
