/** The peer port is for daemons: no web page may speak there in its visitor's name (G20). */
import type { Middleware } from 'koa';
import { RequestError } from './request-error.ts';

/**
 * Headers that browsers send and daemons don't. `Sec-Fetch-Mode` is not among them: the `fetch` of Node sends it.
 */
const BROWSER_HEADERS = ['origin', 'referer', 'cookie', 'sec-fetch-site'] as const;

/** Refuses whatever comes from a browser with 403. */
export function browserGuard(): Middleware {
  return (ctx, next) => {
    for (const name of BROWSER_HEADERS) {
      if (ctx.req.headers[name] !== undefined) {
        throw new RequestError('forbidden', 'this port is for daemons');
      }
    }
    return next();
  };
}
