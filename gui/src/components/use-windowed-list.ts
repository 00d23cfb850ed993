import type { RefObject } from 'preact';
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualizerOptions,
} from '@tanstack/virtual-core';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

/** Height of a row before it was measured. */
const ESTIMATED_ROW_PX = 64;
/** Rows drawn beyond the edges, so that scrolling does not run into nothing. */
const OVERSCAN_ROWS = 12;
/** Room below the last row. */
const END_ROOM_PX = 9;
/** As near to the end counts as the end. */
const END_THRESHOLD_PX = 48;

export type WindowedList = Virtualizer<HTMLElement, HTMLElement>;

type Options = Readonly<{
  count: number;
  scroller: RefObject<HTMLElement | null>;
  keyOf: (index: number) => string;
  /** Room above the first row, in CSS pixels. */
  paddingStart: number;
  /** Does not follow its end for now. */
  isHeld: boolean;
}>;

/**
 * Draws only the rows of a long list that are in sight. Rows measure themselves; the row in sight stays where it is
 * when others come above it, and the end stays in sight when it was.
 */
export function useWindowedList(wanted: Options): WindowedList {
  const { count, scroller, keyOf, paddingStart, isHeld } = wanted;
  const [, redraw] = useReducer<number, undefined>((times) => times + 1, 0);
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ESTIMATED_ROW_PX,
    getItemKey: keyOf,
    overscan: OVERSCAN_ROWS,
    paddingStart,
    paddingEnd: END_ROOM_PX,
    anchorTo: 'end' as const,
    followOnAppend: true,
    // Nothing is nearer to the end than this.
    scrollEndThreshold: isHeld ? -1 : END_THRESHOLD_PX,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => redraw(undefined),
  };
  const [list] = useState(() => createList(options));
  list.setOptions(options);

  useLayoutEffect(() => list._didMount(), []);
  useLayoutEffect(() => list._willUpdate());
  useLayoutEffect(() => keepEnd(list, scroller.current), []);
  return list;
}

/** Whether the newest row can be seen. */
export function isEndInSight(list: WindowedList): boolean {
  return list.isAtEnd(END_THRESHOLD_PX);
}

function createList(options: VirtualizerOptions<HTMLElement, HTMLElement>): WindowedList {
  const list = new Virtualizer<HTMLElement, HTMLElement>(options);
  // Whatever changes its height above the fold, e.g. a first row that loses its day when older ones come, must not
  // move what is being read. A row across the fold grows downwards.
  list.shouldAdjustScrollPositionOnItemSizeChange = (row) => {
    const edge = list.itemSizeCache.has(row.key) ? row.end : row.start + 1;
    return edge <= (list.scrollOffset ?? 0);
  };
  return list;
}

/** Keeps the end in sight when the room for the list shrinks: a longer draft, a keyboard on the screen. */
function keepEnd(list: WindowedList, scroller: HTMLElement | null): (() => void) | undefined {
  if (scroller === null) return undefined;
  let wasAtEnd = true;
  const look = (): void => {
    wasAtEnd = list.isAtEnd();
  };
  const observer = new ResizeObserver(() => {
    if (wasAtEnd) list.scrollToEnd();
  });
  observer.observe(scroller);
  scroller.addEventListener('scroll', look, { passive: true });
  return () => {
    observer.disconnect();
    scroller.removeEventListener('scroll', look);
  };
}
