import { useRef, useState } from 'preact/hooks';
import { CELLS, type Cell, type GameView, type Side } from '../../../daemon/wire/game.ts';
import { boardOf, cellLabel, neighbourOf } from '../text/board.ts';
import { useWords } from '../texts/use-words.ts';

type Props = Readonly<{
  view: Pick<GameView, 'moves' | 'line'>;
  /** Whose mark a free cell takes when it is pressed; `undefined` while nobody here may move. */
  side: Side | undefined;
  /** A cell that was pressed and is not decided yet. */
  pending: Cell | undefined;
  onMove: (cell: Cell) => void;
}>;

/** Nine cells. One is a stop for the Tab key; arrow keys move among them. */
export function GameBoard({ view, side, pending, onMove }: Props) {
  const words = useWords();
  const [focused, setFocused] = useState<Cell>(5);
  const frame = useRef<HTMLDivElement>(null);
  const board = boardOf(view);

  const step = (event: KeyboardEvent, cell: Cell): void => {
    const next = neighbourOf(cell, event.key);
    if (next === undefined) return;
    event.preventDefault();
    setFocused(next);
    frame.current?.querySelector<HTMLElement>(`[data-cell="${next}"]`)?.focus();
  };

  return (
    <div class="game-board" role="group" aria-label={words.t('game.board')} ref={frame}>
      {CELLS.map((cell) => {
        const taken = board.get(cell) ?? (cell === pending ? side : undefined);
        const mayTake = side !== undefined && taken === undefined && pending === undefined;
        return (
          <button
            key={cell}
            type="button"
            class={cellClass(view.line.includes(String(cell)), cell === pending)}
            data-cell={cell}
            data-side={taken}
            tabIndex={cell === focused ? 0 : -1}
            aria-label={cellLabel(cell, taken, words)}
            aria-disabled={!mayTake}
            onClick={() => mayTake && onMove(cell)}
            onFocus={() => setFocused(cell)}
            onKeyDown={(event) => step(event, cell)}
          >
            {taken !== undefined && <Drawing side={taken} />}
          </button>
        );
      })}
    </div>
  );
}

function cellClass(isWinning: boolean, isPending: boolean): string {
  return ['game-cell', isWinning ? 'is-winning' : '', isPending ? 'is-pending' : '']
    .join(' ')
    .trim();
}

function Drawing({ side }: Readonly<{ side: Side }>) {
  return (
    <svg class="game-mark" viewBox="0 0 24 24" aria-hidden="true">
      {side === 'X' ? <path d="M6 6l12 12M18 6L6 18" /> : <circle cx="12" cy="12" r="6.5" />}
    </svg>
  );
}
