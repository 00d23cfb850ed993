/** Many presence clients in one process: `URL FIRST COUNT FRIENDS`, then a line of standard input for each measurement. */
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

/** Connections that are being opened at a time. */
const OPENING = 50;
/** From one who changes to the next: far enough that they have different friends. */
const STRIDE = 61;

/** What the parent asks for, and what it is told. */
export type PresenceLoad = Readonly<{ changesPerSecond: number; seconds: number }>;
export type PresenceResult = Readonly<{ latenciesMs: readonly number[]; changes: number }>;

class Crowd {
  readonly #url: string;
  readonly #first: number;
  readonly #count: number;
  readonly #friends: number;
  readonly #sockets: WebSocket[] = [];
  readonly #sentAtMs = new Map<string, number>();
  readonly #busy = new Set<string>();
  readonly #missing = new Map<string, number>();
  #answers = 0;
  latenciesMs: number[] = [];
  #onNews: () => void = () => undefined;

  constructor(url: string, first: number, count: number, friends: number) {
    this.#url = url;
    this.#first = first;
    this.#count = count;
    this.#friends = friends;
  }

  /** Resolves when everybody is in and has been told of all friends. */
  async come(): Promise<void> {
    for (let at = 0; at < this.#count; at += OPENING) {
      const size = Math.min(OPENING, this.#count - at);
      await Promise.all(Array.from({ length: size }, (_, index) => this.#open(at + index)));
    }
    await this.#until(() => this.#answers === this.#count);
  }

  /** Changes the status of one after another. */
  async run({ changesPerSecond, seconds }: PresenceLoad): Promise<PresenceResult> {
    this.latenciesMs = [];
    const changes = Math.floor(changesPerSecond * seconds);
    const beganMs = performance.now();
    for (let change = 0; change < changes; change++) {
      const waitMs = beganMs + (change * 1000) / changesPerSecond - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      this.#change((change * STRIDE) % this.#count);
    }
    await this.#until(() => this.#missing.size === 0);
    return { latenciesMs: this.latenciesMs, changes };
  }

  async #open(index: number): Promise<void> {
    const socket = new WebSocket(this.#url, { perMessageDeflate: false });
    this.#sockets[index] = socket;
    socket.on('message', (data) => this.#hear((data as Buffer).toString('latin1')));
    await once(socket, 'open');
    socket.send(JSON.stringify({ command: 'idme', data: this.#idOf(index) }));
    const friends = Array.from({ length: this.#friends }, (_, at) => this.#idOf(index + at + 1));
    socket.send(JSON.stringify({ command: 'subscribe', data: friends }));
  }

  #change(index: number): void {
    const id = this.#idOf(index);
    // The last word about him has not been heard by all: he waits, like a person who has just clicked.
    if (this.#missing.has(id)) return;
    this.#missing.set(id, this.#friends);
    this.#sentAtMs.set(id, performance.now());
    const isBusy = !this.#busy.delete(id);
    if (isBusy) this.#busy.add(id);
    const data = isBusy ? 'busy' : 'online';
    this.#sockets[index]?.send(JSON.stringify({ command: 'status', data }));
  }

  #hear(text: string): void {
    if (!text.startsWith('{"command":"userchange"')) return;
    const [, id = '', more = ''] = /"data":\{"([^"]+)":"[a-z]+"(,?)/.exec(text) ?? [];
    if (more !== '') {
      this.#answers += 1;
      this.#onNews();
      return;
    }
    const sentAtMs = this.#sentAtMs.get(id);
    const missing = this.#missing.get(id);
    if (sentAtMs === undefined || missing === undefined) return;
    this.latenciesMs.push(performance.now() - sentAtMs);
    if (missing > 1) this.#missing.set(id, missing - 1);
    else this.#missing.delete(id);
    this.#onNews();
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        this.#onNews = resolve;
      });
    }
  }

  #idOf(index: number): string {
    return `1:${this.#first + (index % this.#count)}`;
  }
}

const [url = '', first, count, friends] = process.argv.slice(2);
const crowd = new Crowd(url, Number(first), Number(count), Number(friends));
await crowd.come();
console.log('in');
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await crowd.run(JSON.parse(line) as PresenceLoad)));
}
process.exit(0);
