/** Who is subscribed to which topic, who may be, and which topics that keeps alive. */
import type { ClientFrame, TopicType } from '../wire/topic.ts';
import { CLIENT_MESSAGE_PREFIX, isForAnother, TOPIC_LIST } from './topic-access.ts';
import type { TopicBook } from './topic-book.ts';
import type { TopicKeeper } from './topic-keeper.ts';
import { toTopicType } from './topic-values.ts';
import { OwnTopic } from './own-topic.ts';
import type { Topic, TopicClient } from './topic.ts';

/** Topics that one client may be subscribed to. Source: docs/topics.md#limits. */
export const CLIENT_MAX_TOPICS = 100;

export type TopicSubscriptionsOptions = Readonly<{
  book: TopicBook;
  keeper?: TopicKeeper;
  /** Whether a topic outlives its subscribers as a draft. */
  isDraft: (name: string) => boolean;
  /** Whether changes of a topic are under way. */
  isChanging: (name: string) => boolean;
  onDefect: (error: unknown) => void;
}>;

type Wish = Extract<ClientFrame, { type: 'subscribe' }>;

export class TopicSubscriptions {
  readonly #options: TopicSubscriptionsOptions;
  readonly #topicsOf = new Map<TopicClient, Set<Topic>>();

  constructor(options: TopicSubscriptionsOptions) {
    this.#options = options;
  }

  /** From now on a client may subscribe. */
  join(client: TopicClient): void {
    this.#topicsOf.set(client, new Set());
  }

  /** Forgets a client and every topic that was there for it alone. */
  leave(client: TopicClient): void {
    for (const topic of this.#topicsOf.get(client) ?? []) this.#unsubscribe(client, topic);
    this.#topicsOf.delete(client);
  }

  /** Subscribes a client, or tells it why not. A topic that is not there is made. */
  subscribe(client: TopicClient, { topic: name, topicType: typeName, unanswered }: Wish): void {
    const found = this.#options.book.seek(name);
    const refusal = this.#refusesSubscription(client, name, typeName);
    if (refusal !== undefined) {
      if (found instanceof OwnTopic && found.subscribers.size === 0) this.#abandon(found);
      client.receive({ type: 'reject_update', topic: name, change: null, reason: refusal });
      return;
    }
    const topic =
      found ?? this.#create(name, toTopicType(typeName ?? '') ?? 'string', client.access?.account);
    this.#topicsOf.get(client)?.add(topic);
    topic.subscribe(client, unanswered);
    if (topic instanceof OwnTopic && topic.needsReading) void this.#open(topic);
  }

  #refusesSubscription(
    client: TopicClient,
    name: string,
    typeName: string | undefined,
  ): string | undefined {
    const subscribed = this.#topicsOf.get(client);
    if (subscribed === undefined) return 'this client is not here any more';
    if (isForAnother(name, client.id)) return 'that topic is for another client';
    if (!mayRead(client, name)) return 'you may not read that topic';
    const topic = this.#options.book.find(name);
    if (topic !== undefined && typeName !== undefined && toTopicType(typeName) !== topic.type) {
      return `this topic is a ${topic.type}`;
    }
    if (subscribed.size >= CLIENT_MAX_TOPICS && !(topic && subscribed.has(topic))) {
      return `at most ${CLIENT_MAX_TOPICS} topics a client`;
    }
    return topic === undefined ? this.#refusesCreation(client, name, typeName) : undefined;
  }

  #refusesCreation(
    { access }: TopicClient,
    name: string,
    typeName: string | undefined,
  ): string | undefined {
    const { book, isDraft, keeper } = this.#options;
    if (book.isOwn(name) || access?.mayWrite(name) === false) return 'unknown topic';
    if (toTopicType(typeName ?? '') === undefined) return 'no such topic type';
    if (isDraft(name) && typeName !== 'string') return 'a draft is a string';
    return (
      book.refusesMore(access?.account) ??
      (keeper?.isDurable(name) === true ? keeper.refusesMore(access?.account) : undefined)
    );
  }

  /** Unsubscribes a client; from what it is not subscribed to is no fault. */
  unsubscribe(client: TopicClient, name: string): void {
    const topic = this.#options.book.find(name);
    if (topic !== undefined) this.#unsubscribe(client, topic);
  }

  #unsubscribe(client: TopicClient, topic: Topic): void {
    if (!topic.subscribers.delete(client)) return;
    this.#topicsOf.get(client)?.delete(topic);
    if (topic.subscribers.size === 0) this.#abandon(topic);
  }

  /** No change of a topic is under way any more: it may have stayed for that alone. */
  review(name: string): void {
    const topic = this.#options.book.find(name);
    if (topic?.subscribers.size === 0) this.#abandon(topic);
  }

  /** Lets go of what nobody looks at any more. */
  #abandon(topic: Topic): void {
    const { book, keeper } = this.#options;
    if (topic instanceof OwnTopic) {
      book.release(topic);
    } else if (!this.#mustStay(topic)) {
      book.remove(topic);
      keeper?.forget(topic);
      book.own(TOPIC_LIST)?.change(() => ({ type: 'remove', item: topic.listed }));
    }
  }

  async #open(topic: OwnTopic): Promise<void> {
    try {
      await topic.open();
    } catch (error) {
      this.#options.onDefect(error);
      this.#giveUp(topic);
    }
  }

  /** Lets nobody wait for a value that could not be read; whoever subscribes again makes it be read again. */
  #giveUp(topic: OwnTopic): void {
    const reason = 'the value could not be read';
    for (const client of [...topic.subscribers]) {
      this.#unsubscribe(client, topic);
      client.receive({ type: 'reject_update', topic: topic.name, change: null, reason });
    }
  }

  /** Takes a topic of the daemon's own away; who is subscribed to it hears nothing more. */
  withdraw(name: string): void {
    const { book } = this.#options;
    const topic = book.own(name);
    if (topic === undefined) return;
    for (const client of topic.subscribers) this.#topicsOf.get(client)?.delete(topic);
    book.withdraw(name);
  }

  #create(name: string, type: TopicType, account: string | undefined): Topic {
    const { book, keeper } = this.#options;
    const topic = book.create(name, type, account);
    if (keeper?.isDurable(name) === true) keeper.adopt(topic, account);
    book.own(TOPIC_LIST)?.change(() => ({ type: 'append', item: topic.listed }));
    return topic;
  }

  #mustStay(topic: Topic): boolean {
    if (this.#options.isDraft(topic.name)) return topic.current !== '';
    const { keeper, isChanging } = this.#options;
    if (keeper?.isDurable(topic.name) !== true) return false;
    // What came before its author left is saved like everything else.
    return isChanging(topic.name) || keeper.mustStay(topic);
  }
}

function mayRead({ access, id }: TopicClient, topic: string): boolean {
  return topic === CLIENT_MESSAGE_PREFIX + id || access?.mayRead(topic) !== false;
}
