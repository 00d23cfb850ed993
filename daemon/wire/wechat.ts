/**
 * Rooms over plain HTTP, the "wechat" protocol: names of headers, limits, what goes in and what comes out.
 *
 * Source: docs/rooms.md#protocol.
 */
import { isWellFormed, WireError } from './check.ts';
import { utf8Length } from './utf8.ts';

/** Headers of the protocol, lower case as Node gives them. */
export const SESSION_HEADER = 'session';
export const SEQNR_HEADER = 'seqnr';
export const TYPE_HEADER = 'type';
export const SOURCE_HEADER = 'source';
/** Ours: opens a private room. */
export const INVITE_HEADER = 'invite';
/** Ours: makes a repeated message harmless. */
export const ID_HEADER = 'id';

/** Random bytes of a session key. */
export const SESSION_KEY_BYTES = 32;
/** Longest that a request for events may wait, in seconds. */
export const WAIT_MAX_S = 25;
/** Events in one answer. */
export const BATCH_MAX_EVENTS = 1000;
/** Longest message, in UTF-8. */
export const ROOM_MESSAGE_MAX_BYTES = 65_536;
/** A message of that length as JSON whose every byte is written as `\u00XX`, and its quotes. */
export const ROOM_BODY_MAX_BYTES = ROOM_MESSAGE_MAX_BYTES * 6 + 2;
/** Longest id of a message that a client may choose. */
const ID = /^[A-Za-z0-9_-]{1,64}$/;

/** An event as it goes over the wire. `source` is empty for a directory. */
export type WechatEvent = Readonly<
  | { seqnr: number; type: 'MSG'; source: string; body: string }
  | { seqnr: number; type: 'DIR'; source: string; body: readonly string[] }
>;

/** A room as `GET /chats` lists it. */
export type ListedRoom = Readonly<{ name: string; members: number; seqnr: number }>;

/** What a client asks for when it asks for events. */
export type EventsRequest = Readonly<{
  /** Where to go on from now on; `undefined`: where this session is. */
  from: number | undefined;
  waitMs: number;
  /** Most events of a batch; `undefined`: one event in the form of the source document. */
  batch: number | undefined;
}>;

/** Where the parts of a request for events were found, all of them text or absent. */
export type EventsFields = Readonly<{
  path?: unknown;
  header?: unknown;
  since?: unknown;
  wait?: unknown;
  batch?: unknown;
}>;

/**
 * Decodes a request for events. Of several places for a number, the path goes before the query before the header. More
 * than the most is not refused: a client that is patient may be answered sooner.
 *
 * @throws {WireError} `bad_request`.
 */
export function decodeEventsRequest(fields: EventsFields): EventsRequest {
  const { path, header, since, wait, batch } = fields;
  const waitS = decodeNumber(wait, 'wait');
  const batchSize = decodeNumber(batch, 'batch');
  if (batchSize === 0) throw new WireError('bad_request', 'a batch holds at least 1', 'batch');
  return {
    from:
      decodeNumber(path, 'seqnr') ?? decodeNumber(since, 'since') ?? decodeNumber(header, 'seqnr'),
    waitMs: Math.min(waitS ?? 0, WAIT_MAX_S) * 1000,
    batch: batchSize === undefined ? undefined : Math.min(batchSize, BATCH_MAX_EVENTS),
  };
}

/**
 * The message in a body: the string, if it is JSON of one, else the text as it is.
 *
 * @throws {WireError} `bad_request` for none, `too_large`.
 */
export function decodeMessageBody(body: string): string {
  const message = stringInJson(body) ?? body;
  checkRoomMessage(message);
  return message;
}

/**
 * Refuses what is no message for a room.
 *
 * @throws {WireError} `bad_request`, `too_large`.
 */
export function checkRoomMessage(message: string): void {
  if (message === '') throw new WireError('bad_request', 'a message is not empty', 'message');
  if (!isWellFormed(message)) {
    throw new WireError('bad_request', 'the message has a lone surrogate', 'message');
  }
  // A unit takes three bytes at most, so most messages need no measuring.
  const sizeBytes = message.length * 3 <= ROOM_MESSAGE_MAX_BYTES ? 0 : utf8Length(message);
  if (sizeBytes > ROOM_MESSAGE_MAX_BYTES) {
    throw new WireError(
      'too_large',
      `a message has at most ${ROOM_MESSAGE_MAX_BYTES} bytes, this one has ${sizeBytes}`,
      'message',
    );
  }
}

/**
 * The type of a message that a client sends; without one it is `MSG`, the only one that clients make.
 *
 * @throws {WireError} `bad_request`.
 */
export function checkMessageType(type: unknown): void {
  if (type !== undefined && type !== 'MSG') {
    throw new WireError('bad_request', 'clients send messages of type MSG', TYPE_HEADER);
  }
}

/**
 * The id that a client gave its message; `undefined` for none.
 *
 * @throws {WireError} `bad_request`.
 */
export function decodeMessageId(id: unknown): string | undefined {
  if (id === undefined) return undefined;
  if (typeof id === 'string' && ID.test(id)) return id;
  throw new WireError('bad_request', 'an id is 1–64 of A–Z a–z 0–9 _ -', ID_HEADER);
}

/** Text as a header's value: percent-encoded where it is not printable ASCII, and blanks where they would get lost. */
export function encodeHeaderText(text: string): string {
  return text.replace(/[^\u0020-\u007e]+|%/g, encodeURIComponent).replace(/^ | $/g, '%20');
}

/** The text in a header's value; one that was not encoded stays as it is. */
export function decodeHeaderText(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // A client that knows nothing of percent signs means them.
    return value;
  }
}

/** The headers of one event. */
export function encodeEventHeaders(event: WechatEvent): Readonly<Record<string, string>> {
  return {
    [SEQNR_HEADER]: String(event.seqnr),
    [TYPE_HEADER]: event.type,
    [SOURCE_HEADER]: encodeHeaderText(event.source),
  };
}

/** The body of one event. */
export function encodeEventBody({ body }: WechatEvent): string {
  return JSON.stringify(body);
}

/** An event in a batch. */
export function encodeBatched({ seqnr, type, source, body }: WechatEvent): string {
  return JSON.stringify({ seqnr, type, source, body });
}

function decodeNumber(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value);
  throw new WireError('bad_request', `${name} is a whole number`, name);
}

function stringInJson(body: string): string | undefined {
  // Whatever begins otherwise is no string, however it goes on.
  if (!/^\s*"/.test(body)) return undefined;
  try {
    const value = JSON.parse(body) as unknown;
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
