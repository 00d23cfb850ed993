/** What messages say in games. */
import { CELLS, winningRow, type Cell, type GameText } from '../../../daemon/wire/game.ts';
import type { Words } from '../texts/words.ts';

/** What a message says in a game, where there is no board to be seen. */
export function gamePreview({ action }: GameText, { t }: Words, direction?: 'in' | 'out'): string {
  if (action.type === 'move') return t('game.preview.line', { what: movePreview(action.moves) });
  const isTurn = action.type === 'accept' && direction === 'in';
  return t('game.preview.line', { what: t(`game.preview.${isTurn ? 'begun' : action.type}`) });

  function movePreview(moves: readonly Cell[]): string {
    if (winningRow(moves) !== undefined) {
      return t(direction === undefined ? 'game.preview.won' : `game.preview.won_${direction}`);
    }
    if (moves.length === CELLS.length) return t('game.preview.drawn');
    return direction === 'in'
      ? t('game.preview.yourTurn')
      : t('game.preview.moved', { number: moves.length });
  }
}
