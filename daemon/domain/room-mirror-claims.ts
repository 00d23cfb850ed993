/** What there is to tell a host: that the owner comes or goes, and what he says. Source: docs/room-sync.md#lines. */
import type { Address } from '../wire/address.ts';
import { serverOf } from '../wire/room-names.ts';
import { membershipUid } from '../wire/room-sync-bodies.ts';
import type { SyncClaim } from '../wire/room-sync.ts';
import { isSettled, type MirrorBook, type Mirrored } from './room-mirror-book.ts';
import type { Room, RoomUser } from './room-model.ts';

/** Messages of the owner that one check carries, and about how many bytes of them. */
const CHECK_MAX_MESSAGES = 100;
const CHECK_MAX_LENGTH = 200_000;

/** @param user The owner as this host knows him. */
export function claimsFor(host: Address, user: RoomUser, book: MirrorBook): readonly SyncClaim[] {
  const memberships = book.of(host).flatMap((mirrored) => membershipClaims(user, mirrored));
  const messages = messageClaims(host, user, book);
  if (messages.length === 0) return memberships;
  // What the owner said before he left is said before.
  return [...memberships.filter(({ kind }) => kind === 'mb'), ...messages];
}

function membershipClaims(user: RoomUser, { mirror, room }: Mirrored): readonly SyncClaim[] {
  if (!mirror.isFound) return [];
  const { wish, invite, refusal } = mirror;
  const uid = membershipUid(room.uid, user);
  const isTold = isSettled(mirror, user) || refusal !== undefined;
  // Under another nick he comes in before the former one goes: a private room would not open again.
  if (wish === 'in' && !isTold)
    return [{ kind: 'mb', uid, user, room: room.uid, role: 'member', invite }];
  const former = formerSelves(user, room);
  return wish === 'in' || isTold ? former : [...former, { kind: 'mx', uid }];
}

/** The owner under another nick. */
function formerSelves(user: RoomUser, { uid, memberships }: Room): readonly SyncClaim[] {
  const server = serverOf(user);
  return memberships
    .filter((one) => one.user !== user && one.role !== 'banned')
    .filter((one) => serverOf(one.user) === server)
    .map((one) => ({ kind: 'mx', uid: membershipUid(uid, one.user) }));
}

function messageClaims(host: Address, from: RoomUser, book: MirrorBook): readonly SyncClaim[] {
  const claims: SyncClaim[] = [];
  let length = 0;
  for (const { uid, room, text, at, refusal } of book.waiting()) {
    const isDue = book.roomOf(host, room)?.isJoined === true && refusal === undefined;
    if (!isDue) continue;
    length += text.length;
    if (claims.length >= CHECK_MAX_MESSAGES || (claims.length > 0 && length > CHECK_MAX_LENGTH)) {
      break;
    }
    claims.push({ kind: 'ms', uid, from, to: '*', room, at, text });
  }
  return claims;
}
