/** Topics: live values that several clients share. Who applies changes in which order is decided here. */
import { WireError } from '../wire/check.ts';
import {
  TOPIC_VALUE_MAX_LENGTH,
  type Change,
  type ClientFrame,
  type JsonObject,
  type JsonValue,
  type ServerFrame,
  type TopicType,
} from '../wire/topic.ts';
import type { Clock } from './ports.ts';
import { DraftSaver, isDraft, type DraftStore } from './topic-drafts.ts';
import {
  DictValue,
  EMPTY_VALUES,
  lengthAfter,
  toTopicType,
  type TopicValue,
} from './topic-values.ts';

/** Topics that one client may be subscribed to. Source: docs/security.md. */
export const CLIENT_MAX_TOPICS = 100;
/** Topics that clients may have made, all together. */
export const HUB_MAX_TOPICS = 2000;
/** Names that begin so belong to the daemon; clients read them. */
const OWN_PREFIXES = ['_vestnik/', '_chatroom/'] as const;
const SERVER_STATUS = '_chatroom/server_status';
const TOPIC_LIST = '_chatroom/topic_list';
const CLIENT_MESSAGE_PREFIX = '_chatroom/client_message/';

/** Somebody who is connected and hears about topics. */
export interface TopicClient {
  readonly id: string;
  /** Takes a frame and returns at once. Several clients get the same frame object. */
  receive(frame: ServerFrame): void;
}

export type TopicHubOptions = Readonly<{
  clock: Clock;
  /** Gives every change that came without an id one of its own. */
  createId: () => string;
  drafts?: DraftStore;
  /** Hears of drafts that could not be saved and values that could not be read. */
  onDefect: (error: unknown) => void;
}>;

type Topic = {
  readonly name: string;
  readonly type: TopicType;
  value: TopicValue;
  /** Length of the value as JSON, or more. */
  maxLength: number;
  readonly subscribers: Set<TopicClient>;
};

/** A topic of the daemon, whose value is only read while somebody looks at it. */
type OwnTopic = Topic & {
  readonly read: () => Promise<JsonValue>;
  /** Changes that came while the value is being read; `undefined` once it is there. */
  waiting: (() => void)[] | undefined;
};

export class TopicHub {
  readonly #options: TopicHubOptions;
  readonly #topics = new Map<string, Topic>();
  readonly #ownTopics = new Map<string, OwnTopic>();
  readonly #topicsOf = new Map<TopicClient, Set<Topic>>();
  readonly #draftSaver: DraftSaver | undefined;
  #status = 'started';

  constructor(options: TopicHubOptions) {
    const { clock, drafts, onDefect } = options;
    this.#options = options;
    this.declare(SERVER_STATUS, 'string', async () => this.#status);
    this.declare(TOPIC_LIST, 'set', async () => this.#list());
    if (drafts === undefined) return;
    this.#draftSaver = new DraftSaver(drafts, clock, () => this.#drafts(), onDefect);
    for (const [name, text] of drafts.initial) {
      this.#create(name, 'string').value.apply({ type: 'set', value: text });
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
    }
  }

  /** A word to the programmer of a client, on the topic that is its own. */
  tell(client: TopicClient, text: string): void {
    this.#change(CLIENT_MESSAGE_PREFIX + client.id, { type: 'set', value: text });
  }

  /**
   * Makes a topic of the daemon's own, which clients can only read.
   *
   * @param read Called when the first client subscribes; the value is let go after the last one.
   */
  declare(name: string, type: TopicType, read: () => Promise<JsonValue>): void {
    const topic = { ...emptyTopic(name, type), read, waiting: [] };
    this.#ownTopics.set(name, topic);
  }

  /** Whether anybody looks at this topic; if not, changes need not even be made. */
  isLive(name: string): boolean {
    return (this.#find(name)?.subscribers.size ?? 0) > 0;
  }

  /** Sets an entry of a dict of the daemon's own. */
  put(name: string, key: string, value: JsonValue): void {
    this.#whenRead(name, ({ value: entries }) => {
      const isThere = entries instanceof DictValue && entries.has(key);
      return { type: isThere ? 'change_value' : 'add', key, value };
    });
  }

  /** Removes an entry of a dict of the daemon's own, if it is there. */
  remove(name: string, key: string): void {
    this.#whenRead(name, ({ value: entries }) =>
      entries instanceof DictValue && entries.has(key) ? { type: 'pop', key } : undefined,
    );
  }

  /** Tells the subscribers of an event topic of the daemon's own. */
  emit(name: string, args: JsonValue): void {
    this.#change(name, { type: 'emit', args });
  }

  /** Saves what is not saved yet. */
  async stop(): Promise<void> {
    await this.#draftSaver?.stop();
  }

