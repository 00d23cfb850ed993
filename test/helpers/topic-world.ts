/** A hub of topics in memory, and clients that remember what they hear. */
import type { TopicClient } from '../../daemon/domain/topic.ts';
import { TopicHub, type TopicHubOptions } from '../../daemon/domain/topics.ts';
import type { JsonObject, ServerFrame } from '../../daemon/wire/topic.ts';
import { FakeClock } from './fake-clock.ts';
import { MemoryDocument } from './memory-stores.ts';

/** A client that remembers what it hears. */
export class ListeningClient implements TopicClient {
  readonly id: string;
  readonly frames: ServerFrame[] = [];
  /** How many of them it had when it was to send them at once, last. */
  hurried = 0;

  constructor(id: string) {
    this.id = id;
  }

  receive(frame: ServerFrame): void {
    this.frames.push(frame);
  }

  hurry(): void {
    this.hurried = this.frames.length;
  }

  /** Changes of a topic, without their ids. */
  changesOf(topic: string): readonly object[] {
    return this.frames.flatMap((frame) =>
      frame.type === 'update' && frame.topic === topic ? [withoutId(frame.change)] : [],
    );
  }

  /** Why its last wish was refused; `undefined` when the last thing it heard is something else. */
  get lastReason(): string | undefined {
    const last = this.frames.at(-1);
    return last?.type === 'reject_update' ? last.reason : undefined;
  }
}

/** A change by which changes of different ids can be compared. */
export function withoutId(change: object): object {
  return { ...change, id: undefined };
}

/** A hub whose ids are `id-1`, `id-2`, … */
export function hubWith({
  drafts = new Map<string, string>(),
  ...options
}: Partial<Omit<TopicHubOptions, 'drafts' | 'clock'>> & { drafts?: Map<string, string> } = {}) {
  const clock = new FakeClock();
  const store = new MemoryDocument<ReadonlyMap<string, string>>(drafts);
  const defects: unknown[] = [];
  let made = 0;
  const hub = new TopicHub({
    clock,
    createId: () => `id-${++made}`,
    drafts: store,
    onDefect: (error) => void defects.push(error),
    ...options,
  });
  return { hub, clock, store, defects };
}

/** Somebody comes. */
export function join(hub: TopicHub, id = 'one'): ListeningClient {
  const client = new ListeningClient(id);
  hub.join(client);
  return client;
}

export function subscribe(
  hub: TopicHub,
  client: TopicClient,
  topic: string,
  topicType?: string,
): void {
  hub.handle(client, { type: 'subscribe', topic, topicType });
}

export function update(
  hub: TopicHub,
  client: TopicClient,
  topic: string,
  change: JsonObject,
): void {
  hub.handle(client, { type: 'update', topic, change });
}
