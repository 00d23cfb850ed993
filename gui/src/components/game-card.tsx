import type { ComponentChildren } from 'preact';
import { parseMoves, type Cell, type GameView, type Side } from '../../../daemon/wire/game.ts';
import type { GameSight, GameWish } from '../stores/games-store.ts';
import { gameStatus, type Others } from '../text/board.ts';
import { useWords } from '../texts/use-words.ts';
import { GameBoard } from './game-board.tsx';
import { GameWaiting } from './game-waiting.tsx';

export type GameActions = Readonly<{
  onWish: (wish: GameWish) => void;
  /** Invites once more. */
  onAgain: () => void;
}>;

type Props = Readonly<{
  sight: GameSight;
  others: Others;
  /** Our daemon is there to judge. */
  isConnected: boolean;
  actions: GameActions;
}>;

/** A game of tic-tac-toe: who plays, the board, whose turn it is, and what can be done. */
export function GameCard({ sight, others, isConnected, actions }: Props) {
  const words = useWords();
  const { t } = words;
  const { view, wish, isRefused } = sight;
  if (view === undefined) return <GameWaiting />;
  const isTurn = isConnected && view.state === 'playing' && view.turn === view.you;
  const hasBoard = view.state !== 'declined' && view.state !== 'withdrawn';
  return (
    <div class="game">
      <p class="game-title">{t('game.title')}</p>
      <Players {...{ view, others }} />
      {hasBoard && (
        <GameBoard
          view={view}
          side={isTurn && view.turn !== null ? view.turn : undefined}
          pending={pendingCell(view, wish)}
          onMove={(cell) => actions.onWish({ key: 'moves', value: `${view.moves}${cell}` })}
        />
      )}
      <p class="game-status" role="status">
        {gameStatus(view, words, others)}
      </p>
      {isRefused && <p class="hint">{t('game.refused')}</p>}
      <Verbs
        {...{ view, actions }}
        isForAll={others.invited === undefined}
        isDisabled={!isConnected || wish !== undefined}
      />
    </div>
  );
}

type PlayersProps = Readonly<{ view: GameView; others: Others }>;

function Players({ view, others: { nameOf, invited } }: PlayersProps) {
  const { t } = useWords();
  const called = (player: string | null): string => {
    // Whom we invited is as good as there; who looks at somebody else's invitation would be it.
    if (player === null) return (view.you === 'X' ? invited : undefined) ?? t('game.nobody');
    return player === '' ? t('game.you') : nameOf(player);
  };
  return (
    <p class="game-players">
      <Player side="X">{called(view.x)}</Player>
      <Player side="O">{called(view.o)}</Player>
    </p>
  );
}

function Player({ side, children }: Readonly<{ side: Side; children: ComponentChildren }>) {
  return (
    <span class="game-player" data-side={side}>
      <b>{side}</b> <bdi>{children}</bdi>
    </span>
  );
}

type VerbsProps = Readonly<{
  view: GameView;
  isForAll: boolean;
  isDisabled: boolean;
  actions: GameActions;
}>;

function Verbs({ view, isForAll, isDisabled, actions }: VerbsProps) {
  const { t } = useWords();
  const { state, you } = view;
  const wish = (value: Extract<GameWish, { key: 'state' }>['value']) => () =>
    actions.onWish({ key: 'state', value });
  const isOver = state !== 'invited' && state !== 'playing';
  return (
    <div class="actions">
      {state === 'invited' && you === null && (
        <>
          <Verb isMain isDisabled={isDisabled} onClick={wish('playing')}>
            {t('game.accept')}
          </Verb>
          {!isForAll && (
            <Verb isDisabled={isDisabled} onClick={wish('declined')}>
              {t('game.decline')}
            </Verb>
          )}
        </>
      )}
      {state === 'invited' && you === 'X' && (
        <Verb isDisabled={isDisabled} onClick={wish('withdrawn')}>
          {t('game.withdraw')}
        </Verb>
      )}
      {state === 'playing' && you !== null && (
        <Verb isDisabled={isDisabled} onClick={wish('resigned')}>
          {t('game.resign')}
        </Verb>
      )}
      {isOver && (you !== null || !isForAll) && (
        <Verb isDisabled={false} onClick={actions.onAgain}>
          {t('game.again')}
        </Verb>
      )}
    </div>
  );
}

type VerbProps = Readonly<{
  isMain?: boolean;
  isDisabled: boolean;
  onClick: () => void;
  children: ComponentChildren;
}>;

function Verb({ isMain = false, isDisabled, onClick, children }: VerbProps) {
  return (
    <button
      type="button"
      class={isMain ? 'button button-go' : 'button'}
      disabled={isDisabled}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

/** The cell that is asked for. */
function pendingCell({ moves }: GameView, wish: GameWish | undefined): Cell | undefined {
  if (wish?.key !== 'moves' || wish.value.length <= moves.length) return undefined;
  return parseMoves(wish.value)?.at(-1);
}
