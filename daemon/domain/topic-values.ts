/** What a topic of each type holds, and what a change does to it. */
import { decodeValue } from '../wire/check.ts';
import type { JsonObject, JsonValue, TopicType } from '../wire/topic.ts';
import {
  DictChange,
  EventChange,
  FloatChange,
  IntChange,
  SetChange,
  StringChange,
} from '../wire/topic-changes.ts';
import {
  canonicalText,
  jsonBytes,
  misfit,
  textBytes,
  TopicValue,
  type Snapshot,
  type Step,
} from './topic-value.ts';
import { GenericValue, ListValue, NumberValue, UnorderedListValue } from './topic-plain-values.ts';

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
export class StringValue extends TopicValue {
  #text = '';

  snapshot(): Snapshot {
    return { type: 'set', value: this.#text };
  }

  protected plan(raw: JsonObject): Step {
    const change = decodeValue(StringChange, raw);
    switch (change.type) {
      case 'set': {
        const deltaBytes = textBytes(change.value) - this.sizeBytes;
        return { change, deltaBytes, commit: () => void (this.#text = change.value) };
      }
      case 'insert':
        return { change, ...this.#replacing(change.position, '', change.insertion) };
      case 'delete':
        return { change, ...this.#replacing(change.position, change.deletion, '') };
    }
  }

  #replacing(at: number, expected: string, replacement: string): Omit<Step, 'change'> {
    const end = at + expected.length;
    if (end > this.#text.length) throw misfit(`the text has only ${this.#text.length} units`);
    if (this.#text.slice(at, end) !== expected) throw misfit('the text there is another one');
    return {
      deltaBytes: textBytes(replacement) - textBytes(expected),
      commit: () => {
        this.#text = this.#text.slice(0, at) + replacement + this.#text.slice(end);
      },
    };
  }
}

/** Items without order, each once. */
export class SetValue extends TopicValue {
  /** By canonical text. */
  #items = new Map<string, JsonValue>();

  snapshot(): Snapshot {
    return { type: 'set', value: [...this.#items.values()] };
  }

  protected plan(raw: JsonObject): Step {
    const change = decodeValue(SetChange, raw);
    if (change.type === 'set') return { change, ...this.#setting(change.value) };
    const text = canonicalText(change.item);
    const isThere = this.#items.has(text);
    if (change.type === 'append') {
      if (isThere) throw misfit('the item is there already');
      const commit = (): void => void this.#items.set(text, change.item);
      return { change, deltaBytes: itemBytes(text), commit };
    }
    if (!isThere) throw misfit('there is no such item');
    const commit = (): void => void this.#items.delete(text);
    return { change, deltaBytes: -itemBytes(text), commit };
  }

  #setting(items: readonly JsonValue[]): Omit<Step, 'change'> {
    const byText = new Map(items.map((item) => [canonicalText(item), item]));
    if (byText.size !== items.length) throw misfit('a set has each item once');
    const sizeBytes = [...byText.keys()].reduce((sum, text) => sum + itemBytes(text), 0);
    return {
      deltaBytes: sizeBytes - this.sizeBytes,
      commit: () => {
        this.#items = byText;
      },
    };
  }
}

/** Values by key. */
export class DictValue extends TopicValue {
  #entries = new Map<string, JsonValue>();

  snapshot(): Snapshot {
    return { type: 'set', value: Object.fromEntries(this.#entries) };
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  protected plan(raw: JsonObject): Step {
    const change = decodeValue(DictChange, raw);
    switch (change.type) {
      case 'set':
        return { change, ...this.#setting(change.value) };
      case 'add':
        if (this.has(change.key)) throw misfit(`there is a ${change.key} already`);
        return { change, ...this.#putting(change.key, change.value) };
      case 'change_value':
        if (!this.has(change.key)) throw misfit(`there is no ${change.key}`);
        return { change, ...this.#putting(change.key, change.value) };
      case 'pop': {
        if (!this.has(change.key)) throw misfit(`there is no ${change.key}`);
        const commit = (): void => void this.#entries.delete(change.key);
        return { change, deltaBytes: -this.#bytesOf(change.key), commit };
      }
    }
  }

  #setting(value: JsonObject): Omit<Step, 'change'> {
    const entries = new Map(Object.entries(value));
    let sizeBytes = 0;
    for (const [key, member] of entries) sizeBytes += entryBytes(key, member);
    return {
      deltaBytes: sizeBytes - this.sizeBytes,
      commit: () => {
        this.#entries = entries;
      },
    };
  }

  #putting(key: string, value: JsonValue): Omit<Step, 'change'> {
    return {
      deltaBytes: entryBytes(key, value) - this.#bytesOf(key),
      commit: () => void this.#entries.set(key, value),
    };
  }

  #bytesOf(key: string): number {
    const value = this.#entries.get(key);
    return value === undefined ? 0 : entryBytes(key, value);
  }
}

/** Passes on what happens and keeps nothing. */
export class EventValue extends TopicValue {
  snapshot(): Snapshot {
    return { type: 'set', value: null };
  }

  protected plan(raw: JsonObject): Step {
    return { change: decodeValue(EventChange, raw), deltaBytes: 0, commit: () => undefined };
  }
}

/** With the comma. */
function itemBytes(text: string): number {
  return Buffer.byteLength(text) + 1;
}

/** With the colon and the comma. */
function entryBytes(key: string, value: JsonValue): number {
  return jsonBytes(key) + jsonBytes(value) + 2;
}
