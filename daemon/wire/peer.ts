/**
 * The peer protocol: what daemons say to each other with `POST /`, one JSON object a request. The answers are in
 * `peer-answer.ts`.
 *
 * Source: docs/peer-protocol.md. Members that only vestnik daemons send are marked (ours); a daemon that knows
 * the base protocol alone neither sends nor minds them.
 */
import * as v from 'valibot';
import { ADDRESS_MAX_LENGTH, tryParseAddress, type Address } from './address.ts';
import { decodeHs1, encodeHs1, type Hs1 } from './e2e.ts';
import { decodeValue, parseJson, WellFormed, WireError } from './check.ts';
import { quoteJson } from './json-text.ts';
import { interpretTimestamp } from './timestamp.ts';

/** UTF-16 units of an access key that we accept from others. Ours have 43. */
export const ACCESS_KEY_MAX_LENGTH = 256;
/** UTF-16 units of `message`: enough for an encrypted one of 65,000 bytes. */
export const WIRE_MESSAGE_MAX_LENGTH = 90_000;
/** Messages that we put into one `history`. */
export const HISTORY_MAX_MESSAGES = 50;
/** The same for whoever reads several under one seal: a slow machine is to be free for others in between. */
export const HISTORY_MAX_BUNDLED = 400;
/** Bytes that we put into one `history`. */
export const HISTORY_MAX_BYTES = 256 * 1024;
/** Messages that we take in one `history`. */
export const HISTORY_ACCEPTED_MESSAGES = 100;
/**
 * (ours) Requests that we take on one connection before we have answered the first, and that we send at most.
 * Source: docs/peer-protocol.md#several-at-once.
 */
export const REQUESTS_AHEAD_MAX = 4;
/** Members and elements in one request: a hundred for each message, unknown ones included. Source: docs/security.md, G14. */
export const REQUEST_MAX_MEMBERS = 10_000;

/** A message on its way between daemons, decoded. */
export type WireMessage = Readonly<{
  from: Address;
  to: Address;
  message: string;
  /** As it came, made a string: it is part of what makes two messages the same. */
  wireTimestamp: string;
  /** What it means, in milliseconds since 1970. */
  timestamp: number;
  /** `''` for plain text; whoever receives decides whether it knows the others. */
  enctype: string;
  /** Access key of the hop, as the receiver issued it; `''` when missing. */
  key: string;
}>;

export type PeerRequest =
  | Readonly<{
      action: 'handshake';
      key: string;
      from: Address | undefined;
      nick: string;
      /** (ours) `undefined` from a daemon that does not encrypt. */
      e2e: Hs1 | undefined;
    }>
  | Readonly<{ action: 'send' | 'resend'; message: WireMessage }>
  | Readonly<{ action: 'ping'; from: Address | undefined; key: string | undefined }>
  /** `undefined` stands for an element that makes no sense; it is answered 0 at its place. */
  | Readonly<{ action: 'history'; messages: readonly (WireMessage | undefined)[] }>
  /** (ours) The sender asks a relay to drop what it carries. */
  | Readonly<{ action: 'withdraw'; key: string; ids: readonly string[] }>;

const AccessKey = v.pipe(WellFormed, v.minLength(1), v.maxLength(ACCESS_KEY_MAX_LENGTH));

const WireAddress = v.pipe(
  v.string(),
  v.maxLength(ADDRESS_MAX_LENGTH),
  v.rawTransform(({ dataset, addIssue, NEVER }): Address => {
    const address = tryParseAddress(dataset.value);
    if (address !== undefined) return address;
    addIssue({ message: 'not an address' });
    return NEVER;
  }),
);

/** A claim about oneself: what makes no sense is as good as nothing. */
const OptionalAddress = v.optional(v.fallback(v.union([v.undefined(), WireAddress]), undefined));

const Timestamp = v.pipe(
  v.union([v.pipe(v.number(), v.finite()), v.pipe(WellFormed, v.maxLength(64))]),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const timestamp = interpretTimestamp(dataset.value);
    if (timestamp !== undefined) return { wireTimestamp: String(dataset.value), timestamp };
    addIssue({ message: 'neither ISO 8601 nor epoch seconds nor milliseconds' });
    return NEVER;
  }),
);

const Message = v.object({
  from: WireAddress,
  to: WireAddress,
  message: v.pipe(WellFormed, v.maxLength(WIRE_MESSAGE_MAX_LENGTH)),
  timestamp: Timestamp,
  enctype: v.optional(v.pipe(v.string(), v.maxLength(16)), ''),
  /** A missing one proves nothing, which is for the receiver to say. */
  key: v.optional(v.union([v.literal(''), AccessKey]), ''),
});

const Handshake = v.object({
  key: AccessKey,
  /** (ours) Own address with port. */
  from: OptionalAddress,
  /** (ours) */
  nick: v.optional(v.fallback(v.pipe(WellFormed, v.trim(), v.maxLength(64)), ''), ''),
  /** (ours) Never ignored when it is malformed: that would be a silent way back to plain (E5). */
  e2e: v.optional(v.unknown()),
});

const Ping = v.object({
  /** (ours) Both together make a ping count as a sign of life. */
  from: OptionalAddress,
  key: v.optional(v.fallback(v.optional(AccessKey), undefined)),
});

