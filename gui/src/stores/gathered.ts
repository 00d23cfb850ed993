/** For what may come ten thousand times in a second, where taking in a hundred at once costs no more than taking in one. */
import type { Clock } from '../../client/clock.ts';

/** As long as that nobody waits in vain, and so long that the page has time for its owner in between. */
const REST_MS = 100;

/**
 * Hands on at once what comes by itself, and what follows within a moment in one piece after that moment.
 *
 * @param take Gets all that came since the last time, in the order in which it came; one thing or more.
 */
export function gathered<Item>(
  clock: Pick<Clock, 'after' | 'nowMs'>,
  take: (items: readonly Item[]) => void,
): (item: Item) => void {
  let waiting: Item[] = [];
  let takenAtMs = -Infinity;
  let cancel = (): void => undefined;

  function handOn(): void {
    cancel();
    const items = waiting;
    waiting = [];
    takenAtMs = clock.nowMs();
    try {
      take(items);
    } finally {
      // However long that took, the page rests as long as ever.
      takenAtMs = clock.nowMs();
    }
  }

  return (item) => {
    waiting.push(item);
    const restedMs = clock.nowMs() - takenAtMs;
    // Not by the timer alone: of a page that nobody looks at, browsers let timers run once a minute. Nor longer if the clock is set back.
    if (restedMs >= REST_MS || restedMs < 0) handOn();
    else if (waiting.length === 1) cancel = clock.after(REST_MS - restedMs, handOn);
  };
}
