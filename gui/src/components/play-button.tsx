import { useState } from 'preact/hooks';
import { useWords } from '../texts/use-words.ts';
import { Dialog } from './dialog.tsx';
import { Icon } from './icon.tsx';

type Props = Readonly<{
  /** Who is invited: a contact, or everybody in a room. */
  name: string;
  isForAll: boolean;
  onInvite: () => void;
}>;

/** Invites to a game, after a question: an invitation is a message. */
export function PlayButton({ name, isForAll, onInvite }: Props) {
  const { t } = useWords();
  const [isAsking, setAsking] = useState(false);
  const close = (): void => setAsking(false);
  return (
    <>
      <button
        type="button"
        class="round-button"
        aria-label={t('game.invite')}
        title={t('game.invite')}
        onClick={() => setAsking(true)}
      >
        <Icon name="game" />
      </button>
      {isAsking && (
        <Dialog
          title={t(isForAll ? 'game.inviteRoomTitle' : 'game.inviteTitle', { name })}
          onClose={close}
        >
          <p class="hint">{t(isForAll ? 'game.inviteRoomHint' : 'game.inviteHint')}</p>
          <div class="actions">
            <button
              type="button"
              class="button button-go"
              onClick={() => {
                onInvite();
                close();
              }}
            >
              {t('game.inviteYes')}
            </button>
            <button type="button" class="button" onClick={close}>
              {t('game.inviteNo')}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
