/** Lines of `topics.log` (docs/storage.md#topics). */
import * as v from 'valibot';
import type { TopicRecord } from '../domain/topic-keeper.ts';
import { toTopicType } from '../domain/topic-values.ts';
import { TopicName, type JsonObject, type JsonValue, type TopicType } from '../wire/topic.ts';

const Type = v.custom<TopicType>(
  (value) => typeof value === 'string' && toTopicType(value) === value,
  'is no topic type',
);
const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const Json = v.custom<JsonValue>((value) => value !== undefined, 'is missing');
const Part = v.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'is no object',
);

const Line = v.variant('k', [
  v.object({ k: v.literal('value'), t: TopicName, y: Type, n: Count, v: Json }),
  v.object({ k: v.literal('change'), t: TopicName, y: Type, n: Count, d: v.array(Part) }),
  v.object({ k: v.literal('gone'), t: TopicName }),
]);

/** A line that is to be written. */
export function encodeTopicRecord(record: TopicRecord): object {
  const { kind: k, topic: t } = record;
  switch (record.kind) {
    case 'value':
      return { k, t, y: record.type, n: record.changes, v: record.value };
    case 'change':
      return { k, t, y: record.type, n: record.changes, d: record.parts };
    case 'gone':
      return { k, t };
  }
}

/** What a line says; `undefined` when it makes no sense. */
export function decodeTopicRecord(line: unknown): TopicRecord | undefined {
  const { success, output } = v.safeParse(Line, line);
  if (!success) return undefined;
  switch (output.k) {
    case 'value':
      return { kind: 'value', topic: output.t, type: output.y, changes: output.n, value: output.v };
    case 'change':
      return {
        ...{ kind: 'change', topic: output.t, type: output.y },
        ...{ changes: output.n, parts: output.d },
      };
    case 'gone':
      return { kind: 'gone', topic: output.t };
  }
}
