/** WebSockets of one listener: who gets in, whether they are still there, and how they go (G6). */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { FRAME_MAX_BYTES } from '../wire/topic-terms.ts';
import { refuseOnSocket } from './refuse-on-socket.ts';
import { CLOSE_GOING_AWAY, SocketLine } from './socket-line.ts';

/** How long a client has to say goodbye when the daemon stops. */
const GOODBYE_MS = 1000;
/** Pieces of one frame. Browsers make one of each; a flood of tiny ones costs memory long before it is too long. */
const FRAME_MAX_FRAGMENTS = 256;

type Timer = Readonly<{ cancel(): void }>;

export type SocketServerOptions = Readonly<{
  clock: Readonly<{
    monotonicMs(): number;
    after(delayMs: number, run: () => void): Timer;
  }>;
  /** Between two pings, in milliseconds; whoever does not answer until the next one is dropped. */
  pingIntervalMs: number;
  /** The subprotocol that is spoken if a client offers it. */
  subprotocol?: string;
  /** Hears of a client that could not be served through no fault of its own. */
  onDefect: (error: unknown) => void;
}>;

/** A request for a WebSocket, as Node hands it out. */
export type Upgrade = Readonly<{ request: IncomingMessage; socket: Duplex; head: Buffer }>;
/** What is decided about it: the HTTP status of a refusal, or who takes the line. */
export type Judgement = number | ((line: SocketLine) => void);

export class SocketServer {
  readonly #options: SocketServerOptions;
  /** Each with its next ping. */
  readonly #lines = new Map<SocketLine, Timer>();
  /** Made for the first client: a daemon is up sooner, and smaller, without the library. */
  #server: Promise<WebSocketServer> | undefined;

  constructor(options: SocketServerOptions) {
    this.#options = options;
  }

  /** Says goodbye to everybody, then cuts who does not answer within a second. */
  async stop(): Promise<void> {
    const sockets = [...((await this.#server)?.clients ?? [])];
    const closed = Promise.all(sockets.map(whenClosed));
    for (const line of [...this.#lines.keys()]) line.close(CLOSE_GOING_AWAY);
    const deadline = setTimeout(() => {
      for (const socket of sockets) socket.terminate();
    }, GOODBYE_MS);
    await closed;
    clearTimeout(deadline);
  }

  /**
   * Lets a client in, or not.
   *
   * @param judge Decides before anything of the WebSocket protocol is spoken.
   */
  accept(upgrade: Upgrade, judge: (request: IncomingMessage) => Judgement): void {
    const { socket } = upgrade;
    destroyOnError(socket);
    this.#server ??= createServer(this.#options.subprotocol);
    this.#server
      .then((server) => this.#decide(server, upgrade, judge(upgrade.request)))
      .catch((error: unknown) => {
        socket.destroy();
        this.#options.onDefect(error);
      });
  }

  #decide(server: WebSocketServer, upgrade: Upgrade, judgement: Judgement): void {
    const { request, socket, head } = upgrade;
    if (typeof judgement === 'number') {
      refuseOnSocket(socket, judgement);
      return;
    }
    server.handleUpgrade(request, socket, head, (webSocket) => {
      const { clock } = this.#options;
      const line = new SocketLine({
        ...{ socket: webSocket, connection: socket },
        monotonicMs: () => clock.monotonicMs(),
      });
      this.#pingLater(line);
      webSocket.once('close', () => this.#forget(line));
      judgement(line);
    });
  }

  /** Every line in its own time: all at once would keep those waiting who have something to say. */
  #pingLater(line: SocketLine): void {
    const { clock, pingIntervalMs } = this.#options;
    const timer = clock.after(pingIntervalMs, () => {
      this.#pingLater(line);
      line.ping();
    });
    this.#lines.set(line, timer);
  }

  #forget(line: SocketLine): void {
    this.#lines.get(line)?.cancel();
    this.#lines.delete(line);
  }
}

/**
 * Nobody else listens to the connection until the library is there. A function of its own, or what listens would keep
 * the whole request in memory as long as the connection is there.
 */
function destroyOnError(socket: Duplex): void {
  socket.on('error', () => socket.destroy());
}

async function createServer(subprotocol: string | undefined): Promise<WebSocketServer> {
  const { WebSocketServer: Server } = await import('ws');
  return new Server({
    noServer: true,
    maxPayload: FRAME_MAX_BYTES,
    maxFragments: FRAME_MAX_FRAGMENTS,
    perMessageDeflate: false,
    clientTracking: true,
    handleProtocols: (offered) =>
      subprotocol !== undefined && offered.has(subprotocol) ? subprotocol : false,
  });
}

function whenClosed(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
}
