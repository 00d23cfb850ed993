/** Rooms as lines of an export: each, and then its events. Source: docs/backup.md#an-export. */
import type { ExportedEvent, ExportedRoom } from '../wire/export-rooms.ts';
import { formatTimestamp } from '../wire/timestamp.ts';
import type { RoomMirrors } from './room-mirrors.ts';
import type { Room, RoomEvent } from './room-model.ts';
import type { Rooms } from './rooms.ts';

/** Events that are read at once. */
const PAGE_EVENTS = 50;

export type RoomExportDependencies = Readonly<{
  rooms: Pick<Rooms, 'list' | 'log'>;
  mirrors: Pick<RoomMirrors, 'status'>;
}>;

/** Rooms in the order in which they were made; what is said while a room is read is not part of it. */
export async function* roomLines(
  deps: RoomExportDependencies,
): AsyncGenerator<ExportedRoom | ExportedEvent> {
  const rooms = [...deps.rooms.list()].sort(
    (one, other) => one.createdAt - other.createdAt || (one.uid < other.uid ? -1 : 1),
  );
  for (const room of rooms) {
    yield exportRoom(deps, room);
    const log = deps.rooms.log(room);
    const last = log.lastSeqnr;
    for (let first = log.firstSeqnr; first <= last; first += PAGE_EVENTS) {
      const page = await log.read(first, Math.min(last, first + PAGE_EVENTS - 1));
      yield* page.map(exportEvent);
    }
  }
}

/** Without the invite, which is a secret. */
function exportRoom({ mirrors }: RoomExportDependencies, room: Room): ExportedRoom {
  const isWanted = room.host !== undefined && mirrors.status(room).state !== 'left';
  return {
    k: 'room',
    uid: room.uid,
    name: room.name,
    host: room.host ?? null,
    topic: room.topic,
    private: room.isPrivate,
    closed: room.isClosed,
    joined: room.host === undefined ? room.isJoined : isWanted,
    muted: room.isMuted,
    members: room.memberships.map(({ user, role }) => ({ user, role })),
    read_up_to: room.readUpTo,
    created: formatTimestamp(room.createdAt),
  };
}

function exportEvent(event: RoomEvent): ExportedEvent {
  const { room, seqnr, uid: id, at } = event;
  const frame = { k: 'event', room, seqnr, id, timestamp: formatTimestamp(at) } as const;
  if (event.type === 'DIR') return { ...frame, type: 'DIR', users: [...event.users] };
  const { from, origin, text: message } = event;
  return { ...frame, type: 'MSG', from, origin, message };
}
