/** Who writes to whom in a campaign, at what pace, and what became of it. */
import { setTimeout } from 'node:timers/promises';
import { conversationPath, type Api } from '../helpers/api.ts';
import type { DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { judge, type StreamHistory, type Verdict } from './delivery-checker.ts';
import type { SeededRandom } from './seeded-random.ts';

/** How often a message that was not confirmed is written again under its id; the others are given up. */
const REPEAT_SHARE = 0.7;
/** How long the last messages may take once everybody is back. */
const SETTLE_TIMEOUT_MS = 120_000;
/** How long somebody waits who was refused. */
const REPEAT_PAUSE_MS = 50;
const PAGE_SIZE = 200;

export type StreamOptions = Readonly<{
  sender: DaemonProcess;
  receiver: DaemonProcess;
  random: SeededRandom;
  /** Appended to each text, to make messages of a certain size. */
  padding?: string;
}>;

/** One sender who writes to one receiver, a message after another. */
export class Stream {
  readonly sender: DaemonProcess;
  readonly receiver: DaemonProcess;
  readonly #random: SeededRandom;
  readonly #name: string;
  readonly #padding: string;
  readonly #attempted: string[] = [];
  readonly #acknowledged: string[] = [];
  readonly #statuses = new Map<number, number>();

  constructor({ sender, receiver, random, padding = '' }: StreamOptions) {
    this.sender = sender;
    this.receiver = receiver;
    this.#random = random;
    this.#padding = padding;
    this.#name = `${sender.nick}-${receiver.nick}`;
  }

  /** How often the sender's daemon answered with each HTTP status. */
  get statuses(): ReadonlyMap<number, number> {
    return this.#statuses;
  }

  get acknowledgedCount(): number {
    return this.#acknowledged.length;
  }

  /**
   * Writes the next message: once, or under its id until the daemon confirms it, as an owner with patience would.
   *
   * @returns Whether it was confirmed.
   */
  async writeOne(isWriting: () => boolean = () => true): Promise<boolean> {
    const id = `${this.#name}-${this.#attempted.length}`;
    this.#attempted.push(id + this.#padding);
    const isRepeated = this.#random.fraction() < REPEAT_SHARE;
    do {
      if (await this.#isConfirmed(id)) {
        this.#acknowledged.push(id + this.#padding);
        return true;
      }
      await Promise.all([this.sender.untilReady(), setTimeout(REPEAT_PAUSE_MS)]);
    } while (isRepeated && isWriting());
    return false;
  }

  async history(): Promise<StreamHistory> {
    return {
      name: this.#name,
      attempted: this.#attempted,
      acknowledged: this.#acknowledged,
      displayed: await readIncoming(this.receiver.api, this.sender.address),
    };
  }

  /** Waits until the sender has nothing left to deliver here; whatever is missing then is lost. */
  async settle(timeoutMs = SETTLE_TIMEOUT_MS): Promise<void> {
    await eventually(
      async () =>
        (await readAll(this.sender.api, this.receiver.address))
          .filter(({ direction }) => direction === 'out')
          .every(({ state }) => state === 'delivered' || state === 'read'),
      { timeoutMs },
    );
  }

  async #isConfirmed(id: string): Promise<boolean> {
    try {
      const path = conversationPath(this.receiver.address);
      const { status } = await this.sender.api.post(path, { message: id + this.#padding, id });
      this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
      return status === 200 || status === 201;
    } catch {
      // The daemon was killed before it answered: nobody knows whether it has the message.
      return false;
    }
  }
}

/** One stream each way between each two. */
export function streamsAmong(
  daemons: readonly DaemonProcess[],
  random: SeededRandom,
): readonly Stream[] {
  return daemons.flatMap((sender) =>
    daemons.flatMap((receiver) =>
      sender === receiver ? [] : [new Stream({ sender, receiver, random })],
    ),
  );
}

/** Keeps all streams writing, together so many messages a second, until it is stopped. */
export class Load {
  readonly #streams: readonly Stream[];
  readonly #pauseMs: number;
  #isWriting = false;
  #writers: Promise<unknown> = Promise.resolve();

  constructor(streams: readonly Stream[], perSecond: number) {
    this.#streams = streams;
    this.#pauseMs = (1000 * streams.length) / perSecond;
  }

  /** Messages that were confirmed, over all streams. */
  get acknowledged(): number {
    return this.#streams.reduce((sum, stream) => sum + stream.acknowledgedCount, 0);
  }

  start(): void {
    this.#isWriting = true;
    this.#writers = Promise.all(this.#streams.map((stream) => this.#write(stream)));
  }

  /** Resolves when nobody writes any more. */
  async stop(): Promise<void> {
    this.#isWriting = false;
    await this.#writers;
  }

  /** Waits until so many more are confirmed. */
  async untilConfirmed(more: number, timeoutMs = SETTLE_TIMEOUT_MS): Promise<void> {
    const count = this.acknowledged + more;
    await eventually(() => this.acknowledged >= count, { timeoutMs });
  }

  async #write(stream: Stream): Promise<void> {
    while (this.#isWriting) {
      const startedAt = performance.now();
      await stream.writeOne(() => this.#isWriting);
      // Who fell behind does not hurry afterwards.
      await setTimeout(Math.max(0, startedAt + this.#pauseMs - performance.now()));
    }
  }
}

/**
 * Waits until everything is delivered, and judges what is there.
 *
 * @param options `isOrdered`: the messages of a stream come in one way alone, and so in their order. `timeoutMs`: how
 *   long each stream may take to come to rest.
 */
export async function settleAndJudge(
  streams: readonly Stream[],
  { isOrdered, timeoutMs }: Readonly<{ isOrdered: boolean; timeoutMs?: number | undefined }>,
): Promise<Readonly<{ verdict: Verdict; faults: readonly string[] }>> {
  const faults: string[] = [];
  for (const stream of streams) {
    await stream
      .settle(timeoutMs)
      .catch((error: unknown) => faults.push(`not at rest: ${String(error)}`));
  }
  const verdict = judge(await Promise.all(streams.map((stream) => stream.history())));
  return { verdict: isOrdered ? verdict : { ...verdict, disordered: 0 }, faults };
}

type Shown = Readonly<{ s: number; direction: string; message: string; state: string }>;

/** Texts of a whole conversation that came from the contact. */
async function readIncoming(api: Api, address: string): Promise<string[]> {
  const all = await readAll(api, address);
  return all.flatMap(({ direction, message }) => (direction === 'in' ? message : []));
}

/** A whole conversation, page by page. */
async function readAll(api: Api, address: string): Promise<Shown[]> {
  const all: Shown[] = [];
  for (let after = 0; ;) {
    const { body } = await api.get(
      `${conversationPath(address)}?after=${after}&limit=${PAGE_SIZE}`,
    );
    const page = body as readonly Shown[];
    all.push(...page);
    const last = page.at(-1);
    if (last === undefined) return all;
    after = last.s;
  }
}
