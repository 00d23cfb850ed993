/** Durable topics as records on the disk: what one says, and what all of them come to. */
import type { JsonObject, JsonValue, TopicType } from '../wire/topic.ts';
import type { Change } from '../wire/topic-changes.ts';
import { RecentChanges, type KnownChange, type TopicPast } from './recent-changes.ts';
import type { TopicValue } from './topic-value.ts';
import { EMPTY_VALUES } from './topic-values.ts';

/** What there is to know of a durable topic after so many changes; a record counts on top of those before it. */
export type TopicRecord =
  | Readonly<{
      kind: 'value';
      topic: string;
      type: TopicType;
      changes: number;
      value: JsonValue;
      /** Absent in records of daemons that did not keep it. */
      past?: TopicPast;
    }>
  | Readonly<{
      kind: 'change';
      topic: string;
      type: TopicType;
      /** This one included; with the first a topic begins anew. */
      changes: number;
      /** One part or more, to be applied in this order. */
      parts: readonly JsonObject[];
      /** How its author knows it again, if he gave it an id. */
      known?: KnownChange;
      /** That of the topic; in its first record. */
      life?: string;
    }>
  | Readonly<{ kind: 'gone'; topic: string }>;

/** A topic as it was kept. */
export type KeptTopic = Readonly<{
  name: string;
  type: TopicType;
  changes: number;
  value: JsonValue;
  past: TopicPast | undefined;
}>;

/** Puts together what the records say of each topic. */
export function replay(
  records: readonly TopicRecord[],
): Readonly<{ topics: readonly KeptTopic[]; isDamaged: boolean }> {
  const values = new Map<string, Replayed>();
  let isDamaged = false;
  for (const record of records) {
    try {
      applyRecord(values, record);
    } catch {
      // What comes after a hole makes no sense without it; the value before it is the last good one.
      isDamaged = true;
    }
  }
  const topics = [...values].map(([name, topic]) => ({
    ...{ name, type: topic.type, changes: topic.changes },
    ...{ value: topic.value.snapshot().value, past: pastOf(topic) },
  }));
  return { topics, isDamaged };
}

/** `life` is `undefined` where the daemon that wrote it did not keep it. */
type KeptPast = Omit<TopicPast, 'life'> & Readonly<{ life: string | undefined }>;

type Replayed = {
  readonly type: TopicType;
  changes: number;
  readonly value: TopicValue;
  readonly life: string | undefined;
  version: number;
  readonly recent: RecentChanges;
};

function begin(type: TopicType, changes: number, past?: KeptPast): Replayed {
  return {
    ...{ type, changes, value: EMPTY_VALUES[type]() },
    ...{ life: past?.life, version: past?.version ?? 0 },
    recent: new RecentChanges(past?.recent),
  };
}

function pastOf({ life, version, recent }: Replayed): TopicPast | undefined {
  return life === undefined ? undefined : { life, version, recent: recent.known };
}

/** @throws It does not fit what was there before. */
function applyRecord(values: Map<string, Replayed>, record: TopicRecord): void {
  if (record.kind === 'gone') {
    values.delete(record.topic);
    return;
  }
  const { topic, type, changes } = record;
  if (record.kind === 'value') {
    const kept = begin(type, changes, record.past);
    kept.value.apply({ type: 'set', value: record.value });
    values.set(topic, kept);
    return;
  }
  const known =
    changes === 1
      ? begin(type, 0, { life: record.life, version: 0, recent: [] })
      : values.get(topic);
  if (known?.type !== type || known.changes + 1 !== changes) throw new Error('a change is missing');
  const steps = record.parts.map((part) => known.value.prepare(part));
  for (const { commit } of steps) commit();
  known.changes = changes;
  known.version += steps.length;
  if (record.known !== undefined) known.recent.add(...record.known);
  values.set(topic, known);
}

/** What of a change has to be known later. */
export function essence(change: Change): JsonObject {
  return Object.fromEntries(
    Object.entries<JsonValue | undefined>(change).filter(
      (member): member is [string, JsonValue] =>
        member[1] !== undefined && member[0] !== 'id' && member[0] !== 'old_value',
    ),
  );
}
