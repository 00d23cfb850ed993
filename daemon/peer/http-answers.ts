/** Answers of HTTP/1.1 as they come on one connection, in the form in which our daemons write them. */

/** An answer, whole. */
export type RawAnswer = Readonly<{
  status: number;
  /** By lower-case name; of one that comes twice the last. */
  headers: ReadonlyMap<string, string>;
  body: Buffer;
}>;

/** Not an answer of ours: other ways to say where a body ends, or too much of it. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

/** Source: docs/peer-protocol.md#several-at-once. */
const HEAD_MAX_BYTES = 8 * 1024;
const HEAD_END = '\r\n\r\n';
const STATUS_LINE = /^HTTP\/1\.1 (\d{3})(?: |$)/;
const LENGTH = /^\d{1,9}$/;

type Head = Readonly<{
  status: number;
  headers: ReadonlyMap<string, string>;
  lengthBytes: number;
}>;

/** Takes the bytes of a connection, and gives the answers that are complete. */
export class HttpAnswers {
  readonly #bodyMaxBytes: number;
  #received: Buffer = Buffer.alloc(0);
  #head: Head | undefined;

  constructor(bodyMaxBytes: number) {
    this.#bodyMaxBytes = bodyMaxBytes;
  }

  /** Whether an answer has begun that is not complete. */
  get isWithin(): boolean {
    return this.#head !== undefined || this.#received.length > 0;
  }

  /** @throws {AnswerError} Nothing that comes after can be understood. */
  *read(bytes: Buffer): Iterable<RawAnswer> {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    for (;;) {
      this.#head ??= this.#readHead();
      if (this.#head === undefined || this.#received.length < this.#head.lengthBytes) return;
      const { status, headers, lengthBytes } = this.#head;
      const body = this.#received.subarray(0, lengthBytes);
      this.#received = this.#received.subarray(lengthBytes);
      this.#head = undefined;
      yield { status, headers, body };
    }
  }

  #readHead(): Head | undefined {
    const end = this.#received.indexOf(HEAD_END, 0, 'latin1');
    if (end > HEAD_MAX_BYTES || (end === -1 && this.#received.length > HEAD_MAX_BYTES)) {
      throw new AnswerError('a head that is too long');
    }
    if (end === -1) return undefined;
    const head = parseHead(this.#received.toString('latin1', 0, end));
    if (head.lengthBytes > this.#bodyMaxBytes) throw new AnswerError('a body that is too long');
    this.#received = this.#received.subarray(end + HEAD_END.length);
    return head;
  }
}

function parseHead(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const status = STATUS_LINE.exec(first)?.[1];
  if (status === undefined) throw new AnswerError('not HTTP/1.1');
  const headers = new Map(lines.map(parseLine));
  const length = headers.get('content-length') ?? '';
  if (headers.has('transfer-encoding') || !LENGTH.test(length)) {
    throw new AnswerError('a body without a length');
  }
  return { status: Number(status), headers, lengthBytes: Number(length) };
}

function parseLine(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon < 1) throw new AnswerError('a header without a name');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
