import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { firstUnread, leadOf, rowKey, toRows, type LogRow } from '../stores/log-rows.ts';
import type { MessageLog } from '../stores/message-log.ts';
import type { OutboxItem } from '../stores/outbox-store.ts';
import type { NameOf } from '../text/message.ts';
import { useWords } from '../texts/use-words.ts';
import { ListTop } from './list-top.tsx';
import { LogRowView, type RowActions } from './log-row-view.tsx';
import type { Selection } from './message-choice.tsx';
import { moveFocus } from './move-focus.ts';
import { ToNewest } from './to-newest.tsx';
import {
  useAnnouncement,
  useFetchAtEdges,
  useFollowOwn,
  useOpeningPlace,
  useSeen,
  useShowOpened,
} from './use-log-effects.ts';
import { isEndInSight, useWindowedList } from './use-windowed-list.ts';

/** Room for what stands above the first message. */
const TOP_PX = 72;

type Props = Readonly<{
  log: MessageLog;
  pending: readonly OutboxItem[];
  name: string;
  /** `s` of the last message that was read before the conversation was opened. */
  readUpTo: number | undefined;
  hasUnread: boolean;
  /** The message to show, instead of the newest. */
  targetId: string | undefined;
  /** The contact does not encrypt. */
  isContactPlain: boolean;
  now: number;
  nameOf: NameOf;
  actions: RowActions;
  /** While messages are chosen. */
  selection: Selection | undefined;
  /** The owner has seen everything up to this message. */
  onSeen: (s: number) => void;
}>;

/** The messages of a conversation; of 100,000 only those in sight are drawn. */
export function MessageList(props: Props) {
  const { log, name, targetId, hasUnread } = props;
  const { t, time } = useWords();
  const scroller = useRef<HTMLElement>(null);
  const isChoosing = props.selection !== undefined;
  const [openKey, setOpenKey] = useState<string>();
  const [focusKey, setFocusKey] = useState<string>();
  const { rows, unreadIndex, keyOf } = useRows(props);
  const list = useWindowedList({
    count: rows.length,
    scroller,
    keyOf,
    paddingStart: TOP_PX,
    // Who reads about a message does not want the list to run away to its end.
    isHeld: openKey !== undefined,
  });
  const items = list.getVirtualItems();
  const isAtEnd = isEndInSight(list) && !log.hasNewer.value;

  useOpeningPlace(list, rows, { isLoaded: log.isLoaded.value, targetId, unreadIndex });
  useFetchAtEdges(log, items[0]?.index, items.at(-1)?.index, rows.length);
  useSeen(log.messages.value, isAtEnd, props.onSeen);
  useFollowOwn(list, props.pending);
  useShowOpened(list, items.find(({ key }) => key === openKey)?.index ?? -1);
  useEffect(() => {
    // What is open closes when messages are chosen, and stays closed.
    if (isChoosing) setOpenKey(undefined);
  }, [isChoosing]);
  const announced = useAnnouncement(log.messages.value, name);

  const tabStop = items.find(({ key }) => key === focusKey)?.key ?? items.at(-1)?.key;
  return (
    <div class="log-frame">
      <section
        ref={scroller}
        class="log"
        role="log"
        aria-live="off"
        aria-label={t('conversation.log', { name })}
        onKeyDown={(event) => moveFocus(event, list, rows.length)}
      >
        <div class="log-inside" style={{ height: `${list.getTotalSize()}px` }}>
          <ListTop log={log} name={name} />
          <div class="log-window" style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
            {items.map(({ index, key }) => (
              <div class="log-row" key={key} data-index={index} ref={list.measureElement}>
                <LogRowView
                  row={rows[index]}
                  lead={leadOf(rows, index, unreadIndex, time)}
                  isOpen={key === openKey && !isChoosing}
                  isTabStop={key === tabStop}
                  targetId={targetId}
                  isContactPlain={props.isContactPlain}
                  now={props.now}
                  nameOf={props.nameOf}
                  actions={props.actions}
                  selection={props.selection}
                  onToggle={() => setOpenKey(key === openKey ? undefined : String(key))}
                  onFocus={() => setFocusKey(String(key))}
                />
              </div>
            ))}
          </div>
        </div>
      </section>
      {!isAtEnd && rows.length > 0 && (
        <ToNewest
          hasUnread={hasUnread}
          onClick={() => {
            setOpenKey(undefined);
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

function useRows({ log, pending, readUpTo }: Props) {
  const messages = log.messages.value;
  const rows = useMemo(() => toRows(messages, pending), [messages, pending]);
  const unreadIndex = useMemo(() => firstUnread(rows, readUpTo), [rows, readUpTo]);
  // The same function for the same rows: another one would have all of them measured anew.
  const keyOf = useCallback((index: number) => keyAt(rows, index), [rows]);
  return { rows, unreadIndex, keyOf };
}

function keyAt(rows: readonly LogRow[], index: number): string {
  const row = rows[index];
  return row === undefined ? `${index}` : rowKey(row);
}
