/** Waits between attempts. Source: docs/peer-protocol.md#timers. */
export const DELIVERY_RETRY_MIN_MS = 5_000;
export const PING_INTERVAL_MS = 60_000;
export const RETRY_MAX_MS = 3_600_000;

/**
 * How long to wait before another attempt, in milliseconds: doubling, with equal jitter, so that daemons that
 * lost the same peer do not come back at the same moment.
 *
 * @param failures Attempts that failed in a row, 1 or more.
 * @param minMs    Ceiling of the first wait.
 * @param fraction Source of jitter in [0, 1).
 */
export function retryDelayMs(failures: number, minMs: number, fraction: () => number): number {
  const ceilingMs = Math.min(RETRY_MAX_MS, minMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(ceilingMs * (0.5 + fraction() / 2));
}
