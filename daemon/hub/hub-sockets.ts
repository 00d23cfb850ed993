/** WebSockets of guests: which paths there are, and which pages may come (G6). */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../domain/ports.ts';
import { checkedHost } from '../http/host-guard.ts';
import { isOriginAllowed, isSameSite } from '../http/origin-guard.ts';
import { TOPIC_SUBPROTOCOL } from '../wire/topic-terms.ts';
import { SocketServer, type Judgement } from '../http/socket-server.ts';

/** A dead link is noticed after two of them. Source: docs/turntable.md#presence. */
const PING_INTERVAL_MS = 14_000;

export type HubSocketsOptions = Readonly<{
  /** Who judges further, by path. */
  paths: ReadonlyMap<string, (request: IncomingMessage) => Judgement>;
  /** Names that the listener goes by; `undefined`: by any. */
  hostNames: readonly string[] | undefined;
  /** Names whose pages may come, besides the listener's own. */
  pageHosts: readonly string[];
  clock: Clock;
  onDefect: (error: unknown) => void;
}>;

export class HubSockets {
  readonly #options: HubSocketsOptions;
  readonly #server: SocketServer;

  constructor(options: HubSocketsOptions) {
    const { clock, onDefect } = options;
    this.#options = options;
    this.#server = new SocketServer({
      ...{ clock, onDefect },
      pingIntervalMs: PING_INTERVAL_MS,
      subprotocol: TOPIC_SUBPROTOCOL,
    });
  }

  /** Says goodbye to everybody, then cuts who does not answer within a second. */
  stop(): Promise<void> {
    return this.#server.stop();
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.accept({ request, socket, head }, () => this.#judge(request));
  }

  #judge(request: IncomingMessage): Judgement {
    const { hostNames, pageHosts, paths } = this.#options;
    if (hostNames !== undefined && checkedHost(request, hostNames) === undefined) return 421;
    const judge = paths.get(request.url?.split('?', 1)[0] ?? '');
    if (judge === undefined) return 404;
    if (!isSameSite(request) || !isOriginAllowed(request, pageHosts)) return 403;
    return judge(request);
  }
}
