import type { ReadonlySignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { IsIdle } from '../stores/game-rows.ts';
import type { GameSight, GameWish } from '../stores/games-store.ts';
import type { Others } from '../text/board.ts';
import { GameCard } from './game-card.tsx';

/** The games of a conversation or a room. */
export type GamesHere = Readonly<{
  sightOf: (id: string) => ReadonlySignal<GameSight>;
  /** @returns What ends it. */
  follow: (id: string) => () => void;
  isIdle: IsIdle;
  others: Others;
  isConnected: boolean;
  onWish: (id: string, wish: GameWish) => void;
  /** Invites to another game. */
  onAgain: () => void;
}>;

/** A game where it is in the log: followed as long as it is drawn. */
export function GameInLog({ id, games }: Readonly<{ id: string; games: GamesHere }>) {
  const sight = useMemo(() => games.sightOf(id), [id]);
  useEffect(() => games.follow(id), [id]);
  return (
    <GameCard
      sight={sight.value}
      others={games.others}
      isConnected={games.isConnected}
      actions={{ onWish: (wish) => games.onWish(id, wish), onAgain: games.onAgain }}
    />
  );
}
