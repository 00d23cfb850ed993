import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useWords } from '../texts/use-words.ts';

/**
 * A pane whose code is fetched when it is shown for the first time, so that the page is there sooner.
 *
 * @param load   Fetches it; called again when that failed.
 * @param isAside Stands beside what the page is about.
 */
export function lazyPane<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  isAside = false,
): ComponentType<Props> {
  let loaded: ComponentType<Props> | undefined;

  function LazyPane(props: Props) {
    const { t } = useWords();
    const [attempt, setAttempt] = useState(0);
    const [Pane, setPane] = useState(() => loaded);
    const [hasFailed, setFailed] = useState(false);

    useEffect(() => {
      if (loaded !== undefined) return;
      setFailed(false);
      load().then(
        (pane) => {
          loaded = pane;
          setPane(() => pane);
        },
        () => setFailed(true),
      );
    }, [attempt]);

    if (Pane !== undefined) return <Pane {...props} />;
    const note = hasFailed && (
      <div class="empty" role="alert">
        <p>{t('error.unreachable')}</p>
        <button type="button" class="button" onClick={() => setAttempt(attempt + 1)}>
          {t('conversation.tryAgain')}
        </button>
      </div>
    );
    return isAside ? (
      <aside class="info" aria-busy={!hasFailed}>
        {note}
      </aside>
    ) : (
      <main class="talk is-empty" id="main" tabIndex={-1} aria-busy={!hasFailed}>
        {note}
      </main>
    );
  }
  return LazyPane;
}
