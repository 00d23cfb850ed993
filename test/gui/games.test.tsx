import test from 'ava';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { parseGameText, type GameView } from '../../daemon/wire/game.ts';
import { GameCard } from '../../gui/src/components/game-card.tsx';
import { foldGames, withGames } from '../../gui/src/stores/game-rows.ts';
import type { GameSight } from '../../gui/src/stores/games-store.ts';
import { gameStatus, neighbourOf, type Others } from '../../gui/src/text/board.ts';
import { gamePreview } from '../../gui/src/text/game.ts';
import { WordsContext } from '../../gui/src/texts/use-words.ts';

import { ANNA } from './fakes.ts';
import { createWords } from './words.ts';

const WORDS = createWords('en');
const PREFIX = 'vestnik-game:tic-tac-toe/';

const BEGUN: GameView = {
  ...{ game: 'tic-tac-toe', state: 'playing', moves: '51', turn: 'X', winner: null, line: '' },
  ...{ you: 'X', x: '', o: ANNA, counted: [1, 2, 3, 4] },
};

/** As in a conversation with her. */
const ANNA_ALONE: Others = { nameOf: () => 'Anna', invited: 'Anna', isAway: false };

function plain(text: string): string {
  return text.replace(/[\u2066-\u2069]/g, '');
}

function card(
  view: GameView | undefined,
  more: Partial<GameSight> = {},
  isConnected = true,
): VNode {
  return (
    <GameCard
      sight={{ view, wish: undefined, isRefused: false, ...more }}
      others={ANNA_ALONE}
      isConnected={isConnected}
      actions={{ onWish: () => undefined, onAgain: () => undefined }}
    />
  );
}

function html(node: VNode): string {
  return plain(renderToString(<WordsContext.Provider value={WORDS}>{node}</WordsContext.Provider>));
}

test('moves fold into the board, which is at the newest of them', (t) => {
  const lines = [
    `${PREFIX}aaaaaaaa/invite`,
    'hello',
    `${PREFIX}aaaaaaaa/accept`,
    `${PREFIX}bbbbbbbb/invite`,
    `${PREFIX}aaaaaaaa/move/5`,
  ];
  const said = lines.map((text, ref) => ({ ref, text }));

  const folds = foldGames(said, (_, ref) => ref === 2);

  t.deepEqual(
    [...folds].sort(([one], [other]) => one - other).map(([ref, { place }]) => [ref, place]),
    [
      [0, 'folded'],
      [2, 'idle'],
      [3, 'board'],
      [4, 'board'],
    ],
  );
});

test('whoever deletes a game deletes all of its messages that are here', (t) => {
  const all = [`${PREFIX}aaaaaaaa/invite`, 'hello', `${PREFIX}aaaaaaaa/accept`].map((message) => ({
    message,
  }));

  t.is(withGames([{ message: 'x' }], all).length, 1);
  t.deepEqual(withGames(all.slice(2), all), [all[2], all[0]]);
});

test('a board is nine buttons with words, of which free ones can be pressed when it is one’s turn', (t) => {
  const mine = html(card(BEGUN));
  const theirs = html(card({ ...BEGUN, turn: 'O' }));
  const away = html(card(BEGUN, {}, false));

  t.is(mine.match(/data-cell/g)?.length, 9);
  t.regex(mine, /aria-label="row 2, column 2, X" aria-disabled="true"/);
  t.regex(mine, /aria-label="row 1, column 1, O" aria-disabled="true"/);
  t.regex(mine, /aria-label="row 1, column 2, free" aria-disabled="false"/);
  t.is(mine.match(/tabindex="0"/g)?.length, 1);
  t.notRegex(theirs, /aria-disabled="false"/);
  t.notRegex(away, /aria-disabled="false"/);
});

test('a move that is asked for shows at once, and nothing else can be pressed', (t) => {
  const pending = html(card(BEGUN, { wish: { key: 'moves', value: '512' } }));

  t.regex(pending, /aria-label="row 1, column 2, X"/);
  t.notRegex(pending, /aria-disabled="false"/);
});

const STATUSES: readonly (readonly [Partial<GameView>, string])[] = [
  [{ state: 'invited', o: null }, 'Waiting for Anna to accept.'],
  [{ state: 'invited', you: null, x: ANNA }, 'Anna would like to play. You would be O.'],
  [{}, 'Your turn: you are X.'],
  [{ turn: 'O' }, 'Anna is thinking.'],
  [{ state: 'won', winner: 'X', turn: null }, 'You have won.'],
  [{ state: 'won', winner: 'O', turn: null }, 'Anna has won.'],
  [{ state: 'drawn', turn: null }, 'Nobody has won.'],
  [{ state: 'resigned', winner: 'X', turn: null }, 'Anna gave up.'],
  [{ state: 'resigned', winner: 'O', turn: null }, 'You gave up.'],
  [{ state: 'declined', turn: null }, 'Not now, says the other side.'],
  [{ state: 'withdrawn', turn: null }, 'The invitation was taken back.'],
  [{ state: 'void', turn: null }, 'The messages of this game are not all here.'],
];

for (const [change, words] of STATUSES) {
  test(`how a game stands: ${words}`, (t) => {
    t.is(plain(gameStatus({ ...BEGUN, ...change }, WORDS, ANNA_ALONE)), words);
  });
}

test('whose turn it is while the other is away is said with that', (t) => {
  const status = gameStatus({ ...BEGUN, turn: 'O' }, WORDS, { ...ANNA_ALONE, isAway: true });

  t.is(plain(status), 'It is Anna’s turn, who is away just now.');
});

test('in a room an invitation waits for whoever likes', (t) => {
  const view: GameView = { ...BEGUN, state: 'invited', o: null };

  t.is(
    gameStatus(view, WORDS, { ...ANNA_ALONE, invited: undefined }),
    'Waiting for somebody to accept.',
  );
});

const PREVIEWS: readonly (readonly [string, 'in' | 'out' | undefined, string])[] = [
  ['invite', 'in', 'an invitation'],
  ['accept', 'in', 'accepted, your turn'],
  ['accept', 'out', 'accepted'],
  ['move/5', 'in', 'your turn'],
  ['move/5', 'out', 'move 1'],
  ['move/14253', 'in', 'three in a row, you have lost'],
  ['move/14253', 'out', 'three in a row, you have won'],
  ['move/14253', undefined, 'three in a row'],
  ['move/123546879', 'in', 'nobody has won'],
  ['resign', 'in', 'gave up'],
];

for (const [rest, direction, words] of PREVIEWS) {
  test(`${rest} ${direction ?? 'in a room'} is told as: ${words}`, (t) => {
    const game = parseGameText(`${PREFIX}aaaaaaaa/${rest}`);

    t.is(game && gamePreview(game, WORDS, direction), `Tic-tac-toe: ${words}`);
  });
}

test('arrow keys move on the board and stop at its edge', (t) => {
  t.is(neighbourOf(5, 'ArrowUp'), 2);
  t.is(neighbourOf(5, 'ArrowRight'), 6);
  t.is(neighbourOf(3, 'ArrowRight'), undefined);
  t.is(neighbourOf(4, 'ArrowLeft'), undefined);
  t.is(neighbourOf(8, 'ArrowDown'), undefined);
  t.is(neighbourOf(5, 'Enter'), undefined);
});
