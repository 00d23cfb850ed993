import { useEffect } from 'preact/hooks';
import { useWords } from '../texts/use-words.ts';
import type { GamesHere } from './game-in-log.tsx';
import { MessageText } from './message-text.tsx';

type Props = Readonly<{ id: string; text: string; games: GamesHere }>;

/** Words of a game that changed nothing in it: for now, if what they rest on is still to come. */
export function IdleGameText({ id, text, games }: Props) {
  const { t } = useWords();
  useEffect(() => games.follow(id), [id]);
  return (
    <>
      <MessageText text={text} />
      <p class="hint">{t('game.idle')}</p>
    </>
  );
}
