/** One connection with the turntable protocol: it says who it is, and knows which answer is for what. */
import type { Clock } from './clock.ts';
import { ClientError, type ClientErrorCode } from './errors.ts';
import { Line } from './line.ts';
import type { OpenSocket } from './sockets.ts';
import {
  decodeHeardCommand,
  encodeIdme,
  encodeWatch,
  type HeardCommand,
} from './turntable-frames.ts';

/** Something that was asked for and not answered yet. */
export type Asked = Readonly<{
  /** Takes the answer. @returns Whether it was. */
  take: (heard: HeardCommand) => boolean;
  /** It was refused. */
  refuse: (error: ClientError) => void;
  /** The line broke before the answer. */
  lose: () => void;
}>;

export type TableOptions = Readonly<{
  /** WebSocket URL. */
  url: string;
  id: string;
  token: string | undefined;
  openSocket: OpenSocket;
  clock: Clock;
  /** We are connected, and the daemon knows who we are. */
  onReady: () => void;
  /** We are not any more. */
  onLost: () => void;
  /** Whatever the daemon says, once the one who asked for it had it. */
  onHeard: (heard: HeardCommand) => void;
  /** An error that nobody asked for, or, with `isFinal`, the refusal to let us in. */
  onError: (error: ClientError, isFinal: boolean) => void;
}>;

export class Table {
  readonly line: Line;
  readonly #options: TableOptions;
  /** In the order in which the daemon answers. */
  #asked: Asked[] = [];
  #isReady = false;

  constructor(options: TableOptions) {
    const { url, openSocket, clock } = options;
    this.#options = options;
    this.line = new Line({
      request: async () => ({ url, protocols: [], token: undefined }),
      ...{ openSocket, clock },
      onOpen: () => undefined,
      onText: (text) => this.#hear(decodeHeardCommand(text)),
      onLost: () => this.#lose(),
    });
  }

  /** Whether the daemon knows who we are. */
  get isReady(): boolean {
    return this.#isReady;
  }

  send(text: string): void {
    if (this.#isReady) this.line.send(text);
  }

  /** Sends something that will be answered. Only while ready. */
  ask(text: string, asked: Asked): void {
    this.#asked.push(asked);
    this.line.send(text);
  }

  #hear(heard: HeardCommand | undefined): void {
    if (heard?.command === 'idyou') this.#identify();
    else if (heard?.command === 'error') this.#hearError(toError(heard));
    else if (heard !== undefined) this.#take(heard);
  }

  /** Nothing confirms who we are; but what we ask next is answered only if it was believed. */
  #identify(): void {
    const { id, token } = this.#options;
    this.line.send(encodeIdme(id, token));
    this.line.send(encodeWatch([]));
  }

  #take(heard: HeardCommand): void {
    if (heard.command === 'userchange' && !this.#isReady) {
      this.#isReady = true;
      this.#options.onReady();
    }
    const at = this.#asked.findIndex(({ take }) => take(heard));
    if (at !== -1) this.#asked.splice(at, 1);
    this.#options.onHeard(heard);
  }

  #hearError(error: ClientError): void {
    const asked = this.#asked.shift();
    const isFinal = !this.#isReady && FINAL.has(error.code);
    if (isFinal) this.line.refuse();
    if (asked === undefined) this.#options.onError(error, isFinal);
    else asked.refuse(error);
  }

  #lose(): void {
    const asked = this.#asked;
    this.#asked = [];
    this.#isReady = false;
    for (const { lose } of asked) lose();
    this.#options.onLost();
  }
}

/** Codes of the daemon's that a program may look for. */
const CODES: Readonly<Record<string, ClientErrorCode>> = {
  bad_request: 'bad_request',
  unauthorized: 'unauthorized',
  forbidden: 'forbidden',
  id_in_use: 'id_in_use',
  not_member: 'not_member',
  limit: 'limit',
  too_many_requests: 'too_many_requests',
};

/** Why we are not let in, now or later. */
const FINAL: ReadonlySet<ClientErrorCode> = new Set([
  ...(['unauthorized', 'forbidden', 'id_in_use', 'bad_request'] as const),
]);

function toError({ code, message }: Extract<HeardCommand, { command: 'error' }>): ClientError {
  return new ClientError(CODES[code] ?? 'internal', message);
}
