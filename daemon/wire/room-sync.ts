/**
 * Rooms kept equal between daemons: lines of `POST /chatserver/check/` and the JSON beside it.
 *
 * Source: docs/room-sync.md.
 */
import * as v from 'valibot';
import { decode, isWellFormed, WireError } from './check.ts';
import {
  Count,
  Hash,
  joinFields,
  MemberUid,
  readFields,
  Role,
  SEQNR_MAX,
  splitFields,
  Time,
  Uid,
  User,
} from './sync-fields.ts';
import { checkRoomMessage } from './wechat.ts';

/** Bytes of a request, and of an answer. Source: docs/security.md, G13. */
export const SYNC_BODY_MAX_BYTES = 1024 * 1024;
/** Longest that a check may wait, in seconds. */
export const SYNC_WAIT_MAX_SECONDS = 25;
/** Lines of one request or answer. */
export const SYNC_MAX_LINES = 20_000;
/** Code of a refusal whose host gives none. */
const REFUSED = 'refused';

/** What somebody is in a room, on the wire as in the domain. */
export type SyncRole = 'member' | 'admin' | 'banned';

/** What an asker wants to be so. Each is answered by `ok` or `no`, and repeated until then. */
export type SyncClaim =
  | Readonly<{
      kind: 'mb';
      uid: string;
      user: string;
      room: string;
      role: SyncRole;
      /** Opens a private room; `''` without one. */
      invite: string;
    }>
  | Readonly<{ kind: 'mx'; uid: string }>
  | Readonly<{
      kind: 'ms';
      uid: string;
      from: string;
      /** `*`: the whole room. */
      to: string;
      room: string;
      /** When it was written, milliseconds since 1970. */
      at: number;
      text: string;
    }>;

/** What an asker says: who it is, what it knows, what it wants. Hashes that it does not name are not compared. */
export type RoomCheck = Readonly<{
  me: Readonly<{ address: string; accessKey: string }> | undefined;
  servers: string | undefined;
  sessions: string | undefined;
  ownSessions: Readonly<{ server: string; hash: string }> | undefined;
  rooms: string | undefined;
  claims: readonly SyncClaim[];
  /** It has all events that it may see up to this cursor of the host's. */
  cursor: number | undefined;
  /** By room, the last event that it has, where it must be told again. */
  repairs: ReadonlyMap<string, Repair>;
}>;

/** From where on events of a room are to be told. */
export type Repair = Readonly<{
  /** 0: all of them. */
  seqnr: number;
  /** Uid of that event, `''` for 0, so that the host says whether it is its; `undefined`: it need not. */
  uid: string | undefined;
}>;

/** An event of a room as it travels: the host's number, and the body as text. */
export type SyncEvent = Readonly<{
  room: string;
  seqnr: number;
  uid: string;
  type: 'MSG' | 'DIR';
  /** `''` for a directory. */
  from: string;
  at: number;
  /** What was said, or a JSON array of users. */
  body: string;
}>;

export type SyncVerdict =
  | Readonly<{ uid: string; isDone: true }>
  | Readonly<{ uid: string; isDone: false; reason: string; code: string }>;

/** What a host says: only where something differs, so mostly nothing. */
export type CheckAnswer = Readonly<{
  /** Hashes of all rooms that the asker may see; `undefined`: they are equal. */
  rooms: ReadonlyMap<string, string> | undefined;
  /** Hashes of the sessions of all servers that have any; `undefined`: they are equal. */
  sessions: ReadonlyMap<string, string> | undefined;
  /** Hash of the servers; `undefined`: it is equal. */
  servers: string | undefined;
  verdicts: readonly SyncVerdict[];
  events: readonly SyncEvent[];
  /** The cursor after these events; `undefined` where there are none. */
  cursor: number | undefined;
}>;

/** An answer that says that all is equal. */
export const ALL_EQUAL: CheckAnswer = {
  rooms: undefined,
  sessions: undefined,
  servers: undefined,
  verdicts: [],
  events: [],
  cursor: undefined,
};

