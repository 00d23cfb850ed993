/** WebSockets of the debugger's pages (G6). */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../domain/ports.ts';
import type { TopicMonitor } from '../domain/topic-monitor.ts';
import { checkedHost } from '../http/host-guard.ts';
import { isOriginAllowed, isSameSite } from '../http/origin-guard.ts';
import { SocketServer, type Judgement } from '../http/socket-server.ts';
import type { SocketLine } from '../http/socket-line.ts';
import { DEBUGGER_SOCKET_PATH } from '../wire/debugger.ts';
import { TOPIC_SUBPROTOCOL } from '../wire/topic-terms.ts';
import type { Admission, OwnersDoor } from './owners-door.ts';
import { DebuggerConnection } from './debugger-connection.ts';

/** Pages that are open at once. */
export const MAX_PAGES = 4;
const PING_INTERVAL_MS = 30_000;
/** A close code of ours for a session that ended. */
const CLOSE_LOGGED_OUT = 4001;

export type DebuggerSocketsOptions = Readonly<{
  monitor: TopicMonitor;
  door: OwnersDoor;
  clock: Clock;
  onDefect: (error: unknown) => void;
}>;

export class DebuggerSockets {
  readonly #options: DebuggerSocketsOptions;
  readonly #server: SocketServer;
  readonly #pages = new Map<SocketLine, Admission>();

  constructor(options: DebuggerSocketsOptions) {
    const { clock, onDefect } = options;
    this.#options = options;
    this.#server = new SocketServer({
      ...{ clock, onDefect },
      pingIntervalMs: PING_INTERVAL_MS,
      subprotocol: TOPIC_SUBPROTOCOL,
    });
  }

  start(): void {
    this.#options.door.onSessionEnd((session) => {
      for (const [line, admission] of this.#pages) {
        if (admission.session === session) line.close(CLOSE_LOGGED_OUT);
      }
    });
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.accept({ request, socket, head }, () => this.#judge(request));
  }

  #judge(request: IncomingMessage): Judgement {
    if (checkedHost(request, []) === undefined) return 421;
    if (request.url?.split('?', 1)[0] !== DEBUGGER_SOCKET_PATH) return 404;
    if (!isSameSite(request) || !isOriginAllowed(request, [])) return 403;
    const admission = this.#options.door.admit(request);
    if (typeof admission === 'number') return admission;
    if (this.#pages.size >= MAX_PAGES) return 503;
    return (line) => this.#welcome(line, admission);
  }

  #welcome(line: SocketLine, admission: Admission): void {
    const { monitor, clock } = this.#options;
    this.#pages.set(line, admission);
    new DebuggerConnection({ line, monitor, clock }).start(() => this.#pages.delete(line));
  }
}
