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
