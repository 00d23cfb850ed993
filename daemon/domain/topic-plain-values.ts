/** Numbers, lists, and whatever is set as a whole. */
import { decodeValue } from '../wire/check.ts';
import type { JsonObject, JsonValue } from '../wire/topic.ts';
import {
  FloatChange,
  GenericChange,
  IntChange,
  ListChange,
  SetChange,
} from '../wire/topic-changes.ts';
import {
  canonicalText,
  jsonBytes,
  misfit,
  TopicValue,
  type Snapshot,
  type Step,
} from './topic-value.ts';

/** A number that several may count up and down. */
export class NumberValue extends TopicValue {
  readonly #schema: typeof IntChange | typeof FloatChange;
  #number = 0;

  constructor(schema: typeof IntChange | typeof FloatChange) {
    super();
    this.#schema = schema;
  }

  snapshot(): Snapshot {
    return { type: 'set', value: this.#number };
  }

  protected plan(raw: JsonObject): Step {
    const change = decodeValue(this.#schema, raw);
    const next = change.type === 'set' ? change.value : this.#number + change.value;
    const isFine = this.#schema === IntChange ? Number.isSafeInteger(next) : Number.isFinite(next);
    if (!isFine) throw misfit('the number would be too large');
    return { change, deltaBytes: 0, commit: () => void (this.#number = next) };
  }
}

/** Items in an order. */
export class ListValue extends TopicValue {
  #items: JsonValue[] = [];

  snapshot(): Snapshot {
    return { type: 'set', value: [...this.#items] };
  }

  protected plan(raw: JsonObject): Step {
    const change = decodeValue(ListChange, raw);
    switch (change.type) {
      case 'set':
        return { change, ...this.#setting(change.value) };
      case 'insert': {
        const { position, item } = change;
        if (position > this.#items.length) throw this.#tooShort();
        const commit = (): void => void this.#items.splice(position, 0, item);
        return { change, deltaBytes: itemBytes(item), commit };
      }
      case 'pop': {
        const item = this.#items[change.position];
        if (item === undefined) throw this.#tooShort();
        const commit = (): void => void this.#items.splice(change.position, 1);
        return { change, deltaBytes: -itemBytes(item), commit };
      }
    }
  }

  #setting(items: readonly JsonValue[]): Omit<Step, 'change'> {
    // The same as the sum of its items, and quicker.
    const sizeBytes = items.length === 0 ? 0 : jsonBytes(items) - 1;
    return {
      deltaBytes: sizeBytes - this.sizeBytes,
      commit: () => {
        this.#items = [...items];
      },
    };
  }

  #tooShort(): Error {
    return misfit(`the list has only ${this.#items.length} items`);
  }
}

/** Items without order, each as often as it was put in. */
export class UnorderedListValue extends TopicValue {
  /** By canonical text: an item, and how often it is there. */
  #items = new Map<string, { readonly item: JsonValue; count: number }>();

  snapshot(): Snapshot {
    const value: JsonValue[] = [];
    for (const { item, count } of this.#items.values()) {
      for (let copy = 0; copy < count; copy++) value.push(item);
    }
    return { type: 'set', value };
  }

  protected plan(raw: JsonObject): Step {
    const change = decodeValue(SetChange, raw);
    if (change.type === 'set') return { change, ...this.#setting(change.value) };
    const { item } = change;
    const text = canonicalText(item);
    const { count } = this.#items.get(text) ?? { count: 0 };
    if (change.type === 'append') {
      const commit = (): void => void this.#items.set(text, { item, count: count + 1 });
      return { change, deltaBytes: itemBytes(item), commit };
    }
    if (count === 0) throw misfit('there is no such item');
    const commit = (): void => {
      if (count === 1) this.#items.delete(text);
      else this.#items.set(text, { item, count: count - 1 });
    };
    return { change, deltaBytes: -itemBytes(item), commit };
  }

  #setting(items: readonly JsonValue[]): Omit<Step, 'change'> {
    const counted = new Map<string, { readonly item: JsonValue; count: number }>();
    for (const item of items) {
      const text = canonicalText(item);
      const same = counted.get(text);
      if (same === undefined) counted.set(text, { item, count: 1 });
      else same.count++;
    }
    const sizeBytes = items.length === 0 ? 0 : jsonBytes(items) - 1;
    return {
      deltaBytes: sizeBytes - this.sizeBytes,
      commit: () => {
        this.#items = counted;
      },
    };
  }
}

/** Whatever it is, as a whole. */
export class GenericValue extends TopicValue {
  #value: JsonValue = null;

  snapshot(): Snapshot {
    return { type: 'set', value: this.#value };
  }

  protected plan(raw: JsonObject): Step {
    const change = decodeValue(GenericChange, raw);
    const deltaBytes = jsonBytes(change.value) - this.sizeBytes;
    return { change, deltaBytes, commit: () => void (this.#value = change.value) };
  }
}

/** With the comma. */
function itemBytes(item: JsonValue): number {
  return jsonBytes(item) + 1;
}
