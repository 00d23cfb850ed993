/** Which Host values a listener answers to: the wall against DNS rebinding (G2). */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Middleware } from 'koa';
import { canonicalHost } from '../wire/address.ts';
import { RequestError } from './request-error.ts';

/** What the guards leave behind in `ctx.state` for those after them. */
export type HostState = { host?: string };

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);
const HTTP_PORT = 80;
const HTTPS_PORT = 443;
const HOST = 'host';

/**
 * The request's Host value if this listener goes by it, lower-cased; otherwise `undefined`.
 *
 * Looks at the raw headers, because the parsed ones hide a second Host and a missing one.
 *
 * @param names Further hosts that the owner listed, with or without a port.
 */
export function checkedHost(
  request: IncomingMessage,
  names: readonly string[],
): string | undefined {
  if (!(request.url ?? '').startsWith('/')) return undefined;
  const host = singleHost(request.rawHeaders)?.toLowerCase();
  return host !== undefined && isOwnHost(host, request.socket, names) ? host : undefined;
}

/** Whether `host`, lower-cased, names the listener that this socket came to. */
export function isOwnHost(host: string, socket: Socket, names: readonly string[]): boolean {
  if (isListedHost(host, socket, names)) return true;
  const bare = withoutPort(host, socket);
  // A browser leaves the port out only when it is the scheme's own.
  const schemePort = isEncrypted(socket) ? HTTPS_PORT : HTTP_PORT;
  if (bare === host && socket.localPort !== schemePort) return false;
  return LOOPBACK_HOSTS.has(bare) || bare === literalOf(socket);
}

/**
 * Refuses a request under a foreign name with 421. Leaves the checked Host value in `ctx.state.host`.
 *
 * @param names Further hosts that the owner listed, lower-cased.
 */
export function hostGuard(names: readonly string[] = []): Middleware<HostState> {
  return (ctx, next) => {
    const host = checkedHost(ctx.req, names);
    if (host === undefined) throw new RequestError('misdirected', 'this daemon has another name');
    ctx.state.host = host;
    return next();
  };
}

/** Whether `host` is one of the names that the owner listed. */
export function isListedHost(host: string, socket: Socket, names: readonly string[]): boolean {
  return names.includes(host) || names.includes(withoutPort(host, socket));
}

/** Whether the listener that this socket came to speaks TLS. */
export function isEncrypted(socket: Socket): boolean {
  return 'encrypted' in socket && socket.encrypted === true;
}

/** The only Host of a request, also under HTTP/1.0; `undefined` for none or several. */
function singleHost(rawHeaders: readonly string[]): string | undefined {
  let found: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (name.length !== HOST.length || name.toLowerCase() !== HOST) continue;
    if (found !== undefined) return undefined;
    found = rawHeaders[i + 1];
  }
  return found;
}

function withoutPort(host: string, { localPort = 0 }: Socket): string {
  const portText = `:${localPort}`;
  return host.endsWith(portText) ? host.slice(0, -portText.length) : host;
}

/** The address that this very socket came to. DNS can't rebind an IP literal. */
function literalOf(socket: Socket): string | undefined {
  const host = canonicalHost(socket.localAddress);
  return host?.includes(':') === true ? `[${host}]` : host;
}
