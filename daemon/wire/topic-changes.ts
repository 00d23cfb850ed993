/**
 * Changes of topics: what each type of topic takes.
 *
 * Source: docs/topics.md#types-and-changes.
 */
import * as v from 'valibot';
import type { JsonObject, JsonValue } from './topic-terms.ts';

/** Largest value of a topic that clients may change, as JSON. */
export const TOPIC_VALUE_MAX_BYTES = 1_048_576;
/** UTF-16 units in the id of a change. */
export const CHANGE_ID_MAX_LENGTH = 64;

/** Whatever was parsed, if it is there at all. */
export const Json = v.custom<JsonValue>((value) => value !== undefined, 'is missing');
/** A JSON object; its members are looked at later. */
export const Fields = v.custom<JsonObject>(isJsonObject, 'is no object');
/** What JSON has in a list needs no further look, and there may be very much of it. */
const List = v.custom<readonly JsonValue[]>((value) => Array.isArray(value), 'is no list');
const ChangeId = v.optional(v.pipe(v.string(), v.maxLength(CHANGE_ID_MAX_LENGTH)));
const Position = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Names that would reach an object's prototype instead of its members (G14). */
const Key = v.pipe(
  v.string(),
  v.check((key) => !['__proto__', 'constructor', 'prototype'].includes(key), 'is a reserved key'),
);

/** Every topic can be set as a whole. `old_value` is handed on, never compared. */
function setTo<const Value extends v.GenericSchema<unknown, JsonValue>>(value: Value) {
  return v.object({
    type: v.literal('set'),
    value,
    old_value: v.optional(Json),
    id: ChangeId,
  });
}

export const StringChange = v.variant('type', [
  setTo(v.string()),
  v.object({
    type: v.literal('insert'),
    position: Position,
    insertion: v.string(),
    id: ChangeId,
  }),
  v.object({
    type: v.literal('delete'),
    position: Position,
    deletion: v.string(),
    id: ChangeId,
  }),
]);

export const IntChange = v.variant('type', [
  setTo(v.pipe(v.number(), v.safeInteger())),
  v.object({ type: v.literal('add'), value: v.pipe(v.number(), v.safeInteger()), id: ChangeId }),
]);

export const FloatChange = v.variant('type', [
  setTo(v.pipe(v.number(), v.finite())),
  v.object({ type: v.literal('add'), value: v.pipe(v.number(), v.finite()), id: ChangeId }),
]);

export const ListChange = v.variant('type', [
  setTo(List),
  v.object({ type: v.literal('insert'), position: Position, item: Json, id: ChangeId }),
  v.object({ type: v.literal('pop'), position: Position, id: ChangeId }),
]);

export const GenericChange = setTo(Json);

/** Changes of a `set` and of a `u_list`. */
export const SetChange = v.variant('type', [
  setTo(List),
  v.object({ type: v.literal('append'), item: Json, id: ChangeId }),
  v.object({ type: v.literal('remove'), item: Json, id: ChangeId }),
]);

export const DictChange = v.variant('type', [
  setTo(
    v.custom<JsonObject>(
      (value) => isJsonObject(value) && Object.keys(value).every((key) => v.is(Key, key)),
      'is no object, or has a reserved key',
    ),
  ),
  v.object({ type: v.literal('add'), key: Key, value: Json, id: ChangeId }),
  v.object({ type: v.literal('change_value'), key: Key, value: Json, id: ChangeId }),
  v.object({ type: v.literal('pop'), key: Key, id: ChangeId }),
]);

export const EventChange = v.variant('type', [
  setTo(v.null()),
  v.object({ type: v.literal('emit'), args: Json, id: ChangeId }),
]);

/** A change of any topic type, checked. */
export type Change =
  | v.InferOutput<typeof StringChange>
  | v.InferOutput<typeof IntChange>
  | v.InferOutput<typeof FloatChange>
  | v.InferOutput<typeof ListChange>
  | v.InferOutput<typeof GenericChange>
  | v.InferOutput<typeof SetChange>
  | v.InferOutput<typeof DictChange>
  | v.InferOutput<typeof EventChange>;

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
