/** How old something is that may go for its age. */
import type { RetentionPeriod } from '../wire/gui-api.ts';

const DAY_MS = 86_400_000;
/** What claims to be from before this was stored while the clock was wrong. */
const PLAUSIBLE_FROM_MS = Date.UTC(2020);

const DAYS: Readonly<Record<RetentionPeriod, number>> = {
  forever: Infinity,
  '1y': 365,
  '90d': 90,
  '30d': 30,
  '7d': 7,
  '1d': 1,
};

/** A period in milliseconds; infinite for `forever`. */
export function periodMs(period: RetentionPeriod): number {
  return DAYS[period] * DAY_MS;
}

/**
 * Those before the first that is young enough. One without a plausible time is as old as the next that has one: it goes only
 * when something after it goes.
 *
 * @param items    Oldest first.
 * @param timeOf   Milliseconds since 1970.
 */
export function olderThan<Item>(
  beforeMs: number,
  items: readonly Item[],
  timeOf: (item: Item) => number,
): readonly Item[] {
  const isPlausible = (item: Item): boolean => timeOf(item) >= PLAUSIBLE_FROM_MS;
  const firstYoung = items.findIndex((item) => isPlausible(item) && timeOf(item) >= beforeMs);
  const old = firstYoung === -1 ? items : items.slice(0, firstYoung);
  return old.slice(0, old.findLastIndex(isPlausible) + 1);
}
