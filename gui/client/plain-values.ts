/** What a client knows of a topic's value, kept up by the changes that the daemon tells. */
import type { JsonValue, TopicType } from '../../daemon/wire/topic-terms.ts';
import { isFields, isJson, jsonListOf } from './fields.ts';
import type { TopicChange } from './topic-frames.ts';

/** Topics whose changes are shown when the daemon has told them: all but texts and lists. */
export type PlainTopicType = Exclude<TopicType, 'string' | 'list'>;

/** The value of a topic, by its type. */
export type PlainValues = Readonly<{
  int: number;
  float: number;
  set: readonly JsonValue[];
  u_list: readonly JsonValue[];
  dict: ReadonlyMap<string, JsonValue>;
  event: null;
  generic: JsonValue;
}>;

/** A value that changes in place. Changes that make no sense are passed by: the daemon has checked them. */
export interface PlainValue<Value> {
  readonly current: Value;
  apply(change: TopicChange): void;
}

/** An empty value of each type. */
export const EMPTY_VALUES: Readonly<{
  [Type in PlainTopicType]: () => PlainValue<PlainValues[Type]>;
}> = {
  int: () => new NumberValue(),
  float: () => new NumberValue(),
  set: () => new UnorderedValue(),
  u_list: () => new UnorderedValue(),
  dict: () => new DictValue(),
  event: () => ({ current: null, apply: () => undefined }),
  generic: () => new GenericValue(),
};

class NumberValue implements PlainValue<number> {
  current = 0;

  apply({ type, value }: TopicChange): void {
    if (typeof value !== 'number') return;
    this.current = type === 'add' ? this.current + value : value;
  }
}

class UnorderedValue implements PlainValue<readonly JsonValue[]> {
  current: readonly JsonValue[] = [];

  apply({ type, value, item }: TopicChange): void {
    if (type === 'set') this.current = jsonListOf(value) ?? this.current;
    else if (type === 'append' && isJson(item)) this.current = [...this.current, item];
    else if (type === 'remove' && isJson(item)) this.#remove(canonicalText(item));
  }

  #remove(text: string): void {
    const at = this.current.findIndex((one) => canonicalText(one) === text);
    if (at !== -1) this.current = this.current.filter((_, index) => index !== at);
  }
}

class DictValue implements PlainValue<ReadonlyMap<string, JsonValue>> {
  current = new Map<string, JsonValue>();

  apply({ type, key, value }: TopicChange): void {
    if (type === 'set' && isFields(value)) {
      this.current = new Map(
        Object.entries(value).filter((entry): entry is [string, JsonValue] => isJson(entry[1])),
      );
    } else if (type === 'pop' && typeof key === 'string') this.current.delete(key);
    else if (typeof key === 'string' && isJson(value)) this.current.set(key, value);
  }
}

class GenericValue implements PlainValue<JsonValue> {
  current: JsonValue = null;

  apply({ value }: TopicChange): void {
    if (isJson(value)) this.current = value;
  }
}

/** The same text for equal values, in whatever order their members came. */
export function canonicalText(value: JsonValue): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    isFields(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
