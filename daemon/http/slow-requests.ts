/** Whose time a slow request takes: Node cuts it by the clock alone. */
import type { Server } from 'node:http';
import { performance } from 'node:perf_hooks';

/** Lets bodies take longer until the answer is called. */
export type TakeTime = () => () => void;

/**
 * Has a server's `headersTimeout` and `requestTimeout` apply to callers only. To be called before the server listens.
 *
 * Node looks at both once in `checkMs`. Where the process itself stood still meanwhile – a machine that swaps, a guest
 * that its host does not run – requests that wait to be read would be cut as slow, since Node looks first and reads
 * then. After a look that comes late by more than half of what a head may take, nobody is cut for as long as it may
 * take: time for reading here, and for callers who stood still together with us. Timers of one duration fire in the
 * order in which they were set, so this one precedes Node's.
 */
export function judgeSlowRequests(server: Server, checkMs: number): TakeTime {
  const { headersTimeout, requestTimeout } = server;
  const takers = new Set<symbol>();
  let dueAtMs = performance.now() + checkMs;
  let sparedUntilMs = 0;
  let isSparing = false;

  const apply = (): void => {
    server.headersTimeout = isSparing ? 0 : headersTimeout;
    // Node knows no limit of a single request.
    server.requestTimeout = isSparing || takers.size > 0 ? 0 : requestTimeout;
  };
  const look = setInterval(() => {
    const nowMs = performance.now();
    if (nowMs - dueAtMs > headersTimeout / 2) sparedUntilMs = nowMs + headersTimeout;
    dueAtMs = nowMs + checkMs;
    isSparing = nowMs < sparedUntilMs;
    apply();
  }, checkMs).unref();
  server.once('close', () => {
    clearInterval(look);
  });

  return () => {
    const taker = Symbol('a large body');
    takers.add(taker);
    apply();
    return () => {
      takers.delete(taker);
      apply();
    };
  };
}
