import { useWords } from '../texts/use-words.ts';
import { Dialog } from './dialog.tsx';

type Props = Readonly<{
  /** Who is invited: a contact, or everybody in a room. */
  name: string;
  isForAll: boolean;
  onInvite: () => void;
  onClose: () => void;
}>;

/** Asks whether to invite to a game. */
export function PlayDialog({ name, isForAll, onInvite, onClose }: Props) {
  const { t } = useWords();
  return (
    <Dialog
      title={t(isForAll ? 'game.inviteRoomTitle' : 'game.inviteTitle', { name })}
      onClose={onClose}
    >
      <p class="hint">{t(isForAll ? 'game.inviteRoomHint' : 'game.inviteHint')}</p>
      <div class="actions">
        <button
          type="button"
          class="button button-go"
          onClick={() => {
            onInvite();
            onClose();
          }}
        >
          {t('game.inviteYes')}
        </button>
        <button type="button" class="button" onClick={onClose}>
          {t('game.inviteNo')}
        </button>
      </div>
    </Dialog>
  );
}
