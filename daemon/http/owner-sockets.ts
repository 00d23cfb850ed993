/** WebSockets of the owner's browsers and programs: who gets in, how many, and how long (G6). */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { TOPIC_SUBPROTOCOL } from '../wire/topic-terms.ts';
import { checkedHost } from './host-guard.ts';
import { isOriginAllowed, isSameSite } from './origin-guard.ts';
import type { SocketLine } from './socket-line.ts';
import { SocketServer, type Judgement, type SocketServerOptions } from './socket-server.ts';

const PING_INTERVAL_MS = 30_000;
/** A close code of ours for a session that ended. */
const CLOSE_LOGGED_OUT = 4001;

/** Whose a WebSocket is: a browser's session, or `undefined` for a program that could read the token file. */
export type Admission = Readonly<{ session: string | undefined }>;

/** Who lets the owner in. */
export interface SocketDoor {
  /** Whose token or ticket an upgrade shows, or the status of a refusal. A ticket is gone afterwards. */
  admit(request: IncomingMessage): Admission | number;
  /** Calls back with every session that ends. */
  onSessionEnd(listener: (session: string) => void): void;
}

export type OwnerSocketsOptions = Pick<SocketServerOptions, 'clock' | 'onDefect'> &
  Readonly<{
    path: string;
    door: SocketDoor;
    /** Further Host values, as of the listener. */
    hostNames: readonly string[];
    /** Sockets in all, and of one browser session. */
    maxSockets: number;
    sessionMaxSockets: number;
    /** Takes a line, and says when it is closed. */
    welcome: (line: SocketLine, onClose: () => void) => void;
  }>;

export class OwnerSockets {
  readonly #options: OwnerSocketsOptions;
  readonly #server: SocketServer;
  readonly #lines = new Map<SocketLine, Admission>();

  constructor(options: OwnerSocketsOptions) {
    const { clock, onDefect } = options;
    this.#options = options;
    this.#server = new SocketServer({
      ...{ clock, onDefect },
      pingIntervalMs: PING_INTERVAL_MS,
      subprotocol: TOPIC_SUBPROTOCOL,
    });
  }

  start(): void {
    this.#options.door.onSessionEnd((ended) => {
      for (const [line, { session }] of this.#lines) {
        if (session === ended) line.close(CLOSE_LOGGED_OUT);
      }
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
    const { path, door, hostNames, maxSockets } = this.#options;
    if (checkedHost(request, hostNames) === undefined) return 421;
    if (request.url?.split('?', 1)[0] !== path) return 404;
    if (!isSameSite(request) || !isOriginAllowed(request, hostNames)) return 403;
    const admission = door.admit(request);
    if (typeof admission === 'number') return admission;
    if (this.#lines.size >= maxSockets) return 503;
    if (this.#isOverSessionLimit(admission)) return 429;
    return (line) => this.#welcome(line, admission);
  }

  #isOverSessionLimit({ session }: Admission): boolean {
    if (session === undefined) return false;
    const own = [...this.#lines.values()].filter((one) => one.session === session);
    return own.length >= this.#options.sessionMaxSockets;
  }

  #welcome(line: SocketLine, admission: Admission): void {
    this.#lines.set(line, admission);
    this.#options.welcome(line, () => this.#lines.delete(line));
  }
}
