/** The logs of the rooms that were open lately, fed by `_vestnik/events`. */
import { signal } from '@preact/signals';
import type { ApiRoomMessage } from '../../../daemon/wire/rooms-api.ts';
import { isRoomEvent } from '../room-answers.ts';
import type { RoomsApi } from '../rooms-api.ts';
import type { TopicChange } from '../../client/topic-frames.ts';
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
    /** Takes in a live event. */
    apply: ({ type, args }: TopicChange): void => {
      if (type !== 'emit' || !isRoomEvent(args)) return;
      logs.get(args.room)?.apply(args);
      if (args.type === 'DIR') {
        directories.value = new Map(directories.value).set(args.room, args.seqnr);
      }
      if (args.type === 'MSG' && args.origin !== 'owner') onHeard(args);
    },
    /** Fetches what all logs missed. */
    catchUp: (): void => {
      for (const log of logs.values()) void log.catchUp();
    },
  };
}
