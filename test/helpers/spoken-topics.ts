import { once } from 'node:events';
import type { ExecutionContext } from 'ava';
import { WebSocket, type ClientOptions } from 'ws';
import type { JsonObject, TopicDialect } from '../../daemon/wire/topic.ts';

/** A frame of the daemon, its fields from under the member that the client uses. */
export type Spoken = Readonly<{ type: string; fields: JsonObject }>;

/** The topic protocol, frame by frame, in one of its two spellings. */
export class SpokenTopics {
  readonly socket: WebSocket;
  readonly #dialect: TopicDialect;
  readonly #frames: Spoken[] = [];
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket, dialect: TopicDialect) {
    this.socket = socket;
    this.#dialect = dialect;
    socket.on('message', (data) => {
      const { type, ...members } = JSON.parse((data as Buffer).toString('utf8')) as {
        type: string;
      } & Record<TopicDialect, JsonObject>;
      // The first frame has both; all others only the one that the client uses.
      const isFine = type === 'hello' || Object.keys(members).join() === dialect;
      this.#frames.push({ type, fields: isFine ? members[dialect] : { wrong: true } });
      this.#wake();
    });
  }

  say(type: string, fields: JsonObject): void {
    this.socket.send(JSON.stringify({ type, [this.#dialect]: fields }));
  }

  /** The next frame in order. */
  async hear(): Promise<Spoken> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Subscribes, and gives what the daemon answers. */
  async subscribe(topic: string, type?: string): Promise<Spoken> {
    this.say('subscribe', { topic_name: topic, ...(type === undefined ? {} : { type }) });
    return this.hear();
  }

  /** Changes a topic, and gives what the daemon answers. */
  async change(topic: string, change: JsonObject): Promise<Spoken> {
    this.say('update', { topic_name: topic, change });
    return this.hear();
  }

  /** Resolves when everything that was said before has been heard by the daemon. */
  async settled(): Promise<void> {
    const answered = once(this.socket, 'pong');
    this.socket.ping();
    await answered;
  }
}

/** Connects to `/chatroom`; the connection ends with the test. */
export async function openTopics(
  t: ExecutionContext,
  url: string,
  { dialect = 'content', ...options }: ClientOptions & { dialect?: TopicDialect } = {},
): Promise<SpokenTopics & { id: string; run: string | undefined }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/chatroom`, options);
  t.teardown(() => socket.terminate());
  const topics = new SpokenTopics(socket, dialect);
  const { fields } = await topics.hear();
  const { id, run } = fields as { id: string; run?: string };
  return Object.assign(topics, { id, run });
}
