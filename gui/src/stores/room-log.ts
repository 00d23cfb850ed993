/** A stretch of the events of one room. Events never change; the numbers that its host gave are their order. */
import { signal, type ReadonlySignal } from '@preact/signals';
import { PAGE_MAX_MESSAGES } from '../../../daemon/wire/gui-api.ts';
import type { ApiRoomEvent } from '../../../daemon/wire/rooms-api.ts';
import type { RoomsApi } from '../rooms-api.ts';
import type { Loading, LogStretch } from './log-stretch.ts';

const FIRST_PAGE_EVENTS = 60;

export type RoomLog = LogStretch &
  Readonly<{
    /** By number. */
    events: ReadonlySignal<readonly ApiRoomEvent[]>;
    /** Shows the events around one; `false` when there is no such event. */
    openAround: (seqnr: number) => Promise<boolean>;
    /** Takes in a new event. */
    apply: (event: ApiRoomEvent) => void;
    /** Fetches what was missed while the connection was away. What is shown stays meanwhile. */
    catchUp: () => Promise<void>;
  }>;

/** An empty log of a room. Loads never reject; `hasFailed` tells. */
export function createRoomLog(room: string, api: Pick<RoomsApi, 'events'>): RoomLog {
  const events = signal<readonly ApiRoomEvent[]>([]);
  const hasOlder = signal(false);
  const hasNewer = signal(false);
  const loading = signal<Loading | undefined>(undefined);
  const isLoaded = signal(false);
  const hasFailed = signal(false);

  /** One load at a time; a second one is not needed, as the first tells all. */
  async function load(kind: Loading, run: () => Promise<void>): Promise<void> {
    if (loading.value !== undefined) return;
    loading.value = kind;
    hasFailed.value = false;
    try {
      await run();
      isLoaded.value = true;
    } catch {
      // The page offers to try again; the reason is the connection's and shown there.
      hasFailed.value = true;
    } finally {
      loading.value = undefined;
    }
  }

  async function openNewest(): Promise<void> {
    await load('first', async () => {
      const page = await api.events(room, { limit: FIRST_PAGE_EVENTS });
      // Live events may have come in meanwhile; they are newer than the page.
      const fresh = hasNewer.value ? [] : newerThan(events.value, page);
      events.value = mergeEvents(page, fresh);
      hasOlder.value = page.length === FIRST_PAGE_EVENTS;
      hasNewer.value = false;
    });
  }

  async function openAround(seqnr: number): Promise<boolean> {
    const isHere = () => events.value.some((event) => event.seqnr === seqnr);
    if (isHere()) return true;
    await load('first', async () => {
      const [older, newer] = await Promise.all([
        api.events(room, { before: seqnr, limit: FIRST_PAGE_EVENTS }),
        api.events(room, { after: seqnr - 1, limit: FIRST_PAGE_EVENTS }),
      ]);
      const isBeyond = newer.length === FIRST_PAGE_EVENTS;
      const fresh = isBeyond || hasNewer.value ? [] : newerThan(events.value, newer);
      events.value = mergeEvents([...older, ...newer], fresh);
      hasOlder.value = older.length === FIRST_PAGE_EVENTS;
      hasNewer.value = isBeyond;
    });
    return isHere();
  }

  async function loadOlder(): Promise<void> {
    const oldest = events.value[0];
    if (oldest === undefined || !hasOlder.value) return;
    await load('older', async () => {
      const page = await api.events(room, { before: oldest.seqnr, limit: PAGE_MAX_MESSAGES });
      events.value = mergeEvents(page, events.value);
      hasOlder.value = page.length === PAGE_MAX_MESSAGES;
    });
  }

  async function loadNewer(): Promise<void> {
    const newest = events.value.at(-1);
    if (newest === undefined || !hasNewer.value) return;
    await load('newer', async () => {
      const page = await api.events(room, { after: newest.seqnr, limit: PAGE_MAX_MESSAGES });
      events.value = mergeEvents(events.value, page);
      hasNewer.value = page.length === PAGE_MAX_MESSAGES;
    });
  }

  function apply(event: ApiRoomEvent): void {
    // What lies beyond the stretch is fetched when the reader gets there.
    const oldest = events.value[0]?.seqnr ?? 0;
    const isInside = event.seqnr >= oldest || !hasOlder.value;
    if (isInside && !hasNewer.value) events.value = mergeEvents(events.value, [event]);
  }

  async function catchUp(): Promise<void> {
    if (!isLoaded.value || hasNewer.value) return;
    await load('newer', async () => {
      for (;;) {
        const after = events.value.at(-1)?.seqnr ?? 0;
        const page = await api.events(room, { after, limit: PAGE_MAX_MESSAGES });
        events.value = mergeEvents(events.value, page);
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

function newerThan(
  known: readonly ApiRoomEvent[],
  page: readonly ApiRoomEvent[],
): readonly ApiRoomEvent[] {
  const last = page.at(-1)?.seqnr ?? 0;
  return known.filter(({ seqnr }) => seqnr > last);
}
