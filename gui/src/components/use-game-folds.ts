import { foldGames, type GameFold, type IsIdle, type SaidLine } from '../stores/game-rows.ts';

type Folds = Readonly<{
  folds: ReadonlyMap<number, GameFold>;
  /** Another text when the folds are others. */
  signature: string;
}>;

/** What becomes of the messages of games, told anew whenever a game in sight changes. */
export function useGameFolds(said: readonly SaidLine[], isIdle: IsIdle): Folds {
  const folds = foldGames(said, isIdle);
  const signature = [...folds].map(([ref, { place }]) => `${ref} ${place}`).join();
  return { folds, signature };
}

/**
 * The row of a message; of one that is folded into a game, where the board is. -1 when it is not here.
 *
 * @param ref `undefined`: no message is asked for.
 */
export function indexOfSaid<Row>(
  rows: readonly Row[],
  ref: number | undefined,
  folds: ReadonlyMap<number, GameFold>,
  read: (row: Row) => Readonly<{ ref: number; game: GameFold | undefined }> | undefined,
): number {
  if (ref === undefined) return -1;
  const fold = folds.get(ref);
  return rows.findIndex((row) => {
    const said = read(row);
    if (said === undefined) return false;
    if (fold?.place !== 'folded') return said.ref === ref;
    return said.game?.place === 'board' && said.game.id === fold.id;
  });
}
