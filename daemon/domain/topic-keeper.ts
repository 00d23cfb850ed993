/** Topics that outlive their subscribers and the daemon: which they are, and how their changes get to the disk. */
import type { JsonObject } from '../wire/topic.ts';
import { fitsPattern } from './name-pattern.ts';
import type { Clock } from './ports.ts';
import { Shares } from './shares.ts';
import { essence, replay, type KeptTopic, type TopicRecord } from './topic-replay.ts';
import type { Verdict } from './topic-validation.ts';
import { EMPTY_VALUES } from './topic-values.ts';
import type { PreparedChange, Topic } from './topic.ts';
import { WriteBudget, type WriteRate } from './write-budget.ts';

/** Durable topics, and what their values take. Source: docs/topics.md#limits. */
export const MAX_DURABLE_TOPICS = 200;
export const MAX_DURABLE_BYTES = 4 * 2 ** 20;
/** An empty value of any type is no longer as JSON. */
const EMPTY_MAX_BYTES = 4;

/** Durable topics on disk. */
export interface TopicStore {
  /** Hands out what there was at start, in order; once. */
  restore(): readonly TopicRecord[];
  /**
   * Notes something; resolves once it is as durable as everything else is.
   *
   * @throws {StorageError} Nothing was kept.
   */
  add(record: TopicRecord): Promise<void>;
  /** From now on the file may be written anew with these records alone, at a moment when nobody waits for an `add`. */
  compactFrom(present: () => readonly TopicRecord[]): void;
  /** Something that was kept makes no sense. */
  tellDamage(): void;
}

export type TopicKeeperOptions = Readonly<{
  /** Patterns of names. */
  patterns: readonly string[];
  store: TopicStore;
  /** What may be written, to spare the disk. */
  rate: WriteRate;
  /** Whether there is room for what is not the owner's (D7). */
  hasRoom: () => boolean;
  clock: Pick<Clock, 'monotonicMs'>;
  onDefect: (error: unknown) => void;
}>;

type Keeping = { changes: number; readonly account: string | undefined };

export class TopicKeeper {
  readonly #options: TopicKeeperOptions;
  readonly #kept = new Map<Topic, Keeping>();
  /** Topics on the disk that no pattern fits any more: they stay as they are. */
  #others: readonly KeptTopic[] = [];
  readonly #counts = new Shares(MAX_DURABLE_TOPICS);
  readonly #bytes = new Shares(MAX_DURABLE_BYTES);
  readonly #budget: WriteBudget;

  constructor(options: TopicKeeperOptions) {
    this.#options = options;
    this.#budget = new WriteBudget(options.rate, options.clock);
  }

  isDurable(name: string): boolean {
    return this.#options.patterns.some((pattern) => fitsPattern(name, pattern));
  }

  /** The topics that were kept, for whoever makes them again and hands each to `adopt`. */
  restore(): readonly KeptTopic[] {
    const { store } = this.#options;
    const { topics, isDamaged } = replay(store.restore());
    if (isDamaged) store.tellDamage();
    this.#others = topics.filter(({ name }) => !this.isDurable(name));
    store.compactFrom(() => this.#present());
    return topics.filter(({ name }) => this.isDurable(name));
  }

  /** Why there can be no further durable topic; `undefined` when there can. */
  refusesMore(account: string | undefined): string | undefined {
    return this.#counts.hasRoom(account) ? undefined : 'there are too many durable topics';
  }

  /** Takes a durable topic under its care. */
  adopt(topic: Topic, account?: string, changes = 0): void {
    this.#kept.set(topic, { changes, account });
    this.#counts.add(account);
    this.#bytes.add(account, topic.valueBytes);
  }

  /**
   * Brings a change to the disk, if there is room; only then it may be applied, and then it has to be.
   *
   * @param change What `prepared` was made of.
   */
  async save(topic: Topic, change: JsonObject, prepared: PreparedChange): Promise<Verdict> {
    const kept = this.#kept.get(topic);
    // Events leave nothing behind.
    if (kept === undefined || topic.type === 'event') return true;
    const { changes, deltaBytes } = prepared;
    const { id, again } = change;
    if (deltaBytes > 0 && !this.#bytes.hasRoom(kept.account, deltaBytes)) {
      return { reason: 'the values of all durable topics take too much' };
    }
    const verdict = await this.#write({
      ...{ kind: 'change', topic: topic.name, type: topic.type },
      ...{ changes: kept.changes + 1, parts: changes.map(essence) },
      ...(typeof id === 'string' && { known: [id, again === true] }),
      ...(kept.changes === 0 && { life: topic.life }),
    });
    if (verdict === true) {
      kept.changes++;
      this.#bytes.add(kept.account, deltaBytes);
    }
    return verdict;
  }

  /** Whether a topic has to stay though nobody looks at it: one that is empty again has not. */
  mustStay(topic: Topic): boolean {
    return this.#kept.has(topic) && !isEmpty(topic);
  }

  /** Lets go of a topic. */
  forget(topic: Topic): void {
    const kept = this.#kept.get(topic);
    if (kept === undefined) return;
    this.#kept.delete(topic);
    this.#counts.add(kept.account, -1);
    this.#bytes.add(kept.account, -topic.valueBytes);
    if (kept.changes === 0) return;
    this.#options.store
      .add({ kind: 'gone', topic: topic.name })
      // It is empty on the disk as well, so that nothing comes back.
      .catch(this.#options.onDefect);
  }

  async #write(record: TopicRecord): Promise<Verdict> {
    const { hasRoom, onDefect, store } = this.#options;
    if (!hasRoom()) return { reason: 'there is no room on the disk' };
    if (!this.#budget.take(JSON.stringify(record).length)) {
      return { reason: 'durable topics change too fast for the disk; wait a little' };
    }
    try {
      await store.add(record);
      return true;
    } catch (error) {
      onDefect(error);
      return { reason: 'the change could not be saved' };
    }
  }

  #present(): readonly TopicRecord[] {
    const kept = [...this.#kept]
      .filter(([, { changes }]) => changes > 0)
      .map(([{ name, type, current, past }, { changes }]) => ({
        ...{ name, type, changes, value: current, past },
      }));
    return [...kept, ...this.#others].map(({ name, past, ...topic }) => ({
      ...{ kind: 'value', topic: name },
      ...topic,
      ...(past && { past }),
    }));
  }
}

function isEmpty({
  type,
  valueBytes,
  current,
}: Pick<Topic, 'type' | 'valueBytes' | 'current'>): boolean {
  if (valueBytes > EMPTY_MAX_BYTES) return false;
  return JSON.stringify(current) === JSON.stringify(EMPTY_VALUES[type]().snapshot().value);
}
