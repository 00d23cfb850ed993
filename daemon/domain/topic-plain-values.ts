/** Numbers, lists, and whatever is set as a whole. */
import { decodeValue } from '../wire/check.ts';
import {
  FloatChange,
  GenericChange,
  IntChange,
  ListChange,
  SetChange,
  type Change,
  type JsonObject,
  type JsonValue,
} from '../wire/topic.ts';
import { canonicalText, misfit, type Snapshot, type TopicValue } from './topic-value.ts';

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
