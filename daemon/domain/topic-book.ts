/** All topics that there are: those of the daemon, and those that clients made, within what they may take. */
import { jsonBytes } from './topic-value.ts';
import { Shares } from './shares.ts';
import { CLIENT_MESSAGE_PREFIX } from './topic-access.ts';
import type { InspectedTopic } from './topic-monitor.ts';
import { OwnTopic, Topic } from './topic.ts';
import type { JsonValue, TopicType } from '../wire/topic.ts';

/** Topics that clients may have made, all together, and what these may take. Source: docs/topics.md#limits. */
export const HUB_MAX_TOPICS = 2000;
export const HUB_MAX_BYTES = 64 * 2 ** 20;

export class TopicBook {
  readonly #createId: () => string;
  readonly #shared = new Map<string, Topic>();
  readonly #own = new Map<string, OwnTopic>();
  /** For whom a shared topic is counted. */
  readonly #accounts = new Map<Topic, string>();
  readonly #counts = new Shares(HUB_MAX_TOPICS);
  readonly #bytes = new Shares(HUB_MAX_BYTES);

  /** @param createId As for `Topic`. */
  constructor(createId: () => string) {
    this.#createId = createId;
  }

  find(name: string): Topic | undefined {
    return this.#shared.get(name) ?? this.#own.get(name);
  }

  own(name: string): OwnTopic | undefined {
    return this.#own.get(name);
  }

  /** Adds a topic of the daemon's own, in the place of one of the same name. */
  declare(topic: OwnTopic): void {
    this.#own.set(topic.name, topic);
  }

  withdraw(name: string): void {
    this.#own.delete(name);
  }

  /** Why nobody with this account can make another topic; `undefined` when he can. */
  refusesMore(account: string | undefined): string | undefined {
    return this.#counts.hasRoom(account) ? undefined : 'there are too many topics';
  }

  /** Makes a topic for clients. */
  create(name: string, type: TopicType, account: string | undefined): Topic {
    const topic = new Topic(name, type, this.#createId);
    this.#shared.set(name, topic);
    this.#counts.add(account);
    this.#bytes.add(account, baseBytes(topic));
    if (account !== undefined) this.#accounts.set(topic, account);
    return topic;
  }

  /** Forgets a topic of clients. */
  remove(topic: Topic): void {
    const account = this.#accounts.get(topic);
    this.#shared.delete(topic.name);
    this.#accounts.delete(topic);
    this.#counts.add(account, -1);
    this.#bytes.add(account, -baseBytes(topic) - topic.sizeBytes);
  }

  /**
   * Applies a change to a topic, if it fits and there is room for it.
   *
   * @returns Why it is rejected; `undefined` when it is not.
   */
  update(topic: Topic, change: Parameters<Topic['prepare']>[0]): string | undefined {
    const prepared = topic.prepare(change);
    if (typeof prepared === 'string') return prepared;
    const account = this.#accounts.get(topic);
    if (prepared.deltaBytes > 0 && !this.#bytes.hasRoom(account, prepared.deltaBytes)) {
      return 'the values of all topics take too much';
    }
    const beforeBytes = topic.sizeBytes;
    prepared.commit();
    if (!(topic instanceof OwnTopic)) this.#bytes.add(account, topic.sizeBytes - beforeBytes);
    return undefined;
  }

  /** Topics that clients made. */
  shared(): Iterable<Topic> {
    return this.#shared.values();
  }

  /** Every topic as it is now, for the debugger. */
  inspect(): readonly InspectedTopic[] {
    return [...this.#own.values(), ...this.#shared.values()].map((topic) => ({
      ...{ name: topic.name, type: topic.type },
      value: topic instanceof OwnTopic && topic.subscribers.size === 0 ? undefined : topic.current,
      subscribers: [...topic.subscribers].map(({ id }) => id),
    }));
  }

  /** All that anybody may know of. */
  list(): JsonValue {
    const own = [...this.#own.values()].filter(
      ({ name }) => !name.startsWith(CLIENT_MESSAGE_PREFIX),
    );
    return [...own, ...this.#shared.values()].map(({ listed }) => listed);
  }
}

/** What a topic takes before it has a value, about. */
function baseBytes({ name }: Topic): number {
  return jsonBytes(name) + 1000;
}
