/** The command line's side of the REST interface. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { WebSocket } from 'ws';
import { decodeValue, parseJson, WireError } from '../wire/check.ts';
import { CommandError } from './command-error.ts';
import { findDaemon } from './running-daemon.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The daemon answers from its disk; what takes longer than this will not come. */
const ANSWER_TIMEOUT_MS = 30_000;

const Refusal = v.object({ error: v.object({ code: v.string(), message: v.string() }) });

/** Talks to the daemon of one data folder as its owner. */
export class ApiClient {
  readonly #baseUrl: string;
  readonly #token: string;

  constructor(baseUrl: string, token: string) {
    this.#baseUrl = baseUrl;
    this.#token = token;
  }

  /**
   * Calls the daemon and returns what it answered; `undefined` for an empty answer.
   *
   * @throws {CommandError} `refused` with the daemon's own sentence, `no_daemon`, `bad_answer`.
   */
  async call(method: Method, path: string, body?: unknown): Promise<unknown> {
    const response = await this.#request(method, path, body);
    const text = await response.text();
    if (text === '' && response.ok) return undefined;
    const answer = parseAnswer(text, response.status);
    if (response.ok) return answer;
    throw refusal(answer, response.status);
  }

  /** Opens a WebSocket of the gui listener. */
  openSocket(path: string): WebSocket {
    return new WebSocket(this.#baseUrl.replace(/^http/, 'ws') + path, {
      headers: this.#headers(),
      handshakeTimeout: ANSWER_TIMEOUT_MS,
    });
  }

  async #request(method: Method, path: string, body: unknown): Promise<Response> {
    try {
      return await fetch(this.#baseUrl + path, {
        method,
        headers: {
          ...this.#headers(),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
    } catch (cause) {
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
  return new ApiClient(place.gui, await readToken(join(dataFolder, 'api-token')));
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
