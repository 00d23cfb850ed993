/** WebSockets of the owner's GUIs and programs at `/chatroom` (G6). */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../domain/ports.ts';
import type { FrameWatch } from '../domain/topic-monitor.ts';
import type { TopicHub } from '../domain/topics.ts';
import { checkedHost } from '../http/host-guard.ts';
import { isOriginAllowed, isSameSite } from '../http/origin-guard.ts';
import type { SocketLine } from '../http/socket-line.ts';
import { SocketServer, type Judgement } from '../http/socket-server.ts';
import { TOPIC_SUBPROTOCOL } from '../wire/topic-terms.ts';
import { callerOfUpgrade, CHATROOM_PATH } from './bearer.ts';
import { ChatroomConnection } from '../chatroom/chatroom-connection.ts';
import type { Caller, Login } from './login.ts';

/** Sockets of one browser session. Source: docs/security.md, G6. */
export const SESSION_MAX_SOCKETS = 4;
export const MAX_SOCKETS = 64;
/** Between two pings. */
const PING_INTERVAL_MS = 30_000;
/** A close code of ours for a session that ended. */
const CLOSE_LOGGED_OUT = 4001;

export type ChatroomSocketsOptions = Readonly<{
  hub: TopicHub;
  login: Login;
  hostNames: readonly string[];
  clock: Clock;
  createId: () => string;
  /** Hears every frame, for the debugger. */
  watch?: FrameWatch | undefined;
  /** Hears of a client that could not be served through no fault of its own. */
  onDefect: (error: unknown) => void;
}>;

export class ChatroomSockets {
  readonly #options: ChatroomSocketsOptions;
  readonly #server: SocketServer;
  readonly #connections = new Map<ChatroomConnection, Caller>();

  constructor(options: ChatroomSocketsOptions) {
    const { clock, onDefect } = options;
    this.#options = options;
    this.#server = new SocketServer({
      ...{ clock, onDefect },
      pingIntervalMs: PING_INTERVAL_MS,
      subprotocol: TOPIC_SUBPROTOCOL,
    });
  }

  start(): void {
    this.#options.login.onSessionEnd((sessionId) => this.#endSession(sessionId));
  }

  /** Says goodbye to everybody, then cuts who does not answer within a second. */
  stop(): Promise<void> {
    return this.#server.stop();
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.accept({ request, socket, head }, () => this.#judge(request));
  }

  #judge(request: IncomingMessage): Judgement {
    const { hostNames, login } = this.#options;
    if (checkedHost(request, hostNames) === undefined) return 421;
    if (request.url?.split('?', 1)[0] !== CHATROOM_PATH) return 404;
    if (!isSameSite(request) || !isOriginAllowed(request, hostNames)) return 403;
    const caller = callerOfUpgrade(request, login);
    if (typeof caller === 'number') return caller;
    if (this.#connections.size >= MAX_SOCKETS) return 503;
    if (this.#isOverSessionLimit(caller)) return 429;
    return (line) => this.#welcome(line, caller);
  }

  #isOverSessionLimit(caller: Caller): boolean {
    if (caller.kind === 'program') return false;
    const own = [...this.#connections.values()].filter((one) => isSameSession(one, caller));
    return own.length >= SESSION_MAX_SOCKETS;
  }

  #welcome(line: SocketLine, caller: Caller): void {
    const { hub, createId, watch } = this.#options;
    const connection = new ChatroomConnection({ id: createId(), line, hub, watch });
    this.#connections.set(connection, caller);
    connection.start(() => this.#connections.delete(connection));
  }

  #endSession(sessionId: string): void {
    for (const [connection, caller] of this.#connections) {
      if (isSameSession(caller, { kind: 'browser', sessionId })) connection.close(CLOSE_LOGGED_OUT);
    }
  }
}

function isSameSession(one: Caller, other: Caller): boolean {
  return one.kind === 'browser' && other.kind === 'browser' && one.sessionId === other.sessionId;
}
