/** The kill -9 campaign: daemons that talk without a pause while one after another is killed and comes back. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { contactPath, conversationPath, type Api } from '../helpers/api.ts';
import { befriend, DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { judge, type StreamHistory, type Verdict } from './delivery-checker.ts';
import { seededRandom, type SeededRandom } from './seeded-random.ts';

/** Messages that are confirmed, over all streams, between two kills. */
const KILL_AFTER_MIN = 5;
const KILL_AFTER_MAX = 80;
/** How often a daemon is told to stop instead, which must be as harmless, and clean. */
const STOP_SHARE = 0.15;
/** How often a daemon is killed once more while it starts, after so many milliseconds. */
const INTERRUPTED_START_SHARE = 0.25;
const INTERRUPT_MIN_MS = 50;
const INTERRUPT_MAX_MS = 600;
/** How often a message that was not confirmed is written again under its id; the others are given up. */
const REPEAT_SHARE = 0.7;
/** How long the last messages may take once everybody is back. */
const SETTLE_TIMEOUT_MS = 120_000;
const PAGE_SIZE = 200;

export type CampaignOptions = Readonly<{
  /** Folder for the data of all daemons. */
  folder: string;
  seed: number;
  /** Whether each daemon carries for the others; what two ways bring may come out of order. */
  hasRelays?: boolean;
  /** How long messages are written, in milliseconds; what comes after is waiting for the last ones. */
  durationMs: number;
  /** Hears what happens, for whoever watches a long run. */
  onEvent?: (sentence: string) => void;
}>;

export type CampaignReport = Verdict &
  Readonly<{
    kills: number;
    /** Slowest start after a kill, in milliseconds. */
    slowestStartMs: number;
    /** What any daemon reported as broken. */
    defects: readonly string[];
  }>;

/** Runs the campaign; all daemons are ended when it resolves. */
export async function runKill9Campaign(options: CampaignOptions): Promise<CampaignReport> {
  const daemons = await startTriangle(options.folder);
  try {
    if (options.hasRelays === true) await allowRelays(daemons);
    const campaign = new Campaign(daemons, options);
    return await campaign.run();
  } finally {
    await Promise.all(daemons.map((daemon) => daemon.kill()));
  }
}

type Daemons = readonly [DaemonProcess, ...DaemonProcess[]];

/** Three daemons on hosts of their own, each a contact of the others. */
async function startTriangle(folder: string): Promise<Daemons> {
  const start = async (nick: string, host: string): Promise<DaemonProcess> => {
    const data = join(folder, nick);
    await mkdir(data, { recursive: true, mode: 0o700 });
    return new DaemonProcess(data, { nick, host }).start();
  };
  const one = await start('one', '127.0.0.11');
  const two = await start('two', '127.0.0.12');
  const three = await start('three', '127.0.0.13');
  await befriend(one, two);
  await befriend(one, three);
  await befriend(two, three);
  return [one, two, three];
}

/** Lets everybody carry everything for everybody. */
async function allowRelays(daemons: Daemons): Promise<void> {
  for (const one of daemons) {
    for (const other of daemons.filter((it) => it !== one)) {
      await one.api.patch(contactPath(other.address), { can_resend: 1, relay_plain: true });
    }
  }
}

class Campaign {
  readonly #daemons: Daemons;
  readonly #options: CampaignOptions;
  readonly #random: SeededRandom;
  readonly #streams: readonly Stream[];
  #acknowledged = 0;
  #isWriting = true;
  readonly #defects: string[] = [];
  #kills = 0;
  #slowestStartMs = 0;
  #wake: () => void = () => undefined;

