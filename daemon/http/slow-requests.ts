/** Whose time a slow request takes: Node cuts it by the clock alone. */
import type { Server } from 'node:http';
import { performance } from 'node:perf_hooks';

/** Lets bodies take longer until the answer is called. */
export type TakeTime = () => () => void;

/**
 * Has a server's `headersTimeout` and `requestTimeout` apply to callers only. To be called before the server listens.
 *
 * Node looks at connections once in `checkMs`, and reads both limits at each look. Where the process itself stood still
 * since the last one – a machine that swaps, a guest that its host does not run – requests that wait to be read would be
 * cut as slow, since Node looks first and reads then. At a look that comes late by more than half of what a head may
 * take, and from then on for as long as it may take, both limits are read as none: time for reading here, and for
 * callers who stood still together with us.
 */
export function judgeSlowRequests(server: Server, checkMs: number): TakeTime {
  const { headersTimeout, requestTimeout } = server;
  const takers = new Set<symbol>();
  let lookedAtMs = performance.now();
  let sparedUntilMs = 0;

  const isSparing = (): boolean => {
    const nowMs = performance.now();
    if (nowMs - lookedAtMs > checkMs + headersTimeout / 2) sparedUntilMs = nowMs + headersTimeout;
    lookedAtMs = nowMs;
    return nowMs < sparedUntilMs;
  };
  Object.defineProperties(server, {
    headersTimeout: { get: () => (isSparing() ? 0 : headersTimeout) },
    // Node knows no limit of a single request.
    requestTimeout: { get: () => (isSparing() || takers.size > 0 ? 0 : requestTimeout) },
  });

  return () => {
    const taker = Symbol('a large body');
    takers.add(taker);
    return () => {
      takers.delete(taker);
    };
  };
}
