/** Topics: live values that several clients share. Who applies changes in which order is decided here. */
import type { ClientFrame, JsonObject, JsonValue, TopicType } from '../wire/topic.ts';
import type { Clock } from './ports.ts';
import { OwnTopic, putting, removing, Topic, type LateChange, type TopicClient } from './topic.ts';
import { Services } from './services.ts';
import type { InspectedWorld } from './topic-monitor.ts';
import { DraftSaver, isDraft, type DraftStore } from './topic-drafts.ts';
import { toTopicType } from './topic-values.ts';

/** Topics that one client may be subscribed to. Source: docs/security.md. */
export const CLIENT_MAX_TOPICS = 100;
/** Topics that clients may have made, all together. */
export const HUB_MAX_TOPICS = 2000;
/** Names that begin so belong to the daemon; clients read them. */
const OWN_PREFIXES = ['_vestnik/', '_chatroom/'] as const;
const SERVER_STATUS = '_chatroom/server_status';
const TOPIC_LIST = '_chatroom/topic_list';
const CLIENT_MESSAGE_PREFIX = '_chatroom/client_message/';

export type TopicHubOptions = Readonly<{
  clock: Clock;
  /** Gives every change that came without an id one of its own. */
  createId: () => string;
  drafts?: DraftStore;
  /** Hears of drafts that could not be saved and values that could not be read. */
  onDefect: (error: unknown) => void;
}>;

export class TopicHub {
  readonly #options: TopicHubOptions;
  readonly #topics = new Map<string, Topic>();
  readonly #ownTopics = new Map<string, OwnTopic>();
  readonly #topicsOf = new Map<TopicClient, Set<Topic>>();
  readonly #draftSaver: DraftSaver | undefined;
  readonly #services: Services;
  #status = 'started';

  constructor(options: TopicHubOptions) {
    const { clock, drafts, onDefect } = options;
    this.#options = options;
    this.#services = new Services(options);
    this.declare(SERVER_STATUS, 'string', async () => this.#status);
    this.declare(TOPIC_LIST, 'set', async () => this.#list());
    if (drafts === undefined) return;
    this.#draftSaver = new DraftSaver(drafts, clock, () => this.#drafts(), onDefect);
    for (const [name, text] of drafts.initial) {
      this.#create(name, 'string').update({ type: 'set', value: text });
    }
  }

  /** Welcomes a client: its first frame tells it its id. */
  join(client: TopicClient): void {
    this.#topicsOf.set(client, new Set());
    this.declare(CLIENT_MESSAGE_PREFIX + client.id, 'string', async () => '');
    client.receive({ type: 'hello', id: client.id });
    this.#tellStatus(`client ${client.id} is here`);
  }

  /** Forgets a client and every topic that was there for it alone. */
  leave(client: TopicClient): void {
    for (const topic of this.#topicsOf.get(client) ?? []) this.#unsubscribe(client, topic);
    this.#topicsOf.delete(client);
    this.#services.leave(client);
    this.#ownTopics.delete(CLIENT_MESSAGE_PREFIX + client.id);
    this.#tellStatus(`client ${client.id} left`);
  }

  /** Does what a client asks for. A refusal is told to that client alone. */
  handle(client: TopicClient, frame: ClientFrame): void {
    switch (frame.type) {
      case 'subscribe':
        this.#subscribe(client, frame.topic, frame.topicType);
        break;
      case 'unsubscribe':
        this.#unsubscribe(client, this.#find(frame.topic));
        break;
      case 'update':
        this.#update(client, frame.topic, frame.change);
        break;
      case 'register_service':
        this.#tellRefusal(client, this.#services.register(client, frame.service));
        break;
      case 'unregister_service':
        this.#tellRefusal(client, this.#services.unregister(client, frame.service));
        break;
      case 'request':
        this.#services.request(client, frame);
        break;
      case 'response':
        this.#tellRefusal(client, this.#services.respond(client, frame.requestId, frame.response));
        break;
    }
  }

  /** A word to the programmer of a client, on the topic that is its own. */
  tell(client: TopicClient, text: string): void {
    this.#change(CLIENT_MESSAGE_PREFIX + client.id, () => ({ type: 'set', value: text }));
  }

  /**
   * Makes a topic of the daemon's own, which clients can only read.
   *
   * @param read Called when the first client subscribes; the value is let go after the last one.
   */
  declare(name: string, type: TopicType, read: () => Promise<JsonValue>): void {
    this.#ownTopics.set(name, new OwnTopic(name, type, this.#options.createId, read));
  }

  /** Whether anybody looks at this topic; if not, changes need not even be made. */
  isLive(name: string): boolean {
    return (this.#find(name)?.subscribers.size ?? 0) > 0;
  }

  /** Sets an entry of a dict of the daemon's own. */
  put(name: string, key: string, value: JsonValue): void {
    this.#change(name, putting(key, value));
  }

  /** Removes an entry of a dict of the daemon's own, if it is there. */
  remove(name: string, key: string): void {
    this.#change(name, removing(key));
  }

  /** Tells the subscribers of an event topic of the daemon's own. */
  emit(name: string, args: JsonValue): void {
    this.#change(name, () => ({ type: 'emit', args }));
  }

  /** Everything that there is, for the debugger. */
  inspect(): InspectedWorld {
    const topics = [...this.#ownTopics.values(), ...this.#topics.values()].map((topic) => ({
      ...{ name: topic.name, type: topic.type },
      value: topic instanceof OwnTopic && topic.subscribers.size === 0 ? undefined : topic.current,
      subscribers: [...topic.subscribers].map(({ id }) => id),
    }));
    return { topics, services: this.#services.list() };
  }

  /** Saves what is not saved yet. */
  async stop(): Promise<void> {
    await this.#draftSaver?.stop();
  }

  #tellRefusal(client: TopicClient, refusal: string | undefined): void {
    if (refusal !== undefined) this.tell(client, refusal);
  }

  #subscribe(client: TopicClient, name: string, typeName: string | undefined): void {
    const refusal = this.#refusesSubscription(client, name, typeName);
    if (refusal !== undefined) {
      client.receive({ type: 'reject_update', topic: name, change: null, reason: refusal });
      return;
    }
    const topic = this.#find(name) ?? this.#create(name, toTopicType(typeName ?? '') ?? 'string');
    this.#topicsOf.get(client)?.add(topic);
    topic.subscribe(client);
    if (topic instanceof OwnTopic && topic.needsReading) void this.#open(topic);
  }

  #refusesSubscription(
    client: TopicClient,
    name: string,
    typeName: string | undefined,
  ): string | undefined {
    const subscribed = this.#topicsOf.get(client);
    if (subscribed === undefined) return 'this client is not here any more';
    if (subscribed.size >= CLIENT_MAX_TOPICS) return `at most ${CLIENT_MAX_TOPICS} topics a client`;
    const topic = this.#find(name);
    if (topic !== undefined) {
      if (typeName !== undefined && toTopicType(typeName) !== topic.type) {
        return `this topic is a ${topic.type}`;
      }
      return isOfAnother(client, name) ? 'that topic is for another client' : undefined;
    }
    return this.#refusesCreation(name, typeName);
  }

