/**
 * Lines that a host answers: what differs, what became of what was wanted, events.
 *
 * Source: docs/room-sync.md#lines.
 */
import * as v from 'valibot';
import { decode, WireError } from './check.ts';
import { ALL_EQUAL, type CheckAnswer, type SyncEvent, type SyncVerdict } from './room-sync.ts';
import { Count, readFields, SEQNR_MAX, Time, Uid, User } from './sync-fields.ts';
import { line, readLines, SharedLines, type Draft, type Reader } from './sync-lines.ts';
import { formatTimestamp } from './timestamp.ts';
import { checkRoomMessage } from './wechat.ts';

/** Code of a refusal whose host gives none. */
const REFUSED = 'refused';

const Text = v.string();
/** Sentences are for people, so they are short. */
const Reason = v.pipe(v.string(), v.maxLength(1000));
const Source = v.pipe(v.string(), v.maxLength(400));
const CODE = /^[a-z_]{1,40}$/;

const Lines = {
  ev: v.tupleWithRest(
    [Uid, Count, Uid, v.picklist(['MSG', 'DIR']), Source, Time, Text],
    v.string(),
  ),
  ok: v.tupleWithRest([Text], v.string()),
  no: v.tupleWithRest([Text, Reason], v.string()),
} as const;

/** What a host answers; `''` when all is equal. */
export function encodeCheckAnswer(answer: CheckAnswer): string {
  if (answer === ALL_EQUAL) return '';
  const { rooms, sessions, servers, verdicts, events, cursor } = answer;
  const lines = verdicts.map((verdict) =>
    verdict.isDone
      ? line('ok', verdict.uid)
      : line('no', verdict.uid, verdict.reason, verdict.code),
  );
  // A list of nothing would look like one that is equal.
  if (rooms?.size === 0) lines.push('cr:');
  if (sessions?.size === 0) lines.push('gs:');
  for (const [uid, hash] of rooms ?? []) lines.push(line('rh', uid, hash));
  for (const [server, hash] of sessions ?? []) lines.push(line('sh', server, hash));
  if (servers !== undefined) lines.push(line('sv', servers));
  lines.push(...events.map(encodeSyncEvent));
  if (cursor !== undefined) lines.push(line('at', '*', String(cursor)));
  return lines.join('\n');
}

/** One line of an event; hosts keep it, since many are told the same. */
export function encodeSyncEvent(event: SyncEvent): string {
  const { room, seqnr, uid, type, from, at, body } = event;
  return line('ev', room, String(seqnr), uid, type, from, formatTimestamp(at), body);
}

/** @throws {WireError} `bad_request`. */
export function decodeCheckAnswer(text: string): CheckAnswer {
  if (text === '') return ALL_EQUAL;
  const answer: Draft<CheckAnswer> = {
    ...{ rooms: undefined, sessions: undefined, servers: undefined, cursor: undefined },
    ...{ verdicts: [], events: [] },
  };
  for (const { key, fields } of readLines(text)) ANSWER_LINES.get(key)?.(answer, fields);
  return answer;
}

/** The users of a directory's body. @throws {WireError} `bad_request`. */
export function decodeDirectory(body: string): readonly string[] {
  return decode(v.array(User), body);
}

const ANSWER_LINES: ReadonlyMap<string, Reader<CheckAnswer>> = new Map<string, Reader<CheckAnswer>>(
  [
    ['cr', (answer) => (answer.rooms ??= new Map())],
    ['gs', (answer) => (answer.sessions ??= new Map())],
    ['rh', (answer, fields) => (answer.rooms = noted(answer.rooms, 'rh', fields))],
    ['sh', (answer, fields) => (answer.sessions = noted(answer.sessions, 'sh', fields))],
    ['sv', (answer, fields) => ([answer.servers] = readFields('sv', SharedLines.hash, fields))],
    ['ok', (answer, fields) => answer.verdicts.push(readYes(fields))],
    ['no', (answer, fields) => answer.verdicts.push(readNo(fields))],
    ['ev', (answer, fields) => answer.events.push(readEvent(fields))],
    ['at', (answer, fields) => readCursor(answer, fields)],
  ],
);

function readCursor(answer: Draft<CheckAnswer>, fields: readonly string[]): void {
  const [room, cursor] = readFields('at', SharedLines.at, fields);
  if (room === '*') answer.cursor = cursor;
}

function noted(
  known: Map<string, string> | undefined,
  key: string,
  fields: readonly string[],
): Map<string, string> {
  const [uid, hash] = readFields(key, SharedLines.named, fields);
  return (known ?? new Map<string, string>()).set(uid, hash);
}

function readYes(fields: readonly string[]): SyncVerdict {
  const [uid] = readFields('ok', Lines.ok, fields);
  return { uid, isDone: true };
}

function readNo(fields: readonly string[]): SyncVerdict {
  const [uid, reason, code = ''] = readFields('no', Lines.no, fields);
  return { uid, isDone: false, reason, code: CODE.test(code) ? code : REFUSED };
}

/** @throws {WireError} `bad_request`, `too_large`: nobody can have said that. */
function requireSaid(from: string, text: string): void {
  if (from === '') throw new WireError('bad_request', 'ev: somebody says a message', 'ev');
  checkRoomMessage(text);
}

function readEvent(fields: readonly string[]): SyncEvent {
  const [room, seqnr, uid, type, from, at, body] = readFields('ev', Lines.ev, fields);
  if (seqnr < 1 || seqnr > SEQNR_MAX) {
    throw new WireError('bad_request', `ev: events count from 1 to ${SEQNR_MAX}`, 'ev');
  }
  if (type === 'DIR') decodeDirectory(body);
  else requireSaid(from, body);
  return { room, seqnr, uid, type, from, at, body };
}
