import type { Socket } from 'node:net';
import { isEncrypted } from '../http/host-guard.ts';
import { canonicalHost, classifyHost, isOverlayConnection } from '../wire/address.ts';
import type { ApiConnection } from '../wire/gui-api.ts';

/**
 * What protects the connection that a request came by (G12). Behind a reverse proxy that is the proxy's own to us; what
 * lies before the proxy can't be seen from here.
 */
export function connectionOf(socket: Socket): ApiConnection {
  if (isEncrypted(socket)) return 'tls';
  const remote = canonicalHost(socket.remoteAddress);
  if (remote !== undefined && classifyHost(remote) === 'loopback') return 'loopback';
  return isOverlayConnection(remote, canonicalHost(socket.localAddress)) ? 'overlay' : 'open';
}
