/**
 * Everything readable as lines of JSON: what `vestnik export` makes and `vestnik import` takes.
 *
 * Source: docs/backup.md#an-export.
 */
import * as v from 'valibot';
import { decodeBase64url } from './base64url.ts';
import { decode, WellFormed, WireError } from './check.ts';
import {
  CanonicalAddress,
  ExportedEventSchema,
  ExportedRoomSchema,
  TEXT_MAX_LENGTH,
  Time,
} from './export-rooms.ts';
import { PRESENCE_SHARINGS, RETENTION_PERIODS } from './gui-api.ts';
import { NICK_MAX_LENGTH } from './gui-limits.ts';

/** Version of the form. */
export const EXPORT_VERSION = 2;
/** Before rooms were in it. */
const EXPORT_VERSION_WITHOUT_ROOMS = 1;
/** A message of any size and all that happened to it. */
export const EXPORT_LINE_MAX_BYTES = 4 * 1024 * 1024;
/** Steps of one message: an attempt an hour for ten years. */
const STEPS_MAX = 100_000;
/** Steps on a message's way, as the journal and an export name them. Source: docs/storage.md#history. */
export const STEPS = [
  'attempt',
  'relayed',
  'accepted',
  'delivered',
  'read',
  'failed',
  'retry',
] as const;
/** What came of a step, or why a message failed. */
export const STEP_OUTCOMES = [
  'ok',
  'refused',
  'connection_refused',
  'unreachable',
  'timeout',
  'bad_answer',
  'busy',
  'forbidden_address',
  'not_proven',
  'no_session',
  'cancelled',
  'expired',
] as const;
const FINGERPRINT_BYTES = 32;
const Fingerprint = v.pipe(
  v.string(),
  v.check((text) => isFingerprint(text), 'is no fingerprint'),
);
const Nick = v.pipe(WellFormed, v.maxLength(NICK_MAX_LENGTH));

const Head = v.object({
  k: v.literal('vestnik'),
  v: v.picklist([EXPORT_VERSION_WITHOUT_ROOMS, EXPORT_VERSION]),
});

const Owner = v.object({
  k: v.literal('owner'),
  nick: Nick,
  settings: v.object({
    theme: v.picklist(['system', 'light', 'dark']),
    language: v.picklist(['system', 'en', 'ru']),
    read_receipts: v.boolean(),
    honour_deletion: v.boolean(),
    retention: v.picklist(RETENTION_PERIODS),
  }),
});

const ExportedContactSchema = v.object({
  k: v.literal('contact'),
  address: CanonicalAddress,
  nick: Nick,
  since: Time,
  last_online: v.nullable(Time),
  last_connect: v.nullable(Time),
  can_resend: v.picklist([0, 1]),
  relay_for: v.boolean(),
  relay_plain: v.boolean(),
  muted: v.boolean(),
  blocked: v.boolean(),
  retention: v.picklist(['default', ...RETENTION_PERIODS]),
  /** Exports of before it was there say nothing. */
  shares_presence: v.optional(v.picklist(PRESENCE_SHARINGS), 'full'),
  /** Who must answer there; `null` for one that does not encrypt, or has not answered yet. */
  fingerprint: v.nullable(Fingerprint),
  /** How we know: somebody told it to us beforehand, or it was there first. */
  fingerprint_from: v.nullable(v.picklist(['link', 'request'])),
});

const Step = v.object({
  at: Time,
  step: v.picklist(STEPS),
  via: v.optional(CanonicalAddress),
  enctype: v.optional(v.picklist(['', 'dr1'])),
  outcome: v.optional(v.picklist(STEP_OUTCOMES)),
});

const ExportedMessageSchema = v.object({
  k: v.literal('message'),
  /** In whose conversation it is. */
  contact: CanonicalAddress,
  direction: v.picklist(['in', 'out']),
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'is no id of a message')),
  from: CanonicalAddress,
  to: CanonicalAddress,
  message: v.pipe(WellFormed, v.maxLength(TEXT_MAX_LENGTH)),
  timestamp: Time,
  /** As it came over the wire, where that was written otherwise. */
  wire_timestamp: v.optional(v.pipe(WellFormed, v.maxLength(64))),
  received: Time,
  enctype: v.picklist(['', 'dr1']),
  via: v.optional(CanonicalAddress),
  unread: v.optional(v.literal(true)),
  steps: v.pipe(v.array(Step), v.maxLength(STEPS_MAX)),
});

const End = v.object({
  k: v.literal('end'),
  contacts: v.number(),
  messages: v.number(),
  rooms: v.optional(v.number(), 0),
  events: v.optional(v.number(), 0),
});

const Line = v.variant('k', [
  Head,
  Owner,
  ExportedContactSchema,
  ExportedMessageSchema,
  ExportedRoomSchema,
  ExportedEventSchema,
  End,
]);

/** One line, by its kind `k`. */
export type ExportLine = v.InferOutput<typeof Line>;
export type ExportedContact = v.InferOutput<typeof ExportedContactSchema>;
export type ExportedMessage = v.InferOutput<typeof ExportedMessageSchema>;
export type ExportedStep = ExportedMessage['steps'][number];

/** What an import came to. */
export type ApiImported = Readonly<{
  /** Added; and those that were in the address book already, which stay as they are. */
  contacts: number;
  known_contacts: number;
  /** Added; and those that were there already. */
  messages: number;
  known_messages: number;
  /** Added; and those that were there already, by uid or by name. */
  rooms: number;
  known_rooms: number;
  /** Events of rooms, likewise. */
  events: number;
  known_events: number;
}>;

/** A line with its end. */
export function encodeExportLine(line: ExportLine): string {
  return `${JSON.stringify(line)}\n`;
}

/**
 * Decodes a line.
 *
 * @param number Counts from 1, for the sentence.
 * @throws {WireError} `bad_request`.
 */
export function decodeExportLine(text: string, number: number): ExportLine {
  try {
    return decode(Line, text);
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    throw badLine(number, cause.message, cause);
  }
}

/** A line that can't be taken; nothing of the export was. */
export function badLine(number: number, why: string, cause?: unknown): WireError {
  return new WireError('bad_request', `line ${number}: ${why}; nothing was imported`, '', {
    cause,
  });
}

function isFingerprint(text: string): boolean {
  try {
    return decodeBase64url(text, FINGERPRINT_BYTES).length === FINGERPRINT_BYTES;
  } catch {
    // It says what is wrong by throwing; here that it is wrong is enough.
    return false;
  }
}
