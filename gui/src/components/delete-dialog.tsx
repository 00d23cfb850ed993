import type { ApiContact, ApiMessage } from '../../../daemon/wire/gui-api.ts';
import { obstacleTo } from '../text/deletion.ts';
import { useWords } from '../texts/use-words.ts';
import { Dialog } from './dialog.tsx';

type Props = Readonly<{
  contact: ApiContact;
  name: string;
  messages: readonly ApiMessage[];
  onDelete: (isForBoth: boolean) => void;
  onClose: () => void;
}>;

/** Asks where messages are to be deleted, and says what that does and what it can't do. */
export function DeleteDialog({ contact, name, messages, onDelete, onClose }: Props) {
  const { t } = useWords();
  const obstacle = obstacleTo(contact, messages);
  const finish = (isForBoth: boolean): void => {
    onClose();
    onDelete(isForBoth);
  };
  return (
    <Dialog title={t('deletion.title', { count: messages.length })} onClose={onClose}>
      <dl class="deletion-ways">
        <dt>{t('deletion.here')}</dt>
        <dd class="hint">
          {t(obstacle === 'unsent' ? 'deletion.unsentHint' : 'deletion.hereHint', { name })}
        </dd>
        {obstacle !== 'unsent' && (
          <>
            <dt>{t('deletion.both')}</dt>
            <dd class="hint">
              {t(obstacle === undefined ? 'deletion.bothHint' : `deletion.obstacle.${obstacle}`, {
                name,
              })}
            </dd>
          </>
        )}
      </dl>
      <div class="actions">
        <button type="button" class="button button-danger" onClick={() => finish(false)}>
          {t('deletion.here')}
        </button>
        {obstacle === undefined && (
          <button type="button" class="button button-danger" onClick={() => finish(true)}>
            {t('deletion.both')}
          </button>
        )}
        <button type="button" class="button" onClick={onClose}>
          {t('contact.cancel')}
        </button>
      </div>
    </Dialog>
  );
}
