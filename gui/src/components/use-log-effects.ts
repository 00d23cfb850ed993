/** What happens around the list of messages while one reads: where it opens, what it fetches, what it tells. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { ApiMessage } from '../../../daemon/wire/gui-api.ts';
import type { LogRow } from '../stores/log-rows.ts';
import type { MessageLog } from '../stores/message-log.ts';
import type { OutboxItem } from '../stores/outbox-store.ts';
import { useWords } from '../texts/use-words.ts';
import type { WindowedList } from './use-windowed-list.ts';

/** Older and newer messages are fetched when so few are left beyond the edge. */
const ROWS_BEFORE_EDGE = 8;

type Opening = Readonly<{ isLoaded: boolean; targetId: string | undefined; unreadIndex: number }>;

/** Once: to the message asked for, else to the first unread one, else to the end. */
export function useOpeningPlace(
  list: WindowedList,
  rows: readonly LogRow[],
  opening: Opening,
): void {
  const openedFor = useRef<string | undefined>(undefined);
  const { isLoaded, targetId, unreadIndex } = opening;
  useLayoutEffect(() => {
    const wanted = targetId ?? 'newest';
    if (!isLoaded || rows.length === 0 || openedFor.current === wanted) return;
    const target = rows.findIndex((row) => row.type === 'stored' && row.message.id === targetId);
    if (targetId !== undefined && target === -1) return;
    openedFor.current = wanted;
    if (target !== -1) list.scrollToIndex(target, { align: 'center' });
    else if (unreadIndex !== -1) list.scrollToIndex(unreadIndex, { align: 'start' });
    else list.scrollToEnd();
  });
}

/** Fetches older and newer messages before the reader gets there. */
export function useFetchAtEdges(
  log: MessageLog,
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

/** What one just wrote is what one wants to see. */
export function useFollowOwn(list: WindowedList, pending: readonly OutboxItem[]): void {
  const newestId = pending.at(-1)?.id;
  const shownId = useRef(newestId);
  useLayoutEffect(() => {
    if (newestId !== undefined && newestId !== shownId.current) list.scrollToEnd();
    shownId.current = newestId;
  }, [newestId]);
}

/** Tells that the newest message was seen: its end is in sight, and the page has the owner's eyes. */
export function useSeen(
  messages: readonly ApiMessage[],
  isAtEnd: boolean,
  onSeen: (s: number) => void,
): void {
  const newest = messages.at(-1)?.s;
  useEffect(() => {
    const look = (): void => {
      if (newest !== undefined && isAtEnd && document.hasFocus()) onSeen(newest);
    };
    look();
    window.addEventListener('focus', look);
    return () => window.removeEventListener('focus', look);
  }, [newest, isAtEnd, onSeen]);
}

/** Reads out what comes in while the conversation is open; history stays silent. */
export function useAnnouncement(messages: readonly ApiMessage[], name: string): string {
  const { t } = useWords();
  const heardUpTo = useRef<number | undefined>(undefined);
  const announced = useRef('');
  const newest = messages.at(-1);
  if (newest !== undefined) {
    const isNew = heardUpTo.current !== undefined && newest.s > heardUpTo.current;
    if (isNew && newest.direction === 'in') {
      announced.current = t('conversation.newMessage', { name, text: newest.message });
    }
    heardUpTo.current = newest.s;
  }
  return announced.current;
}

/** Keeps a message in sight when what there is to know about it opens below it. */
export function useShowOpened(list: WindowedList, openIndex: number): void {
  useLayoutEffect(() => {
    if (openIndex !== -1) list.scrollToIndex(openIndex, { align: 'auto' });
  }, [openIndex === -1]);
}
