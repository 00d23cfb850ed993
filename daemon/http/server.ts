/** One listener: a bound port with the limits that every HTTP listener has (G13). */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { canonicalHost, classifyHost, originOf } from '../wire/address.ts';
import type { Certificate } from './certificate.ts';
import { toListenError, urlOf, type ListenTarget } from './listen.ts';
import { refuseOnSocket } from './refuse-on-socket.ts';
import { judgeSlowRequests, type TakeTime } from './slow-requests.ts';

/** Connections from one caller. Loopback is exempt. Source: docs/security.md, G13. */
export const CALLER_MAX_CONNECTIONS = 16;
const HEADERS_MAX_BYTES = 8192;
const HEADERS_MAX_COUNT = 64;
const KEEP_ALIVE_TIMEOUT_MS = 5000;
const SOCKET_TIMEOUT_MS = 60_000;
const SOCKET_MAX_REQUESTS = 1000;
/** How long requests under way have when the listener closes. */
const FINISH_MS = 2000;
const IDLE_CHECK_MS = 25;
/** Older versions have known weaknesses. Source: docs/security.md, G12. */
const TLS_MIN_VERSION = 'TLSv1.2';

/** How long a caller may take, in milliseconds. */
export type RequestTimeouts = Readonly<{
  headersMs: number;
  /** For head and body together. */
  requestMs: number;
  /** How often both are looked at; Node's own 30 s would make them meaningless. */
  checkMs: number;
}>;

/** Source: docs/security.md, G13. */
export const REQUEST_TIMEOUTS: RequestTimeouts = {
  headersMs: 10_000,
  requestMs: 20_000,
  checkMs: 1000,
};

export type ListenerOptions = Readonly<{
  target: ListenTarget;
  /** Connections in all. */
  maxConnections: number;
  /** Connections from one caller, `CALLER_MAX_CONNECTIONS` unless said otherwise. */
  callerMaxConnections?: number;
  timeouts?: RequestTimeouts;
  /** With it the listener speaks HTTPS, and nothing else. */
  certificate?: Certificate;
  handleRequest: RequestListener;
  /** WebSocket and the like; without it an upgrade is an ordinary request. */
  handleUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Hears when the system refuses a connection, for example because no file descriptor is left. */
  onDefect: (error: unknown) => void;
}>;

/** A bound port. */
export interface Listener {
  /** With the real port, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Shows another certificate from now on; connections that there are go on. Only where there was one before. */
  replaceCertificate(certificate: Certificate): void;
  /**
   * Lets bodies take longer than `requestMs` until the answer is called: somebody who has proved who he is sends more than
   * goes through in that time. Heads keep their limit, and connections on which nothing comes are closed all the same.
   */
  readonly takeTime: TakeTime;
  /**
   * Stops listening, lets requests under way finish for 2 s, then cuts every connection. Long-lived ones are better
   * closed by their front before.
   */
  close(): Promise<void>;
}

/**
 * Binds a port.
 *
 * @throws {ListenError}
 */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { certificate } = options;
  const { server, replaceCertificate } =
    certificate === undefined ? createPlain(options) : await createTls(options, certificate);
  limit(server, options);
  const { checkMs } = options.timeouts ?? REQUEST_TIMEOUTS;
  const takeTime = judgeSlowRequests(server, checkMs);
  const sockets = trackSockets(server, options.callerMaxConnections ?? CALLER_MAX_CONNECTIONS);
  await listen(server, options.target);
  server.on('error', options.onDefect);
  const bound = server.address();
  // Only a Unix socket or a closed server has another kind of address.
  if (bound === null || typeof bound === 'string') throw new TypeError('no port was bound');
  return {
    url: urlOf(bound, certificate === undefined ? 'http' : 'https'),
    port: bound.port,
    replaceCertificate,
    takeTime,
    close: () => closeServer(server, sockets),
  };
}

type Unbound = Pick<Listener, 'replaceCertificate'> & Readonly<{ server: Server }>;

