/** Rooms, as the daemon has them. */
import { computed, signal } from '@preact/signals';
import type { ApiRoom, ApiWaitingRoomMessage } from '../../../daemon/wire/rooms-api.ts';
import { isRoom } from '../room-answers.ts';
import type { TopicChange } from '../../client/topic-frames.ts';
import { applyDictChange } from './dict-topic.ts';

export type RoomsStore = ReturnType<typeof createRoomsStore>;

export function createRoomsStore() {
  const byTitle = signal<ReadonlyMap<string, ApiRoom>>(new Map());
  const isLoaded = signal(false);
  /** Which room was called what. */
  const uids = new Map<string, string>();

  function show(rooms: ReadonlyMap<string, ApiRoom>): void {
    byTitle.value = rooms;
    for (const [title, { uid }] of rooms) uids.set(title, uid);
  }

  function put(room: ApiRoom): void {
    show(new Map(byTitle.value).set(room.room, room));
  }

  return {
    /** By what they are called here. */
    byTitle,
    /** Whether the daemon has told us yet. */
    isLoaded,
    all: computed(() => [...byTitle.value.values()]),
    apply: (change: TopicChange): void => {
      show(applyDictChange(byTitle.value, change, isRoom));
      isLoaded.value = true;
    },
    /** What a room is called now: with its host's address its title changes. */
    titleOf: (title: string): string => {
      if (byTitle.value.has(title)) return title;
      const uid = uids.get(title);
      return [...byTitle.value.values()].find((room) => room.uid === uid)?.room ?? title;
    },
    /** Takes an answer of the daemon's, which comes before the topic tells. */
    put,
    /** Notes what waits for a room's host; the topic tells the same a moment later. */
    putWaiting: (title: string, message: ApiWaitingRoomMessage): void => {
      const room = byTitle.value.get(title);
      if (room === undefined || room.sync === null) return;
      if (room.sync.waiting.some(({ id }) => id === message.id)) return;
      put({ ...room, sync: { ...room.sync, waiting: [...room.sync.waiting, message] } });
    },
  };
}
