import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseAddress, type Address } from '../../daemon/wire/address.ts';

/** Somebody who listens on a free loopback port and answers HTTP as he likes. */
export abstract class LoopbackServer {
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      this.answer(request, response);
    });
  }

  protected abstract answer(request: IncomingMessage, response: ServerResponse): void;

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
}