const Text = v.string();
/** Sentences are for people, so they are short. */
const Reason = v.pipe(v.string(), v.maxLength(1000));
const Source = v.pipe(v.string(), v.maxLength(400));
const CODE = /^[a-z_]{1,40}$/;

const Lines = {
  me: v.tupleWithRest([Text, Text], v.string()),
  hash: v.tupleWithRest([Hash], v.string()),
  named: v.tupleWithRest([User, Hash], v.string()),
  mb: v.tupleWithRest([MemberUid, User, Uid, Role], v.string()),
  mx: v.tupleWithRest([MemberUid], v.string()),
  ms: v.tupleWithRest([Uid, User, Text, Uid, Time, Text], v.string()),
  at: v.tupleWithRest([Text, Count], v.string()),
  ev: v.tupleWithRest(
    [Uid, Count, Uid, v.picklist(['MSG', 'DIR']), Source, Time, Text],
    v.string(),
  ),
  ok: v.tupleWithRest([Text], v.string()),
  no: v.tupleWithRest([Text, Reason], v.string()),
} as const;

/** What an asker posts. */
export function encodeCheck(check: RoomCheck): string {
  const { me, servers, sessions, ownSessions, rooms, claims, cursor, repairs } = check;
  const lines: string[] = [];
  if (me !== undefined) lines.push(line('me', me.address, me.accessKey));
  if (servers !== undefined) lines.push(line('ss', servers));
  if (sessions !== undefined) lines.push(line('gs', sessions));
  if (ownSessions !== undefined) lines.push(line('ls', ownSessions.server, ownSessions.hash));
  if (rooms !== undefined) lines.push(line('cr', rooms));
  lines.push(...claims.map(encodeClaim));
  if (cursor !== undefined) lines.push(line('at', '*', String(cursor)));
  for (const [room, { seqnr, uid }] of repairs) {
    lines.push(line('at', room, String(seqnr), ...(uid === undefined ? [] : [uid])));
  }
  return lines.join('\n');
}

/** @throws {WireError} `bad_request` for a line of ours that does not fit; unknown lines are passed over. */
export function decodeCheck(text: string): RoomCheck {
  const check: Draft<RoomCheck> = {
    ...{ me: undefined, servers: undefined, sessions: undefined, ownSessions: undefined },
    ...{ rooms: undefined, cursor: undefined, claims: [], repairs: new Map() },
  };
  for (const { key, fields } of readLines(text)) CHECK_LINES.get(key)?.(check, fields);
  return check;
}

/** Who asks, before anything else of a check is read. */
export function readAsker(text: string): RoomCheck['me'] {
  const found = /^me:[ \t]*(.*)$/m.exec(text)?.[1];
  return found === undefined ? undefined : readMe(splitFields(found));
}

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
  return line('ev', room, String(seqnr), uid, type, from, new Date(at).toISOString(), body);
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

/** While lines are gathered. */
type Draft<Value> = {
  -readonly [Key in keyof Value]: Value[Key] extends ReadonlyMap<infer K, infer V>
    ? Map<K, V>
    : Value[Key] extends readonly (infer Item)[]
      ? Item[]
      : Value[Key] extends ReadonlyMap<infer K, infer V> | undefined
        ? Map<K, V> | undefined
        : Value[Key];
};

type Reader<Value> = (draft: Draft<Value>, fields: readonly string[]) => void;

const CHECK_LINES: ReadonlyMap<string, Reader<RoomCheck>> = new Map<string, Reader<RoomCheck>>([
  ['me', (check, fields) => (check.me = readMe(fields))],
  ['ss', (check, fields) => ([check.servers] = readFields('ss', Lines.hash, fields))],
  ['gs', (check, fields) => ([check.sessions] = readFields('gs', Lines.hash, fields))],
  ['cr', (check, fields) => ([check.rooms] = readFields('cr', Lines.hash, fields))],
  ['ls', (check, fields) => (check.ownSessions = readOwnSessions(fields))],
  ['mb', (check, fields) => check.claims.push(readMembership(fields))],
  ['mx', (check, fields) => check.claims.push(readEnd(fields))],
  ['ms', (check, fields) => check.claims.push(readMessage(fields))],
  ['at', (check, fields) => readPlace(check, fields)],
]);

