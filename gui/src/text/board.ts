/** The board of a game, and how it stands, in words. */
import {
  CELLS,
  parseMoves,
  sideAfter,
  type Cell,
  type GameView,
  type Side,
} from '../../../daemon/wire/game.ts';
import type { Words } from '../texts/words.ts';

/** Cells in a row of the board. */
const ROW_LENGTH = 3;

/** What a cell holds; `undefined` while it is free. */
export type Board = ReadonlyMap<Cell, Side>;

export function boardOf({ moves }: Pick<GameView, 'moves'>): Board {
  return new Map((parseMoves(moves) ?? []).map((cell, index) => [cell, sideAfter(index)]));
}

/** A cell as it is read out: "row 1, column 2, X". */
export function cellLabel(cell: Cell, side: Side | undefined, { t }: Words): string {
  const row = Math.ceil(cell / ROW_LENGTH);
  const column = ((cell - 1) % ROW_LENGTH) + 1;
  return t('game.cell', { row, column, what: side ?? t('game.free') });
}

/** How far an arrow key leads. */
const STEPS: Readonly<Record<string, readonly [column: number, row: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The cell that an arrow key leads to; `undefined` for every other key, and at the edge. */
export function neighbourOf(cell: Cell, key: string): Cell | undefined {
  const [columns, rows] = STEPS[key] ?? [0, 0];
  const column = ((cell - 1) % ROW_LENGTH) + columns;
  if (columns + rows === 0 || column < 0 || column >= ROW_LENGTH) return undefined;
  return CELLS.find((one) => one === cell + columns + rows * ROW_LENGTH);
}

/** The others, as far as a board speaks of them. */
export type Others = Readonly<{
  /** What somebody else is called; is not asked about ourselves. */
  nameOf: (player: string) => string;
  /** Who alone can be invited here; `undefined`: whoever likes may accept, so nobody has to decline. */
  invited: string | undefined;
  /** Whoever can be invited is not there just now. */
  isAway: boolean;
}>;

/** How it stands, for whoever sees the board. */
export function gameStatus(
  view: GameView,
  { t }: Words,
  { nameOf, invited, isAway }: Others,
): string {
  const { state, you, turn, winner } = view;
  const x = view.x === null || view.x === '' ? '' : nameOf(view.x);
  switch (state) {
    case 'invited':
      if (you !== 'X') return t('game.status.invited', { name: x });
      if (invited === undefined) return t('game.status.waiting');
      return t('game.status.waitingFor', { name: invited });
    case 'playing':
      if (turn !== null && turn === you) return t('game.status.yourTurn', { side: turn });
      return t(isAway ? 'game.status.turnAway' : 'game.status.turn', {
        name: playerName(view, turn, nameOf),
      });
    case 'won':
      if (winner === you) return t('game.status.youWon');
      return t('game.status.won', { name: playerName(view, winner, nameOf) });
    case 'resigned': {
      if (winner !== null && winner !== you && you !== null) return t('game.status.youResigned');
      const loser = winner === 'X' ? 'O' : 'X';
      return t('game.status.resigned', { name: playerName(view, loser, nameOf) });
    }
    case 'declined':
      return t(you === 'X' ? 'game.status.declined' : 'game.status.youDeclined');
    case 'drawn':
    case 'withdrawn':
    case 'void':
      return t(`game.status.${state}`);
  }
}

function playerName({ x, o }: GameView, side: Side | null, nameOf: Others['nameOf']): string {
  const player = side === 'X' ? x : o;
  return player === null || player === '' ? '' : nameOf(player);
}
