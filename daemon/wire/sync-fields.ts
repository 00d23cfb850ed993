/**
 * Lines and fields of room sync: how they are escaped, and what may stand in them.
 *
 * Source: docs/room-sync.md#lines.
 */
import * as v from 'valibot';
import { WellFormed, WireError } from './check.ts';

/** Highest number of an event: numbers go into columns of 32 bits. Source: docs/room-sync.md#limits. */
export const SEQNR_MAX = 2 ** 32 - 1;

/** 16 bytes, base64url, written in the one way there is. */
export const ROOM_UID = /^[A-Za-z0-9_-]{21}[AQgw]$/;

export const Hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/, 'a hash is 40 digits of SHA-1'));
/** A number in decimal digits. */
export const Count = v.pipe(
  v.string(),
  v.regex(/^\d{1,15}$/, 'a number has 1 to 15 digits'),
  v.transform(Number),
);
/** Of a room, an event or a message. */
export const Uid = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'a uid is 1–64 of A–Z a–z 0–9 _ -'),
);
/** `name@serverUID`, or a guest's bare name. */
export const User = v.pipe(WellFormed, v.minLength(1), v.maxLength(400));
export const MemberUid = v.pipe(WellFormed, v.minLength(1), v.maxLength(500));
export const Role = v.picklist(['member', 'admin', 'banned']);
/** ISO 8601 in UTC; milliseconds since 1970 when it was read. */
export const Time = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/, 'a time is ISO 8601 in UTC'),
  v.transform((text) => Date.parse(text)),
  v.check((ms) => Number.isFinite(ms), 'there is no such time'),
);

/** One field so that it can stand between bars. */
export function escapeField(text: string): string {
  // Nearly all fields have nothing to escape.
  if (!/[\\|\n]/.test(text)) return text;
  return text.replaceAll('\\', '\\\\').replaceAll('|', '\\p').replaceAll('\n', '\\n');
}

/** Fields between bars, each escaped. */
export function joinFields(...fields: readonly string[]): string {
  return fields.map(escapeField).join('|');
}

/** @throws {WireError} `bad_request` for an escape that there is not. */
export function splitFields(line: string): readonly string[] {
  return line.split('|').map(unescapeField);
}

/** Checks the fields of a line. @throws {WireError} `bad_request`, naming the line. */
export function readFields<const Schema extends v.GenericSchema>(
  key: string,
  schema: Schema,
  fields: readonly string[],
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, fields, { abortEarly: true });
  if (result.success) return result.output;
  throw new WireError('bad_request', `${key}: ${result.issues[0].message}`, key);
}

function unescapeField(field: string): string {
  if (!field.includes('\\')) return field;
  return field.replace(/\\(.?)/gs, (_, escaped: string) => {
    const meant = ESCAPED.get(escaped);
    if (meant === undefined) throw new WireError('bad_request', 'there is no such escape');
    return meant;
  });
}

const ESCAPED: ReadonlyMap<string, string> = new Map([
  ['\\', '\\'],
  ['p', '|'],
  ['n', '\n'],
]);
