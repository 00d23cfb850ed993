/** Topics: live values that several clients share. Who applies changes in which order is decided here. */
import type { ClientFrame, JsonValue, RequestId, TopicType } from '../wire/topic.ts';
import { ChangeValidator } from './change-validator.ts';
import type { Clock } from './ports.ts';
import {
  CLIENT_MESSAGE_PREFIX,
  SERVER_STATUS,
  TOPIC_LIST,
  VALIDATE_SERVICE,
} from './topic-access.ts';
import { OwnTopic, putting, removing, type LateChange } from './own-topic.ts';
import type { TopicClient } from './topic.ts';
import { TopicBook, type FamilyTopic } from './topic-book.ts';
import { Services, type ServiceAnswer } from './services.ts';
import type { InspectedWorld } from './topic-monitor.ts';
import { DraftSaver, isDraft, type DraftStore } from './topic-drafts.ts';
import type { TopicKeeper } from './topic-keeper.ts';
import type { KeptTopic } from './topic-replay.ts';
import { TopicUpdates } from './topic-updates.ts';
import type { Validate } from './topic-validation.ts';
import { TopicSubscriptions } from './topic-subscriptions.ts';

export type TopicHubOptions = Readonly<{
  clock: Clock;
  /** Gives every change that came without an id one of its own. */
  createId: () => string;
  /** Another one for each run of the daemon, for clients that come back; unless given, they are not told. */
  run?: string;
  drafts?: DraftStore;
  /** Looks after topics that outlive their subscribers; unless given, none does but drafts. */
  keeper?: TopicKeeper;
  /** Has a say in every change by a client of a topic that clients may change; unless given, none is judged. */
  validate?: Validate;
  /** Hears of drafts that could not be saved and values that could not be read. */
  onDefect: (error: unknown) => void;
}>;

export class TopicHub {
  readonly #options: TopicHubOptions;
  readonly #book: TopicBook;
  readonly #subscriptions: TopicSubscriptions;
  readonly #draftSaver: DraftSaver | undefined;
  readonly #services: Services;
  readonly #validator: ChangeValidator;
  readonly #updates: TopicUpdates;
  #status = 'started';

