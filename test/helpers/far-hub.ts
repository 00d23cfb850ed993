/** Clients of the library at the far end of slow, breaking lines, and the real hub of topics at the near one. */
import type { TopicClient } from '../../daemon/domain/topic.ts';
import { TopicHub } from '../../daemon/domain/topics.ts';
import { decodeClientFrame, encodeHello, encodeServerFrame } from '../../daemon/wire/topic.ts';
import type { OpenSocket, SocketEvents } from '../../gui/client/sockets.ts';
import { TopicConnection } from '../../gui/client/topic-connection.ts';
import { createManualClock } from '../gui/fakes.ts';
import { FakeClock } from './fake-clock.ts';

/** Longer than any wait before another attempt. */
const LONG_MS = 60_000;

/** One line: what is sent on it, either way, arrives when the test says so. */
class FarSocket implements TopicClient {
  readonly id: string;
  readonly #hub: TopicHub;
  readonly #events: SocketEvents;
  readonly #toHub: string[] = [];
  readonly #toClient: string[] = [];
  #state: 'opening' | 'open' | 'cut' | 'gone' = 'opening';

  constructor(id: string, hub: TopicHub, events: SocketEvents) {
    this.id = id;
    this.#hub = hub;
    this.#events = events;
  }

  open(): void {
    if (this.#state !== 'opening') return;
    this.#state = 'open';
    this.#hub.join(this);
    this.#events.onOpen();
  }

  send(text: string): void {
    this.#toHub.push(text);
  }

  receive(frame: Parameters<TopicClient['receive']>[0]): void {
    const text = frame.type === 'hello' ? encodeHello(frame) : encodeServerFrame(frame, 'content');
    this.#toClient.push(text);
  }

  /** The next thing that the client sent arrives; after the last one the hub notices a line that was cut. */
  arrive(): boolean {
    if (this.#state !== 'open' && this.#state !== 'cut') return false;
    const text = this.#toHub.shift();
    if (text !== undefined) this.#hub.handle(this, decodeClientFrame(text).frame);
    else if (this.#state === 'cut') this.#leave();
    return text !== undefined;
  }

  /** The client hears the next thing. */
  hear(): boolean {
    const text = this.#state === 'open' ? this.#toClient.shift() : undefined;
    if (text !== undefined) this.#events.onText(text);
    return text !== undefined;
  }

  /** The client loses the line; what is on its way to the hub is lost as well, or arrives some time. */
  cut(isLost: boolean): void {
    if (this.#state !== 'open') return;
    this.#state = 'cut';
    if (isLost) this.#leave();
    this.#events.onClose(1006);
  }

  #leave(): void {
    this.#state = 'gone';
    this.#hub.leave(this);
  }
}

/** A client and its lines, the latest one last. */
export type FarClient = Readonly<{
  client: TopicConnection;
  lines: readonly FarSocket[];
  /** Connects again, if it is not connected. */
  comeBack: () => Promise<void>;
}>;

export function createFarHub() {
  let made = 0;
  const createId = (): string => `id-${++made}`;
  const defects: unknown[] = [];
  const hub = new TopicHub({
    clock: new FakeClock(),
    createId,
    onDefect: (error) => void defects.push(error),
  });

  async function come(): Promise<FarClient> {
    const lines: FarSocket[] = [];
    const clock = createManualClock();
    const openSocket: OpenSocket = (_, events) => {
      const line = new FarSocket(createId(), hub, events);
      lines.push(line);
      return { send: (text) => line.send(text), close: () => line.cut(true) };
    };
    const client = new TopicConnection({
      ...{ url: 'ws://far/', token: undefined, requestTicket: undefined },
      ...{ openSocket, clock, createId },
    });
    const comeBack = async (): Promise<void> => {
      clock.advance(LONG_MS);
      await Promise.resolve();
      await Promise.resolve();
      lines.at(-1)?.open();
    };
    client.start();
    await comeBack();
    return { client, lines, comeBack };
  }

  /** Lets everything arrive that is on its way. */
  function drain(clients: readonly FarClient[]): void {
    const all = clients.flatMap(({ lines }) => lines);
    while (all.map((line) => line.arrive() || line.hear()).includes(true));
  }

  return { hub, come, drain, createId, defects };
}