const ANSWER_LINES: ReadonlyMap<string, Reader<CheckAnswer>> = new Map<string, Reader<CheckAnswer>>(
  [
    ['cr', (answer) => (answer.rooms ??= new Map())],
    ['gs', (answer) => (answer.sessions ??= new Map())],
    ['rh', (answer, fields) => (answer.rooms = noted(answer.rooms, 'rh', fields))],
    ['sh', (answer, fields) => (answer.sessions = noted(answer.sessions, 'sh', fields))],
    ['sv', (answer, fields) => ([answer.servers] = readFields('sv', Lines.hash, fields))],
    ['ok', (answer, fields) => answer.verdicts.push(readYes(fields))],
    ['no', (answer, fields) => answer.verdicts.push(readNo(fields))],
    ['ev', (answer, fields) => answer.events.push(readEvent(fields))],
    ['at', (answer, fields) => readCursor(answer, fields)],
  ],
);

function line(key: string, ...fields: readonly string[]): string {
  return `${key}: ${joinFields(...fields)}`;
}

function encodeClaim(claim: SyncClaim): string {
  switch (claim.kind) {
    case 'mb':
      return line('mb', ...membershipFields(claim));
    case 'mx':
      return line('mx', claim.uid);
    case 'ms':
      return line('ms', ...messageFields(claim));
  }
}

function membershipFields({ uid, user, room, role, invite }: Extract<SyncClaim, { kind: 'mb' }>) {
  return invite === '' ? [uid, user, room, role] : [uid, user, room, role, invite];
}

function messageFields({ uid, from, to, room, at, text }: Extract<SyncClaim, { kind: 'ms' }>) {
  return [uid, from, to, room, new Date(at).toISOString(), text];
}

function* readLines(text: string): Iterable<Readonly<{ key: string; fields: readonly string[] }>> {
  if (!isWellFormed(text)) throw new WireError('bad_request', 'not UTF-8');
  const lines = text.split('\n');
  if (lines.length > SYNC_MAX_LINES) {
    throw new WireError('bad_request', `more than ${SYNC_MAX_LINES} lines`);
  }
  for (const one of lines) {
    const colon = one.indexOf(':');
    if (colon === -1) continue;
    const value = one.slice(colon + 1).replace(/^[ \t]+/, '');
    yield { key: one.slice(0, colon), fields: splitFields(value) };
  }
}

function readMe(fields: readonly string[]): RoomCheck['me'] {
  const [address, accessKey] = readFields('me', Lines.me, fields);
  return { address, accessKey };
}

function readOwnSessions(fields: readonly string[]): RoomCheck['ownSessions'] {
  const [server, hash] = readFields('ls', Lines.named, fields);
  return { server, hash };
}

function readMembership(fields: readonly string[]): SyncClaim {
  const [uid, user, room, role, invite = ''] = readFields('mb', Lines.mb, fields);
  return { kind: 'mb', uid, user, room, role, invite };
}

function readEnd(fields: readonly string[]): SyncClaim {
  const [uid] = readFields('mx', Lines.mx, fields);
  return { kind: 'mx', uid };
}

function readMessage(fields: readonly string[]): SyncClaim {
  const [uid, from, to, room, at, text] = readFields('ms', Lines.ms, fields);
  return { kind: 'ms', uid, from, to, room, at, text };
}

function readPlace(check: Draft<RoomCheck>, fields: readonly string[]): void {
  const [room, place, uid] = readFields('at', Lines.at, fields);
  if (room === '*') check.cursor = place;
  else check.repairs.set(room, { seqnr: place, uid });
}

function readCursor(answer: Draft<CheckAnswer>, fields: readonly string[]): void {
  const [room, cursor] = readFields('at', Lines.at, fields);
  if (room === '*') answer.cursor = cursor;
}

function noted(
  known: Map<string, string> | undefined,
  key: string,
  fields: readonly string[],
): Map<string, string> {
  const [uid, hash] = readFields(key, Lines.named, fields);
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
