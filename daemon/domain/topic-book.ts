/** All topics that there are: those of the daemon, and those that clients made, within what they may take. */
import { jsonBytes } from './topic-value.ts';
import { Shares } from './shares.ts';
import { CLIENT_MESSAGE_PREFIX, isOwnName } from './topic-access.ts';
import type { InspectedTopic } from './topic-monitor.ts';
import { OwnTopic } from './own-topic.ts';
import { Topic, type PreparedChange } from './topic.ts';
import type { TopicPast } from './recent-changes.ts';
import type { JsonValue, TopicType } from '../wire/topic.ts';

/** Topics that clients may have made, all together, and what these may take. Source: docs/topics.md#limits. */
export const HUB_MAX_TOPICS = 2000;
export const HUB_MAX_BYTES = 64 * 2 ** 20;

/** A topic of the daemon's own that is there only while somebody looks at it. */
export type FamilyTopic = Readonly<{
  type: TopicType;
  read: () => Promise<JsonValue>;
  /** As for `OwnTopic`. */
  isOpen: boolean;
}>;

type Family = (name: string) => FamilyTopic | undefined;

export class TopicBook {
  readonly #createId: () => string;
  readonly #shared = new Map<string, Topic>();
  readonly #own = new Map<string, OwnTopic>();
  /** By the beginning of their names. */
  readonly #families = new Map<string, Family>();
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

  /** As `find`, for whoever wants to look at it: one of a family comes about by that. */
  seek(name: string): Topic | undefined {
    const found = this.find(name);
    const member = found === undefined ? this.#familyOf(name)?.(name) : undefined;
    if (member === undefined) return found;
    const topic = new OwnTopic(name, member.type, this.#createId, member);
    this.declare(topic);
    return topic;
  }

  /** Whether a name is the daemon's to give. */
  isOwn(name: string): boolean {
    return isOwnName(name) || this.#familyOf(name) !== undefined;
  }

  /** See `TopicHub.declareFamily`. */
  declareFamily(prefix: string, of: Family): void {
    this.#families.set(prefix, of);
  }

  /** Lets go of the value of a topic of the daemon's own, at which nobody looks, and of one of a family altogether. */
  release(topic: OwnTopic): void {
    topic.close();
    if (this.#familyOf(topic.name) !== undefined) this.#own.delete(topic.name);
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
  create(name: string, type: TopicType, account?: string): Topic {
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

  /** Why there is no room for a change; `undefined` when there is. */
  refusesGrowth(topic: Topic, { deltaBytes }: PreparedChange): string | undefined {
    const hasRoom = deltaBytes <= 0 || this.#bytes.hasRoom(this.#accounts.get(topic), deltaBytes);
    return hasRoom ? undefined : 'the values of all topics take too much';
  }

  /** Applies a change; whether there is room is for the caller to ask. */
  commit(topic: Topic, { commit }: PreparedChange): void {
    this.#counting(topic, commit);
  }

  /** Gives a topic that was just made the value that was kept of it. */
  restore(topic: Topic, value: JsonValue, past?: TopicPast): void {
    this.#counting(topic, () => topic.restore(value, past));
  }

  #counting(topic: Topic, change: () => void): void {
    const beforeBytes = topic.sizeBytes;
    change();
    if (topic instanceof OwnTopic) return;
    this.#bytes.add(this.#accounts.get(topic), topic.sizeBytes - beforeBytes);
  }

  #familyOf(name: string): Family | undefined {
    for (const [prefix, of] of this.#families) if (name.startsWith(prefix)) return of;
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
      stamp: topic.stamp,
      read: () =>
        topic instanceof OwnTopic && topic.subscribers.size === 0 ? undefined : topic.current,
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