function createPlain(options: ListenerOptions): Unbound {
  return {
    server: createServer(serverOptions(options), options.handleRequest),
    replaceCertificate: () => {
      throw new TypeError('this listener speaks plain HTTP');
    },
  };
}

/** The module is loaded only for those who need it: most daemons stay on loopback. */
async function createTls(options: ListenerOptions, certificate: Certificate): Promise<Unbound> {
  const { createServer: createTlsServer } = await import('node:https');
  const { timeouts = REQUEST_TIMEOUTS } = options;
  const server = createTlsServer(
    {
      ...serverOptions(options),
      ...secureContext(certificate),
      handshakeTimeout: timeouts.headersMs,
    },
    options.handleRequest,
  );
  return {
    server,
    replaceCertificate: (other) => {
      server.setSecureContext(secureContext(other));
    },
  };
}

function secureContext({ chain, key }: Certificate) {
  return { cert: chain, key, minVersion: TLS_MIN_VERSION } as const;
}

function serverOptions({ timeouts = REQUEST_TIMEOUTS }: ListenerOptions) {
  return {
    maxHeaderSize: HEADERS_MAX_BYTES,
    headersTimeout: timeouts.headersMs,
    requestTimeout: timeouts.requestMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: timeouts.checkMs,
    noDelay: true,
  };
}

function limit(server: Server, options: ListenerOptions): void {
  server.maxHeadersCount = HEADERS_MAX_COUNT;
  server.maxRequestsPerSocket = SOCKET_MAX_REQUESTS;
  server.maxConnections = options.maxConnections;
  server.setTimeout(SOCKET_TIMEOUT_MS);
  server.on('clientError', answerBrokenRequest);
  if (options.handleUpgrade !== undefined) server.on('upgrade', options.handleUpgrade);
}

/** Statuses for what Node's parser refuses; everything else is a 400. */
const PARSER_STATUS: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

function answerBrokenRequest(error: Error, socket: Duplex): void {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (/^(?:HPE|ERR_HTTP)_/.test(code)) refuseOnSocket(socket, PARSER_STATUS[code] ?? 400);
  // A broken connection, or one on which TLS never began: nobody there could read an answer.
  else socket.destroy();
}

/** Keeps all sockets of a server, upgraded ones too, and turns away a caller who has too many. */
function trackSockets(server: Server, callerMaxConnections: number): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  const countByCaller = new Map<string, number>();

  server.on('connection', (socket) => {
    const caller = limitedCaller(socket);
    const count = (countByCaller.get(caller ?? '') ?? 0) + 1;
    if (caller !== undefined && count > callerMaxConnections) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    if (caller !== undefined) countByCaller.set(caller, count);
    socket.once('close', () => {
      sockets.delete(socket);
      if (caller !== undefined) countDown(countByCaller, caller);
    });
  });
  return sockets;
}

/** Who is counted for this socket; `undefined` for loopback. */
function limitedCaller(socket: Socket): string | undefined {
  const host = canonicalHost(socket.remoteAddress);
  if (host === undefined || classifyHost(host) === 'loopback') return undefined;
  return originOf(host);
}

function countDown(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 1) - 1;
  if (left === 0) counts.delete(key);
  else counts.set(key, left);
}

async function listen(server: Server, target: ListenTarget): Promise<void> {
  try {
    await bind(server, target);
  } catch (cause) {
    const error = toListenError(cause, target);
    // A machine without IPv6 can still serve everybody that it can reach.
    const isWithoutIpv6 = error instanceof Error && target.host === '::';
    if (!isWithoutIpv6 || !('code' in error) || error.code !== 'address_not_available') throw error;
    await bind(server, { host: '0.0.0.0', port: target.port });
  }
}

function bind(server: Server, { host, port }: ListenTarget): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    // Node closes what is idle now, not what becomes idle later.
    const idle = setInterval(() => {
      server.closeIdleConnections();
    }, IDLE_CHECK_MS);
    const deadline = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, FINISH_MS);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(deadline);
      resolve();
    });
  });
}