  constructor(options: TopicHubOptions) {
    const { clock, createId, drafts, onDefect } = options;
    this.#options = options;
    this.#book = new TopicBook(createId);
    this.#subscriptions = new TopicSubscriptions({
      ...{ ...options, book: this.#book },
      isDraft: (name) => this.#isDraft(name),
      isChanging: (name) => this.#updates.isWaiting(name),
    });
    this.#services = new Services(options);
    this.#validator = new ChangeValidator(options);
    this.#updates = new TopicUpdates({
      ...{ ...options, book: this.#book, validator: this.#validator },
      onApplied: (topic) => {
        if (this.#isDraft(topic.name)) this.#draftSaver?.saveSoon();
      },
      onIdle: (name) => this.#subscriptions.review(name),
    });
    this.declare(SERVER_STATUS, 'string', async () => this.#status);
    this.declare(TOPIC_LIST, 'set', async () => this.#book.list());
    for (const topic of options.keeper?.restore() ?? []) this.#restore(topic);
    if (drafts === undefined) return;
    this.#draftSaver = new DraftSaver(drafts, clock, () => this.#drafts(), onDefect);
    for (const [name, value] of drafts.initial) {
      this.#book.restore(this.#book.create(name, 'string'), value);
    }
  }

  /** Welcomes a client: its first frame tells it its id. */
  join(client: TopicClient): void {
    this.#subscriptions.join(client);
    this.declare(CLIENT_MESSAGE_PREFIX + client.id, 'string', async () => '');
    const { run } = this.#options;
    client.receive({ type: 'hello', id: client.id, ...(run !== undefined && { run }) });
    this.#tellStatus(`client ${client.id} is here`);
  }

  /** Forgets a client and every topic that was there for it alone. */
  leave(client: TopicClient): void {
    this.#subscriptions.leave(client);
    this.#services.leave(client);
    this.#validator.leave(client);
    this.#book.withdraw(CLIENT_MESSAGE_PREFIX + client.id);
    this.#tellStatus(`client ${client.id} left`);
  }

  /** Does what a client asks for. A refusal is told to that client alone. */
  handle(client: TopicClient, frame: ClientFrame): void {
    switch (frame.type) {
      case 'subscribe':
        this.#subscriptions.subscribe(client, frame);
        break;
      case 'unsubscribe':
        this.#subscriptions.unsubscribe(client, frame.topic);
        break;
      case 'update':
        this.#updates.update(client, frame.topic, frame.change);
        break;
      case 'register_service':
        this.#answer(
          client,
          frame.requestId,
          this.#providerOf(frame.service).register(client, frame.service),
        );
        break;
      case 'unregister_service':
        this.#answer(
          client,
          frame.requestId,
          this.#providerOf(frame.service).unregister(client, frame.service),
        );
        break;
      case 'request':
        this.#services.request(client, frame);
        break;
      case 'response':
        this.#respond(client, frame);
        break;
    }
  }

  /** A word to the programmer of a client, on the topic that is its own. */
  tell(client: TopicClient, text: string): void {
    this.change(CLIENT_MESSAGE_PREFIX + client.id, () => ({ type: 'set', value: text }));
  }

  /**
   * Makes a topic of the daemon's own.
   *
   * @param read   Called when the first client subscribes; the value is let go after the last one.
   * @param isOpen Whether clients may change it, if `validate` agrees, too. What the daemon itself says always counts.
   */
  declare(
    name: string,
    type: TopicType,
    read: () => Promise<JsonValue>,
    { isOpen = false }: Readonly<{ isOpen?: boolean }> = {},
  ): void {
    const { createId } = this.#options;
    this.#book.declare(new OwnTopic(name, type, createId, { read, isOpen }));
  }

  /**
   * Makes topics of the daemon's own of all whose names begin so, as somebody asks for them; each is there as long as
   * somebody looks at it.
   *
   * @param of What a topic is; `undefined` when there is none of that name.
   */
  declareFamily(prefix: string, of: (name: string) => FamilyTopic | undefined): void {
    this.#book.declareFamily(prefix, of);
  }

  /** Takes a topic of the daemon's own away; who is subscribed to it hears nothing more. */
  withdraw(name: string): void {
    this.#subscriptions.withdraw(name);
  }

  /** Applies a change to a topic of the daemon's own, if anybody looks at it. */
  change(name: string, change: LateChange): void {
    this.#book.own(name)?.change(change);
  }

  /** Whether anybody looks at this topic; if not, changes need not even be made. */
  isLive(name: string): boolean {
    return (this.#book.find(name)?.subscribers.size ?? 0) > 0;
  }

  /** Sets an entry of a dict of the daemon's own. */
  put(name: string, key: string, value: JsonValue): void {
    this.change(name, putting(key, value));
  }

  /** Removes an entry of a dict of the daemon's own, if it is there. */
  remove(name: string, key: string): void {
    this.change(name, removing(key));
  }

  /** Tells the subscribers of an event topic of the daemon's own. */
  emit(name: string, args: JsonValue): void {
    this.#book.own(name)?.emit(args);
  }

  /** What the subscribers of a topic were told goes out now: it is alone. */
  hurry(name: string): void {
    for (const subscriber of this.#book.find(name)?.subscribers ?? []) subscriber.hurry?.();
  }

  /** Everything that there is, for the debugger. */
  inspect(): InspectedWorld {
    return {
      topics: this.#book.inspect(),
      services: [...this.#services.list(), ...this.#validator.list()],
    };
  }

  /** Saves what is not saved yet. To be called when all clients have left. */
  async stop(): Promise<void> {
    if (this.#options.keeper !== undefined) await this.#updates.settled();
    await this.#draftSaver?.stop();
  }

  #tellRefusal(client: TopicClient, refusal: string | undefined): void {
    if (refusal !== undefined) this.tell(client, refusal);
  }

  #providerOf(service: string): Services | ChangeValidator {
    return service === VALIDATE_SERVICE ? this.#validator : this.#services;
  }

  #respond(client: TopicClient, answer: ServiceAnswer): void {
    if (this.#validator.respond(client, answer)) return;
    this.#tellRefusal(client, this.#services.respond(client, answer));
  }

  /** Tells what became of a wish: as a response if one is wanted, else only a refusal, as a hint. */
  #answer(
    client: TopicClient,
    requestId: RequestId | undefined,
    refusal: string | undefined,
  ): void {
    if (requestId === undefined) this.#tellRefusal(client, refusal);
    else if (refusal === undefined) client.receive({ type: 'response', response: true, requestId });
    else {
      const error = { code: 'refused', message: refusal } as const;
      client.receive({ type: 'response', error, requestId });
    }
  }

  #restore({ name, type, changes, value, past }: KeptTopic): void {
    const topic = this.#book.create(name, type);
    this.#book.restore(topic, value, past);
    this.#options.keeper?.adopt(topic, undefined, changes);
  }

  #tellStatus(text: string): void {
    this.#status = text;
    this.change(SERVER_STATUS, () => ({ type: 'set', value: text }));
  }

  /** Whether a topic outlives its subscribers as a draft. */
  #isDraft(name: string): boolean {
    return this.#draftSaver !== undefined && isDraft(name);
  }

  /** Text of every draft that is not empty. */
  #drafts(): ReadonlyMap<string, string> {
    const drafts = new Map<string, string>();
    for (const { name, current } of this.#book.shared()) {
      if (isDraft(name) && typeof current === 'string' && current !== '') drafts.set(name, current);
    }
    return drafts;
  }
}
