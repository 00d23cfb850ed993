import type { TopicStore } from '../../daemon/domain/topic-keeper.ts';
import type { TopicRecord } from '../../daemon/domain/topic-replay.ts';
import { TopicKeeper, type TopicKeeperOptions } from '../../daemon/domain/topic-keeper.ts';
import { FakeClock } from './fake-clock.ts';

/** Durable topics in memory, on a disk that can be full. */
export class MemoryTopicStore implements TopicStore {
  records: TopicRecord[] = [];
  /** Thrown instead of keeping anything. */
  failure: Error | undefined;
  damages = 0;
  #present: () => readonly TopicRecord[] = () => [];

  restore(): readonly TopicRecord[] {
    return this.records;
  }

  async add(record: TopicRecord): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    // As it would come back from the disk.
    this.records.push(JSON.parse(JSON.stringify(record)) as TopicRecord);
  }

  compactFrom(present: () => readonly TopicRecord[]): void {
    this.#present = present;
  }

  tellDamage(): void {
    this.damages++;
  }

  /** As a file that is written anew. */
  compact(): void {
    this.records = JSON.parse(JSON.stringify(this.#present())) as TopicRecord[];
  }
}

/** A keeper of topics whose names begin with `kept/`, unless told otherwise. */
export function keeperOn(
  store: TopicStore,
  options: Partial<TopicKeeperOptions> = {},
): TopicKeeper {
  return new TopicKeeper({
    patterns: ['kept/*'],
    store,
    rate: { bytesPerSecond: 2 ** 20, burstBytes: 2 ** 30 },
    hasRoom: () => true,
    clock: new FakeClock(),
    onDefect: () => undefined,
    ...options,
  });
}
