/** What the answers of the wechat protocol mean to a client (docs/rooms.md#protocol). */
import * as v from 'valibot';
import { decode, decodeValue, parseJson, WireError } from '../wire/check.ts';
import {
  decodeHeaderText,
  SEQNR_HEADER,
  SOURCE_HEADER,
  TYPE_HEADER,
  type WechatEvent,
} from '../wire/wechat.ts';
import { CommandError } from './command-error.ts';
import { askWechat, type WechatAnswer } from './wechat-exchange.ts';

const Users = v.array(v.string());
const Event = v.variant('type', [
  v.object({ type: v.literal('MSG'), seqnr: v.number(), source: v.string(), body: v.string() }),
  v.object({ type: v.literal('DIR'), seqnr: v.number(), source: v.string(), body: Users }),
]);
const Refusal = v.object({ error: v.object({ message: v.string() }) });

/** Rooms that a daemon lists. @throws {CommandError} */
export async function listRooms(origin: string, signal: AbortSignal): Promise<readonly string[]> {
  const answer = await askWechat({ method: 'GET', url: `${origin}/chats`, signal });
  if (answer.status !== 200) throw refusalOf(answer);
  const rooms = read(v.array(v.object({ name: v.string() })), answer.text);
  return rooms.map(({ name }) => name);
}

/** @throws {CommandError} `bad_answer`. */
export function readUsers({ text }: WechatAnswer): readonly string[] {
  return read(Users, text);
}

/**
 * A batch, or one event in headers and body from a daemon that knows no batches.
 *
 * @throws {CommandError} `bad_answer`.
 */
export function readEvents({ headers, text }: WechatAnswer): readonly WechatEvent[] {
  const { [SEQNR_HEADER]: seqnr, [TYPE_HEADER]: type, [SOURCE_HEADER]: source } = headers;
  if (typeof seqnr !== 'string') return read(v.array(Event), text);
  const from = typeof source === 'string' ? decodeHeaderText(source) : '';
  const value = { seqnr: Number(seqnr), type, source: from, body: readJson(text) };
  return [readValue(Event, value)];
}

function read<const Schema extends v.GenericSchema>(schema: Schema, text: string) {
  return makingSense(() => decode(schema, text));
}

function readValue<const Schema extends v.GenericSchema>(schema: Schema, value: unknown) {
  return makingSense(() => decodeValue(schema, value));
}

function readJson(text: string): unknown {
  return makingSense(() => parseJson(text));
}

function makingSense<Value>(run: () => Value): Value {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    throw new CommandError('bad_answer', 'what answers there speaks another language', { cause });
  }
}

/**
 * The origin of the daemon that an answer sends us to; `undefined` when it sends us nowhere.
 *
 * @param asked The URL that was asked, to which the other may be relative.
 */
export function movedTo({ status, headers }: WechatAnswer, asked: string): string | undefined {
  const { location } = headers;
  if ((status !== 307 && status !== 308) || location === undefined) return undefined;
  const url = URL.canParse(location, asked) ? new URL(location, asked) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) ? url.origin : undefined;
}

/** Whether an answer may be another one in a moment: we are to join again, too fast, or the daemon has a bad day. */
export function isPassing(status: number): boolean {
  return status === 401 || status === 429 || status >= 500;
}

/** What to tell about a refusal; a {CommandError} unless it may be another answer in a moment. */
export function refusalOf({ status, text }: WechatAnswer): Error {
  if (status === 429 || status >= 500) return new Error(`the daemon answered ${status}`);
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
  const refused = v.safeParse(Refusal, value);
  if (refused.success) return new CommandError('refused', refused.output.error.message);
  if (value === false) return new CommandError('refused', 'the daemon does not make that room');
  return new CommandError('bad_answer', `the daemon answered ${status}`);
}
