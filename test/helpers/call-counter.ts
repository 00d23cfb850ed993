import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { parseAddress, type Address } from '../../daemon/wire/address.ts';

/** A peer that answers pings, never becomes a friend, and takes note of who pinged when. */
export class CallCounter {
  readonly #server: Server;
  readonly #pings = new Map<string, number[]>();

  constructor() {
    this.#server = createServer((request, response) => {
      void text(request).then((body) => {
        const isPing = body.includes('"ping"');
        if (isPing) this.#note(request.socket.remoteAddress ?? '');
        response.end(isPing ? '{"action":"pong"}' : '{"status":1}');
      });
    });
  }

  get address(): Address {
    return parseAddress(`127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Milliseconds between the pings of a host. */
  gapsFrom(host: string): readonly number[] {
    const times = this.#pings.get(host) ?? [];
    return times.slice(1).map((at, index) => at - (times[index] ?? at));
  }

  #note(host: string): void {
    this.#pings.set(host, [...(this.#pings.get(host) ?? []), performance.now()]);
  }
}
