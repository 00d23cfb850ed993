import type { MessageLog } from '../stores/message-log.ts';
import { useWords } from '../texts/use-words.ts';

/** Above the first message: the way to older ones, or that there are none. */
export function ListTop({ log, name }: Readonly<{ log: MessageLog; name: string }>) {
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
  if (log.messages.value.length === 0) return null;
  return <p class="log-top">{t('conversation.start', { name })}</p>;
}
