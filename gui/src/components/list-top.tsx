import type { LogStretch } from '../stores/log-stretch.ts';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{
  log: LogStretch;
  isEmpty: boolean;
  /** What is said where everything began. */
  start: string;
}>;

/** Above the first message: the way to older ones, or that there are none. */
export function ListTop({ log, isEmpty, start }: Props) {
  const { t } = useWords();
  if (log.hasFailed.value) {
    return (
      <div class="log-top">
        <span>{t('conversation.failed')}</span>{' '}
        <button
          type="button"
          class="button"
          onClick={() => void (log.isLoaded.value ? log.loadOlder() : log.openNewest())}
        >
          {t('conversation.tryAgain')}
        </button>
      </div>
    );
  }
  if (log.hasOlder.value) {
    const isLoading = log.loading.value === 'older';
    return (
      <div class="log-top">
        <button
          type="button"
          class="button"
          disabled={isLoading}
          onClick={() => void log.loadOlder()}
        >
          {t(isLoading ? 'conversation.loadingOlder' : 'conversation.older')}
        </button>
      </div>
    );
  }
  return isEmpty ? null : <p class="log-top">{start}</p>;
}
