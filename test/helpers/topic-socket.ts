import { once } from 'node:events';
import type { WebSocket } from 'ws';
import type { JsonObject } from '../../daemon/wire/topic.ts';

/** A frame as it comes over the wire. */
export type Frame = Readonly<{ type: string; content?: JsonObject; args?: JsonObject }>;

/** The topic protocol on an open WebSocket: every frame that comes is kept until somebody asks for it. */
export class TopicSocket {
  readonly socket: WebSocket;
  readonly #frames: Frame[] = [];
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      this.#frames.push(JSON.parse((data as Buffer).toString('utf8')) as Frame);
      this.#wake();
    });
  }

  send(type: string, content: JsonObject): void {
    this.socket.send(JSON.stringify({ type, content }));
  }

  /** The next frame in order. */
  async next(): Promise<Frame> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The change of the next update of this topic; other frames are passed by. */
  async nextChange(topic: string): Promise<JsonObject> {
    for (;;) {
      const { type, content } = await this.next();
      if (type === 'update' && content?.['topic_name'] === topic) {
        return content['change'] as JsonObject;
      }
    }
  }

  /** Subscribes and gives the value back that the daemon sets first. */
  async subscribe(topic: string, type: string): Promise<unknown> {
    this.send('subscribe', { topic_name: topic, type });
    const change = await this.nextChange(topic);
    return change['value'];
  }

  /** The close code, once the connection is closed. */
  async closed(): Promise<number> {
    const [code] = (await once(this.socket, 'close')) as [number];
    return code;
  }
}

/** The HTTP status with which an attempt to open a WebSocket is refused. */
export async function statusOfRefusal(socket: WebSocket): Promise<number> {
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { statusCode: number },
  ];
  socket.terminate();
  return response.statusCode;
}
