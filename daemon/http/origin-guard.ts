/** What a browser may ask for on behalf of which page: only this listener's own pages (G3). */
import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import { isEncrypted, isListedHost, isOwnHost } from './host-guard.ts';
import { RequestError } from './request-error.ts';

/**
 * Refuses requests that a browser sends for a page of another origin.
 *
 * There is no CORS here at all, so OPTIONS has nothing to ask: 405.
 *
 * @param names Further hosts that the owner listed, lower-cased.
 */
export function originGuard(names: readonly string[] = []): Middleware {
  return (ctx, next) => {
    if (ctx.method === 'OPTIONS') {
      throw new RequestError('method_not_allowed', 'OPTIONS has no use here', {
        Allow: 'GET, HEAD, POST, PUT, PATCH, DELETE',
      });
    }
    if (!isSameSite(ctx.req) || !isOriginAllowed(ctx.req, names)) {
      throw new RequestError('forbidden', 'pages from elsewhere may not talk to this daemon');
    }
    return next();
  };
}

/**
 * Whether the request's Origin, if it has one, is this listener itself. `null` and foreign ones are not, nor is a page
 * that came by the other scheme: anybody on the way could have made it.
 *
 * @param names Further hosts that the owner listed, lower-cased.
 */
export function isOriginAllowed(request: IncomingMessage, names: readonly string[]): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return true;
  const [, scheme, host] = /^(https?):\/\/([^/?#\s]+)$/.exec(origin) ?? [];
  if (host === undefined || !isOwnHost(host, request.socket, names)) return false;
  if (isEncrypted(request.socket)) return scheme === 'https';
  // A listed name may be that of a proxy, which speaks TLS in our place.
  return scheme === 'http' || isListedHost(host, request.socket, names);
}

/** Whether Fetch metadata, where a browser sends it, says that the request stays at home. */
export function isSameSite({ headers, method }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin') return true;
  // Typed into the address bar, or a bookmark.
  return site === 'none' && method === 'GET' && headers['sec-fetch-mode'] === 'navigate';
}
