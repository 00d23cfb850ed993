/** What other daemons want to be so in rooms of ours, and what becomes of it. */
import type { Address } from '../wire/address.ts';
import { WireError } from '../wire/check.ts';
import { serverOf } from '../wire/room-names.ts';
import { membershipUid, parseMembershipUid } from '../wire/room-sync-bodies.ts';
import type { SyncClaim, SyncVerdict } from '../wire/room-sync.ts';
import { checkRoomMessage } from '../wire/wechat.ts';
import { DomainError } from './errors.ts';
import type { ForgedLines } from './forged-lines.ts';
import type { ContactNumber } from './model.ts';
import type { Membership, Room, RoomUid, RoomUser } from './room-model.ts';
import { requireWelcome, roleOf } from './room-rules.ts';
import type { Rooms } from './rooms.ts';

/** A daemon that proved who it is. */
export type Asker = Readonly<{
  contact: ContactNumber;
  server: Address;
  nick: string;
}>;

/** Where claims are put into effect. */
export type Claimable = Readonly<{ rooms: Rooms; forged: Pick<ForgedLines, 'note'> }>;

type Claim<Kind extends SyncClaim['kind']> = Extract<SyncClaim, Readonly<{ kind: Kind }>>;

/** Says in the name of others what is not its own to say. */
class Forged extends DomainError {
  constructor(message: string) {
    super('forbidden', message);
  }
}

/**
 * Does what an asker wants, if it may; durable when it resolves. A repeat changes nothing.
 *
 * @throws {StorageError} It was not kept: no verdict.
 */
export async function judgeClaim(
  asker: Asker,
  claim: SyncClaim,
  to: Claimable,
): Promise<SyncVerdict> {
  const { uid } = claim;
  try {
    await effect(asker, claim, to.rooms);
    return { uid, isDone: true };
  } catch (error) {
    if (error instanceof Forged) to.forged.note(asker.contact, error.message);
    if (error instanceof DomainError || error instanceof WireError) {
      return { uid, isDone: false, reason: error.message, code: error.code };
    }
    throw error;
  }
}

function effect(asker: Asker, claim: SyncClaim, rooms: Rooms): Promise<void> {
  switch (claim.kind) {
    case 'mb':
      return begin(asker, claim, rooms);
    case 'mx':
      return end(asker, claim, rooms);
    case 'ms':
      return say(asker, claim, rooms);
  }
}

async function begin(asker: Asker, claim: Claim<'mb'>, rooms: Rooms): Promise<void> {
  const { uid, user, room: roomUid, role } = claim;
  requireOwn(asker, user);
  if (uid !== membershipUid(roomUid, user)) throw new Forged('that is another membership');
  if (role !== 'member') throw new Forged('only the host gives roles');
  const room = requireRoom(rooms, roomUid);
  const known = roleOf(room, user);
  if (known === 'member' || known === 'admin') return;
  requireServerWelcome(asker, room, claim);
  await rooms.members.enrol(room, user);
}

async function end(asker: Asker, { uid }: Claim<'mx'>, rooms: Rooms): Promise<void> {
  const parsed = parseMembershipUid(uid);
  if (parsed === undefined) throw new DomainError('not_found', 'that is no membership');
  requireOwn(asker, parsed.user);
  const room = rooms.get(parsed.room);
  // What is not there is gone already.
  if (room === undefined || room.host !== undefined) return;
  const role = roleOf(room, parsed.user);
  if (role === undefined || role === 'banned') return;
  await rooms.members.dismiss(room, parsed.user);
}

async function say(asker: Asker, claim: Claim<'ms'>, rooms: Rooms): Promise<void> {
  const { uid, from, to, room: roomUid, text } = claim;
  requireOwn(asker, from);
  if (to !== '*') throw new DomainError('forbidden', 'messages go to the whole room');
  checkRoomMessage(text);
  const room = requireRoom(rooms, roomUid);
  const message = { uid, from, origin: 'contact', text } as const;
  // As whom the host knows him may be his former nick.
  const ofServer = membershipsOf(asker, room);
  const isMember = ofServer.length > 0 && ofServer.every(({ role }) => role !== 'banned');
  if (isMember) await rooms.say(roomUid, message, true);
  else if ((await rooms.said(roomUid, message)) === undefined) {
    throw new DomainError('not_member', 'join the room first');
  }
}

/**
 * A daemon has one owner, whatever he is called today: a ban holds for him under another nick, and where he is in already he
 * needs no invite to change his name.
 *
 * @throws {DomainError} `banned`, and as `requireWelcome`.
 */
function requireServerWelcome(asker: Asker, room: Room, { user, invite }: Claim<'mb'>): void {
  const ofServer = membershipsOf(asker, room);
  if (ofServer.some(({ role }) => role === 'banned')) {
    throw new DomainError('banned', 'you are banned there');
  }
  const isMember = ofServer.length > 0;
  requireWelcome(isMember ? { ...room, isPrivate: false } : room, user, invite);
}

function requireOwn({ server }: Asker, user: RoomUser): void {
  if (user.endsWith(`@${server}`) && user.length > server.length + 1) return;
  throw new Forged('that is a user of another server');
}

function membershipsOf({ server }: Asker, room: Room): readonly Membership[] {
  return room.memberships.filter(({ user }) => serverOf(user) === server);
}

/** A private room is not told from one that is not there, except to those who show its invite. */
function requireRoom(rooms: Rooms, uid: RoomUid): Room {
  const room = rooms.get(uid);
  if (room !== undefined && room.host === undefined) return room;
  throw new DomainError('not_found', 'there is no such room');
}
