import type { ComponentChildren } from 'preact';
import { useWords } from '../texts/use-words.ts';

/**
 * In the place of a game that is not here yet: as high as one that is played, so that the log does not jump.
 *
 * @param problem Why it does not come.
 */
export function GameWaiting({ problem }: Readonly<{ problem?: ComponentChildren }>) {
  const { t } = useWords();
  return (
    <div class="game is-waiting">
      <p class="game-title">{t('game.title')}</p>
      {problem ?? <p class="hint">{t('game.loading')}</p>}
    </div>
  );
}
