/** One WebSocket of the topic protocol: frames in, frames out, within limits (G6). */
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { Clock } from '../domain/ports.ts';
import type { TopicClient } from '../domain/topic.ts';
import type { TopicHub } from '../domain/topics.ts';
import { TokenBucket } from '../http/rate-limit.ts';
import { WireError } from '../wire/check.ts';
import {
  decodeClientFrame,
  encodeHello,
  encodeServerFrame,
  type ClientFrame,
  type ServerFrame,
  type TopicDialect,
} from '../wire/topic.ts';

/** Frames that a client may send. Source: docs/security.md, G6. */
const FRAME_RATE = { perSecond: 50, burst: 200 } as const;
/** Frames of one turn of the event loop are collected up to this much, then go out in one piece. */
const COLLECTED_MAX_BYTES = 65_536;
/** What may wait for a client that reads slowly; it comes back and resumes where it was. */
const UNSENT_MAX_BYTES = 1_048_576;
const CLOSE_POLICY = 1008;
const CLOSE_TRY_AGAIN_LATER = 1013;
const TOO_FAST = `at most ${FRAME_RATE.perSecond} frames a second`;

export type ChatroomConnectionOptions = Readonly<{
  id: string;
  socket: WebSocket;
  /** What the WebSocket runs on. */
  connection: Duplex;
  hub: TopicHub;
  clock: Clock;
}>;

export class ChatroomConnection implements TopicClient {
  readonly id: string;
  readonly #socket: WebSocket;
  readonly #connection: Duplex;
  readonly #hub: TopicHub;
  readonly #rate: TokenBucket;
  /** The client's own from its first frame on. */
  #dialect: TopicDialect = 'content';
  #hasAnsweredPing = true;
  #hasLeft = false;
  #isCollecting = false;

  constructor({ id, socket, connection, hub, clock }: ChatroomConnectionOptions) {
    this.id = id;
    this.#socket = socket;
    this.#connection = connection;
    this.#hub = hub;
    this.#rate = new TokenBucket(FRAME_RATE, () => clock.monotonicMs());
  }

  start(): void {
    this.#socket
      .on('message', (data, isBinary) => this.#handleMessage(data, isBinary))
      .on('ping', () => {
        if (!this.#rate.take()) this.close(CLOSE_POLICY);
      })
      .on('pong', () => {
        this.#hasAnsweredPing = true;
      })
      .once('close', () => this.#leave())
      // A broken connection; 'close' follows.
      .on('error', () => undefined);
    this.#hub.join(this);
  }

  receive(frame: ServerFrame): void {
    if (this.#hasLeft) return;
    this.#collect();
    this.#socket.send(
      frame.type === 'hello' ? encodeHello(frame.id) : encodeServerFrame(frame, this.#dialect),
    );
    if (this.#socket.bufferedAmount > COLLECTED_MAX_BYTES) this.#sendCollected();
    if (this.#socket.bufferedAmount > UNSENT_MAX_BYTES) this.close(CLOSE_TRY_AGAIN_LATER);
  }

  /** Asks for a sign of life; cuts the connection if the last question was not answered. */
  ping(): void {
    if (!this.#hasAnsweredPing) {
      this.#socket.terminate();
      return;
    }
    this.#hasAnsweredPing = false;
    this.#socket.ping();
  }

  /** Says goodbye; nothing more is sent. */
  close(code: number): void {
    this.#leave();
    this.#socket.close(code);
  }

  /** Lets the frames of this turn wait for each other: a system call costs more than making a frame. */
  #collect(): void {
    if (this.#isCollecting) return;
    this.#isCollecting = true;
    this.#connection.cork();
    process.nextTick(() => this.#sendCollected());
  }

  #sendCollected(): void {
    if (!this.#isCollecting) return;
    this.#isCollecting = false;
    this.#connection.uncork();
  }

  #handleMessage(data: RawData, isBinary: boolean): void {
    if (this.#hasLeft) return;
    const isInTime = this.#rate.take();
    try {
      const { frame, dialect } = decodeClientFrame(textOf(data, isBinary));
      this.#dialect = dialect;
      if (isInTime) this.#hub.handle(this, frame);
      else this.#refuse(frame);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#hub.tell(this, error.message);
    }
  }

  #refuse(frame: ClientFrame): void {
    if (frame.type === 'unsubscribe') {
      this.#hub.tell(this, TOO_FAST);
      return;
    }
    const change = frame.type === 'update' ? frame.change : null;
    this.receive({ type: 'reject_update', topic: frame.topic, change, reason: TOO_FAST });
  }

  #leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#hub.leave(this);
  }
}

function textOf(data: RawData, isBinary: boolean): string {
  if (isBinary || !Buffer.isBuffer(data)) throw new WireError('bad_request', 'a frame is text');
  return data.toString('utf8');
}
