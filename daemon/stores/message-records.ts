/**
 * What the journal of messages holds. Names are short because there are many of them; absent rather than null.
 *
 * Source: docs/storage.md#history.
 */
import { tryParseAddress, type Address } from '../wire/address.ts';
import { STEP_OUTCOMES, STEPS } from '../wire/export.ts';
import { quoteJson } from '../wire/json-text.ts';
import type {
  ContactNumber,
  DeliveryOutcome,
  Direction,
  FailReason,
  MessageStep,
  NewMessage,
} from '../domain/model.ts';
import { isMembers, isOneOf, type Members } from './members.ts';

/** A message as it was stored. */
export type MessageRecord = Readonly<{
  k: 'msg';
  /** Conversation. */
  n: ContactNumber;
  d: Direction;
  id: string;
  from: string;
  to: string;
  /** Timestamp as on the wire, and what it means in milliseconds. */
  ts: string;
  t: number;
  /** When this daemon had it, in milliseconds. */
  at: number;
  /** Text and enctype. */
  m: string;
  e: string;
  /** Its number in all that its writer wrote in this conversation. */
  q?: number | undefined;
  via?: string | undefined;
}>;

/** A step of messages, named by their numbers. */
export type StateRecord = Readonly<{
  k: 'state';
  n: ContactNumber;
  of: readonly number[];
  st: MessageStep['step'];
  at: number;
  via?: string | undefined;
  /** Enctype with which the messages left us, where the step tells. */
  e?: string | undefined;
  /** Outcome of the attempt, or reason of the failure. */
  o?: DeliveryOutcome | FailReason | undefined;
  /** Of `relayed`: id of the envelope at the relay. */
  x?: string | undefined;
}>;

/** Messages that were deleted here. */
export type DeletionRecord = Readonly<{ k: 'del'; n: ContactNumber; of: readonly number[] }>;
/** The address that a conversation's contact has from now on. */
export type NameRecord = Readonly<{ k: 'conv'; n: ContactNumber; address: string }>;
/**
 * A message that is deleted for good, of which only the id is kept, so that no late copy brings it back: one that was
 * taken back before it came, or what is left of a line that was deleted.
 */
export type TombRecord = Readonly<{
  k: 'tomb';
  n: ContactNumber;
  d: Direction;
  id: string;
  /** As of a message. */
  q?: number | undefined;
}>;
/** All messages of a conversation up to here were deleted. */
export type DropRecord = Readonly<{ k: 'drop'; n: ContactNumber }>;
/** The contact's message with this number came; nothing else of it is kept. */
export type SequenceRecord = Readonly<{ k: 'seq'; n: ContactNumber; q: number }>;

export type HistoryRecord =
  | MessageRecord
  | StateRecord
  | DeletionRecord
  | TombRecord
  | NameRecord
  | DropRecord
  | SequenceRecord;

/** Checks a record from the journal; `undefined` for kinds that this version does not know. */
export function decodeRecord(value: unknown): HistoryRecord | undefined {
  if (!isMembers(value) || typeof value['n'] !== 'number') return undefined;
  switch (value['k']) {
    case 'msg':
      return decodeMessage(value, value['n']);
    case 'state':
      return decodeState(value, value['n']);
    case 'del':
      return isPlaces(value['of']) ? { k: 'del', n: value['n'], of: value['of'] } : undefined;
    case 'tomb':
      return decodeTomb(value, value['n']);
    case 'conv':
      return decodeName(value, value['n']);
    case 'drop':
      return { k: 'drop', n: value['n'] };
    case 'seq':
      return isSequence(value['q']) ? { k: 'seq', n: value['n'], q: value['q'] } : undefined;
    default:
      return undefined;
  }
}

/** A new message as a record. */
export function encodeMessage(message: NewMessage): MessageRecord {
  return {
    k: 'msg',
    n: message.conversation,
    d: message.direction,
    id: message.id,
    from: message.from,
    to: message.to,
    ts: message.wireTimestamp,
    t: message.timestamp,
    at: message.receivedAt,
    m: message.text,
    e: message.enctype,
    q: message.sequence,
    via: message.via,
  };
}

