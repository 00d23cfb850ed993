import { useEffect } from 'preact/hooks';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{ count: number; onDelete: () => void; onLeave: () => void }>;

/** In the place of the field while messages are chosen: what can be done with them. */
export function SelectionBar({ count, onDelete, onLeave }: Props) {
  const { t } = useWords();
  useEffect(() => {
    const leave = (event: KeyboardEvent): void => {
      // A dialog in front of everything takes the key for itself.
      if (event.key === 'Escape' && document.querySelector('dialog[open]') === null) onLeave();
    };
    addEventListener('keydown', leave);
    return () => removeEventListener('keydown', leave);
  }, [onLeave]);
  return (
    <div class="selection-bar" role="toolbar" aria-label={t('deletion.chosenLabel')}>
      <p role="status">{t('deletion.chosen', { count })}</p>
      <div class="actions">
        <button
          type="button"
          class="button button-danger"
          disabled={count === 0}
          onClick={onDelete}
        >
          {t('deletion.deleteChosen')}
        </button>
        <button type="button" class="button" onClick={onLeave}>
          {t('deletion.leave')}
        </button>
      </div>
    </div>
  );
}
