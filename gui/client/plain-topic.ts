/** Topics whose changes show when the daemon has told them: all but texts and lists. */
import type { JsonObject, JsonValue } from '../../daemon/wire/topic-terms.ts';
import { ClientError, uncertainError } from './errors.ts';
import { FollowedTopic, type TopicLine } from './followed-topic.ts';
import { isTooLarge } from './frame-size.ts';
import { Listeners } from './listeners.ts';
import {
  EMPTY_VALUES,
  type PlainTopicType,
  type PlainValue,
  type PlainValues,
} from './plain-values.ts';
import { fateOf, NOWHERE, placeOf, type Place } from './resumed.ts';
import { createSettled, type Settled } from './settled.ts';
import { encodeUpdate, type TopicChange } from './topic-frames.ts';

/** Changes that are on their way at once: fewer than a daemon lets wait for its disk. Source: docs/topics.md#limits. */
const MAX_UNDER_WAY = 16;

/** A change that the daemon has not confirmed. */
type Sending = {
  readonly change: TopicChange;
  readonly id: string;
  readonly settled: Settled<undefined>;
  state: 'waiting' | 'sent' | 'lost' | 'again';
};

export class PlainTopic<Type extends PlainTopicType = PlainTopicType> extends FollowedTopic {
  readonly #value: PlainValue<PlainValues[Type]>;
  readonly #listeners = new Listeners<[value: PlainValues[Type], change: TopicChange]>();
  #sending: Sending[] = [];
  #place: Place = NOWHERE;

  constructor(name: string, type: Type, line: TopicLine) {
    super(name, type, line);
    this.#value = EMPTY_VALUES[type]();
  }

  /** As the daemon told it last; a map changes in place. */
  get value(): PlainValues[Type] {
    return this.#value.current;
  }

  /**
   * Calls back after each change, whoever made it; the first one sets the whole value, as does the first after each connection.
   *
   * @returns What takes the listener away again.
   */
  onChange(listener: (value: PlainValues[Type], change: TopicChange) => void): () => void {
    return this.#listeners.add(listener);
  }

  /**
   * Makes any change of the protocol; resolves when the daemon has told it. Without a connection it waits for one, and after a
   * broken line it is sent again unless it had arrived.
   *
   * @throws {ClientError} `rejected`: it was refused, and why; `uncertain`; `closed`.
   */
  change(change: TopicChange): Promise<void> {
    const id = change.id ?? this.line.createId();
    const settled = createSettled<undefined>();
    const sending: Sending = { change: { ...change, id }, id, settled, state: 'waiting' };
    const isTooMuch = isTooLarge(encodeUpdate(this.name, sending.change));
    const tooMuch = isTooMuch && new ClientError('rejected', 'a change has at most 256 KiB');
    const refusal = this.refusal ?? (tooMuch || undefined);
    if (refusal !== undefined) return Promise.reject(refusal);
    this.#sending.push(sending);
    this.sendMore();
    return settled.promise;
  }

  protected unanswered(): readonly string[] {
    return this.#sending.filter(({ state }) => state === 'lost').map(({ id }) => id);
  }

  protected next(): string | undefined {
    const underWay = this.#sending.filter(({ state }) => state === 'sent').length;
    const one = this.#sending.find(({ state }) => state === 'waiting' || state === 'again');
    if (one === undefined || underWay >= MAX_UNDER_WAY) return undefined;
    const again = one.state === 'again';
    one.state = 'sent';
    return encodeUpdate(this.name, again ? { ...one.change, again } : one.change);
  }

  protected lost(): void {
    for (const one of this.#sending) if (one.state === 'sent') one.state = 'lost';
  }

  protected resumed(change: TopicChange): void {
    const lost = this.#sending.filter(({ state }) => state === 'lost');
    for (const one of lost) {
      const fate = fateOf(one.id, this.#place, change);
      if (fate === 'not applied') one.state = 'again';
      else this.#settle(one, fate === 'applied' ? undefined : uncertainError());
    }
    this.#place = placeOf(change);
    this.#show(change);
  }

  protected changed(change: TopicChange): void {
    this.#place = { ...this.#place, version: this.#place.version + 1 };
    const own = this.#sending.find(({ id }) => id === change.id);
    if (own !== undefined) this.#settle(own);
    this.#show(change);
  }

  protected rejected(id: string | undefined, reason: string): void {
    const own = this.#sending.find((one) => one.id === id && one.state === 'sent');
    if (own !== undefined) this.#settle(own, new ClientError('rejected', reason));
  }

  protected ended(error: ClientError): void {
    for (const one of this.#sending) one.settled.reject(error);
    this.#sending = [];
  }

  #settle(one: Sending, error?: ClientError): void {
    this.#sending = this.#sending.filter((other) => other !== one);
    if (error === undefined) one.settled.resolve(undefined);
    else one.settled.reject(error);
  }

  #show(change: TopicChange): void {
    this.#value.apply(change);
    this.#listeners.tell(this.#value.current, change);
  }
}

/** A number that several count up and down: `int` or `float`. */
export class NumberTopic extends PlainTopic<'int' | 'float'> {
  add(value: number): Promise<void> {
    return this.change({ type: 'add', value });
  }

  set(value: number): Promise<void> {
    return this.change({ type: 'set', value });
  }
}

/** Items without order: a `set` has each once, a `u_list` as often as it was appended. */
export class UnorderedTopic extends PlainTopic<'set' | 'u_list'> {
  append(item: JsonValue): Promise<void> {
    return this.change({ type: 'append', item });
  }

  remove(item: JsonValue): Promise<void> {
    return this.change({ type: 'remove', item });
  }

  set(value: readonly JsonValue[]): Promise<void> {
    return this.change({ type: 'set', value });
  }
}

/** Values by key. */
export class DictTopic extends PlainTopic<'dict'> {
  /** Sets an entry. Rejected if another client adds or removes the key at the same moment. */
  put(key: string, value: JsonValue): Promise<void> {
    return this.change({ type: this.value.has(key) ? 'change_value' : 'add', key, value });
  }

  remove(key: string): Promise<void> {
    return this.change({ type: 'pop', key });
  }

  set(entries: JsonObject): Promise<void> {
    return this.change({ type: 'set', value: entries });
  }
}

/** Things that happen and are kept nowhere. */
export class EventTopic extends PlainTopic<'event'> {
  emit(args: JsonValue): Promise<void> {
    return this.change({ type: 'emit', args });
  }

  /** @returns What takes the listener away again. */
  onEmit(listener: (args: unknown) => void): () => void {
    return this.onChange((_, change) => {
      if (change.type === 'emit') listener(change['args']);
    });
  }
}

/** Any JSON, set as a whole. */
export class GenericTopic extends PlainTopic<'generic'> {
  set(value: JsonValue): Promise<void> {
    return this.change({ type: 'set', value });
  }
}
