import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import type { DaemonProcess } from './daemon-process.ts';
import { eventually } from './eventually.ts';
import { LoopbackServer } from './loopback-server.ts';

/** What a peer does with a request instead of answering it as it should. */
export type Misbehaviour = (
  response: ServerResponse,
  request: Readonly<Record<string, unknown>>,
) => void;

/** A peer that becomes a contact in good order, and then misbehaves until it is told to stop. */
export class BadPeer extends LoopbackServer {
  readonly #open = new Set<IncomingMessage>();
  #misbehaviour: Misbehaviour | undefined;
  #hits = 0;
  /** Texts of the messages that it took in good order. */
  readonly texts: string[] = [];

  /** Requests to which it misbehaved so far. */
  get hits(): number {
    return this.#hits;
  }

  /** Requests that came and have not ended in any way. */
  get pending(): number {
    return this.#open.size;
  }

  /** From now on it does this to every request; `undefined` makes it good again. */
  turn(misbehaviour: Misbehaviour | undefined): void {
    this.#misbehaviour = misbehaviour;
  }

  protected answer(request: IncomingMessage, response: ServerResponse): void {
    void this.#handle(request, response);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await text(request)) as Readonly<Record<string, unknown>>;
    if (this.#misbehaviour === undefined) {
      response.end(JSON.stringify(this.#answer(body)));
      return;
    }
    this.#hits += 1;
    this.#open.add(request);
    response.once('close', () => this.#open.delete(request));
    this.#misbehaviour(response, body);
  }

  #answer(request: Readonly<Record<string, unknown>>): object {
    if (request['action'] === 'ping') return { action: 'pong' };
    const list = request['messages'];
    const messages = (Array.isArray(list) ? list : [request]) as readonly { message?: string }[];
    this.texts.push(...messages.flatMap(({ message }) => message ?? []));
    return { status: Array.isArray(list) ? messages.map(() => 1) : 1 };
  }
}

/** Starts a peer that is a contact of the daemon, and good so far; it ends with the test. */
export async function startBadPeer(t: ExecutionContext, daemon: DaemonProcess): Promise<BadPeer> {
  const peer = await new BadPeer().start();
  t.teardown(() => peer.stop());
  await daemon.api.post('/api/contacts', { address: peer.address });
  await fetch(`http://${daemon.address}/`, {
    method: 'POST',
    body: JSON.stringify({ action: 'handshake', key: 'k', from: peer.address }),
  });
  await eventually(
    async () => (await daemon.api.contact(peer.address))?.other_info.handshake === 'answered',
  );
  return peer;
}
