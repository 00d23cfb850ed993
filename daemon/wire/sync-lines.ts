/**
 * Lines of room sync: how they are taken apart, whoever says them.
 *
 * Source: docs/room-sync.md#lines.
 */
import * as v from 'valibot';
import { isWellFormed, WireError } from './check.ts';
import { SYNC_MAX_LINES } from './room-sync.ts';
import { Count, Hash, joinFields, splitFields, User } from './sync-fields.ts';

/** Fields that both sides say. */
export const SharedLines = {
  hash: v.tupleWithRest([Hash], v.string()),
  named: v.tupleWithRest([User, Hash], v.string()),
  at: v.tupleWithRest([v.string(), Count], v.string()),
} as const;

/** While lines are gathered. */
export type Draft<Value> = {
  -readonly [Key in keyof Value]: Value[Key] extends ReadonlyMap<infer K, infer V>
    ? Map<K, V>
    : Value[Key] extends readonly (infer Item)[]
      ? Item[]
      : Value[Key] extends ReadonlyMap<infer K, infer V> | undefined
        ? Map<K, V> | undefined
        : Value[Key];
};

/** Takes the fields of one kind of line in. */
export type Reader<Value> = (draft: Draft<Value>, fields: readonly string[]) => void;

/** A line of some fields. */
export function line(key: string, ...fields: readonly string[]): string {
  return `${key}: ${joinFields(...fields)}`;
}

/** The lines of a text; what is no line is passed over. @throws {WireError} `bad_request`. */
export function* readLines(
  text: string,
): Iterable<Readonly<{ key: string; fields: readonly string[] }>> {
  if (!isWellFormed(text)) throw new WireError('bad_request', 'not UTF-8');
  const lines = text.split('\n');
  if (lines.length > SYNC_MAX_LINES) {
    throw new WireError('bad_request', `more than ${SYNC_MAX_LINES} lines`);
  }
  for (const one of lines) {
    const colon = one.indexOf(':');
    if (colon === -1) continue;
    const value = one.slice(colon + 1).replace(/^[ \t]+/, '');
    yield { key: one.slice(0, colon), fields: splitFields(value) };
  }
}
