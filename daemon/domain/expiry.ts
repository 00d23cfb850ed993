import type { Clock } from './ports.ts';

const DAY_MS = 86_400_000;

/**
 * Believes that something is too old only when two looks a day apart say so: a wall clock may jump by years and come
 * back (D12).
 */
export class Expiry<Key> {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** Monotonic time at which something first seemed too old, and has ever since. */
  #since: ReadonlyMap<Key, number> = new Map();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /**
   * Which of the things that seem too old really are.
   *
   * @param seeming All that seem so by the wall clock as it is now.
   */
  confirm(seeming: Iterable<Key>): ReadonlySet<Key> {
    const nowMs = this.#clock.monotonicMs();
    const since = new Map<Key, number>();
    const confirmed = new Set<Key>();
    for (const key of seeming) {
      const firstMs = this.#since.get(key) ?? nowMs;
      since.set(key, firstMs);
      if (nowMs - firstMs >= DAY_MS) confirmed.add(key);
    }
    this.#since = since;
    return confirmed;
  }
}
