import { useState } from 'preact/hooks';
import { useWords } from '../texts/use-words.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

type Props = Readonly<{
  name: string;
  isBlocked: boolean;
  onBlock: (isBlocked: boolean) => void;
  onRemove: (withHistory: boolean) => void;
}>;

/** Block and remove, each with a word before. */
export function ContactFarewell({ name, isBlocked, onBlock, onRemove }: Props) {
  const { t } = useWords();
  const [question, ask] = useState<'block' | 'remove'>();
  const [withHistory, setWithHistory] = useState(false);
  const close = () => ask(undefined);
  return (
    <div class="actions details-farewell">
      <button
        type="button"
        class="button"
        onClick={() => (isBlocked ? onBlock(false) : ask('block'))}
      >
        {t(isBlocked ? 'contact.unblock' : 'contact.block')}
      </button>
      <button type="button" class="button button-danger-quiet" onClick={() => ask('remove')}>
        {t('contact.remove')}
      </button>
      {question === 'block' && (
        <ConfirmDialog
          title={t('contact.blockTitle', { name })}
          hint={t('contact.blockHint')}
          yes={t('contact.block')}
          no={t('contact.cancel')}
          onYes={() => onBlock(true)}
          onClose={close}
        />
      )}
      {question === 'remove' && (
        <ConfirmDialog
          title={t('contact.removeTitle', { name })}
          hint={t('contact.removeHint', { name })}
          yes={t('contact.removeYes')}
          no={t('contact.cancel')}
          onYes={() => onRemove(withHistory)}
          onClose={close}
        >
          <label class="check">
            <input
              type="checkbox"
              checked={withHistory}
              onChange={(event) => setWithHistory(event.currentTarget.checked)}
            />
            {t('contact.removeHistory')}
          </label>
        </ConfirmDialog>
      )}
    </div>
  );
}
