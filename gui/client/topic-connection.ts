/** A connection with the whole topic protocol: topics of all types, services that are offered and called. */
import type { JsonValue, TopicType } from '../../daemon/wire/topic-terms.ts';
import {
  ClientServices,
  type CallOptions,
  type Provision,
  type ServiceHandler,
} from './client-services.ts';
import type { TopicLine } from './followed-topic.ts';
import { Following, type FollowingOptions } from './following.ts';
import { DictTopic, EventTopic, GenericTopic, NumberTopic, UnorderedTopic } from './plain-topic.ts';
import { ListTopic, StringTopic } from './sequence-topic.ts';
import type { HeardFrame } from './topic-frames.ts';

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

export class TopicConnection extends Following {
  readonly #services: ClientServices;

  constructor(options: FollowingOptions) {
    super(options);
    this.#services = new ClientServices({
      send: (text) => this.line.send(text),
      isConnected: () => this.line.isOpen,
      clock: options.clock,
    });
  }

  override close(): void {
    this.#services.close();
    super.close();
  }

  /**
   * Follows a topic, which is made if there is none of this name. Asking again for one that is followed gives the same.
   *
   * @throws {ClientError} `rejected`: it is followed as another type.
   */
  topic<Type extends TopicType>(name: string, type: Type): TopicByType[Type] {
    return this.follow(name, type, (line): TopicByType[Type] => TOPICS[type](name, line));
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

  protected override connected(): void {
    super.connected();
    this.#services.connect();
  }

  protected override lost(): void {
    super.lost();
    this.#services.lose();
  }

  protected override heard(frame: HeardFrame | undefined): void {
    if (frame?.type === 'request') void this.#services.hearRequest(frame);
    else if (frame?.type === 'response') {
      this.#services.hearResponse(frame.requestId, frame.outcome);
    } else super.heard(frame);
  }
}
