import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';

/** A request to the base peer, as it came. */
export type Heard = Readonly<Record<string, unknown>>;

type Behaviour = Readonly<{
  host?: string;
  /** Answers instead of the peer's own; `undefined` leaves it to the peer. */
  answer?: (request: Heard) => unknown;
}>;

/**
 * A daemon as a stranger would write it, who has read the base protocol and nothing else: no member more, none less.
 * Deliberately shares no code with the daemon.
 */
export class BasePeer {
  readonly heard: Heard[] = [];
  /** Names of all headers that ever came. */
  readonly headers = new Set<string>();
  readonly #server: Server;
  readonly #host: string;
  #port = 0;
  /** Key that the other side gave us and wants to see. */
  theirKey = '';

  constructor({ host = '127.0.0.1', answer }: Behaviour) {
    this.#host = host;
    this.#server = createServer((request, response) => {
      void text(request).then((body) => {
        const heard = JSON.parse(body) as Heard;
        this.heard.push(heard);
        for (const name of Object.keys(request.headers)) this.headers.add(name);
        response.end(JSON.stringify(answer?.(heard) ?? this.#answer(heard)));
      });
    });
  }

  get address(): string {
    return `${this.#host}:${this.#port}`;
  }

  async start(): Promise<this> {
    this.#server.listen(this.#port, this.#host);
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Requests of one action, in the order in which they came. */
  of(action: string): readonly Heard[] {
    return this.heard.filter((request) => request['action'] === action);
  }

  /** Texts of all messages that came, by whatever action. */
  get texts(): readonly unknown[] {
    return this.heard.flatMap((request) => {
      const list = request['action'] === 'history' ? (request['messages'] as Heard[]) : [request];
      return list.flatMap((one) => ('message' in one ? [one['message']] : []));
    });
  }

  /** Posts a request as a base daemon would, and gives the answer back. */
  async say(to: string, request: Heard): Promise<Heard> {
    const response = await fetch(`http://${to}/`, {
      method: 'POST',
      body: JSON.stringify(request),
    });
    return (await response.json()) as Heard;
  }

  #answer(request: Heard): unknown {
    switch (request['action']) {
      case 'handshake':
        this.theirKey = String(request['key']);
        return { status: 1 };
      case 'ping':
        return { action: 'pong' };
      case 'history':
        return { status: (request['messages'] as unknown[]).map(() => 1) };
      default:
        return { status: 1 };
    }
  }
}

/** Starts a base peer that ends with the test. */
export async function startBasePeer(
  t: ExecutionContext,
  behaviour: Behaviour = {},
): Promise<BasePeer> {
  const peer = new BasePeer(behaviour);
  t.teardown(() => peer.stop());
  return peer.start();
}
