import { inspect } from 'node:util';

/** A look at a state that announces nothing often asks a daemon, which costs it about a millisecond. */
const FIRST_LOOK_MS = 10;
const LAST_LOOK_MS = 100;
/** On a busy machine a daemon's start alone may take ten seconds; only a test that fails waits so long. */
export const PATIENCE_MS = 100_000;
/** A look counts for no more: the rest is time in which the machine stood still, and nothing could become so. */
const LOOK_MAX_MS = 1000;

/**
 * Waits until `look` answers something other than `undefined` and `false`, and gives it back. What it throws counts as
 * not yet, and is told if it lasts. The longer it has waited the more rarely it looks: never later than by a tenth of
 * the wait, or by the time between the first two looks.
 */
export async function eventually<Value>(
  look: () => Promise<Value> | Value,
  { timeoutMs = PATIENCE_MS }: { timeoutMs?: number } = {},
): Promise<Exclude<Value, undefined | false>> {
  let waitedMs = 0;
  for (let last: unknown; ;) {
    const lookMs = performance.now();
    try {
      const value = await look();
      if (value !== undefined && value !== false) return value as Exclude<Value, undefined | false>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (waitedMs > timeoutMs) throw new Error(`waited ${timeoutMs} ms in vain: ${inspect(last)}`);
    const pauseMs = Math.min(LAST_LOOK_MS, Math.max(FIRST_LOOK_MS, waitedMs / 10));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    waitedMs += Math.min(performance.now() - lookMs, LOOK_MAX_MS);
  }
}
