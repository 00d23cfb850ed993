/** One topic: a value, who looks at it, and how a change of it is told. */
import { decodeValue, WireError } from '../wire/check.ts';
import {
  ListChange,
  StringChange,
  TOPIC_VALUE_MAX_LENGTH,
  type Change,
  type JsonObject,
  type JsonValue,
  type Resumed,
  type ServerFrame,
  type TopicType,
} from '../wire/topic.ts';
import { baseOf, EditHistory, isSequenceChange, type SequenceChange } from './edit-history.ts';
import { RecentChanges } from './recent-changes.ts';
import { DictValue, EMPTY_VALUES, lengthAfter, StringValue } from './topic-values.ts';
import type { TopicValue } from './topic-value.ts';

/** Somebody who is connected and hears about topics. */
export interface TopicClient {
  readonly id: string;
  /** Takes a frame and returns at once. Several clients get the same frame object. */
  receive(frame: ServerFrame): void;
}

/** A topic that clients made and may change. */
export class Topic {
  readonly name: string;
  readonly type: TopicType;
  readonly subscribers = new Set<TopicClient>();
  protected value: TopicValue;
  readonly #createId: () => string;
  readonly #history: EditHistory | undefined;
  readonly #recent = new RecentChanges();
  /** See `Resumed`; chosen when somebody asks. */
  #life: string | undefined;
  #version = 0;
  /** Length of the value as JSON, or more. */
  #maxLength = 0;

  /** @param createId Gives every change that came without an id one of its own. */
  constructor(name: string, type: TopicType, createId: () => string) {
    this.name = name;
    this.type = type;
    this.value = EMPTY_VALUES[type]();
    this.#createId = createId;
    if (isSequence(type)) this.#history = new EditHistory();
  }

  /** The value as JSON. */
  get current(): JsonValue {
    return this.value.snapshot().value;
  }

  /** How the list of topics names it. */
  get listed(): JsonObject {
    return { topic_name: this.name, type: this.type };
  }

  /**
   * Adds a subscriber and tells it the value.
   *
   * @param unanswered Ids of changes of which it wants to know whether they were applied.
   */
  subscribe(client: TopicClient, unanswered?: readonly string[]): void {
    this.subscribers.add(client);
    const snapshot = this.snapshot();
    client.receive(
      unanswered === undefined ? snapshot : { ...snapshot, resumed: this.#resume(unanswered) },
    );
  }

  /**
   * Applies a client's change and tells every subscriber. An edit of a sequence that says on which version it was made is
   * moved past what came since.
   *
   * @returns Why the change is rejected; `undefined` when it is not.
   */
  update(change: JsonObject): string | undefined {
    const { id, again } = change;
    if (typeof id === 'string' && this.#recent.isRepeat(id, again === true)) {
      return 'that change was made already';
    }
    const maxLength = lengthAfter(this.value, this.#maxLength, change);
    if (maxLength > TOPIC_VALUE_MAX_LENGTH) return 'a value has at most 1 MiB';
    try {
      const parts = this.#rebase(change);
      // Parts lie apart, the latest first: each fits if it fits the value as it is, and none is applied alone.
      if (parts.length > 1 && this.value instanceof StringValue) this.value.check(parts);
      for (const part of parts) this.apply(part);
    } catch (error) {
      if (error instanceof WireError) return error.message;
      throw error;
    }
    this.#maxLength = maxLength;
    if (typeof id === 'string') this.#recent.add(id, again === true);
    return undefined;
  }

  /** @throws {WireError} The change does not fit; nothing was changed and nobody was told. */
  protected apply(change: JsonObject): void {
    const applied: Change = this.value.apply(change);
    applied.id ??= this.#createId();
    this.#history?.add(applied);
    this.#version++;
    this.tell(this.#updating(applied));
  }

  #resume(unanswered: readonly string[]): Resumed {
    this.#life ??= this.#createId();
    return { life: this.#life, version: this.#version, applied: this.#recent.applied(unanswered) };
  }

  #rebase(raw: JsonObject): readonly JsonObject[] {
    const base = this.#history && baseOf(raw);
    if (base === undefined || this.#history === undefined) return [raw];
    const change = decodeValue(this.type === 'list' ? ListChange : StringChange, raw);
    return isSequenceChange(change) ? this.#history.rebase(change, base).map(toJson) : [raw];
  }

  #updating(change: Change): Extract<ServerFrame, { type: 'update' }> {
    const frame = { type: 'update', topic: this.name, change } as const;
    return this.#history === undefined ? frame : { ...frame, version: this.#history.version };
  }

  protected tell(frame: ServerFrame): void {
    for (const subscriber of this.subscribers) subscriber.receive(frame);
  }

  protected snapshot(): Extract<ServerFrame, { type: 'update' }> {
    return this.#updating({ ...this.value.snapshot(), id: this.#createId() });
  }
}

/** What to change, decided once the value is there; `undefined` for nothing. */
export type LateChange = (value: TopicValue) => JsonObject | undefined;

/** A topic of the daemon's own. Its value is in memory only while somebody looks at it. */
export class OwnTopic extends Topic {
  readonly #read: () => Promise<JsonValue>;
  /** Changes that came while the value is being read; `undefined` once it is there. */
  #waiting: LateChange[] | undefined = [];

  constructor(
    name: string,
    type: TopicType,
    createId: () => string,
    read: () => Promise<JsonValue>,
  ) {
    super(name, type, createId);
    this.#read = read;
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
    this.#waiting = undefined;
    this.tell(this.snapshot());
    for (const change of waiting) this.change(change);
  }

  /** Lets go of the value. */
  close(): void {
    this.value = EMPTY_VALUES[this.type]();
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
}

/** Sets an entry of a dict. */
export function putting(key: string, value: JsonValue): LateChange {
  return (entries) => ({ type: hasKey(entries, key) ? 'change_value' : 'add', key, value });
}

/** Removes an entry of a dict, if it is there. */
export function removing(key: string): LateChange {
  return (entries) => (hasKey(entries, key) ? { type: 'pop', key } : undefined);
}

/** Whether clients other than the author of a change may have to move it. */
function isSequence(type: TopicType): boolean {
  return type === 'string' || type === 'list';
}

/** Without members that are not there. */
function toJson({ id, ...change }: SequenceChange): JsonObject {
  return id === undefined ? change : { ...change, id };
}

function hasKey(entries: TopicValue, key: string): boolean {
  return entries instanceof DictValue && entries.has(key);
}
