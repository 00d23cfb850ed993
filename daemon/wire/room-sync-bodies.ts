/**
 * Rooms kept equal between daemons: what is fetched and told as JSON beside the lines of a check.
 *
 * Source: docs/room-sync.md.
 */
import * as v from 'valibot';
import { WellFormed, WireError } from './check.ts';
import { decodeRoomName, NAME_MAX_LENGTH } from './room-names.ts';
import { MemberUid, Role, ROOM_UID, User } from './sync-fields.ts';

/** UTF-16 units; a host may allow more than we do. */
const TOPIC_MAX_LENGTH = 4096;

/** The name of a room, as `decodeRoomName` has it. */
export const RoomName = v.pipe(
  v.string(),
  // Two units a character, and some to spare for what NFC makes shorter.
  v.maxLength(4 * NAME_MAX_LENGTH),
  v.rawTransform(({ dataset, addIssue, NEVER }): string => {
    try {
      return decodeRoomName(dataset.value);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      addIssue({ message: error.message });
      return NEVER;
    }
  }),
);

/** Told of a room after its hash differed. */
export const RoomBody = v.object({
  uid: v.pipe(v.string(), v.regex(ROOM_UID, 'a room’s uid is 22 characters base64url')),
  name: RoomName,
  topic: v.pipe(WellFormed, v.maxLength(TOPIC_MAX_LENGTH)),
  flags: v.pipe(v.array(v.picklist(['private', 'closed'])), v.maxLength(2)),
  host: WellFormed,
  seqnr: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  members: v.array(v.object({ uid: MemberUid, userUID: User, role: Role })),
});
export type RoomBody = v.InferOutput<typeof RoomBody>;

/** A room that is looked for by its name. */
export const FindRoomBody = v.object({
  name: RoomName,
  /** Opens a private room. */
  invite: v.optional(v.pipe(v.string(), v.maxLength(64))),
});

/** What is answered; `null`: no room of that name is shown. */
export const FoundRoom = v.nullable(RoomBody);

/** Users who are logged in at a server. */
export const SessionsBody = v.object({
  serverUID: v.pipe(v.string(), v.maxLength(200)),
  sessions: v.pipe(
    v.array(v.pipe(WellFormed, v.minLength(1), v.maxLength(400))),
    v.maxLength(1000),
  ),
});
export type SessionsBody = v.InferOutput<typeof SessionsBody>;

export const ServersBody = v.array(
  v.object({ serverUID: v.pipe(v.string(), v.maxLength(200)), nick: WellFormed }),
);
export type ServersBody = v.InferOutput<typeof ServersBody>;

/** What makes one membership another: the room and the user. */
export function membershipUid(room: string, user: string): string {
  return `${room}/${user}`;
}

/** @returns `undefined` for what is no membership's uid. */
export function parseMembershipUid(
  uid: string,
): Readonly<{ room: string; user: string }> | undefined {
  const slash = uid.indexOf('/');
  if (slash < 1 || slash === uid.length - 1) return undefined;
  return { room: uid.slice(0, slash), user: uid.slice(slash + 1) };
}
