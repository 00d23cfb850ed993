/** The command line's side of the REST interface. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as v from 'valibot';
import { WebSocket } from 'ws';
import { decodeValue, parseJson, WireError } from '../wire/check.ts';
import { CommandError } from './command-error.ts';
import { exchange, exchangeStream, pinTo, type Answered, type Asking } from './exchange.ts';
import { findDaemon } from './running-daemon.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The daemon answers from its disk; what takes longer than this will not come. */
const ANSWER_TIMEOUT_MS = 30_000;

/** A file on its way to the daemon. */
export type OutgoingFile = Readonly<{ sizeBytes: number; bytes: AsyncIterable<Uint8Array> }>;

/** The daemon stores all of it before it answers. */
const HAND_TIMEOUT_MS = 60 * 60_000;

/** What TLS says of a certificate that is too old. */
const EXPIRED = 'CERT_HAS_EXPIRED';

/** The daemon's own paths alone: an answer may not send the token elsewhere. */
const NEXT_LINK = /^<(\/api\/[^>]*)>; rel="next"$/;

const Refusal = v.object({ error: v.object({ code: v.string(), message: v.string() }) });

/** Talks to the daemon of one data folder as its owner. */
export class ApiClient {
  readonly #baseUrl: string;
  readonly #token: string;
  readonly #certificate: string | undefined;

  /** @param certificate What a daemon that speaks TLS must show, PEM. */
  constructor(baseUrl: string, token: string, certificate?: string) {
    this.#baseUrl = baseUrl;
    this.#token = token;
    this.#certificate = certificate;
  }

  /**
   * Calls the daemon and returns what it answered; `undefined` for an empty answer.
   *
   * @throws {CommandError} `refused` with the daemon's own sentence, `no_daemon`, `bad_answer`.
   */
  async call(method: Method, path: string, body?: unknown): Promise<unknown> {
    return answerIn(await this.#request(method, path, body));
  }

  /**
   * Asks for a page of a list that may go on.
   *
   * @returns The answer, and the path of the next page if there is one.
   * @throws {CommandError} As `call`.
   */
  async page(path: string): Promise<Readonly<{ answer: unknown; next: string | undefined }>> {
    const answered = await this.#request('GET', path, undefined);
    return { answer: answerIn(answered), next: NEXT_LINK.exec(answered.link ?? '')?.[1] };
  }

  /**
   * Calls the daemon for an answer of any length, as it comes.
   *
   * @throws {CommandError} As `call`; while the answer comes, the stream may throw what the connection says.
   */
  async stream(method: Method, path: string, body?: unknown): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#reach(() =>
      exchangeStream(this.#baseUrl + path, this.#asking(method, body)),
    );
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response as AsyncIterable<Uint8Array>;
    throw refusal(parseAnswer(await text(response), status), status);
  }

  /**
   * Hands a file to the daemon and returns what it answered, however long that takes.
   *
   * @throws {CommandError} As `call`.
   */
  async hand(path: string, type: string, file: OutgoingFile): Promise<unknown> {
    const asking = {
      ...this.#asking('POST', undefined),
      headers: {
        ...this.#headers(),
        'content-type': type,
        'content-length': String(file.sizeBytes),
      },
      body: file.bytes,
      timeoutMs: HAND_TIMEOUT_MS,
    };
    return answerIn(await this.#reach(() => exchange(this.#baseUrl + path, asking)));
  }

  /** Opens a WebSocket of the gui listener. */
  openSocket(path: string): WebSocket {
    return new WebSocket(this.#baseUrl.replace(/^http/, 'ws') + path, {
      headers: this.#headers(),
      handshakeTimeout: ANSWER_TIMEOUT_MS,
      ...(this.#certificate === undefined ? {} : pinTo(this.#certificate)),
    });
  }

  #request(method: Method, path: string, body: unknown): Promise<Answered> {
    return this.#reach(() => exchange(this.#baseUrl + path, this.#asking(method, body)));
  }

  #asking(method: Method, body: unknown): Asking {
    return {
      method,
      headers: {
        ...this.#headers(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      timeoutMs: ANSWER_TIMEOUT_MS,
      certificate: this.#certificate,
    };
  }

  async #reach<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === EXPIRED) {
        throw new CommandError('refused', 'the daemon’s certificate has expired; renew it', {
          cause,
        });
      }
      throw new CommandError('no_daemon', `no daemon answers at ${this.#baseUrl}`, { cause });
    }
  }

  #headers(): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${this.#token}` };
  }
}

/**
 * Finds the daemon that runs on a data folder.
 *
 * @throws {CommandError} `no_daemon`.
 */
export async function openApi(dataFolder: string): Promise<ApiClient> {
  const place = await findDaemon(dataFolder);
  if (place === undefined) {
    throw new CommandError(
      'no_daemon',
      `no daemon is running on ${dataFolder}; start one with: vestnik start`,
    );
  }
  const token = await readToken(join(dataFolder, 'api-token'));
  return new ApiClient(place.gui, token, place.certificate);
}

/**
 * Reads what this program needs of an answer.
 *
 * @throws {CommandError} `bad_answer`.
 */
export function decodeAnswer<const Schema extends v.GenericSchema>(
  schema: Schema,
  answer: unknown,
): v.InferOutput<Schema> {
  try {
    return decodeValue(schema, answer);
  } catch (cause) {
    if (cause instanceof WireError) throw badAnswer(cause);
    throw cause;
  }
}

async function readToken(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new CommandError('no_daemon', `${path} can’t be read; is the daemon yours?`, { cause });
  }
}

function answerIn({ status, text }: Answered): unknown {
  const isOk = status >= 200 && status < 300;
  if (text === '' && isOk) return undefined;
  const answer = parseAnswer(text, status);
  if (isOk) return answer;
  throw refusal(answer, status);
}

function parseAnswer(text: string, status: number): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    if (status >= 400) throw refusal(undefined, status);
    throw badAnswer(cause);
  }
}

function refusal(answer: unknown, status: number): CommandError {
  const refused = v.safeParse(Refusal, answer);
  if (!refused.success) return new CommandError('bad_answer', `the daemon answered ${status}`);
  return new CommandError('refused', refused.output.error.message, { answer });
}

function badAnswer(cause: unknown): CommandError {
  return new CommandError(
    'bad_answer',
    'the daemon’s answer makes no sense; it may be of another version than this program',
    { cause },
  );
}
