/** The logs of the rooms that were open lately, fed by `_vestnik/events`. */
import { batch, signal } from '@preact/signals';
import type { ApiRoomEvent, ApiRoomMessage } from '../../../daemon/wire/rooms-api.ts';
import { isRoomEvent } from '../room-answers.ts';
import type { RoomsApi } from '../rooms-api.ts';
import type { TopicChange } from '../../client/topic-frames.ts';
import { groupBy } from './group-by.ts';
import { createRoomLog, type RoomLog } from './room-log.ts';

/** So many rooms keep what they loaded. */
const KEPT_LOGS = 8;

export type RoomLogs = ReturnType<typeof createRoomLogs>;

/** @param onHeard Called for every message that somebody else just said, in whichever room. */
export function createRoomLogs(
  api: Pick<RoomsApi, 'events'>,
  onHeard: (message: ApiRoomMessage) => void,
) {
  const logs = new Map<string, RoomLog>();
  const directories = signal<ReadonlyMap<string, number>>(new Map());

  function noteDirectories(events: readonly ApiRoomEvent[]): void {
    const coming = events.filter(({ type }) => type === 'DIR');
    if (coming.length === 0) return;
    const latest = coming.map(({ room, seqnr }) => [room, seqnr] as const);
    directories.value = new Map([...directories.value, ...latest]);
  }

  return {
    /** By room, the number of the last event that told who is there, of those that just came in. */
    directories,
    /** The room's log, made when there is none yet. */
    get: (room: string): RoomLog => {
      const log = logs.get(room) ?? createRoomLog(room, api);
      logs.delete(room);
      logs.set(room, log);
      for (const old of [...logs.keys()].slice(0, -KEPT_LOGS)) logs.delete(old);
      return log;
    },
    /** Lets go of what was loaded of a room. */
    forget: (room: string): void => void logs.delete(room),
    /** Takes in live events. */
    apply: (changes: readonly TopicChange[]): void =>
      batch(() => {
        const told = changes.flatMap(({ type, args }) => (type === 'emit' ? args : []));
        const events = told.filter(isRoomEvent);
        for (const [room, coming] of groupBy(events, (event) => event.room)) {
          logs.get(room)?.apply(coming);
        }
        noteDirectories(events);
        for (const event of events) {
          if (event.type === 'MSG' && event.origin !== 'owner') onHeard(event);
        }
      }),
    /** Fetches what all logs missed. */
    catchUp: (): void => {
      for (const log of logs.values()) void log.catchUp();
    },
  };
}
