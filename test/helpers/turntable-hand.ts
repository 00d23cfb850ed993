import { once } from 'node:events';
import type { ExecutionContext } from 'ava';
import { WebSocket, type ClientOptions } from 'ws';

/** A frame as it comes over the wire. */
export type TurntableText = Readonly<{ command: string; data: unknown }>;

/** The turntable protocol by hand: every frame that comes is kept until somebody asks for it. */
export class TurntableHand {
  readonly socket: WebSocket;
  readonly #frames: TurntableText[] = [];
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      this.#frames.push(JSON.parse((data as Buffer).toString('utf8')) as TurntableText);
      this.#wake();
    });
  }

  send(command: string, data: unknown): void {
    this.socket.send(JSON.stringify({ command, data }));
  }

  /** The next frame in order. */
  async next(): Promise<TurntableText> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Sends something that changes nothing, and gives what came before its answer. */
  async before(): Promise<readonly TurntableText[]> {
    this.send('subscribe', []);
    const found: TurntableText[] = [];
    for (;;) {
      const frame = await this.next();
      if (frame.command === 'userchange' && Object.keys(frame.data as object).length === 0) {
        return found;
      }
      found.push(frame);
    }
  }

  /** The close code, once the connection is closed. */
  async closed(): Promise<number> {
    const [code] = (await once(this.socket, 'close')) as [number];
    return code;
  }
}

/** Connects; the connection ends with the test. */
export async function openTurntable(
  t: ExecutionContext,
  url: string,
  options: ClientOptions = {},
): Promise<TurntableHand> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/turntable`, options);
  t.teardown(() => socket.terminate());
  const hand = new TurntableHand(socket);
  await once(socket, 'open');
  await hand.next();
  return hand;
}

/** Connects and says who it is. */
export async function comeAs(
  t: ExecutionContext,
  url: string,
  idme: unknown,
): Promise<TurntableHand> {
  const hand = await openTurntable(t, url);
  hand.send('idme', idme);
  await hand.before();
  return hand;
}
