/**
 * The cheapest HTTP/1.1 client that will do: keep-alive connections, requests written without waiting for the answers
 * before them. It measures on the same cores as what it measures, so every microsecond here is missing there.
 */
import { connect, type Socket } from 'node:net';

/** A daemon answers so many requests on one connection; a few less, since it may close early. */
const REQUESTS_PER_SOCKET = 900;
const HEAD_END = '\r\n\r\n';

export type HttpPipeOptions = Readonly<{
  url: URL;
  /** `POST` unless given. */
  method?: 'POST' | 'PUT';
  /** Header lines besides the necessary ones. */
  headers: Readonly<Record<string, string>>;
  /** Connections that requests are dealt out to in turn. */
  connections: number;
  onAnswer?: () => void;
  onFailure: (error: Error) => void;
}>;

/** Posts JSON bodies to one URL, or puts them there. */
export class HttpPipe {
  readonly #options: HttpPipeOptions;
  readonly #head: string;
  readonly #connections: Connection[] = [];
  #turn = 0;

  constructor(options: HttpPipeOptions) {
    const { url, method = 'POST', headers, connections } = options;
    this.#options = options;
    const lines = Object.entries({
      Host: url.host,
      'Content-Type': 'application/json',
      ...headers,
    });
    this.#head = [
      `${method} ${url.pathname} HTTP/1.1`,
      ...lines.map(([name, value]) => `${name}: ${value}`),
      'Content-Length: ',
    ].join('\r\n');
    for (let i = 0; i < connections; i++) this.#connections.push(this.#connect());
  }

  /** Posts a body. Whatever is not answered with 2xx is a failure. */
  post(body: string): void {
    this.#turn = (this.#turn + 1) % this.#connections.length;
    let connection = this.#connections[this.#turn];
    if (connection === undefined || connection.isUsedUp) {
      connection?.endWhenAnswered();
      connection = this.#connect();
      this.#connections[this.#turn] = connection;
    }
    connection.write(`${this.#head}${Buffer.byteLength(body)}${HEAD_END}${body}`);
  }

  close(): void {
    for (const connection of this.#connections) connection.endWhenAnswered();
  }

  #connect(): Connection {
    const { url } = this.#options;
    return new Connection(connect(Number(url.port), url.hostname), this.#options);
  }
}

class Connection {
  readonly #socket: Socket;
  readonly #onAnswer: () => void;
  readonly #onFailure: (error: Error) => void;
  #sent = 0;
  #answered = 0;
  #received = '';
  #isCorked = false;
  #isEnding = false;

  constructor(
    socket: Socket,
    { onAnswer = () => undefined, onFailure }: Pick<HttpPipeOptions, 'onAnswer' | 'onFailure'>,
  ) {
    this.#socket = socket.setNoDelay(true).setEncoding('latin1');
    this.#onAnswer = onAnswer;
    this.#onFailure = onFailure;
    socket
      .on('data', (text: string) => {
        this.#read(text);
      })
      .on('error', onFailure)
      .on('close', () => {
        if (this.#answered < this.#sent) onFailure(new Error('closed before all was answered'));
      });
  }

  get isUsedUp(): boolean {
    return this.#sent >= REQUESTS_PER_SOCKET;
  }

  /** Sends a request; those of one turn of the event loop go out together. */
  write(request: string): void {
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        this.#socket.uncork();
      });
    }
    this.#sent += 1;
    this.#socket.write(request, 'utf8');
  }

  endWhenAnswered(): void {
    this.#isEnding = true;
    if (this.#answered === this.#sent) this.#socket.end();
  }

  /** Takes as many whole answers from what has come as there are. One byte is one unit of latin1 text. */
  #read(text: string): void {
    const received = this.#received + text;
    let start = 0;
    for (;;) {
      const headEnd = received.indexOf(HEAD_END, start);
      if (headEnd === -1) break;
      const head = received.slice(start, headEnd);
      const end = headEnd + HEAD_END.length + contentLengthOf(head);
      if (end > received.length) break;
      if (!/^HTTP\/1\.1 2/.test(head)) {
        this.#onFailure(new Error(`refused: ${received.slice(start, end)}`));
      }
      this.#answered += 1;
      this.#onAnswer();
      start = end;
    }
    this.#received = received.slice(start);
    if (this.#isEnding) this.endWhenAnswered();
  }
}

function contentLengthOf(head: string): number {
  return Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
}
