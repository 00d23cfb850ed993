/** Answers of HTTP/1.1 as they come on one connection: with a length, or in chunks as proxies like to pass them on. */

/** An answer, whole. */
export type RawAnswer = Readonly<{
  status: number;
  /** By lower-case name; of one that comes twice the last. */
  headers: ReadonlyMap<string, string>;
  body: Buffer;
}>;

/** Nothing that a daemon says, nor a proxy before it: no end can be told, or it is too far. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

/** Source: docs/peer-protocol.md#several-at-once. */
const HEAD_MAX_BYTES = 8 * 1024;
const HEAD_END = '\r\n\r\n';
const STATUS_LINE = /^HTTP\/1\.1 (\d{3})(?: |$)/;
const LENGTH = /^\d{1,9}$/;
const LINE_END = '\r\n';
/** Extensions of a chunk say nothing that we know. */
const CHUNK_SIZE = /^([0-9a-f]{1,8})(?:;|$)/i;
const CHUNK_LINE_MAX_BYTES = 256;

type Head = Readonly<{
  status: number;
  headers: ReadonlyMap<string, string>;
  /** `undefined`: it comes in chunks. */
  lengthBytes: number | undefined;
}>;

/** A body, and where the next answer begins behind it. */
type Body = Readonly<{ body: Buffer; endBytes: number }>;

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
      const found = this.#head && this.#readBody(this.#head);
      if (this.#head === undefined || found === undefined) return;
      const { status, headers } = this.#head;
      this.#received = this.#received.subarray(found.endBytes);
      this.#head = undefined;
      yield { status, headers, body: found.body };
    }
  }

  #readHead(): Head | undefined {
    const end = this.#received.indexOf(HEAD_END, 0, 'latin1');
    if (end > HEAD_MAX_BYTES || (end === -1 && this.#received.length > HEAD_MAX_BYTES)) {
      throw new AnswerError('a head that is too long');
    }
    if (end === -1) return undefined;
    const head = parseHead(this.#received.toString('latin1', 0, end));
    this.#refuseIfTooLong(head.lengthBytes ?? 0);
    this.#received = this.#received.subarray(end + HEAD_END.length);
    return head;
  }

  /** @returns `undefined` while it is not complete. */
  #readBody({ lengthBytes }: Head): Body | undefined {
    if (lengthBytes === undefined) return this.#readChunks();
    if (this.#received.length < lengthBytes) return undefined;
    return { body: this.#received.subarray(0, lengthBytes), endBytes: lengthBytes };
  }

  /** Source: RFC 9112, section 7.1. Fields behind the last chunk are not understood. */
  #readChunks(): Body | undefined {
    const chunks: Buffer[] = [];
    for (let at = 0, lengthBytes = 0; ;) {
      const size = this.#readChunkSize(at);
      if (size === undefined) return undefined;
      lengthBytes += size.chunkBytes;
      this.#refuseIfTooLong(lengthBytes);
      const end = size.startAt + size.chunkBytes;
      if (this.#received.length < end + LINE_END.length) return undefined;
      if (this.#received.toString('latin1', end, end + LINE_END.length) !== LINE_END) {
        throw new AnswerError('a chunk without an end');
      }
      at = end + LINE_END.length;
      if (size.chunkBytes === 0) return { body: Buffer.concat(chunks), endBytes: at };
      chunks.push(this.#received.subarray(size.startAt, end));
    }
  }

  #readChunkSize(at: number): Readonly<{ chunkBytes: number; startAt: number }> | undefined {
    const end = this.#received.indexOf(LINE_END, at, 'latin1');
    const lengthBytes = (end === -1 ? this.#received.length : end) - at;
    if (lengthBytes > CHUNK_LINE_MAX_BYTES) throw new AnswerError('a chunk without a size');
    if (end === -1) return undefined;
    const hex = CHUNK_SIZE.exec(this.#received.toString('latin1', at, end))?.[1];
    if (hex === undefined) throw new AnswerError('a chunk without a size');
    return { chunkBytes: Number.parseInt(hex, 16), startAt: end + LINE_END.length };
  }

  #refuseIfTooLong(lengthBytes: number): void {
    if (lengthBytes > this.#bodyMaxBytes) throw new AnswerError('a body that is too long');
  }
}

function parseHead(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const status = STATUS_LINE.exec(first)?.[1];
  if (status === undefined) throw new AnswerError('not HTTP/1.1');
  const headers = new Map(lines.map(parseLine));
  return { status: Number(status), headers, lengthBytes: lengthIn(headers) };
}

function lengthIn(headers: Head['headers']): number | undefined {
  const encoding = headers.get('transfer-encoding')?.toLowerCase();
  const length = headers.get('content-length');
  if (encoding === 'chunked' && length === undefined) return undefined;
  if (encoding !== undefined || length === undefined || !LENGTH.test(length)) {
    throw new AnswerError('a body without a length');
  }
  return Number(length);
}

function parseLine(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon < 1) throw new AnswerError('a header without a name');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
