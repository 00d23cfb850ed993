import { useEffect, useState } from 'preact/hooks';
import type { ApiRoom, ApiRoomUser } from '../../../daemon/wire/rooms-api.ts';
import type { App } from '../app-state.ts';
import type { RoomVerb } from '../rooms-api.ts';

/** Who is in a room, asked for again whenever somebody came or went. */
export function useDirectory(
  { api, attempt, roomLogs }: App,
  { room, members, online, sync }: ApiRoom,
) {
  const [users, setUsers] = useState<readonly ApiRoomUser[]>();
  const [hasFailed, setFailed] = useState(false);
  const told = roomLogs.directories.value.get(room);

  useEffect(() => {
    let isOver = false;
    api.rooms.directory(room).then(
      (answer) => {
        if (isOver) return;
        setUsers(answer);
        setFailed(false);
      },
      () => setFailed(true),
    );
    return () => {
      // An answer that comes late may be older than the next one.
      isOver = true;
    };
  }, [room, told, members, online, sync?.hash]);

  return {
    users,
    hasFailed,
    moderate: (verb: RoomVerb, user: string): void => {
      void attempt(api.rooms.moderate(room, verb, user).then(setUsers));
    },
  };
}
