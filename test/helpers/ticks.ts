const TICK_MS = 50;

/**
 * How long something takes, in milliseconds of a clock that a busy machine, or one that stands still, holds back as it
 * does everything else here: fair where seconds would not be.
 */
export async function tickedMs(work: Promise<unknown>): Promise<number> {
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), TICK_MS);
  try {
    await work;
  } finally {
    clearInterval(timer);
  }
  return ticks * TICK_MS;
}

/** For how long, at most, nothing here went on while something was done, in milliseconds. */
export async function longestPauseMs(work: Promise<unknown>): Promise<number> {
  let lastMs = performance.now();
  let longestMs = 0;
  const tick = (): void => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
  };
  const timer = setInterval(tick, TICK_MS);
  try {
    await work;
  } finally {
    clearInterval(timer);
  }
  tick();
  return longestMs;
}