  #refusesCreation(name: string, typeName: string | undefined): string | undefined {
    if (isOwn(name)) return 'unknown topic';
    if (this.#topics.size >= HUB_MAX_TOPICS) return `at most ${HUB_MAX_TOPICS} topics`;
    if (toTopicType(typeName ?? '') === undefined) return 'no such topic type';
    return isDraft(name) && typeName !== 'string' ? 'a draft is a string' : undefined;
  }

  #unsubscribe(client: TopicClient, topic: Topic | undefined): void {
    if (topic?.subscribers.delete(client) !== true) return;
    this.#topicsOf.get(client)?.delete(topic);
    if (topic.subscribers.size === 0) this.#abandon(topic);
  }

  /** Lets go of what nobody looks at any more. */
  #abandon(topic: Topic): void {
    if (topic instanceof OwnTopic) {
      topic.close();
    } else if (!isDraft(topic.name) || topic.current === '') {
      this.#topics.delete(topic.name);
      this.#change(TOPIC_LIST, () => ({ type: 'remove', item: topic.listed }));
    }
  }

  #update(client: TopicClient, name: string, change: JsonObject): void {
    const refusal = isOwn(name)
      ? 'that topic is only for reading'
      : this.#updateShared(this.#topics.get(name), change);
    if (refusal === undefined) return;
    client.receive({ type: 'reject_update', topic: name, change, reason: refusal });
  }

  #updateShared(topic: Topic | undefined, change: JsonObject): string | undefined {
    if (topic === undefined) return 'unknown topic';
    const refusal = topic.update(change);
    if (refusal === undefined && isDraft(topic.name)) this.#draftSaver?.saveSoon();
    return refusal;
  }

  #change(name: string, change: LateChange): void {
    this.#ownTopics.get(name)?.change(change);
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

  #find(name: string): Topic | undefined {
    return this.#topics.get(name) ?? this.#ownTopics.get(name);
  }

  #create(name: string, type: TopicType): Topic {
    const topic = new Topic(name, type, this.#options.createId);
    this.#topics.set(name, topic);
    this.#change(TOPIC_LIST, () => ({ type: 'append', item: topic.listed }));
    return topic;
  }

  #list(): JsonValue {
    const own = [...this.#ownTopics.values()].filter(
      ({ name }) => !name.startsWith(CLIENT_MESSAGE_PREFIX),
    );
    return [...own, ...this.#topics.values()].map(({ listed }) => listed);
  }

  #tellStatus(text: string): void {
    this.#status = text;
    this.#change(SERVER_STATUS, () => ({ type: 'set', value: text }));
  }

  /** Text of every draft that is not empty. */
  #drafts(): ReadonlyMap<string, string> {
    const drafts = new Map<string, string>();
    for (const { name, current } of this.#topics.values()) {
      if (isDraft(name) && typeof current === 'string' && current !== '') drafts.set(name, current);
    }
    return drafts;
  }
}

function isOwn(name: string): boolean {
  return OWN_PREFIXES.some((prefix) => name.startsWith(prefix));
}

function isOfAnother(client: TopicClient, name: string): boolean {
  return name.startsWith(CLIENT_MESSAGE_PREFIX) && name !== CLIENT_MESSAGE_PREFIX + client.id;
}
