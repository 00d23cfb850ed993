import type { ComponentChildren, ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useWords } from '../texts/use-words.ts';

/** A part of the page that comes when it is needed. */
export type LazyPart<Props> = ComponentType<Props> & {
  /** Fetches its code ahead, so that it is there at once when it is wanted. Rejects when it can't be had. */
  fetch: () => Promise<void>;
};

export type WaitingProps = Readonly<{
  /** What went wrong, with a way to try again; `undefined` while the part is on its way. */
  problem: ComponentChildren;
}>;

/**
 * A part of the page whose code is fetched when it is shown for the first time, so that the page is there sooner.
 *
 * @param load    Fetches it; called again when that failed.
 * @param Waiting Stands in its place until then.
 */
export function lazyPart<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  Waiting: ComponentType<WaitingProps>,
): LazyPart<Props> {
  let loaded: ComponentType<Props> | undefined;

  async function fetchOnce(): Promise<ComponentType<Props>> {
    return (loaded ??= await load());
  }

  function Lazy(props: Props) {
    const [attempt, setAttempt] = useState(0);
    const [Part, setPart] = useState(() => loaded);
    const [hasFailed, setFailed] = useState(false);

    useEffect(() => {
      if (Part !== undefined) return;
      setFailed(false);
      fetchOnce().then(
        (part) => setPart(() => part),
        () => setFailed(true),
      );
    }, [attempt]);

    if (Part !== undefined) return <Part {...props} />;
    return (
      <Waiting
        problem={hasFailed ? <Problem onRetry={() => setAttempt(attempt + 1)} /> : undefined}
      />
    );
  }
  async function fetch(): Promise<void> {
    await fetchOnce();
  }
  return Object.assign(Lazy, { fetch });
}

function Problem({ onRetry }: Readonly<{ onRetry: () => void }>) {
  const { t } = useWords();
  return (
    <div class="empty" role="alert">
      <p>{t('error.unreachable')}</p>
      <button type="button" class="button" onClick={onRetry}>
        {t('conversation.tryAgain')}
      </button>
    </div>
  );
}
