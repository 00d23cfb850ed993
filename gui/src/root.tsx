import { useComputed, useSignalEffect, type Signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { LocationProvider } from 'preact-iso/router';
import type { App } from './app-state.ts';
import type { Notifications } from './notifications.ts';
import { LoginPage } from './panes/login-page.tsx';
import { Shell } from './panes/shell.tsx';
import { WordsContext } from './texts/use-words.ts';
import { chooseLanguage, chooseLocale, createWords } from './texts/words.ts';
import { markUnread } from './unread-mark.ts';

type Props = Readonly<{
  app: App;
  notifications: Notifications;
  ticket: Signal<string | undefined>;
}>;

/** The whole page, in the language and look that the owner chose. */
export function Root({ app, notifications, ticket }: Props) {
  const chosen = useComputed(() =>
    chooseLanguage(app.me.settings.value.language, navigator.languages),
  );
  const language = chosen.value;
  const words = useMemo(
    () => createWords(language, chooseLocale(language, navigator.languages)),
    [language],
  );
  const isLoggedIn = app.session.token.value !== undefined;

  useSignalEffect(() => {
    document.documentElement.lang = chosen.value;
    document.documentElement.dataset['theme'] = app.me.settings.value.theme;
  });
  useSignalEffect(() => {
    markUnread(app.session.token.value === undefined ? 0 : app.unread.value, 'vestnik');
  });

  return (
    <WordsContext.Provider value={words}>
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
