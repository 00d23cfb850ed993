import type { RefObject } from 'preact';
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
} from '@tanstack/virtual-core';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

/** Height of a row before it was measured. */
const ESTIMATED_ROW_PX = 64;
/** Rows drawn beyond the edges, so that scrolling does not run into nothing. */
const OVERSCAN_ROWS = 12;
/** As near to the end counts as the end. */
const END_THRESHOLD_PX = 48;

export type WindowedList = Virtualizer<HTMLElement, HTMLElement>;

type Options = Readonly<{
  count: number;
  scroller: RefObject<HTMLElement | null>;
  keyOf: (index: number) => string;
  /** Room above the first row, in CSS pixels. */
  paddingStart: number;
}>;

/**
 * Draws only the rows of a long list that are in sight. Rows measure themselves; the row in sight stays where it is
 * when others come above it, and the end stays in sight when it was.
 */
export function useWindowedList({ count, scroller, keyOf, paddingStart }: Options): WindowedList {
  const [, redraw] = useReducer<number, undefined>((times) => times + 1, 0);
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ESTIMATED_ROW_PX,
    getItemKey: keyOf,
    overscan: OVERSCAN_ROWS,
    paddingStart,
    anchorTo: 'end' as const,
    followOnAppend: true,
    scrollEndThreshold: END_THRESHOLD_PX,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => redraw(undefined),
  };
  const [list] = useState(() => new Virtualizer<HTMLElement, HTMLElement>(options));
  list.setOptions(options);

  useLayoutEffect(() => list._didMount(), []);
  useLayoutEffect(() => list._willUpdate());
  return list;
}
