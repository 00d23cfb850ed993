import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ApiMessage } from '../../../daemon/wire/gui-api.ts';
import { firstUnread, leadOf, rowKey, toRows, type LogRow } from '../stores/log-rows.ts';
import type { MessageLog } from '../stores/message-log.ts';
import type { OutboxItem } from '../stores/outbox-store.ts';
import type { NameOf } from '../text/message.ts';
import { useWords } from '../texts/use-words.ts';
import { ListTop } from './list-top.tsx';
import { LogLead } from './log-lead.tsx';
import { MessageBubble } from './message-bubble.tsx';
import type { MessageActions } from './message-card.tsx';
import { PendingBubble, type PendingActions } from './pending-bubble.tsx';
import { ToNewest } from './to-newest.tsx';
import { useWindowedList, type WindowedList } from './use-windowed-list.ts';

/** Room for what stands above the first message. */
const TOP_PX = 72;
/** Older messages are fetched when so few are left above. */
const ROWS_BEFORE_OLDER = 8;

type Props = Readonly<{
  log: MessageLog;
  pending: readonly OutboxItem[];
  name: string;
  /** `s` of the last message that was read before the conversation was opened. */
  readUpTo: number | undefined;
  hasUnread: boolean;
  /** The message to show, instead of the newest. */
  targetId: string | undefined;
  now: number;
  nameOf: NameOf;
  actions: MessageActions;
  pendingActions: PendingActions;
  /** The owner has seen everything up to this message. */
  onSeen: (s: number) => void;
}>;

/** The messages of a conversation; of 100,000 only those in sight are drawn. */
export function MessageList(props: Props) {
  const { log, pending, name, readUpTo, targetId, now, onSeen } = props;
  const { t, time } = useWords();
  const scroller = useRef<HTMLElement>(null);
  const [openId, setOpenId] = useState<string>();
  const [focusKey, setFocusKey] = useState<string>();

  const messages = log.messages.value;
  const rows = useMemo(() => toRows(messages, pending), [messages, pending]);
  const unreadIndex = useMemo(() => firstUnread(rows, readUpTo), [rows, readUpTo]);
  // The same function for the same rows: another one would have all of them measured anew.
  const keyOf = useCallback((index: number) => keyAt(rows, index), [rows]);
  const list = useWindowedList({
    count: rows.length,
    scroller,
    keyOf,
    paddingStart: TOP_PX,
  });
  const items = list.getVirtualItems();
  const isAtEnd = list.isAtEnd() && !log.hasNewer.value;

  useOpeningPlace(list, rows, { isLoaded: log.isLoaded.value, targetId, unreadIndex });
  useFetchAtEdges(log, items[0]?.index, items.at(-1)?.index, rows.length);
  useSeen(messages, isAtEnd, onSeen);
  useFollowOwn(list, pending);
  const announced = useAnnouncement(messages, name);

  const tabStop = items.find(({ key }) => key === focusKey)?.key ?? items.at(-1)?.key;
  return (
    <div class="log-frame">
      <section
        ref={scroller}
        class="log"
        role="log"
        aria-live="off"
        aria-label={t('conversation.log', { name })}
        onKeyDown={(event) => moveFocus(event, list, rows)}
      >
        <div class="log-inside" style={{ height: `${list.getTotalSize()}px` }}>
          <ListTop log={log} name={name} />
          <div class="log-window" style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
            {items.map(({ index, key }) => {
              const row = rows[index];
              if (row === undefined) return null;
              const lead = leadOf(rows, index, unreadIndex, time);
              const isTabStop = key === tabStop;
              return (
                <div class="log-row" key={key} data-index={index} ref={list.measureElement}>
                  <LogLead lead={lead} now={now} />
                  {row.type === 'pending' ? (
                    <PendingBubble
                      {...{ item: row.item, isTabStop, now, actions: props.pendingActions }}
                    />
                  ) : (
                    <MessageBubble
                      message={row.message}
                      isContinued={lead.isContinued}
                      isOpen={row.message.id === openId}
                      isTabStop={isTabStop}
                      isMarked={row.message.id === targetId}
                      now={now}
                      nameOf={props.nameOf}
                      actions={props.actions}
                      onToggle={({ id }) => setOpenId(id === openId ? undefined : id)}
                      onFocus={() => setFocusKey(String(key))}
                    />
                  )}
                </div>
              );
            })}
          </div>
        </div>
      </section>
      {!isAtEnd && rows.length > 0 && (
        <ToNewest
          hasUnread={props.hasUnread}
          onClick={() => {
            if (log.hasNewer.value) void log.openNewest().then(() => list.scrollToEnd());
            else list.scrollToEnd();
          }}
        />
      )}
      <p class="visually-hidden" aria-live="polite">
        {announced}
      </p>
    </div>
  );
}

function keyAt(rows: readonly LogRow[], index: number): string {
  const row = rows[index];
  return row === undefined ? `${index}` : rowKey(row);
}

type Opening = Readonly<{ isLoaded: boolean; targetId: string | undefined; unreadIndex: number }>;

/** Once: to the message asked for, else to the first unread one, else to the end. */
function useOpeningPlace(list: WindowedList, rows: readonly LogRow[], opening: Opening): void {
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
function useFetchAtEdges(
  log: MessageLog,
  first: number | undefined,
  last: number | undefined,
  count: number,
): void {
  useEffect(() => {
    if (first !== undefined && first < ROWS_BEFORE_OLDER && !log.hasFailed.value)
      void log.loadOlder();
    if (last !== undefined && last > count - ROWS_BEFORE_OLDER && !log.hasFailed.value) {
      void log.loadNewer();
    }
  }, [first, last, count]);
}

/** What one just wrote is what one wants to see. */
function useFollowOwn(list: WindowedList, pending: readonly OutboxItem[]): void {
  const newestId = pending.at(-1)?.id;
  const shownId = useRef(newestId);
  useLayoutEffect(() => {
    if (newestId !== undefined && newestId !== shownId.current) list.scrollToEnd();
    shownId.current = newestId;
  }, [newestId]);
}

/** Tells that the newest message was seen: its end is in sight, and the page has the owner's eyes. */
function useSeen(
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
function useAnnouncement(messages: readonly ApiMessage[], name: string): string {
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

/** Arrow keys move from message to message, Home and End to the ends. */
function moveFocus(event: KeyboardEvent, list: WindowedList, rows: readonly LogRow[]): void {
  if (!(event.target instanceof HTMLElement) || event.altKey || event.ctrlKey) return;
  const place = event.target.closest<HTMLElement>('[data-index]');
  if (place === null || !event.target.matches('article')) return;
  const next = nextIndex(event.key, Number(place.dataset['index']), rows.length);
  if (next === undefined) return;
  event.preventDefault();
  list.scrollToIndex(next, { align: 'auto' });
  requestAnimationFrame(() => {
    list.scrollElement
      ?.querySelector<HTMLElement>(`[data-index="${next}"] article`)
      ?.focus({ preventScroll: true });
  });
}

function nextIndex(key: string, index: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowUp':
      return Math.max(0, index - 1);
    case 'ArrowDown':
      return Math.min(count - 1, index + 1);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}
