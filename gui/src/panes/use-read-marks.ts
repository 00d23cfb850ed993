import { useCallback, useRef } from 'preact/hooks';

/** Where the unread messages began when the conversation was opened; the divider stays there while one reads. */
export function useReadUpToAtOpening(
  known: Readonly<{ unread: number; read_up_to: number }> | undefined,
): number | undefined {
  const opened = useRef<number | undefined>(undefined);
  if (opened.current === undefined && known !== undefined) {
    opened.current = known.unread > 0 ? known.read_up_to : Infinity;
  }
  return opened.current;
}

/**
 * Tells the daemon how far the owner has read, each place once.
 *
 * @param unread   How much is unread as the daemon says; `undefined` while it has not said.
 * @param markRead Tells it.
 */
export function useMarkRead(
  unread: number | undefined,
  markRead: (place: number) => Promise<void>,
): (place: number) => void {
  const told = useRef(0);
  const present = useRef(markRead);
  present.current = markRead;
  // Word of a message may come before the count does; when it does, the list looks again.
  const hasUnread = unread !== undefined && unread > 0;
  return useCallback(
    (place: number) => {
      if (place <= told.current || !hasUnread) return;
      told.current = place;
      present.current(place).catch(() => {
        // Not told, so it is told again with the next message or look.
        told.current = 0;
      });
    },
    [hasUnread],
  );
}
