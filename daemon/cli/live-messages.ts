/** Topics of the daemon's that tell of what is new, as the command line follows them (docs/topics.md). */
import { once } from 'node:events';
import * as v from 'valibot';
import type { RawData, WebSocket } from 'ws';
import { parseJson, WireError } from '../wire/check.ts';
import type { ApiClient } from './api-client.ts';
import { CommandError } from './command-error.ts';

/** Messages of conversations, or events of rooms. */
export type LiveTopic = '_vestnik/messages' | '_vestnik/events';

const Emitted = v.object({
  type: v.literal('update'),
  content: v.object({
    change: v.object({ type: v.literal('emit'), args: v.unknown() }),
  }),
});

/**
 * Subscribes; everything that the topic tells after this resolved is in the result, which ends
 * when the connection does.
 *
 * @throws {CommandError} `no_daemon`.
 */
export async function openLive(api: ApiClient, topic: LiveTopic): Promise<AsyncIterable<unknown>> {
  const socket = api.openSocket('/chatroom');
  const messages = new MessageQueue(socket);
  try {
    await once(socket, 'open');
    socket.send(
      JSON.stringify({ type: 'subscribe', content: { topic_name: topic, type: 'event' } }),
    );
    // The answer to a ping comes after everything sent before it was seen.
    socket.ping();
    await once(socket, 'pong');
  } catch (cause) {
    throw new CommandError('no_daemon', 'the daemon gives no live messages', { cause });
  }
  return messages;
}

/** Keeps what came until somebody asks for it. */
class MessageQueue implements AsyncIterable<unknown> {
  readonly #waiting: unknown[] = [];
  #isOpen = true;
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket) {
    socket.on('message', (frame) => {
      const emitted = v.safeParse(Emitted, parseFrame(frame));
      if (emitted.success) this.#add(emitted.output.content.change.args);
    });
    socket.on('close', () => this.#end());
    // 'close' follows, and whoever reads is told then.
    socket.on('error', () => undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator {
    for (;;) {
      yield* this.#waiting.splice(0);
      if (!this.#isOpen) return;
      await new Promise((resolve) => {
        this.#wake = () => resolve(undefined);
      });
    }
  }

  #add(message: unknown): void {
    this.#waiting.push(message);
    this.#wake();
  }

  #end(): void {
    this.#isOpen = false;
    this.#wake();
  }
}

/** Frames that are not ours to understand are passed by, as every client of topics does. */
function parseFrame(frame: RawData): unknown {
  try {
    return parseJson(Buffer.isBuffer(frame) ? frame.toString('utf8') : '');
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
