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
  clock: Pick<Clock, 'after'>,
  take: (items: readonly Item[]) => void,
): (item: Item) => void {
  let waiting: Item[] = [];
  let isResting = false;

  function handOn(): void {
    isResting = waiting.length > 0;
    if (!isResting) return;
    const items = waiting;
    waiting = [];
    clock.after(REST_MS, handOn);
    take(items);
  }

  return (item) => {
    waiting.push(item);
    if (!isResting) handOn();
  };
}