const History = v.object({
  key: v.optional(v.union([v.literal(''), AccessKey])),
  from: OptionalAddress,
  messages: v.pipe(v.array(v.unknown()), v.maxLength(HISTORY_ACCEPTED_MESSAGES)),
});

const Withdraw = v.object({
  key: AccessKey,
  ids: v.pipe(v.array(v.pipe(v.string(), v.maxLength(64))), v.maxLength(HISTORY_ACCEPTED_MESSAGES)),
});

const Action = v.object({ action: v.string() });

/**
 * Decodes one request body. Unknown members are dropped, so that newer peers can add some.
 *
 * @throws {WireError} Not JSON, too deep, an unknown action, or a member is missing, mistyped or too long.
 */
export function decodePeerRequest(body: string): PeerRequest {
  return decodePeerFields(parseJson(body, REQUEST_MAX_MEMBERS));
}

/**
 * Decodes a request whose members are at hand already, for example from a query.
 *
 * @throws {WireError} As `decodePeerRequest`.
 */
export function decodePeerFields(value: unknown): PeerRequest {
  const { action } = decodeValue(Action, value);
  switch (action) {
    case 'handshake':
      return { action, ...decodeHandshake(value) };
    case 'send':
    case 'resend':
      return { action, message: toWireMessage(decodeValue(Message, value)) };
    case 'ping': {
      const { from, key } = decodeValue(Ping, value);
      return { action, from, key };
    }
    case 'history':
      return { action, messages: decodeHistory(decodeValue(History, value)) };
    case 'withdraw':
      return { action, ...decodeValue(Withdraw, value) };
    default:
      throw new WireError('bad_request', 'unknown action', 'action');
  }
}

function decodeHandshake(
  value: unknown,
): Omit<Extract<PeerRequest, { action: 'handshake' }>, 'action'> {
  const { key, from, nick, e2e } = decodeValue(Handshake, value);
  return { key, from, nick, e2e: e2e === undefined ? undefined : decodeHs1(e2e) };
}

/** Member by member: a spread would cost 2.5 µs a message. */
function toWireMessage({
  from,
  to,
  message,
  timestamp: { wireTimestamp, timestamp },
  enctype,
  key,
}: v.InferOutput<typeof Message>): WireMessage {
  return { from, to, message, wireTimestamp, timestamp, enctype, key };
}

/** Elements without `key` or `from` take the outer one. */
function decodeHistory({
  key,
  from,
  messages,
}: v.InferOutput<typeof History>): (WireMessage | undefined)[] {
  return messages.map((element) => {
    const result = v.safeParse(Message, withDefaults(element, key, from), { abortEarly: true });
    return result.success ? toWireMessage(result.output) : undefined;
  });
}

function withDefaults(
  element: unknown,
  key: string | undefined,
  from: Address | undefined,
): unknown {
  if (typeof element !== 'object' || element === null) return element;
  const hasKey = 'key' in element || key === undefined;
  const hasFrom = 'from' in element || from === undefined;
  if (hasKey && hasFrom) return element;
  return { ...element, ...(hasKey ? {} : { key }), ...(hasFrom ? {} : { from }) };
}

/** Body of our own handshake; without `e2e` for a daemon that refuses members that it does not know. */
export function encodeHandshake(
  fields: Readonly<{ key: string; from: Address; nick: string; e2e: Hs1 | undefined }>,
): string {
  const { key, from, nick, e2e } = fields;
  const member = e2e === undefined ? {} : { e2e: encodeHs1(e2e) };
  return JSON.stringify({ action: 'handshake', key, from, nick, ...member });
}

/**
 * Body of a ping. With a key it counts as a sign of life; without one it only says where we are, to somebody who may be
 * trying to reach us.
 */
export function encodePing({ from, key }: { from: Address; key: string | undefined }): string {
  return JSON.stringify({ action: 'ping', from, ...(key === undefined ? {} : { key }) });
}

/** What a message has on the wire, the hop's key aside. */
export type OutgoingMessage = Omit<WireMessage, 'key' | 'timestamp'>;

/** Body of a `send` or, to a relay, of a `resend`. */
export function encodeMessage(
  action: 'send' | 'resend',
  message: OutgoingMessage,
  key: string,
): string {
  const { from, to, enctype, wireTimestamp } = message;
  const head = JSON.stringify({ action, from, to, timestamp: wireTimestamp, enctype, key });
  return `${head.slice(0, -1)},"message":${quoteJson(message.message)}}`;
}

/** Body of a `history`: all that waits for a contact, oldest first. */
export function encodeHistory(
  from: Address,
  messages: readonly OutgoingMessage[],
  key: string,
): string {
  const texts = messages.map((message) => encodeMessage('send', message, key));
  const head = JSON.stringify({ action: 'history', from, key });
  return `${head.slice(0, -1)},"messages":[${texts.join(',')}]}`;
}

/** (ours) Body of a request to drop envelopes, named as `docs/peer-protocol.md#withdraw` says. */
export function encodeWithdraw(key: string, ids: readonly string[]): string {
  return JSON.stringify({ action: 'withdraw', key, ids });
}
