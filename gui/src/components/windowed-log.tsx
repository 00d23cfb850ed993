import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LogStretch } from '../stores/log-stretch.ts';
import { ListTop } from './list-top.tsx';
import { moveFocus } from './move-focus.ts';
import { ToNewest } from './to-newest.tsx';
import {
  useFetchAtEdges,
  useFollowOwn,
  useOpeningPlace,
  useSeen,
  useShowOpened,
} from './use-log-effects.ts';
import { isEndInSight, useWindowedList } from './use-windowed-list.ts';

/** Room for what stands above the first row. */
const TOP_PX = 72;

/** What a row has to know about its place in the list. */
export type RowPlace = Readonly<{
  /** What there is to know about it is open. */
  isOpen: boolean;
  /** Arrow keys move the focus; only one row is a stop for the Tab key. */
  isTabStop: boolean;
  onToggle: () => void;
  onFocus: () => void;
}>;

type Props = Readonly<{
  stretch: LogStretch;
  /** How many rows there are. */
  count: number;
  /** Names a row; the same function for the same rows, else all of them are measured anew. */
  keyOf: (index: number) => string;
  label: string;
  /** What is said where everything began. */
  start: string;
  /** What to show instead of the newest row, and where it is; -1 while it is not here. */
  targetId: string | undefined;
  targetIndex: number;
  /** Index of the first unread row, -1 for none. */
  unreadIndex: number;
  hasUnread: boolean;
  /** Place of the newest entry that our daemon has. */
  newest: number | undefined;
  /** Id of the newest that it does not have yet. */
  newestPendingId: string | undefined;
  /** No row may be open. */
  isClosed?: boolean;
  /** What just came in, for screen readers. */
  announced: string;
  /** The owner has seen everything up to this place. */
  onSeen: (place: number) => void;
  renderRow: (index: number, place: RowPlace) => ComponentChildren;
}>;

/** A long log, of which only the rows in sight are drawn. */
export function WindowedLog(props: Props) {
  const { stretch, count, keyOf, isClosed = false, targetId, targetIndex, renderRow } = props;
  const scroller = useRef<HTMLElement>(null);
  const [openKey, setOpenKey] = useState<string>();
  const [focusKey, setFocusKey] = useState<string>();
  const list = useWindowedList({
    ...{ count, scroller, keyOf },
    paddingStart: TOP_PX,
    // Who reads about a message does not want the list to run away to its end.
    isHeld: openKey !== undefined,
  });
  const items = list.getVirtualItems();
  const isAtEnd = isEndInSight(list) && !stretch.hasNewer.value;

  useOpeningPlace(list, {
    ...{ isLoaded: stretch.isLoaded.value, count, targetId, targetIndex },
    unreadIndex: props.unreadIndex,
  });
  useFetchAtEdges(stretch, items[0]?.index, items.at(-1)?.index, count);
  useSeen(props.newest, isAtEnd, props.onSeen);
  useFollowOwn(list, props.newestPendingId);
  useShowOpened(list, items.find(({ key }) => key === openKey)?.index ?? -1);
  useEffect(() => {
    // What is open closes, and stays closed.
    if (isClosed) setOpenKey(undefined);
  }, [isClosed]);

  const tabStop = items.find(({ key }) => key === focusKey)?.key ?? items.at(-1)?.key;
  return (
    <div class="log-frame">
      <section
        ref={scroller}
        class="log"
        role="log"
        aria-live="off"
        aria-label={props.label}
        onKeyDown={(event) => moveFocus(event, list, count)}
      >
        <div class="log-inside" style={{ height: `${list.getTotalSize()}px` }}>
          <ListTop log={stretch} isEmpty={props.newest === undefined} start={props.start} />
          <div class="log-window" style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
            {items.map(({ index, key }) => (
              <div class="log-row" key={key} data-index={index} ref={list.measureElement}>
                {renderRow(index, {
                  isOpen: key === openKey && !isClosed,
                  isTabStop: key === tabStop,
                  onToggle: () => setOpenKey(key === openKey ? undefined : String(key)),
                  onFocus: () => setFocusKey(String(key)),
                })}
              </div>
            ))}
          </div>
        </div>
      </section>
      {!isAtEnd && count > 0 && (
        <ToNewest
          hasUnread={props.hasUnread}
          onClick={() => {
            setOpenKey(undefined);
            if (stretch.hasNewer.value) void stretch.openNewest().then(() => list.scrollToEnd());
            else list.scrollToEnd();
          }}
        />
      )}
      <p class="visually-hidden" aria-live="polite">
        {props.announced}
      </p>
    </div>
  );
}
