import { useCallback, useRef } from 'preact/hooks';
import type { Address } from '../../../daemon/wire/address.ts';
import type { App } from '../app-state.ts';

/** Where the unread messages began when the conversation was opened; the divider stays there while one reads. */
export function useReadUpToAtOpening(app: App, address: Address): number | undefined {
  const conversation = app.conversations.byAddress.value.get(address);
  const opened = useRef<number | undefined>(undefined);
  if (opened.current === undefined && conversation !== undefined) {
    opened.current = conversation.unread > 0 ? conversation.read_up_to : Infinity;
  }
  return opened.current;
}

/** Tells the daemon how far the owner has read, each place once. */
export function useMarkRead(app: App, address: Address): (s: number) => void {
  const told = useRef(0);
  return useCallback(
    (s: number) => {
      const known = app.conversations.byAddress.peek().get(address);
      if (s <= told.current || known === undefined || known.unread === 0) return;
      told.current = s;
      app.api.markRead(address, s).catch(() => {
        // Not told, so it is told again with the next message or look.
        told.current = 0;
      });
    },
    [address],
  );
}
