import { useWords } from '../texts/use-words.ts';

/** Messages that a contact wrote and that have not come, in the place where they belong. */
export function MissingMessages({ count }: Readonly<{ count: number }>) {
  const { t } = useWords();
  return (
    <div class="log-missing">
      <p>{t('conversation.missing', { count })}</p>
      <p class="hint">{t('conversation.missingHint')}</p>
    </div>
  );
}
