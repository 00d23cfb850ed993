/** WebSockets of the owner's GUIs and programs at `/chatroom` (G6). */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import type { Clock, Timer } from '../domain/ports.ts';
import type { TopicHub } from '../domain/topics.ts';
import { checkedHost } from '../http/host-guard.ts';
import { isOriginAllowed, isSameSite } from '../http/origin-guard.ts';
import { refuseOnSocket } from '../http/refuse-on-socket.ts';
import { FRAME_MAX_BYTES, TICKET_SUBPROTOCOL_PREFIX, TOPIC_SUBPROTOCOL } from '../wire/topic.ts';
import { authenticate, CHATROOM_PATH } from './bearer.ts';
import { ChatroomConnection } from './chatroom-connection.ts';
import type { Caller, Login } from './login.ts';

/** Sockets of one browser session. Source: docs/security.md, G6. */
export const SESSION_MAX_SOCKETS = 4;
export const MAX_SOCKETS = 64;
/** Between two pings; whoever does not answer until the next one but one is dropped. */
const PING_INTERVAL_MS = 30_000;
/** Close codes of RFC 6455, and one of ours for a session that ended. */
const CLOSE_GOING_AWAY = 1001;
const CLOSE_LOGGED_OUT = 4001;
/** How long a client has to say goodbye when the daemon stops. */
const GOODBYE_MS = 1000;
/** Pieces of one frame. Browsers make one of each; a flood of tiny ones costs memory long before it is too long. */
const FRAME_MAX_FRAGMENTS = 256;

export type ChatroomSocketsOptions = Readonly<{
  hub: TopicHub;
  login: Login;
  hostNames: readonly string[];
  clock: Clock;
  createId: () => string;
  /** Hears of a client that could not be served through no fault of its own. */
  onDefect: (error: unknown) => void;
}>;

export class ChatroomSockets {
  readonly #options: ChatroomSocketsOptions;
  readonly #connections = new Map<ChatroomConnection, Caller>();
  /** Made for the first client: a daemon is up sooner, and smaller, without the library. */
  #server: Promise<WebSocketServer> | undefined;
  #pingTimer: Timer | undefined;

  constructor(options: ChatroomSocketsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#options.login.onSessionEnd((sessionId) => this.#endSession(sessionId));
    this.#pingLater();
  }

  /** Says goodbye to everybody, then cuts who does not answer within a second. */
  async stop(): Promise<void> {
    this.#pingTimer?.cancel();
    const sockets = [...((await this.#server)?.clients ?? [])];
    const closed = Promise.all(sockets.map(whenClosed));
    for (const connection of this.#connections.keys()) connection.close(CLOSE_GOING_AWAY);
    const deadline = setTimeout(() => {
      for (const socket of sockets) socket.terminate();
    }, GOODBYE_MS);
    await closed;
    clearTimeout(deadline);
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Nobody else listens to the connection until the library is there.
    socket.on('error', () => socket.destroy());
    this.#server ??= createServer();
    this.#server
      .then((server) => this.#decide(server, request, socket, head))
      .catch((error: unknown) => {
        socket.destroy();
        this.#options.onDefect(error);
      });
  }

  /** Decides about an upgrade before anything of the WebSocket protocol is spoken. */
  #decide(server: WebSocketServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const judgement = this.#judge(request);
    if (typeof judgement === 'number') {
      refuseOnSocket(socket, judgement);
      return;
    }
    server.handleUpgrade(request, socket, head, (webSocket) => {
      this.#welcome(webSocket, socket, judgement);
    });
  }

  /** Who comes, or the HTTP status of the refusal. */
  #judge(request: IncomingMessage): Caller | number {
    const { hostNames, login } = this.#options;
    if (checkedHost(request, hostNames) === undefined) return 421;
    if (request.url?.split('?', 1)[0] !== CHATROOM_PATH) return 404;
    if (!isSameSite(request) || !isOriginAllowed(request, hostNames)) return 403;
    const caller = authenticate(request, login) ?? this.#redeem(request);
    if (typeof caller === 'number') return caller;
    if (this.#connections.size >= MAX_SOCKETS) return 503;
    return this.#isOverSessionLimit(caller) ? 429 : caller;
  }

  /** Whose ticket a browser offers. A page always says where it is from; without that it is no browser of ours. */
  #redeem({ headers }: IncomingMessage): Caller | number {
    if (headers.origin === undefined) return 401;
    const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((text) => text.trim());
    const ticket = offered.find((text) => text.startsWith(TICKET_SUBPROTOCOL_PREFIX));
    if (ticket === undefined || !offered.includes(TOPIC_SUBPROTOCOL)) return 401;
    const { login } = this.#options;
    return login.redeemSocketTicket(ticket.slice(TICKET_SUBPROTOCOL_PREFIX.length)) ?? 401;
  }

  #isOverSessionLimit(caller: Caller): boolean {
    if (caller.kind === 'program') return false;
    const own = [...this.#connections.values()].filter((one) => isSameSession(one, caller));
    return own.length >= SESSION_MAX_SOCKETS;
  }

  #welcome(socket: WebSocket, below: Duplex, caller: Caller): void {
    const { hub, clock, createId } = this.#options;
    const id = createId();
    const connection = new ChatroomConnection({ id, socket, connection: below, hub, clock });
    this.#connections.set(connection, caller);
    socket.once('close', () => this.#connections.delete(connection));
    connection.start();
  }

  #endSession(sessionId: string): void {
    for (const [connection, caller] of this.#connections) {
      if (isSameSession(caller, { kind: 'browser', sessionId })) connection.close(CLOSE_LOGGED_OUT);
    }
  }

  #pingLater(): void {
    this.#pingTimer = this.#options.clock.after(PING_INTERVAL_MS, () => {
      for (const connection of this.#connections.keys()) connection.ping();
      this.#pingLater();
    });
  }
}

async function createServer(): Promise<WebSocketServer> {
  const { WebSocketServer: Server } = await import('ws');
  return new Server({
    noServer: true,
    maxPayload: FRAME_MAX_BYTES,
    maxFragments: FRAME_MAX_FRAGMENTS,
    perMessageDeflate: false,
    clientTracking: true,
    handleProtocols: (offered) => (offered.has(TOPIC_SUBPROTOCOL) ? TOPIC_SUBPROTOCOL : false),
  });
}

function isSameSession(one: Caller, other: Caller): boolean {
  return one.kind === 'browser' && other.kind === 'browser' && one.sessionId === other.sessionId;
}

function whenClosed(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
}
