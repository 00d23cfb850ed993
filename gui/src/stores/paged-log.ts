/** A log that is read by pages, whatever is in it: the loads of a stretch, one at a time. */
import { signal, type ReadonlySignal } from '@preact/signals';
import { PAGE_MAX_MESSAGES } from '../../../daemon/wire/gui-api.ts';
import type { Loading, LogStretch } from './log-stretch.ts';

const FIRST_PAGE_ENTRIES = 60;

export type PageQuery = Readonly<{ before?: number; after?: number; limit: number }>;

export type PagedLogOptions<Entry> = Readonly<{
  /** Where an entry stands; places are in the order of the log. */
  placeOf: (entry: Entry) => number;
  /** Fetches a page, oldest first. */
  fetchPage: (query: PageQuery) => Promise<readonly Entry[]>;
  /** Both lists as one, in order. */
  merge: (known: readonly Entry[], coming: readonly Entry[]) => readonly Entry[];
  /** What may be shown of a list. */
  sift?: (entries: readonly Entry[]) => readonly Entry[];
  /** A load is over. */
  onIdle?: () => void;
}>;

export type PagedLog<Entry> = LogStretch &
  Readonly<{
    entries: ReadonlySignal<readonly Entry[]>;
    show: (entries: readonly Entry[]) => void;
    /** Runs a load, unless one is under way: the first tells all that a second would. */
    load: (kind: Loading, run: () => Promise<void>) => Promise<void>;
    /**
     * Loads the stretch around a place.
     *
     * @param findPlace Says where that is; may ask for it.
     */
    loadAround: (findPlace: () => Promise<number>) => Promise<void>;
    /** Whether a live entry has its place in the stretch; what lies beyond is fetched when the reader gets there. */
    hasPlaceFor: (entry: Entry) => boolean;
  }>;

export function createPagedLog<Entry>(options: PagedLogOptions<Entry>): PagedLog<Entry> {
  const { placeOf, fetchPage, merge, sift, onIdle } = options;
  const entries = signal<readonly Entry[]>([]);
  const hasOlder = signal(false);
  const hasNewer = signal(false);
  const loading = signal<Loading | undefined>(undefined);
  const isLoaded = signal(false);
  const hasFailed = signal(false);

  const show = (list: readonly Entry[]): void => {
    entries.value = sift === undefined ? list : sift(list);
  };

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
      onIdle?.();
    }
  }

  /** Shows a page that reaches the end, with the live entries that came in meanwhile: they are newer than the page. */
  function showToEnd(page: readonly Entry[]): void {
    const last = lastPlace(page);
    const fresh = hasNewer.value ? [] : entries.value.filter((entry) => placeOf(entry) > last);
    show(merge(page, fresh));
    hasNewer.value = false;
  }

  const lastPlace = (list: readonly Entry[]): number => {
    const last = list.at(-1);
    return last === undefined ? -1 : placeOf(last);
  };

  const openNewest = (): Promise<void> =>
    load('first', async () => {
      const page = await fetchPage({ limit: FIRST_PAGE_ENTRIES });
      showToEnd(page);
      hasOlder.value = page.length === FIRST_PAGE_ENTRIES;
    });

  const loadAround = (findPlace: () => Promise<number>): Promise<void> =>
    load('first', async () => {
      const place = await findPlace();
      const [older, newer] = await Promise.all([
        fetchPage({ before: place, limit: FIRST_PAGE_ENTRIES }),
        fetchPage({ after: place - 1, limit: FIRST_PAGE_ENTRIES + 1 }),
      ]);
      const isBeyond = newer.length > FIRST_PAGE_ENTRIES;
      if (isBeyond) show([...older, ...newer]);
      else showToEnd([...older, ...newer]);
      hasOlder.value = older.length === FIRST_PAGE_ENTRIES;
      hasNewer.value = isBeyond;
    });

  async function loadOlder(): Promise<void> {
    const [oldest] = entries.value;
    if (oldest === undefined || !hasOlder.value) return;
    await load('older', async () => {
      const page = await fetchPage({ before: placeOf(oldest), limit: PAGE_MAX_MESSAGES });
      show(merge(page, entries.value));
      hasOlder.value = page.length === PAGE_MAX_MESSAGES;
    });
  }

  async function loadNewer(): Promise<void> {
    if (entries.value.length === 0 || !hasNewer.value) return;
    await load('newer', async () => {
      const after = lastPlace(entries.value);
      const page = await fetchPage({ after, limit: PAGE_MAX_MESSAGES });
      show(merge(entries.value, page));
      hasNewer.value = page.length === PAGE_MAX_MESSAGES;
    });
  }

  function hasPlaceFor(entry: Entry): boolean {
    const place = placeOf(entry);
    const [oldest] = entries.value;
    if (oldest !== undefined && place < placeOf(oldest) && hasOlder.value) return false;
    return !hasNewer.value || place <= lastPlace(entries.value);
  }

  return {
    ...{ entries, hasOlder, hasNewer, loading, isLoaded, hasFailed },
    ...{ show, load, openNewest, loadAround, loadOlder, loadNewer, hasPlaceFor },
  };
}
