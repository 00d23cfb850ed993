/** Rooms as the GUI sees them. */
import type { MirrorStatus } from '../domain/room-mirror-status.ts';
import type { RoomMirrors } from '../domain/room-mirrors.ts';
import type {
  Room,
  RoomEvent,
  RoomMessage,
  RoomOrigin,
  RoomUser,
  WaitingRoomMessage,
} from '../domain/room-model.ts';
import type { RoomPresence } from '../domain/room-presence.ts';
import { roleOf, roomTitle } from '../domain/room-rules.ts';
import type { Rooms } from '../domain/rooms.ts';
import type { FoundInRoom } from '../domain/search.ts';
import type { ApiFoundInRoom } from '../wire/gui-api.ts';
import { foldName, isDaemonUser } from '../wire/room-names.ts';
import { formatTimestamp } from '../wire/timestamp.ts';
import type {
  ApiRoom,
  ApiRoomEvent,
  ApiRoomMessage,
  ApiRoomSync,
  ApiRoomUser,
  ApiWaitingRoomMessage,
} from '../wire/rooms-api.ts';

/** Where rooms are: ours, and those of other hosts. */
export type RoomBooks = Readonly<{
  rooms: Rooms;
  mirrors: RoomMirrors;
  roomPresence: RoomPresence;
}>;

export async function viewRoom(books: RoomBooks, room: Room): Promise<ApiRoom> {
  const { rooms, mirrors, roomPresence } = books;
  const last = await rooms.reading.lastMessage(room);
  const { size: members, lastSeqnr: seqnr } = rooms.log(room);
  return {
    room: roomTitle(room),
    uid: room.uid,
    name: room.name,
    host: room.host ?? null,
    topic: room.topic,
    private: room.isPrivate,
    closed: room.isClosed,
    joined: room.isJoined,
    muted: room.isMuted,
    invite: room.host === undefined ? room.invite : null,
    members,
    online: roomPresence.count(room),
    seqnr,
    unread: rooms.reading.countUnread(room),
    read_up_to: room.readUpTo,
    last: last === undefined ? null : viewEvent(room, last),
    created: formatTimestamp(room.createdAt),
    sync: room.host === undefined ? null : viewSync(mirrors.status(room)),
  };
}

function viewSync(status: MirrorStatus): ApiRoomSync {
  const { state, isHostAway: away, reason: why, events, hash, checkedAt, waiting } = status;
  return {
    ...{ state, away, code: why?.code ?? null, reason: why?.reason ?? null, events, hash },
    checked: checkedAt === undefined ? null : formatTimestamp(checkedAt),
    waiting: waiting.map(viewWaiting),
  };
}

export function viewWaiting(message: WaitingRoomMessage): ApiWaitingRoomMessage {
  const { uid: id, text, at, refusal } = message;
  return {
    ...{ id, message: text, timestamp: formatTimestamp(at) },
    state: refusal === undefined ? 'waiting' : 'refused',
    ...{ code: refusal?.code ?? null, reason: refusal?.reason ?? null },
  };
}

export function viewEvent(room: Room, event: RoomEvent): ApiRoomEvent {
  if (event.type === 'MSG') return viewMessage(room, event);
  return { ...viewFrame(room, event), type: 'DIR', users: event.users };
}

function viewMessage(room: Room, said: RoomMessage): ApiRoomMessage {
  const { from, origin, text: message } = said;
  return { ...viewFrame(room, said), type: 'MSG', from, origin, message };
}

function viewFrame(room: Room, { uid: id, seqnr, at }: RoomEvent) {
  return { id, room: roomTitle(room), seqnr, timestamp: formatTimestamp(at) };
}

export function viewFoundInRoom({ room, said, s, marks }: FoundInRoom): ApiFoundInRoom {
  return { ...viewMessage(room, said), s, marks };
}

/** Who is in a room, in order of joining, and then who is kept out of it. */
export function viewUsers(
  { rooms, roomPresence }: Pick<RoomBooks, 'rooms' | 'roomPresence'>,
  room: Room,
): readonly ApiRoomUser[] {
  const present = rooms.log(room).users;
  const inRoom = new Set(present.map(foldName));
  const absent = room.memberships
    .map(({ user }) => user)
    .filter((user) => !inRoom.has(foldName(user)));
  const view = (user: RoomUser, isPresent: boolean): ApiRoomUser => {
    const origin = originOf(user, rooms.ownerUser);
    const role = origin === 'owner' ? 'owner' : (roleOf(room, user) ?? null);
    const online = isPresent ? (roomPresence.isOnline(room, user) ?? null) : null;
    return { user, origin, role, present: isPresent, online };
  };
  return [...present.map((user) => view(user, true)), ...absent.map((user) => view(user, false))];
}

function originOf(user: RoomUser, ownerUser: RoomUser): RoomOrigin {
  if (user === ownerUser) return 'owner';
  return isDaemonUser(user) ? 'contact' : 'guest';
}
