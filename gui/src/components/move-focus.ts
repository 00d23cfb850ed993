import type { WindowedList } from './use-windowed-list.ts';

/** Arrow keys move from message to message, Home and End to the ends. */
export function moveFocus(event: KeyboardEvent, list: WindowedList, count: number): void {
  if (!(event.target instanceof HTMLElement) || event.altKey || event.ctrlKey) return;
  const place = event.target.closest<HTMLElement>('[data-index]');
  if (place === null || !event.target.matches('article')) return;
  const next = nextIndex(event.key, Number(place.dataset['index']), count);
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
