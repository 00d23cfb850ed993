import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { LoopbackServer } from './loopback-server.ts';

/** A peer that answers pings, never becomes a friend, and takes note of who pinged when. */
export class CallCounter extends LoopbackServer {
  readonly #pings = new Map<string, number[]>();

  protected answer(request: IncomingMessage, response: ServerResponse): void {
    void text(request).then((body) => {
      const isPing = body.includes('"ping"');
      if (isPing) this.#note(request.socket.remoteAddress ?? '');
      response.end(isPing ? '{"action":"pong"}' : '{"status":1}');
    });
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
