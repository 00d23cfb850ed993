import type { Socket } from 'node:net';
import { AnswerError, HttpAnswers, type RawAnswer } from './http-answers.ts';

/** Requests on one connection; a daemon ends it after a thousand. */
const REQUESTS_MAX = 900;

/** Why there is no answer; `stale`: the connection was ended while it was at rest, and the request not looked at. */
export type LineFailure = 'stale' | 'timeout' | 'bad_answer' | 'refused' | 'broken';

/** What came of a request: its answer, or why there is none. */
export type LineResult = RawAnswer | LineFailure;

export type LineOptions = Readonly<{
  /** Begins to connect. */
  connect: () => Socket;
  connectTimeoutMs: number;
  /** From the moment when a request is the next one to be answered. */
  answerTimeoutMs: number;
  answerMaxBytes: number;
  /** Hears once that it takes nothing any more. */
  onEnd: () => void;
}>;

type Pending = Readonly<{
  /** The connection had brought an answer before, and nothing was under way: it may have been ended meanwhile. */
  mayBeStale: boolean;
  settle: (result: LineResult) => void;
}>;

/**
 * One connection to a peer, on which a request need not wait for the answers to those before it (RFC 9112, 9.3.2). They
 * arrive in the order in which they were posted, or not at all: none is ever repeated while others are under way.
 */
export class PeerLine {
  readonly #options: LineOptions;
  readonly #answers: HttpAnswers;
  readonly #socket: Socket;
  readonly #pending: Pending[] = [];
  #timer: NodeJS.Timeout;
  #posted = 0;
  #answered = 0;
  #isOver = false;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#answers = new HttpAnswers(options.answerMaxBytes);
    this.#timer = this.#expireAfter(options.connectTimeoutMs);
    this.#socket = options
      .connect()
      .setNoDelay(true)
      .on('connect', () => this.#watch())
      .on('data', (bytes) => this.#read(bytes))
      .on('error', (error) => this.#end(hasCode(error, 'ECONNREFUSED') ? 'refused' : 'broken'))
      .on('close', () => this.#end('broken'));
  }

  /** Whether it takes no further requests: it has had as many as it can, or is closed. */
  get isUsedUp(): boolean {
    return this.#isOver || this.#posted >= REQUESTS_MAX;
  }

  /** Whether nothing is under way. */
  get isAtRest(): boolean {
    return this.#pending.length === 0;
  }

  /** Posts a request; the caller has looked whether it is used up. */
  post(head: string, body: Buffer): Promise<LineResult> {
    return new Promise((settle) => {
      const mayBeStale = this.#answered > 0 && this.isAtRest;
      this.#pending.push({ mayBeStale, settle });
      this.#posted += 1;
      this.#socket.cork();
      this.#socket.write(head, 'latin1');
      this.#socket.write(body);
      this.#socket.uncork();
      if (this.#pending.length === 1 && !this.#socket.connecting) this.#watch();
    });
  }

  /** Ends the connection; what is under way comes to nothing. */
  close(): void {
    this.#end('broken');
  }

  #read(bytes: Buffer): void {
    try {
      for (const answer of this.#answers.read(bytes)) this.#settle(answer);
    } catch (error) {
      if (!(error instanceof AnswerError)) throw error;
      this.#end('bad_answer');
    }
  }

  #settle(answer: RawAnswer): void {
    const first = this.#pending.shift();
    this.#answered += 1;
    if (first === undefined) {
      this.#end('bad_answer');
      return;
    }
    first.settle(answer);
    if (answer.headers.get('connection')?.toLowerCase() === 'close') this.#end('broken');
    else this.#watch();
  }

  /** Gives the next answer its time. At rest nothing is waited for. */
  #watch(): void {
    clearTimeout(this.#timer);
    if (!this.isAtRest) this.#timer = this.#expireAfter(this.#options.answerTimeoutMs);
  }

  #expireAfter(delayMs: number): NodeJS.Timeout {
    return setTimeout(() => this.#end('timeout'), delayMs);
  }

  #end(failure: LineFailure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#socket.destroy();
    const isWithin = this.#answers.isWithin;
    for (const { mayBeStale, settle } of this.#pending.splice(0)) {
      settle(mayBeStale && failure === 'broken' && !isWithin ? 'stale' : failure);
    }
    this.#options.onEnd();
  }
}

function hasCode(error: Error, code: string): boolean {
  return 'code' in error && error.code === code;
}