  #subscribe(client: TopicClient, name: string, typeName: string | undefined): void {
    const refusal = this.#refusesSubscription(client, name, typeName);
    if (refusal !== undefined) {
      client.receive({ type: 'reject_update', topic: name, change: null, reason: refusal });
      return;
    }
    const topic = this.#find(name) ?? this.#create(name, toTopicType(typeName ?? '') ?? 'string');
    topic.subscribers.add(client);
    this.#topicsOf.get(client)?.add(topic);
    const own = this.#ownTopics.get(name);
    if (own?.waiting === undefined) client.receive(this.#snapshot(topic));
    else if (topic.subscribers.size === 1) void this.#read(own);
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
      if (typeName !== undefined && typeName !== topic.type) return `this topic is a ${topic.type}`;
      return isOfAnother(client, name) ? 'that topic is for another client' : undefined;
    }
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
    const own = this.#ownTopics.get(topic.name);
    if (own !== undefined) {
      own.value = EMPTY_VALUES[own.type]();
      own.waiting = [];
    } else if (!isDraft(topic.name) || topic.value.snapshot().value === '') {
      this.#topics.delete(topic.name);
      this.#change(TOPIC_LIST, { type: 'remove', item: listed(topic) });
    }
  }

  #update(client: TopicClient, name: string, raw: JsonObject): void {
    const refusal = this.#refusesUpdate(name) ?? this.#apply(name, raw);
    if (refusal === undefined) return;
    client.receive({ type: 'reject_update', topic: name, change: raw, reason: refusal });
  }

  #refusesUpdate(name: string): string | undefined {
    if (isOwn(name)) return 'that topic is only for reading';
    return this.#topics.has(name) ? undefined : 'unknown topic';
  }

  /** Applies a client's change and tells everybody. Concurrent edits of a string would be rebased here. */
  #apply(name: string, raw: JsonObject): string | undefined {
    const topic = this.#topics.get(name);
    if (topic === undefined) return 'unknown topic';
    const maxLength = lengthAfter(topic.value, topic.maxLength, raw);
    if (maxLength > TOPIC_VALUE_MAX_LENGTH) return 'a value has at most 1 MiB';
    try {
      this.#announce(topic, topic.value.apply(raw));
    } catch (error) {
      if (error instanceof WireError) return error.message;
      throw error;
    }
    topic.maxLength = maxLength;
    if (isDraft(name)) this.#draftSaver?.saveSoon();
    return undefined;
  }

  #announce(topic: Topic, change: Change): void {
    change.id ??= this.#options.createId();
    const frame: ServerFrame = { type: 'update', topic: topic.name, change };
    for (const subscriber of topic.subscribers) subscriber.receive(frame);
  }

  /** Changes a topic of the daemon's own, if anybody looks at it. */
  #change(name: string, change: JsonObject): void {
    this.#whenRead(name, () => change);
  }

  /** As `#change`, now or as soon as the value is there. */
  #whenRead(name: string, toChange: (topic: OwnTopic) => JsonObject | undefined): void {
    const topic = this.#ownTopics.get(name);
    if (topic === undefined || topic.subscribers.size === 0) return;
    if (topic.waiting !== undefined) {
      topic.waiting.push(() => {
        this.#whenRead(name, toChange);
      });
      return;
    }
    const change = toChange(topic);
    if (change !== undefined) this.#announce(topic, topic.value.apply(change));
  }

  /** Reads the value of an own topic, then shows it to whoever waits for it. */
  async #read(topic: OwnTopic): Promise<void> {
    const { waiting } = topic;
    try {
      const value = await topic.read();
      // Everybody left meanwhile, and perhaps somebody new came, for whom it is being read again.
      if (topic.waiting !== waiting || topic.subscribers.size === 0) return;
      topic.value.apply({ type: 'set', value });
    } catch (error) {
      this.#options.onDefect(error);
      this.#giveUp(topic);
      return;
    }
    topic.waiting = undefined;
    const frame = this.#snapshot(topic);
    for (const subscriber of topic.subscribers) subscriber.receive(frame);
    for (const change of waiting ?? []) change();
  }

  /** Lets nobody wait for a value that could not be read; whoever subscribes again makes it be read again. */
  #giveUp(topic: OwnTopic): void {
    const reason = 'the value could not be read';
    for (const client of [...topic.subscribers]) {
      this.#unsubscribe(client, topic);
      client.receive({ type: 'reject_update', topic: topic.name, change: null, reason });
    }
  }

  #snapshot({ name, value }: Topic): ServerFrame {
    const change = { ...value.snapshot(), id: this.#options.createId() };
    return { type: 'update', topic: name, change };
  }

  #find(name: string): Topic | undefined {
    return this.#topics.get(name) ?? this.#ownTopics.get(name);
  }

  #create(name: string, type: TopicType): Topic {
    const topic = emptyTopic(name, type);
    this.#topics.set(name, topic);
    this.#change(TOPIC_LIST, { type: 'append', item: listed(topic) });
    return topic;
  }

  #list(): JsonValue {
    const own = [...this.#ownTopics.values()].filter(
      ({ name }) => !name.startsWith(CLIENT_MESSAGE_PREFIX),
    );
    return [...own, ...this.#topics.values()].map(listed);
  }

  #tellStatus(text: string): void {
    this.#status = text;
    this.#change(SERVER_STATUS, { type: 'set', value: text });
  }

  /** Text of every draft that is not empty. */
  #drafts(): ReadonlyMap<string, string> {
    const drafts = new Map<string, string>();
    for (const { name, value } of this.#topics.values()) {
      const text = value.snapshot().value;
      if (isDraft(name) && typeof text === 'string' && text !== '') drafts.set(name, text);
    }
    return drafts;
  }
}

function emptyTopic(name: string, type: TopicType): Topic {
  return { name, type, value: EMPTY_VALUES[type](), maxLength: 0, subscribers: new Set() };
}

function isOwn(name: string): boolean {
  return OWN_PREFIXES.some((prefix) => name.startsWith(prefix));
}

function isOfAnother(client: TopicClient, name: string): boolean {
  return name.startsWith(CLIENT_MESSAGE_PREFIX) && name !== CLIENT_MESSAGE_PREFIX + client.id;
}

function listed({ name, type }: Topic): JsonObject {
  return { topic_name: name, type };
}
