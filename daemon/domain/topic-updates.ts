/** What becomes of a change that a client makes: who may, who has a say, and in which order (docs/topics.md#validation). */
import type { JsonObject } from '../wire/topic.ts';
import type { ChangeValidator } from './change-validator.ts';
import { isOwnName } from './topic-access.ts';
import type { TopicBook } from './topic-book.ts';
import type { TopicKeeper } from './topic-keeper.ts';
import { inTurn, JudgedUpdates, type Validate, type Verdict } from './topic-validation.ts';
import { OwnTopic } from './own-topic.ts';
import type { Topic, TopicClient } from './topic.ts';

const READ_ONLY = 'that topic is only for reading';

export type TopicUpdatesOptions = Readonly<{
  book: TopicBook;
  /** A judge of the daemon's own. */
  validate?: Validate;
  validator: ChangeValidator;
  /** Brings changes of durable topics to the disk. */
  keeper?: TopicKeeper;
  onApplied: (topic: Topic) => void;
  /** No change of a topic is under way any more. */
  onIdle: (topic: string) => void;
  onDefect: (error: unknown) => void;
}>;

type Proposal = Readonly<{
  client: TopicClient;
  topic: Topic;
  change: JsonObject;
}>;

export class TopicUpdates {
  readonly #options: TopicUpdatesOptions;
  readonly #judged: JudgedUpdates;

  constructor(options: TopicUpdatesOptions) {
    this.#options = options;
    this.#judged = new JudgedUpdates(options.onDefect, options.onIdle);
  }

  /** Whether changes of a topic are under way. */
  isWaiting(topic: string): boolean {
    return this.#judged.isWaiting(topic);
  }

  /** Resolves when everything that waits now is applied or rejected. */
  settled(): Promise<void> {
    return this.#judged.settled();
  }

  /** Has a change judged, then applies it; or tells its author why not. */
  update(client: TopicClient, name: string, change: JsonObject): void {
    const topic = this.#options.book.find(name);
    const refusal =
      topic === undefined
        ? unknownTopic(name)
        : (refusesUpdate(client, topic) ?? this.#propose({ client, topic, change }));
    if (refusal !== undefined) reject(client, name, change, refusal);
  }

  /** @returns Why it may not even wait; `undefined` when its author is told in due course. */
  #propose({ client, topic, change }: Proposal): string | undefined {
    const judges = this.#judges(topic);
    if (judges.length === 0 && !this.#judged.isWaiting(topic.name)) {
      return this.#apply(topic, change);
    }
    const update = {
      ...{ topic: topic.name, topicType: topic.type, change, clientId: client.id },
      account: client.access?.account,
      value: () => topic.current,
    };
    const judge = inTurn(judges);
    const settle = (verdict: Verdict): void => {
      const refusal = verdict === true ? this.#apply(topic, change) : verdict.reason;
      if (refusal !== undefined) reject(client, topic.name, change, refusal);
    };
    return this.#judged.submit({ update, judge, settle });
  }

  /** Who has a say, the disk last. Only a change that fits is asked about. */
  #judges(topic: Topic): readonly Validate[] {
    const { validate, validator } = this.#options;
    const asked = [validate, validator.judge()].filter((judge) => judge !== undefined);
    const fitting: Validate = ({ change }) => fits(topic, change);
    const saving: Validate = ({ change }) => this.#save(topic, change);
    return [
      ...(asked.length > 0 ? [fitting, ...asked] : []),
      ...(this.#isDurable(topic) ? [saving] : []),
    ];
  }

  #isDurable({ name }: Topic): boolean {
    return this.#options.keeper?.isDurable(name) === true;
  }

  /** Brings a change to the disk that will be applied for certain: what a restart brings back is what was told. */
  #save(topic: Topic, change: JsonObject): Verdict | Promise<Verdict> {
    const { book, keeper } = this.#options;
    const prepared = topic.prepare(change);
    if (typeof prepared === 'string') return { reason: prepared };
    const refusal = book.refusesGrowth(topic, prepared);
    if (refusal !== undefined) return { reason: refusal };
    return keeper?.save(topic, change, prepared) ?? true;
  }

  /** @returns Why not: while it was judged, the topic may have gone or become another. */
  #apply(topic: Topic, change: JsonObject): string | undefined {
    const { book, onApplied } = this.#options;
    if (book.find(topic.name) !== topic) return unknownTopic(topic.name);
    const prepared = topic.prepare(change);
    if (typeof prepared === 'string') return prepared;
    // What is on the disk has to be here as well, though others took the room meanwhile.
    const refusal = this.#isDurable(topic) ? undefined : book.refusesGrowth(topic, prepared);
    if (refusal !== undefined) return refusal;
    book.commit(topic, prepared);
    onApplied(topic);
    return undefined;
  }
}

function unknownTopic(name: string): string {
  return isOwnName(name) ? READ_ONLY : 'unknown topic';
}

function refusesUpdate({ access }: TopicClient, topic: Topic): string | undefined {
  const isClosed = topic instanceof OwnTopic && !topic.isOpen;
  return isClosed || access?.mayWrite(topic.name) === false ? READ_ONLY : undefined;
}

/** Whether a change fits the value as it is when it is asked for. */
function fits(topic: Topic, change: JsonObject): Verdict {
  const prepared = topic.prepare(change);
  return typeof prepared === 'string' ? { reason: prepared } : true;
}

function reject(client: TopicClient, topic: string, change: JsonObject, reason: string): void {
  client.receive({ type: 'reject_update', topic, change, reason });
}
