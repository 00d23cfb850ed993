import { useMemo } from 'preact/hooks';
import type { App } from '../app-state.ts';
import type { RoomRowActions } from '../components/room-log-view.tsx';
import { draftOfRoom } from '../text/room.ts';
import { useTalk } from './use-talk.ts';

/**
 * The state of one room, opened at its newest event or at one that was asked for.
 *
 * @param target Number of that event.
 */
export function useRoom(app: App, room: string, target: number | undefined) {
  const { api, attempt, roomOutbox } = app;
  const log = useMemo(() => app.roomLogs.get(room), [room]);
  const talk = useTalk(app, {
    ...{ place: room, draft: draftOfRoom(room), outbox: roomOutbox },
    ...{ log, target },
  });

  const takeBack = (id: string): void => void attempt(api.rooms.takeBack(room, id));
  const actions: RoomRowActions = {
    pending: talk.pendingActions,
    waiting: {
      onTakeBack: ({ id }) => takeBack(id),
      onRetry: ({ id, message }) => {
        // Kept here before it goes there, so that nothing in between can lose it.
        roomOutbox.add(room, message);
        takeBack(id);
      },
      onEdit: ({ id, message }) => {
        talk.putBack(message);
        takeBack(id);
      },
    },
  };
  return { ...talk, log, actions };
}
