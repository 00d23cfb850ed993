/** Who we are for the daemon: a token, kept in this browser (G5). */
import { signal, type ReadonlySignal } from '@preact/signals';

const TOKEN_KEY = 'vestnik.token';

export type Session = Readonly<{
  /** `undefined` when logged out. */
  token: ReadonlySignal<string | undefined>;
  /** Keeps a token: for good, or until this tab is closed. */
  open: (token: string, isKept: boolean) => void;
  close: () => void;
}>;

export function createSession(kept: Storage, untilClosed: Storage): Session {
  const token = signal(untilClosed.getItem(TOKEN_KEY) ?? kept.getItem(TOKEN_KEY) ?? undefined);

  function forget(): void {
    kept.removeItem(TOKEN_KEY);
    untilClosed.removeItem(TOKEN_KEY);
  }

  return {
    token,
    open: (value, isKept) => {
      forget();
      (isKept ? kept : untilClosed).setItem(TOKEN_KEY, value);
      token.value = value;
    },
    close: () => {
      forget();
      token.value = undefined;
    },
  };
}

/**
 * The one-time ticket in the address bar, which is taken out of it at once, so that it does not stay in the
 * browser's history.
 */
export function takeTicket(
  location: Pick<Location, 'hash' | 'pathname' | 'search'>,
  history: Pick<History, 'replaceState'>,
): string | undefined {
  const ticket = new URLSearchParams(location.hash.slice(1)).get('t');
  if (ticket === null || ticket === '') return undefined;
  history.replaceState(null, '', `${location.pathname}${location.search}`);
  return ticket;
}
