import { useState } from 'preact/hooks';
import { useWords } from '../texts/use-words.ts';
import { Icon } from './icon.tsx';
import { PlayDialog } from './late-parts.tsx';

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
        <PlayDialog {...{ name, isForAll, onInvite }} onClose={() => setAsking(false)} />
      )}
    </>
  );
}
