/** A topic of type `dict` as a map. */
import { isFields } from '../answers.ts';
import type { TopicChange } from '../../client/topic-frames.ts';

/**
 * The map after a change; the same map if nothing changed. Values that are not what `is` expects are left out.
 */
export function applyDictChange<Value>(
  map: ReadonlyMap<string, Value>,
  change: TopicChange,
  is: (value: unknown) => value is Value,
): ReadonlyMap<string, Value> {
  const { type, key, value } = change;
  switch (type) {
    case 'set':
      return isFields(value) ? new Map(Object.entries(value).filter(isEntryOf(is))) : map;
    case 'add':
    case 'change_value':
      return typeof key === 'string' && is(value) ? new Map(map).set(key, value) : map;
    case 'pop':
      return typeof key === 'string' && map.has(key) ? without(map, key) : map;
    default:
      return map;
  }
}

function isEntryOf<Value>(is: (value: unknown) => value is Value) {
  return (entry: [string, unknown]): entry is [string, Value] => is(entry[1]);
}

function without<Value>(map: ReadonlyMap<string, Value>, key: string): ReadonlyMap<string, Value> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}
