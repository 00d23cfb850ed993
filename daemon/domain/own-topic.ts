/** Topics of the daemon's own, whose values are read when somebody comes to look. */
import type { JsonObject, JsonValue, TopicType } from '../wire/topic.ts';
import { Topic, type PreparedChange, type TopicClient } from './topic.ts';
import type { TopicValue } from './topic-value.ts';
import { DictValue, EMPTY_VALUES } from './topic-values.ts';

/** What to change, decided once the value is there; `undefined` for nothing. */
export type LateChange = (value: TopicValue) => JsonObject | undefined;

/** How a topic of the daemon's own comes about. */
export type OwnTopicOptions = Readonly<{
  read: () => Promise<JsonValue>;
  /** Clients may change it as well, if whoever judges changes agrees. */
  isOpen: boolean;
}>;

/** A topic of the daemon's own. Its value is in memory only while somebody looks at it. */
export class OwnTopic extends Topic {
  readonly isOpen: boolean;
  readonly #read: () => Promise<JsonValue>;
  /** Changes that came while the value is being read; `undefined` once it is there. */
  #waiting: LateChange[] | undefined = [];

  constructor(
    name: string,
    type: TopicType,
    createId: () => string,
    { read, isOpen }: OwnTopicOptions,
  ) {
    super(name, type, createId);
    this.#read = read;
    this.isOpen = isOpen;
  }

  /** As for any topic, once the value is there. */
  override prepare(change: JsonObject): PreparedChange | string {
    return this.#waiting === undefined ? super.prepare(change) : 'subscribe to that topic first';
  }

  /** Adds a subscriber; if the value is still to be read, it is told after `open`. */
  override subscribe(client: TopicClient, unanswered?: readonly string[]): void {
    if (this.#waiting === undefined) super.subscribe(client, unanswered);
    else this.subscribers.add(client);
  }

  /** Whether somebody came for whom the value has to be read. */
  get needsReading(): boolean {
    return this.#waiting !== undefined && this.subscribers.size === 1;
  }

  /**
   * Reads the value, then shows it to whoever waits for it.
   *
   * @throws Whatever reading throws.
   */
  async open(): Promise<void> {
    const waiting = this.#waiting;
    const value = await this.#read();
    // Everybody left meanwhile, and perhaps somebody new came, for whom it is being read again.
    if (this.#waiting !== waiting || waiting === undefined || this.subscribers.size === 0) return;
    this.value.apply({ type: 'set', value });
    this.restamp();
    this.#waiting = undefined;
    this.tell(this.snapshot());
    for (const change of waiting) this.change(change);
  }

  /** Lets go of the value. */
  close(): void {
    this.value = EMPTY_VALUES[this.type]();
    this.restamp();
    this.#waiting = [];
  }

  /** Changes the value and tells the subscribers, now or as soon as the value is there. */
  change(toChange: LateChange): void {
    if (this.subscribers.size === 0) return;
    if (this.#waiting !== undefined) {
      this.#waiting.push(toChange);
      return;
    }
    const change = toChange(this.value);
    if (change !== undefined) this.apply(change);
  }

  /** Tells the subscribers something, where the topic is of type `event`. */
  emit(args: JsonValue): void {
    if (this.#waiting === undefined) this.happen(args);
    else this.change(() => ({ type: 'emit', args }));
  }
}

/** Sets an entry of a dict. */
export function putting(key: string, value: JsonValue): LateChange {
  return (entries) => ({ type: hasKey(entries, key) ? 'change_value' : 'add', key, value });
}

/** Removes an entry of a dict, if it is there. */
export function removing(key: string): LateChange {
  return (entries) => (hasKey(entries, key) ? { type: 'pop', key } : undefined);
}

function hasKey(entries: TopicValue, key: string): boolean {
  return entries instanceof DictValue && entries.has(key);
}
