/**
 * Lines that an asker says: who it is, what it knows, what it wants.
 *
 * Source: docs/room-sync.md#lines.
 */
import * as v from 'valibot';
import type { Repair, RoomCheck, SyncClaim } from './room-sync.ts';
import { MemberUid, readFields, Role, splitFields, Time, Uid, User } from './sync-fields.ts';
import { line, readLines, SharedLines, type Draft, type Reader } from './sync-lines.ts';
import { formatTimestamp } from './timestamp.ts';

const Text = v.string();

const Lines = {
  me: v.tupleWithRest([Text, Text], v.string()),
  mb: v.tupleWithRest([MemberUid, User, Uid, Role], v.string()),
  mx: v.tupleWithRest([MemberUid], v.string()),
  ms: v.tupleWithRest([Uid, User, Text, Uid, Time, Text], v.string()),
  at: v.tupleWithRest([Text, Text, Text, Time], v.string()),
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
  for (const [room, repair] of repairs) lines.push(line('at', room, ...placeFields(repair)));
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

const CHECK_LINES: ReadonlyMap<string, Reader<RoomCheck>> = new Map<string, Reader<RoomCheck>>([
  ['me', (check, fields) => (check.me = readMe(fields))],
  ['ss', (check, fields) => ([check.servers] = readFields('ss', SharedLines.hash, fields))],
  ['gs', (check, fields) => ([check.sessions] = readFields('gs', SharedLines.hash, fields))],
  ['cr', (check, fields) => ([check.rooms] = readFields('cr', SharedLines.hash, fields))],
  ['ls', (check, fields) => (check.ownSessions = readOwnSessions(fields))],
  ['mb', (check, fields) => check.claims.push(readMembership(fields))],
  ['mx', (check, fields) => check.claims.push(readEnd(fields))],
  ['ms', (check, fields) => check.claims.push(readMessage(fields))],
  ['at', (check, fields) => readPlace(check, fields)],
]);

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
  return [uid, from, to, room, formatTimestamp(at), text];
}

function placeFields({ seqnr, uid, at }: Repair): readonly string[] {
  if (uid === undefined) return [String(seqnr)];
  return at === undefined ? [String(seqnr), uid] : [String(seqnr), uid, formatTimestamp(at)];
}

function readMe(fields: readonly string[]): RoomCheck['me'] {
  const [address, accessKey] = readFields('me', Lines.me, fields);
  return { address, accessKey };
}

function readOwnSessions(fields: readonly string[]): RoomCheck['ownSessions'] {
  const [server, hash] = readFields('ls', SharedLines.named, fields);
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
  const [room, place, uid] = readFields('at', SharedLines.at, fields);
  if (room === '*') {
    check.cursor = place;
    return;
  }
  const at = fields[3] === undefined ? undefined : readFields('at', Lines.at, fields)[3];
  check.repairs.set(room, { seqnr: place, uid, at });
}
