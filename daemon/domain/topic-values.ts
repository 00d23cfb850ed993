/** What a topic of each type holds, and what a change does to it. */
import { decodeValue, WireError } from '../wire/check.ts';
import {
  DictChange,
  EventChange,
  FloatChange,
  GenericChange,
  IntChange,
  ListChange,
  SetChange,
  StringChange,
  TOPIC_VALUE_MAX_LENGTH,
  type Change,
  type JsonObject,
  type JsonValue,
  type TopicType,
} from '../wire/topic.ts';

/** Changes that can only make a value smaller. */
const SHRINKING: ReadonlySet<JsonValue | undefined> = new Set(['delete', 'remove', 'pop']);

/** A change that sets the whole value. */
export type Snapshot = Extract<Change, { type: 'set' }>;

/** The value of one topic. */
export interface TopicValue {
  /** The change that gives this value to a client that has none yet; a fresh object. */
  snapshot(): Snapshot;
  /**
   * Checks a change against the type and the current value, and applies it.
   *
   * @returns The change with its known members only, for the subscribers.
   * @throws {WireError} It does not fit, and why; nothing was changed.
   */
  apply(change: JsonObject): Change;
}

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

/** A number that several may count up and down. */
export class NumberValue implements TopicValue {
  readonly #schema: typeof IntChange | typeof FloatChange;
  #number = 0;

  constructor(schema: typeof IntChange | typeof FloatChange) {
    this.#schema = schema;
  }

  snapshot(): Snapshot {
    return { type: 'set', value: this.#number };
  }

  apply(raw: JsonObject): Change {
    const change = decodeValue(this.#schema, raw);
    const next = change.type === 'set' ? change.value : this.#number + change.value;
    const isFine = this.#schema === IntChange ? Number.isSafeInteger(next) : Number.isFinite(next);
    if (!isFine) throw misfit('the number would be too large');
    this.#number = next;
    return change;
  }
}

/** Items in an order. */
export class ListValue implements TopicValue {
  #items: JsonValue[] = [];

  snapshot(): Snapshot {
    return { type: 'set', value: [...this.#items] };
  }

  apply(raw: JsonObject): Change {
    const change = decodeValue(ListChange, raw);
    const { length } = this.#items;
    switch (change.type) {
      case 'set':
        this.#items = [...change.value];
        break;
      case 'insert':
        if (change.position > length) throw misfit(`the list has only ${length} items`);
        this.#items.splice(change.position, 0, change.item);
        break;
      case 'pop':
        if (change.position >= length) throw misfit(`the list has only ${length} items`);
        this.#items.splice(change.position, 1);
        break;
    }
    return change;
  }
}

/** Items without order, each as often as it was put in. */
export class UnorderedListValue implements TopicValue {
  #items: JsonValue[] = [];

  snapshot(): Snapshot {
    return { type: 'set', value: [...this.#items] };
  }

  apply(raw: JsonObject): Change {
    const change = decodeValue(SetChange, raw);
    switch (change.type) {
      case 'set':
        this.#items = [...change.value];
        break;
      case 'append':
        this.#items.push(change.item);
        break;
      case 'remove':
        this.#remove(canonicalText(change.item));
        break;
    }
    return change;
  }

  #remove(text: string): void {
    const at = this.#items.findIndex((item) => canonicalText(item) === text);
    if (at === -1) throw misfit('there is no such item');
    this.#items.splice(at, 1);
  }
}

/** Whatever it is, as a whole. */
export class GenericValue implements TopicValue {
  #value: JsonValue = null;

  snapshot(): Snapshot {
    return { type: 'set', value: this.#value };
  }

  apply(raw: JsonObject): Change {
    const change = decodeValue(GenericChange, raw);
    this.#value = change.value;
    return change;
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

function misfit(message: string): WireError {
  return new WireError('bad_request', message, 'change');
}

/** The same text for equal values, in whatever order their members came. */
function canonicalText(value: JsonValue): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
