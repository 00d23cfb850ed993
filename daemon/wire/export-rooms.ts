/**
 * Rooms and their events as lines of an export.
 *
 * Source: docs/backup.md#an-export.
 */
import * as v from 'valibot';
import { ADDRESS_MAX_LENGTH, tryParseAddress, type Address } from './address.ts';
import { WellFormed } from './check.ts';
import { RoomName } from './room-sync-bodies.ts';
import { Role, ROOM_UID, SEQNR_MAX, User } from './sync-fields.ts';
import { formatTimestamp } from './timestamp.ts';

/** UTF-16 units; what others sent us may have been longer than what we would send. */
export const TEXT_MAX_LENGTH = 128 * 1024;

/** An address as it is always written. */
export const CanonicalAddress = v.pipe(
  v.string(),
  v.maxLength(ADDRESS_MAX_LENGTH),
  v.rawTransform(({ dataset, addIssue, NEVER }): Address => {
    const address = tryParseAddress(dataset.value);
    if (address !== undefined && String(address) === dataset.value) return address;
    addIssue({ message: 'is no address, or not written as we write it' });
    return NEVER;
  }),
);

/** Instants that a date can hold, written as we write them. */
export const Time = v.pipe(
  v.string(),
  v.check((text) => isCanonicalTime(text), 'is no time in UTC with milliseconds'),
);

const RoomUid = v.pipe(v.string(), v.regex(ROOM_UID, 'is no uid of a room'));
const Seqnr = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(SEQNR_MAX));
const EventFrame = {
  k: v.literal('event'),
  /** The uid of the room whose line comes before. */
  room: RoomUid,
  seqnr: Seqnr,
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'is no id of an event')),
  timestamp: Time,
};

export const ExportedRoomSchema = v.object({
  k: v.literal('room'),
  uid: RoomUid,
  name: RoomName,
  host: v.nullable(CanonicalAddress),
  topic: v.pipe(WellFormed, v.maxLength(TEXT_MAX_LENGTH)),
  private: v.boolean(),
  closed: v.boolean(),
  joined: v.boolean(),
  muted: v.boolean(),
  members: v.array(v.object({ user: User, role: Role })),
  read_up_to: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(SEQNR_MAX)),
  created: Time,
});

export const ExportedEventSchema = v.variant('type', [
  v.object({
    ...EventFrame,
    type: v.literal('MSG'),
    from: User,
    origin: v.picklist(['guest', 'owner', 'contact']),
    message: v.pipe(WellFormed, v.maxLength(TEXT_MAX_LENGTH)),
  }),
  v.object({ ...EventFrame, type: v.literal('DIR'), users: v.array(User) }),
]);

export type ExportedRoom = v.InferOutput<typeof ExportedRoomSchema>;
export type ExportedEvent = v.InferOutput<typeof ExportedEventSchema>;

function isCanonicalTime(text: string): boolean {
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && formatTimestamp(ms) === text;
}
