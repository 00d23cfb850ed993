/** Lines of `topics.log` (docs/storage.md#topics). */
import * as v from 'valibot';
import type { KnownChange, TopicPast } from '../domain/recent-changes.ts';
import type { TopicRecord } from '../domain/topic-replay.ts';
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

/** A change by its id; with `1` one that was sent again. */
const Known = v.union([v.tuple([v.string()]), v.tuple([v.string(), v.literal(1)])]);
const Past = v.object({
  l: v.string(),
  w: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  i: v.array(Known),
});

const Line = v.variant('k', [
  v.object({
    k: v.literal('value'),
    t: TopicName,
    y: Type,
    n: Count,
    v: Json,
    p: v.optional(Past),
  }),
  v.object({
    ...{ k: v.literal('change'), t: TopicName, y: Type, n: Count },
    ...{ d: v.array(Part), i: v.optional(Known), l: v.optional(v.string()) },
  }),
  v.object({ k: v.literal('gone'), t: TopicName }),
]);

/** A line that is to be written. */
export function encodeTopicRecord(record: TopicRecord): object {
  const { kind: k, topic: t } = record;
  switch (record.kind) {
    case 'value':
      return {
        ...{ k, t, y: record.type, n: record.changes, v: record.value },
        ...(record.past && { p: encodePast(record.past) }),
      };
    case 'change':
      return {
        ...{ k, t, y: record.type, n: record.changes, d: record.parts },
        ...(record.known && { i: encodeKnown(record.known) }),
        ...(record.life !== undefined && { l: record.life }),
      };
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
      return {
        ...{ kind: 'value', topic: output.t, type: output.y, changes: output.n, value: output.v },
        ...(output.p && { past: decodePast(output.p) }),
      };
    case 'change':
      return {
        ...{ kind: 'change', topic: output.t, type: output.y },
        ...{ changes: output.n, parts: output.d },
        ...(output.i && { known: decodeKnown(output.i) }),
        ...(output.l !== undefined && { life: output.l }),
      };
    case 'gone':
      return { kind: 'gone', topic: output.t };
  }
}

function encodePast({ life, version, recent }: TopicPast): v.InferInput<typeof Past> {
  return { l: life, w: version, i: recent.map(encodeKnown) };
}

function decodePast({ l, w, i }: v.InferOutput<typeof Past>): TopicPast {
  return { life: l, version: w, recent: i.map(decodeKnown) };
}

function encodeKnown([id, wasSentAgain]: KnownChange): v.InferInput<typeof Known> {
  return wasSentAgain ? [id, 1] : [id];
}

function decodeKnown([id, wasSentAgain]: v.InferOutput<typeof Known>): KnownChange {
  return [id, wasSentAgain === 1];
}
