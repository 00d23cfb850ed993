/** A connection with the topic protocol: topics that are followed, services that are offered and called. */
import type { JsonValue, TopicType } from '../../daemon/wire/topic-terms.ts';
import { TICKET_SUBPROTOCOL_PREFIX, TOPIC_SUBPROTOCOL } from '../../daemon/wire/topic-terms.ts';
import {
  ClientServices,
  type CallOptions,
  type Provision,
  type ServiceHandler,
} from './client-services.ts';
import type { Clock } from './clock.ts';
import { ClientError } from './errors.ts';
import type { FollowedTopic, TopicHearing, TopicLine } from './followed-topic.ts';
import { Line, type ConnectionState } from './line.ts';
import { DictTopic, EventTopic, GenericTopic, NumberTopic, UnorderedTopic } from './plain-topic.ts';
import { ListTopic, StringTopic } from './sequence-topic.ts';
import type { OpenSocket, SocketRequest } from './sockets.ts';
import { decodeHeardFrame, type HeardFrame } from './topic-frames.ts';

export type TopicConnectionOptions = Readonly<{
  /** WebSocket URL. */
  url: string;
  /** Of a program or a guest; sent where a socket can send headers. */
  token: string | undefined;
  /**
   * Gives a fresh ticket for each attempt.
   *
   * @throws {ClientError} `unauthorized`: no further attempt is made.
   */
  requestTicket: (() => Promise<string>) | undefined;
  openSocket: OpenSocket;
  clock: Clock;
  createId: () => string;
}>;

/** A topic as a client has it, by the topic's type. */
export type TopicByType = Readonly<{
  string: StringTopic;
  list: ListTopic;
  int: NumberTopic;
  float: NumberTopic;
  set: UnorderedTopic;
  u_list: UnorderedTopic;
  dict: DictTopic;
  event: EventTopic;
  generic: GenericTopic;
}>;

const TOPICS: Readonly<{
  [Type in TopicType]: (name: string, line: TopicLine) => TopicByType[Type];
}> = {
  string: (name, line) => new StringTopic(name, line),
  list: (name, line) => new ListTopic(name, line),
  int: (name, line) => new NumberTopic(name, 'int', line),
  float: (name, line) => new NumberTopic(name, 'float', line),
  set: (name, line) => new UnorderedTopic(name, 'set', line),
  u_list: (name, line) => new UnorderedTopic(name, 'u_list', line),
  dict: (name, line) => new DictTopic(name, 'dict', line),
  event: (name, line) => new EventTopic(name, 'event', line),
  generic: (name, line) => new GenericTopic(name, 'generic', line),
};

export class TopicConnection {
  readonly #options: TopicConnectionOptions;
  readonly #line: Line;
  readonly #topics = new Map<string, FollowedTopic>();
  readonly #hearings = new Map<string, TopicHearing>();
  readonly #services: ClientServices;
  /** See `TopicLine`. */
  #run: string | undefined;

  constructor(options: TopicConnectionOptions) {
    const { clock, openSocket } = options;
    this.#options = options;
    this.#line = new Line({
      request: () => this.#request(),
      ...{ openSocket, clock },
      onOpen: () => this.#connect(),
      onText: (text) => this.#hear(decodeHeardFrame(text)),
      onLost: () => this.#lose(),
    });
    this.#services = new ClientServices({
      send: (text) => this.#line.send(text),
      isConnected: () => this.#line.isOpen,
      clock,
    });
  }

  get state(): ConnectionState {
    return this.#line.state;
  }

  /** Calls back whenever it changes. @returns What takes the listener away again. */
  onState(listener: (state: ConnectionState) => void): () => void {
    return this.#line.onState(listener);
  }

  /** Connects, also after `stop`. */
  start(): void {
    this.#line.start();
  }

  /** Disconnects. Topics and services stay as they are for the next `start`. */
  stop(): void {
    this.#line.stop();
  }

  /** Does not wait for the next attempt any longer. */
  retryNow(): void {
    this.#line.retryNow();
  }

  /** Disconnects for good. Whatever waits ends with `closed`. */
  close(): void {
    for (const topic of [...this.#topics.values()]) topic.close();
    this.#services.close();
    this.#line.stop();
  }

  /**
   * Follows a topic, which is made if there is none of this name. Asking again for one that is followed gives the same.
   *
   * @throws {ClientError} `rejected`: it is followed as another type.
   */
  topic<Type extends TopicType>(name: string, type: Type): TopicByType[Type] {
    const known = this.#topics.get(name);
    if (known !== undefined) {
      if (known.type !== type) {
        throw new ClientError('rejected', `${name} is followed as a ${known.type}`);
      }
      // It was made below, for this very type.
      return known as TopicByType[Type];
    }
    const topic = TOPICS[type](name, {
      send: (text) => this.#line.send(text),
      createId: this.#options.createId,
      nowMs: this.#options.clock.nowMs,
      run: () => this.#run,
      attach: (hearing) => void this.#hearings.set(name, hearing),
      onClose: () => this.#forget(name),
    });
    this.#topics.set(name, topic);
    if (this.#line.isOpen) this.#hearings.get(name)?.connect();
    return topic;
  }

  /** Offers a service to the other clients. */
  provide(name: string, handler: ServiceHandler): Provision {
    return this.#services.provide(name, handler);
  }

  /**
   * Calls a service that another client offers.
   *
   * @throws {ClientError} `unknown_service`, `provider_gone`, `timeout`, `too_many_requests`; `failed`: the provider could
   *   not do it, in its own words; `uncertain`; `closed`.
   */
  call(name: string, args: JsonValue, options?: CallOptions): Promise<JsonValue> {
    return this.#services.call(name, args, options);
  }

  async #request(): Promise<SocketRequest> {
    const { url, token, requestTicket } = this.#options;
    const ticket = await requestTicket?.();
    const offered = ticket === undefined ? [] : [TICKET_SUBPROTOCOL_PREFIX + ticket];
    return { url, token, protocols: [TOPIC_SUBPROTOCOL, ...offered] };
  }

  #forget(name: string): void {
    this.#topics.delete(name);
    this.#hearings.delete(name);
  }

  #connect(): void {
    for (const { connect } of this.#hearings.values()) connect();
    this.#services.connect();
  }

  #lose(): void {
    for (const { lose } of this.#hearings.values()) lose();
    this.#services.lose();
  }

  #hear(frame: HeardFrame | undefined): void {
    switch (frame?.type) {
      case 'update':
        this.#hearings.get(frame.topic)?.hear(frame.change);
        break;
      case 'reject_update':
        this.#hearings.get(frame.topic)?.hearRejection(frame.change, frame.reason);
        break;
      case 'request':
        void this.#services.hearRequest(frame);
        break;
      case 'response':
        this.#services.hearResponse(frame.requestId, frame.outcome);
        break;
      case 'hello':
        this.#run = frame.run;
        break;
      case undefined:
        // It was no frame, or one of a daemon to come.
        break;
    }
  }
}
