/** What a topic of each type holds, and what a change does to it. */
import { decodeValue } from '../wire/check.ts';
import {
  DictChange,
  EventChange,
  FloatChange,
  IntChange,
  SetChange,
  StringChange,
  TOPIC_VALUE_MAX_LENGTH,
  type Change,
  type JsonObject,
  type JsonValue,
  type TopicType,
} from '../wire/topic.ts';
import { canonicalText, misfit, type Snapshot, type TopicValue } from './topic-value.ts';
import { GenericValue, ListValue, NumberValue, UnorderedListValue } from './topic-plain-values.ts';

/** Changes that can only make a value smaller. */
const SHRINKING: ReadonlySet<JsonValue | undefined> = new Set(['delete', 'remove', 'pop']);

/** An empty value of each type. A new type is one entry here and its changes in `wire/topic.ts`. */
export const EMPTY_VALUES: Readonly<Record<TopicType, () => TopicValue>> = {
  string: () => new StringValue(),
  int: () => new NumberValue(IntChange),
  float: () => new NumberValue(FloatChange),
  set: () => new SetValue(),
  u_list: () => new UnorderedListValue(),
  list: () => new ListValue(),
  dict: () => new DictValue(),
  event: () => new EventValue(),
  generic: () => new GenericValue(),
};

/** The topic type of this name; `undefined` for a name that is none. */
export function toTopicType(name: string): TopicType | undefined {
  // Some clients spell it so.
  if (name === 'ulist') return 'u_list';
  return Object.hasOwn(EMPTY_VALUES, name) ? (name as TopicType) : undefined;
}

/** Text that several may write at once. A position counts UTF-16 units of the text as it is here. */
export class StringValue implements TopicValue {
  #text = '';

  snapshot(): Snapshot {
    return { type: 'set', value: this.#text };
  }

  apply(raw: JsonObject): Change {
    const change = decodeValue(StringChange, raw);
    switch (change.type) {
      case 'set':
        this.#text = change.value;
        break;
      case 'insert':
        this.#replace(change.position, '', change.insertion);
        break;
      case 'delete':
        this.#replace(change.position, change.deletion, '');
        break;
    }
    return change;
  }

  /**
   * Checks edits that lie apart and of which the latest comes first.
   *
   * @throws {WireError} One of them does not fit; nothing was changed.
   */
  check(edits: readonly JsonObject[]): void {
    const copy = new StringValue();
    copy.#text = this.#text;
    for (const edit of edits) copy.apply(edit);
  }

  #replace(position: number, expected: string, replacement: string): void {
    const end = position + expected.length;
    if (end > this.#text.length) throw misfit(`the text has only ${this.#text.length} units`);
    if (this.#text.slice(position, end) !== expected) throw misfit('the text there is another one');
    this.#text = this.#text.slice(0, position) + replacement + this.#text.slice(end);
  }
}

/** Items without order, each once. */
export class SetValue implements TopicValue {
  /** By canonical text. */
  #items = new Map<string, JsonValue>();

  snapshot(): Snapshot {
    return { type: 'set', value: [...this.#items.values()] };
  }

  apply(raw: JsonObject): Change {
    const change = decodeValue(SetChange, raw);
    switch (change.type) {
      case 'set':
        this.#setAll(change.value);
        break;
      case 'append':
        if (this.#items.has(canonicalText(change.item))) throw misfit('the item is there already');
        this.#items.set(canonicalText(change.item), change.item);
        break;
      case 'remove':
        if (!this.#items.delete(canonicalText(change.item))) throw misfit('there is no such item');
        break;
    }
    return change;
  }

  #setAll(items: readonly JsonValue[]): void {
    const byText = new Map(items.map((item) => [canonicalText(item), item]));
    if (byText.size !== items.length) throw misfit('a set has each item once');
    this.#items = byText;
  }
}

/** Values by key. */
export class DictValue implements TopicValue {
  #entries = new Map<string, JsonValue>();

  snapshot(): Snapshot {
    return { type: 'set', value: Object.fromEntries(this.#entries) };
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  apply(raw: JsonObject): Change {
    const change = decodeValue(DictChange, raw);
    switch (change.type) {
      case 'set':
        this.#entries = new Map(Object.entries(change.value));
        break;
      case 'add':
        if (this.has(change.key)) throw misfit(`there is a ${change.key} already`);
        this.#entries.set(change.key, change.value);
        break;
      case 'change_value':
        if (!this.has(change.key)) throw misfit(`there is no ${change.key}`);
        this.#entries.set(change.key, change.value);
        break;
      case 'pop':
        if (!this.#entries.delete(change.key)) throw misfit(`there is no ${change.key}`);
        break;
    }
    return change;
  }
}

/** Passes on what happens and keeps nothing. */
export class EventValue implements TopicValue {
  snapshot(): Snapshot {
    return { type: 'set', value: null };
  }

  apply(raw: JsonObject): Change {
    return decodeValue(EventChange, raw);
  }
}

/**
 * Length, as JSON, that a value can have at most after a change; measured anew only when the estimate is too high.
 *
 * @param maxLength Length that it can have at most now.
 */
export function lengthAfter(value: TopicValue, maxLength: number, change: JsonObject): number {
  if (SHRINKING.has(change['type'])) return maxLength;
  const added = JSON.stringify(change).length;
  if (change['type'] === 'set') return added;
  const estimate = maxLength + added;
  if (estimate <= TOPIC_VALUE_MAX_LENGTH) return estimate;
  return JSON.stringify(value.snapshot().value).length + added;
}
