/** One open WebSocket: texts in, texts out, within limits (G6). */
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { TokenBucket } from './rate-limit.ts';
import { textFrame } from './text-frame.ts';

/** Frames that a client may send. Source: docs/security.md, G6. */
export const FRAME_RATE = { perSecond: 50, burst: 200 } as const;
/** Close codes of RFC 6455. */
export const CLOSE_GOING_AWAY = 1001;
export const CLOSE_POLICY = 1008;
const CLOSE_TRY_AGAIN_LATER = 1013;
/** Frames of one turn of the event loop are collected up to this much, then go out in one piece. */
const COLLECTED_MAX_BYTES = 65_536;
/**
 * What may wait for a client that reads slowly, besides what it asked for; it comes back and resumes where it was. When
 * as much waits that it did ask for, it is not heard until it has read some.
 */
const UNSENT_MAX_BYTES = 1_048_576;

/** Who speaks on a line. */
export type LineUser = Readonly<{
  /**
   * A frame came.
   *
   * @param text     `undefined` for one that is no text.
   * @param isInTime Whether it is within the rate.
   */
  onFrame: (text: string | undefined, isInTime: boolean) => void;
  /** The line is closed, by whomever; comes once, and no frame after it. */
  onClose: () => void;
}>;

export type SocketLineOptions = Readonly<{
  socket: WebSocket;
  /** What the WebSocket runs on. */
  connection: Duplex;
  monotonicMs: () => number;
}>;

export class SocketLine {
  readonly #socket: WebSocket;
  readonly #connection: Duplex;
  readonly #rate: TokenBucket;
  #user: LineUser | undefined;
  #hasAnsweredPing = true;
  #isClosed = false;
  #isCollecting = false;
  /** Bytes of answers that are not sent yet. */
  #owedBytes = 0;
  /** The same at the last ping, if the line was paused then. */
  #owedAtPing = Infinity;
  #isPaused = false;
  /** What had come already when the line was paused. */
  #held: (readonly [data: RawData, isBinary: boolean])[] = [];

  constructor({ socket, connection, monotonicMs }: SocketLineOptions) {
    this.#socket = socket;
    this.#connection = connection;
    this.#rate = new TokenBucket(FRAME_RATE, monotonicMs);
  }

  start(user: LineUser): void {
    this.#user = user;
    this.#socket
      .on('message', (data, isBinary) => this.#handleMessage(data, isBinary))
      .on('ping', () => {
        if (!this.#rate.take()) this.close(CLOSE_POLICY);
      })
      .on('pong', () => {
        this.#hasAnsweredPing = true;
      })
      .once('close', () => this.#end())
      // A broken connection; 'close' follows.
      .on('error', () => undefined);
  }

  /** Sends a text, unless the line is closed; closes it when too much waits unread. */
  send(text: string): void {
    this.#send(text);
  }

  /** Sends what the client has just asked for, be it ever so long. */
  answer(text: string): void {
    const sizeBytes = Buffer.byteLength(text);
    this.#owedBytes += sizeBytes;
    this.#send(text, () => {
      this.#owedBytes -= sizeBytes;
      if (this.#isPaused && this.#owedBytes <= UNSENT_MAX_BYTES) this.#resume();
    });
    if (this.#owedBytes > UNSENT_MAX_BYTES) this.#pause();
  }

  /** Sends what was collected. */
  hurry(): void {
    if (!this.#isCollecting) return;
    this.#isCollecting = false;
    this.#connection.uncork();
  }

  /**
   * Asks for a sign of life; cuts the connection if the last question was not answered. A client that is not heard because
   * it has much to read shows that it lives by reading.
   */
  ping(): void {
    const isReading = this.#isPaused && this.#owedBytes < this.#owedAtPing;
    this.#owedAtPing = this.#isPaused ? this.#owedBytes : Infinity;
    if (isReading) return;
    if (!this.#hasAnsweredPing) {
      this.#socket.terminate();
      return;
    }
    this.#hasAnsweredPing = false;
    this.#socket.ping();
  }

  /** Says goodbye; nothing more is sent. */
  close(code: number): void {
    this.#end();
    this.#socket.close(code);
  }

  #send(text: string, onSent?: () => void): void {
    if (this.#isClosed || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#collect();
    // Past the library, which would encode the text for each of many clients anew.
    this.#connection.write(textFrame(text), onSent);
    if (this.#socket.bufferedAmount > COLLECTED_MAX_BYTES) this.hurry();
    const waitingBytes = this.#socket.bufferedAmount - this.#owedBytes;
    if (waitingBytes > UNSENT_MAX_BYTES) this.close(CLOSE_TRY_AGAIN_LATER);
  }

  #pause(): void {
    if (this.#isPaused || this.#isClosed) return;
    this.#isPaused = true;
    this.#socket.pause();
  }

  #resume(): void {
    this.#isPaused = false;
    this.#socket.resume();
    const held = this.#held;
    this.#held = [];
    // One of them may pause the line again, and is followed by the others then.
    for (const [data, isBinary] of held) this.#handleMessage(data, isBinary);
  }

  /**
   * Lets the frames of this turn of the event loop wait for each other, whichever clients they come from: a system call
   * costs more than making a frame.
   */
  #collect(): void {
    if (this.#isCollecting) return;
    this.#isCollecting = true;
    this.#connection.cork();
    setImmediate(() => this.hurry());
  }

  #handleMessage(data: RawData, isBinary: boolean): void {
    if (this.#isClosed) return;
    if (this.#isPaused) {
      this.#held.push([data, isBinary]);
      return;
    }
    const isInTime = this.#rate.take();
    const isText = !isBinary && Buffer.isBuffer(data);
    this.#user?.onFrame(isText ? data.toString('utf8') : undefined, isInTime);
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#user?.onClose();
  }
}
