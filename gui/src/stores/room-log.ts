/** A stretch of the events of one room. Events never change; the numbers that its host gave are their order. */
import type { ReadonlySignal } from '@preact/signals';
import { PAGE_MAX_MESSAGES } from '../../../daemon/wire/gui-api.ts';
import type { ApiRoomEvent } from '../../../daemon/wire/rooms-api.ts';
import type { RoomsApi } from '../rooms-api.ts';
import type { LogStretch } from './log-stretch.ts';
import { createPagedLog } from './paged-log.ts';

export type RoomLog = LogStretch &
  Readonly<{
    /** By number. */
    events: ReadonlySignal<readonly ApiRoomEvent[]>;
    /** Shows the events around one; `false` when there is no such event. */
    openAround: (seqnr: number) => Promise<boolean>;
    /** Takes in new events. */
    apply: (events: readonly ApiRoomEvent[]) => void;
    /** Fetches what was missed while the connection was away. What is shown stays meanwhile. */
    catchUp: () => Promise<void>;
  }>;

/** An empty log of a room. Loads never reject; `hasFailed` tells. */
export function createRoomLog(room: string, api: Pick<RoomsApi, 'events'>): RoomLog {
  const paged = createPagedLog<ApiRoomEvent>({
    placeOf: ({ seqnr }) => seqnr,
    fetchPage: (query) => api.events(room, query),
    merge: mergeEvents,
  });
  const { entries: events, hasOlder, hasNewer, loading, isLoaded, hasFailed } = paged;
  const { openNewest, loadOlder, loadNewer } = paged;

  async function openAround(seqnr: number): Promise<boolean> {
    const isHere = () => events.value.some((event) => event.seqnr === seqnr);
    if (!isHere()) await paged.loadAround(() => Promise.resolve(seqnr));
    return isHere();
  }

  function apply(coming: readonly ApiRoomEvent[]): void {
    paged.show(mergeEvents(events.value, coming.filter(paged.hasPlaceFor)));
  }

  async function catchUp(): Promise<void> {
    if (!isLoaded.value || hasNewer.value) return;
    await paged.load('newer', async () => {
      for (;;) {
        const after = events.value.at(-1)?.seqnr ?? 0;
        const page = await api.events(room, { after, limit: PAGE_MAX_MESSAGES });
        paged.show(mergeEvents(events.value, page));
        if (page.length < PAGE_MAX_MESSAGES) return;
      }
    });
  }

  return {
    ...{ events, hasOlder, hasNewer, loading, isLoaded, hasFailed },
    ...{ openNewest, openAround, loadOlder, loadNewer, apply, catchUp },
  };
}

/** Both lists as one, by number. */
export function mergeEvents(
  known: readonly ApiRoomEvent[],
  coming: readonly ApiRoomEvent[],
): readonly ApiRoomEvent[] {
  const last = known.at(-1)?.seqnr ?? 0;
  const isBehind = coming.every(({ seqnr }, index) => seqnr > (coming[index - 1]?.seqnr ?? last));
  if (isBehind) return coming.length === 0 ? known : [...known, ...coming];
  const bySeqnr = new Map([...known, ...coming].map((event) => [event.seqnr, event]));
  return [...bySeqnr.values()].sort((a, b) => a.seqnr - b.seqnr);
}
