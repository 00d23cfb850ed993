/** What happens around the list of messages while one reads: where it opens, what it fetches, what it tells. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { LogStretch } from '../stores/log-stretch.ts';
import type { WindowedList } from './use-windowed-list.ts';

/** Older and newer messages are fetched when so few are left beyond the edge. */
const ROWS_BEFORE_EDGE = 8;

export type Opening = Readonly<{
  isLoaded: boolean;
  count: number;
  /** What to show instead of the newest, and where it is; -1 while it is not here. */
  targetId: string | undefined;
  targetIndex: number;
  /** -1 when all is read. */
  unreadIndex: number;
}>;

/** Once: to the message asked for, else to the first unread one, else to the end. */
export function useOpeningPlace(list: WindowedList, opening: Opening): void {
  const openedFor = useRef<string | undefined>(undefined);
  const { isLoaded, count, targetId, targetIndex, unreadIndex } = opening;
  useLayoutEffect(() => {
    const wanted = targetId ?? 'newest';
    if (!isLoaded || count === 0 || openedFor.current === wanted) return;
    if (targetId !== undefined && targetIndex === -1) return;
    openedFor.current = wanted;
    if (targetIndex !== -1) list.scrollToIndex(targetIndex, { align: 'center' });
    else if (unreadIndex !== -1) list.scrollToIndex(unreadIndex, { align: 'start' });
    else list.scrollToEnd();
  });
}

/** Fetches older and newer messages before the reader gets there. */
export function useFetchAtEdges(
  log: LogStretch,
  first: number | undefined,
  last: number | undefined,
  count: number,
): void {
  useEffect(() => {
    if (first !== undefined && first < ROWS_BEFORE_EDGE && !log.hasFailed.value)
      void log.loadOlder();
    if (last !== undefined && last > count - ROWS_BEFORE_EDGE && !log.hasFailed.value) {
      void log.loadNewer();
    }
  }, [first, last, count]);
}

/**
 * What one just wrote is what one wants to see.
 *
 * @param newestId Of what is on its way to our daemon.
 */
export function useFollowOwn(list: WindowedList, newestId: string | undefined): void {
  const shownId = useRef(newestId);
  useLayoutEffect(() => {
    if (newestId !== undefined && newestId !== shownId.current) list.scrollToEnd();
    shownId.current = newestId;
  }, [newestId]);
}

/** Tells that the newest message was seen: its end is in sight, and the page has the owner's eyes. */
export function useSeen(
  newest: number | undefined,
  isAtEnd: boolean,
  onSeen: (place: number) => void,
): void {
  useEffect(() => {
    const look = (): void => {
      if (newest !== undefined && isAtEnd && document.hasFocus()) onSeen(newest);
    };
    look();
    window.addEventListener('focus', look);
    return () => window.removeEventListener('focus', look);
  }, [newest, isAtEnd, onSeen]);
}

/**
 * Reads out what comes in while the conversation is open; history stays silent.
 *
 * @param newest Place of the newest message.
 * @param textOf What is read out of it; `undefined` for nothing.
 */
export function useAnnouncement(
  newest: number | undefined,
  textOf: () => string | undefined,
): string {
  const heardUpTo = useRef<number | undefined>(undefined);
  const announced = useRef('');
  if (newest !== undefined) {
    const isNew = heardUpTo.current !== undefined && newest > heardUpTo.current;
    announced.current = (isNew ? textOf() : undefined) ?? announced.current;
    heardUpTo.current = newest;
  }
  return announced.current;
}

/** Keeps a message in sight when what there is to know about it opens below it. */
export function useShowOpened(list: WindowedList, openIndex: number): void {
  useLayoutEffect(() => {
    if (openIndex !== -1) list.scrollToIndex(openIndex, { align: 'auto' });
  }, [openIndex === -1]);
}