/** As `JSON.stringify`, in two thirds of the time: of all records most are messages, and they come in hundreds. */
export function formatMessage(record: MessageRecord): string {
  const { n, d, id, from, to, ts, t, at, m, e, q, via } = record;
  const ways = `"id":${quoteJson(id)},"from":${quoteJson(from)},"to":${quoteJson(to)}`;
  const sequence = q === undefined ? '' : `,"q":${q}`;
  const relay = via === undefined ? '' : `,"via":${quoteJson(via)}`;
  return `{"k":"msg","n":${n},"d":"${d}",${ways},"ts":${quoteJson(ts)},"t":${t},"at":${at},"m":${quoteJson(m)},"e":${quoteJson(e)}${sequence}${relay}}`;
}

/** The message in a record; `undefined` when one of its addresses is none for this version. */
export function messageOf(record: MessageRecord): NewMessage | undefined {
  const from = tryParseAddress(record.from);
  const to = tryParseAddress(record.to);
  if (from === undefined || to === undefined) return undefined;
  return {
    conversation: record.n,
    id: record.id,
    direction: record.d,
    from,
    to,
    text: record.m,
    wireTimestamp: record.ts,
    timestamp: record.t,
    receivedAt: record.at,
    enctype: record.e,
    sequence: record.q,
    via: addressOf(record.via),
  };
}

/** A step as a record. */
export function encodeStep(step: MessageStep): StateRecord {
  return {
    k: 'state',
    n: step.conversation,
    of: step.messages,
    st: step.step,
    at: step.at,
    via: step.via,
    e: step.enctype,
    o: step.outcome,
    x: step.envelope,
  };
}

/** The step in a record. */
export function stepOf(record: StateRecord): MessageStep {
  return {
    conversation: record.n,
    messages: record.of,
    step: record.st,
    at: record.at,
    via: addressOf(record.via),
    enctype: record.e,
    outcome: record.o,
    ...(record.x === undefined ? {} : { envelope: record.x }),
  };
}

/** An address that was stored; `undefined` for none. */
export function addressOf(text: string | undefined): Address | undefined {
  return text === undefined ? undefined : tryParseAddress(text);
}

function decodeMessage(value: Members, n: ContactNumber): MessageRecord | undefined {
  const { d, id, from, to, ts, t, at, m, e, q, via } = value;
  if (d !== 'in' && d !== 'out') return undefined;
  if (typeof id !== 'string' || typeof from !== 'string' || typeof to !== 'string')
    return undefined;
  if (typeof ts !== 'string' || typeof t !== 'number' || typeof at !== 'number') return undefined;
  if (typeof m !== 'string' || typeof e !== 'string' || !isOptionalText(via)) return undefined;
  return { k: 'msg', n, d, id, from, to, ts, t, at, m, e, q: isSequence(q) ? q : undefined, via };
}

function decodeState(value: Members, n: ContactNumber): StateRecord | undefined {
  const { of, st, at, via, e, o, x } = value;
  if (!isPlaces(of) || !isOneOf(STEPS, st) || typeof at !== 'number') return undefined;
  if (!isOptionalText(via) || !isOptionalText(e)) return undefined;
  const outcome = isOneOf(STEP_OUTCOMES, o) ? o : undefined;
  const envelope = typeof x === 'string' ? x : undefined;
  return { k: 'state', n, of, st, at, via, e, o: outcome, x: envelope };
}

function decodeTomb(value: Members, n: ContactNumber): TombRecord | undefined {
  const { d, id, q } = value;
  if ((d !== 'in' && d !== 'out') || typeof id !== 'string') return undefined;
  return { k: 'tomb', n, d, id, q: isSequence(q) ? q : undefined };
}

function decodeName(value: Members, n: ContactNumber): NameRecord | undefined {
  const { address } = value;
  return typeof address === 'string' ? { k: 'conv', n, address } : undefined;
}

function isPlaces(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((place) => typeof place === 'number');
}

/** Whether a value is the number of a message: they count from 1. */
function isSequence(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}
