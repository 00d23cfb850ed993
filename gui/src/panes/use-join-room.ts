import { useLocation } from 'preact-iso/router';
import type { App } from '../app-state.ts';
import { roomPath } from '../router.ts';

/** Joins a room and goes there, where one reads what happens next. */
export function useJoinRoom({ api, attempt, rooms }: Pick<App, 'api' | 'attempt' | 'rooms'>) {
  const { route } = useLocation();
  /** @param wanted A name, `name@address`, or a room link. */
  return (wanted: string, invite = ''): void => {
    void attempt(
      api.rooms.join(wanted, invite).then((room) => {
        rooms.put(room);
        route(roomPath(room.room));
      }),
    );
  };
}
