import { useState } from 'preact/hooks';
import { useWords } from '../texts/use-words.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

type Props = Readonly<{ count: number; name: string; onGoPlain: () => void }>;

/** Unprotected messages came in an encrypted contact's name and were refused; the way back is the owner's own (E5). */
export function RefusedPlain({ count, name, onGoPlain }: Props) {
  const { t } = useWords();
  const [isAsking, ask] = useState(false);
  return (
    <>
      <div class="trust-note is-refused">
        <p>{t('refused.note', { count, name })}</p>
        <p>{t('refused.means', { name })}</p>
        <button type="button" class="link-button" onClick={() => ask(true)}>
          {t('refused.goPlain')}
        </button>
      </div>
      {isAsking && (
        <ConfirmDialog
          title={t('refused.title', { name })}
          hint={t('refused.hint', { name })}
          yes={t('refused.goPlain')}
          no={t('refused.stay')}
          onYes={onGoPlain}
          onClose={() => ask(false)}
        />
      )}
    </>
  );
}