  constructor(daemons: Daemons, options: CampaignOptions) {
    this.#daemons = daemons;
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#streams = daemons.flatMap((sender) =>
      daemons.flatMap((receiver) =>
        sender === receiver ? [] : [new Stream(sender, receiver, this.#random)],
      ),
    );
  }

  async run(): Promise<CampaignReport> {
    const deadline = this.#stopWritingIn(this.#options.durationMs);
    await Promise.all([
      this.#killInTurn(),
      ...this.#streams.map((one) => this.#write(one)),
      deadline,
    ]);
    await this.#settle();
    const histories = await Promise.all(this.#streams.map((stream) => stream.history()));
    const verdict = judge(histories);
    return {
      ...verdict,
      disordered: this.#options.hasRelays === true ? 0 : verdict.disordered,
      kills: this.#kills,
      slowestStartMs: this.#slowestStartMs,
      defects: [...this.#defects, ...this.#daemons.flatMap(({ defects }) => defects)],
    };
  }

  async #stopWritingIn(delayMs: number): Promise<void> {
    await setTimeout(delayMs);
    // On a machine with much else to do the first kill may come late; without one nothing is tried.
    await eventually(() => this.#kills > 0, { timeoutMs: SETTLE_TIMEOUT_MS });
    this.#isWriting = false;
    this.#wake();
  }

  async #write(stream: Stream): Promise<void> {
    while (this.#isWriting) {
      if (!(await stream.writeOne(() => this.#isWriting))) continue;
      this.#acknowledged += 1;
      this.#wake();
    }
  }

  /** Kills one daemon whenever enough was confirmed since the last time, and starts it again at once. */
  async #killInTurn(): Promise<void> {
    while (await this.#hasConfirmed(this.#random.between(KILL_AFTER_MIN, KILL_AFTER_MAX))) {
      const victim = this.#random.pick(this.#daemons);
      await this.#end(victim);
      if (this.#random.fraction() < INTERRUPTED_START_SHARE) await this.#interruptStart(victim);
      const startedAt = performance.now();
      await victim.start();
      const startMs = Math.round(performance.now() - startedAt);
      this.#slowestStartMs = Math.max(this.#slowestStartMs, startMs);
      this.#kills += 1;
      this.#options.onEvent?.(
        `kill ${this.#kills}: ${victim.address}, up after ${startMs} ms, ${this.#acknowledged} confirmed`,
      );
    }
  }

  async #end(victim: DaemonProcess): Promise<void> {
    if (this.#random.fraction() >= STOP_SHARE) {
      await victim.kill();
      return;
    }
    const code = await victim.stop();
    if (code !== 0) this.#defects.push(`${victim.nick} stopped with exit code ${String(code)}`);
  }

  async #interruptStart(victim: DaemonProcess): Promise<void> {
    // Killed before it was ready, which is what start() complains of; or ready already, which is as good.
    const starting = victim.start().catch(() => undefined);
    await setTimeout(this.#random.between(INTERRUPT_MIN_MS, INTERRUPT_MAX_MS));
    await victim.kill();
    await starting;
    this.#kills += 1;
  }

  /** Waits for so many more confirmed messages. @returns `false` when writing ended before. */
  async #hasConfirmed(more: number): Promise<boolean> {
    const count = this.#acknowledged + more;
    while (this.#isWriting && this.#acknowledged < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#isWriting;
  }

  /** Waits until no daemon has anything left to deliver; whatever is missing then is lost. */
  async #settle(): Promise<void> {
    for (const { sender, receiver } of this.#streams) {
      await eventually(
        async () => {
          const messages = await sender.api.messages(receiver.address);
          return messages
            .filter(({ direction }) => direction === 'out')
            .every(({ state }) => state === 'delivered');
        },
        { timeoutMs: SETTLE_TIMEOUT_MS },
      ).catch((error: unknown) => this.#options.onEvent?.(String(error)));
    }
  }
}

/** One sender who writes to one receiver, a message after another. */
class Stream {
  readonly sender: DaemonProcess;
  readonly receiver: DaemonProcess;
  readonly #random: SeededRandom;
  readonly #name: string;
  readonly #attempted: string[] = [];
  readonly #acknowledged: string[] = [];

  constructor(sender: DaemonProcess, receiver: DaemonProcess, random: SeededRandom) {
    this.sender = sender;
    this.receiver = receiver;
    this.#random = random;
    this.#name = `${sender.nick}-${receiver.nick}`;
  }

  /**
   * Writes the next message: once, or under its id until the daemon confirms it, as an owner with patience would.
   *
   * @returns Whether it was confirmed.
   */
  async writeOne(isWriting: () => boolean): Promise<boolean> {
    const text = `${this.#name}-${this.#attempted.length}`;
    this.#attempted.push(text);
    const isRepeated = this.#random.fraction() < REPEAT_SHARE;
    do {
      if (await this.#isConfirmed(text)) {
        this.#acknowledged.push(text);
        return true;
      }
      await this.sender.untilReady();
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

  async #isConfirmed(text: string): Promise<boolean> {
    try {
      const path = conversationPath(this.receiver.address);
      const { status } = await this.sender.api.post(path, { message: text, id: text });
      return status === 200 || status === 201;
    } catch {
      // The daemon was killed before it answered: nobody knows whether it has the message.
      return false;
    }
  }
}

/** Texts of a whole conversation that came from the contact, page by page. */
async function readIncoming(api: Api, address: string): Promise<string[]> {
  const texts: string[] = [];
  for (let after = 0; ;) {
    const { body } = await api.get(
      `${conversationPath(address)}?after=${after}&limit=${PAGE_SIZE}`,
    );
    const page = body as readonly { s: number; direction: string; message: string }[];
    texts.push(...page.flatMap(({ direction, message }) => (direction === 'in' ? message : [])));
    const last = page.at(-1);
    if (last === undefined) return texts;
    after = last.s;
  }
}
