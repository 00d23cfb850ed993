import type { TextName } from '../texts/language.ts';
import { useWords } from '../texts/use-words.ts';
import { Icon } from './icon.tsx';

type Props = Readonly<{ toast: TextName | undefined; onHide: () => void }>;

/** A short word at the edge. The region stays, so that screen readers hear what comes into it. */
export function Toast({ toast, onHide }: Props) {
  const { t } = useWords();
  return (
    <div class="toast-place" role="status">
      {toast !== undefined && (
        <p class="toast">
          {t(toast)}
          <button type="button" class="round-button" aria-label={t('app.close')} onClick={onHide}>
            <Icon name="close" />
          </button>
        </p>
      )}
    </div>
  );
}
