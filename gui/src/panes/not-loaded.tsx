import type { App } from '../app-state.ts';
import { EmptyState } from '../components/empty-state.tsx';
import { useWords } from '../texts/use-words.ts';

/** The daemon has not told us anything yet. */
export function NotLoaded({ app }: Readonly<{ app: Pick<App, 'live'> }>) {
  const { t } = useWords();
  const isAway = app.live.connection.value.state === 'stopped';
  return (
    <main class="talk is-empty" id="main" tabIndex={-1} aria-busy={!isAway}>
      {isAway ? (
        <EmptyState title={t('connection.stoppedTitle')} hint={t('connection.stoppedColdHint')} />
      ) : (
        <p class="visually-hidden" role="status">
          {t('app.loading')}
        </p>
      )}
    </main>
  );
}
