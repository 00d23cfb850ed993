import { useSignalEffect, type ReadonlySignal, type Signal } from '@preact/signals';
import { LocationProvider } from 'preact-iso/router';
import type { App } from './app-state.ts';
import type { Notifications } from './notifications.ts';
import { lazyPane } from './panes/lazy-pane.tsx';
import { Shell } from './panes/shell.tsx';
import { WordsContext } from './texts/use-words.ts';
import type { Words } from './texts/words.ts';
import { markUnread } from './unread-mark.ts';

/** Seldom seen: the browser stays logged in. */
const LoginPage = lazyPane(async () => (await import('./panes/login-page.tsx')).LoginPage);

type Props = Readonly<{
  app: App;
  notifications: Notifications;
  ticket: Signal<string | undefined>;
  /** `undefined` until the language is there. */
  words: ReadonlySignal<Words | undefined>;
}>;

/** The whole page, in the language and look that the owner chose. */
export function Root({ app, notifications, ticket, words }: Props) {
  const isLoggedIn = app.session.token.value !== undefined;

  useSignalEffect(() => {
    document.documentElement.lang = words.value?.language ?? 'en';
    document.documentElement.dataset['theme'] = app.me.settings.value.theme;
  });
  useSignalEffect(() => {
    markUnread(app.session.token.value === undefined ? 0 : app.unread.value, 'vestnik');
  });

  if (words.value === undefined) return null;
  return (
    <WordsContext.Provider value={words.value}>
      <LocationProvider>
        {isLoggedIn ? (
          <Shell app={app} notifications={notifications} />
        ) : (
          <LoginPage api={app.api} session={app.session} ticket={ticket} />
        )}
      </LocationProvider>
    </WordsContext.Provider>
  );
}
