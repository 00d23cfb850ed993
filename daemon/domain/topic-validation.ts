/** Who else has a say before a change of a topic is applied, and how changes wait for that. */
import type { JsonObject, JsonValue, TopicType } from '../wire/topic.ts';
import { Shares } from './shares.ts';
import { jsonBytes } from './topic-value.ts';

/** Changes of one topic, of one client, and of all, that may wait. Source: docs/topics.md#validation. */
export const TOPIC_MAX_WAITING = 32;
export const CLIENT_MAX_WAITING = 64;
export const HUB_MAX_WAITING = 1000;
/** What all of them may take. */
export const HUB_MAX_WAITING_BYTES = 16 * 2 ** 20;

/** A change that a client would like to make. */
export type ProposedUpdate = Readonly<{
  topic: string;
  topicType: TopicType;
  /** As it came. It fits the topic's type and its value. */
  change: JsonObject;
  /** Whose change it is. */
  clientId: string;
  /** For whom its share of what waits is counted. */
  account: string | undefined;
  /** The value without it. No other client’s change is applied before the verdict. */
  value: () => JsonValue;
}>;

/** `true`, or why not: a sentence for the author. */
export type Verdict = true | Readonly<{ reason: string }>;

/**
 * Judges a change before it is applied. A verdict given at once costs nothing; one that is promised holds up later
 * changes of the same topic, and of no other.
 *
 * Nothing here limits how long it takes. If it throws, the change is rejected and the defect reported.
 */
export type Validate = (update: ProposedUpdate) => Verdict | Promise<Verdict>;

/** A change on its way. */
export type JudgedUpdate = Readonly<{
  update: ProposedUpdate;
  judge: Validate;
  /** Called once, in the order in which the changes of a topic came. */
  settle: (verdict: Verdict) => void;
}>;

type Waiting = JudgedUpdate & Readonly<{ sizeBytes: number }>;

const FULL = 'too many changes wait to be judged or saved';
const FAULT: Verdict = { reason: 'the change could not be judged' };

/** Has changes judged, those of one topic one after another. */
export class JudgedUpdates {
  readonly #onDefect: (error: unknown) => void;
  readonly #onIdle: (topic: string) => void;
  /** By topic; the first of each is being judged. */
  readonly #queues = new Map<string, Waiting[]>();
  /** By client. */
  readonly #waitingOf = new Map<string, number>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #counts = new Shares(HUB_MAX_WAITING);
  readonly #bytes = new Shares(HUB_MAX_WAITING_BYTES);

  /** @param onIdle Called when no change of a topic waits any more. */
  constructor(onDefect: (error: unknown) => void, onIdle: (topic: string) => void) {
    this.#onDefect = onDefect;
    this.#onIdle = onIdle;
  }

  /** Whether a change of this topic waits, so that later ones have to wait behind it. */
  isWaiting(topic: string): boolean {
    return this.#queues.has(topic);
  }

  /** Resolves when everything that waits now is settled. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /**
   * Has a change judged when it is its turn; `settle` is called before this returns if that can be.
   *
   * @returns Why it may not even wait; `undefined` when it does.
   */
  submit(one: JudgedUpdate): string | undefined {
    const queue = this.#queues.get(one.update.topic);
    if (this.#isFull(one.update, queue)) return FULL;
    if (queue !== undefined) {
      const waiting = measured(one);
      if (!this.#bytes.hasRoom(one.update.account, waiting.sizeBytes)) return FULL;
      this.#enqueue(queue, waiting);
      return undefined;
    }
    const verdict = this.#judge(one);
    if (verdict instanceof Promise) {
      const wait = this.#wait(one, verdict).finally(() => this.#underWay.delete(wait));
      this.#underWay.add(wait);
    } else this.#settle(one, verdict);
    return undefined;
  }

  /** Waits for the first verdict, then has the others judged that have come meanwhile. */
  async #wait(first: JudgedUpdate, firstVerdict: Promise<Verdict>): Promise<void> {
    const { topic } = first.update;
    const queue: Waiting[] = [];
    this.#queues.set(topic, queue);
    this.#enqueue(queue, measured(first));
    let verdict: Verdict | Promise<Verdict> = firstVerdict;
    for (let one: JudgedUpdate | undefined = queue[0]; one !== undefined; one = queue[0]) {
      const judged = await verdict;
      this.#dequeue(queue);
      this.#settle(one, judged);
      if (queue[0] !== undefined) verdict = this.#judge(queue[0]);
    }
    this.#queues.delete(topic);
    this.#onIdle(topic);
  }

  #isFull({ account, clientId }: ProposedUpdate, queue: readonly Waiting[] = []): boolean {
    return (
      queue.length >= TOPIC_MAX_WAITING ||
      (this.#waitingOf.get(clientId) ?? 0) >= CLIENT_MAX_WAITING ||
      !this.#counts.hasRoom(account)
    );
  }

  #enqueue(queue: Waiting[], one: Waiting): void {
    const { account, clientId } = one.update;
    queue.push(one);
    this.#counts.add(account);
    this.#bytes.add(account, one.sizeBytes);
    this.#waitingOf.set(clientId, (this.#waitingOf.get(clientId) ?? 0) + 1);
  }

  #dequeue(queue: Waiting[]): void {
    const one = queue.shift();
    if (one === undefined) return;
    const { account, clientId } = one.update;
    this.#counts.add(account, -1);
    this.#bytes.add(account, -one.sizeBytes);
    const left = (this.#waitingOf.get(clientId) ?? 0) - 1;
    if (left > 0) this.#waitingOf.set(clientId, left);
    else this.#waitingOf.delete(clientId);
  }

  #judge({ judge, update }: JudgedUpdate): Verdict | Promise<Verdict> {
    try {
      const verdict = judge(update);
      return verdict instanceof Promise
        ? verdict.catch((error: unknown) => this.#fail(error))
        : verdict;
    } catch (error) {
      return this.#fail(error);
    }
  }

  #settle({ settle }: JudgedUpdate, verdict: Verdict): void {
    try {
      settle(verdict);
    } catch (error) {
      this.#onDefect(error);
    }
  }

  #fail(error: unknown): Verdict {
    this.#onDefect(error);
    return FAULT;
  }
}

function measured(one: JudgedUpdate): Waiting {
  return { ...one, sizeBytes: jsonBytes(one.update.change) };
}

/** A judge that asks several, each only if those before it agreed. */
export function inTurn(judges: readonly Validate[]): Validate {
  return (update) => {
    for (const [at, judge] of judges.entries()) {
      const verdict = judge(update);
      if (verdict instanceof Promise) return goOn(verdict, update, judges.slice(at + 1));
      if (verdict !== true) return verdict;
    }
    return true;
  };
}

async function goOn(
  first: Promise<Verdict>,
  update: ProposedUpdate,
  others: readonly Validate[],
): Promise<Verdict> {
  const verdict = await first;
  return verdict === true ? inTurn(others)(update) : verdict;
}
