import test from 'ava';
import type { GameView } from '../../daemon/wire/game.ts';
import type { TopicHandler } from '../../gui/src/live.ts';
import { createGamesStore } from '../../gui/src/stores/games-store.ts';
import type { TopicChange } from '../../gui/client/topic-frames.ts';
import { ANNA, createCountingId } from './fakes.ts';

const ID = '0k3x9qfz';

const PLAYING: GameView = {
  ...{ game: 'tic-tac-toe', state: 'playing', moves: '5', turn: 'O', winner: null, line: '' },
  ...{ you: 'O', x: ANNA, o: '', counted: [1, 2, 3] },
};

/** A daemon that hears wishes and answers when the test says so. */
function startGames() {
  const handlers = new Map<string, TopicHandler>();
  const wished: TopicChange[] = [];
  const left: string[] = [];
  let isAway = false;
  const games = createGamesStore({
    live: {
      subscribe: (topic, _, handler) => {
        handlers.set(topic, handler);
        return {
          change: (change) => {
            if (!isAway) wished.push(change);
            return !isAway;
          },
          unsubscribe: () => left.push(topic),
        };
      },
    },
    createId: createCountingId(),
  });
  const topic = `game/${ANNA}/${ID}`;
  return {
    games,
    wished,
    left,
    sight: () => games.of(ANNA, ID).value,
    hear: (change: TopicChange) => handlers.get(topic)?.onChange(change),
    refuse: (id: string) => handlers.get(topic)?.onReject?.(id),
    goAway: () => (isAway = true),
  };
}

test('a game in sight is followed once, however often it is drawn', (t) => {
  const { games, left, sight, hear } = startGames();

  const [leave, leaveAgain] = [games.follow(ANNA, ID), games.follow(ANNA, ID)];
  hear({ type: 'set', value: PLAYING });
  leave();
  t.deepEqual(left, []);
  leaveAgain();

  t.deepEqual(left, [`game/${ANNA}/${ID}`]);
  t.deepEqual(sight().view, PLAYING);
});

test('a move is only wished for until the daemon has it', (t) => {
  const { games, wished, sight, hear } = startGames();
  games.follow(ANNA, ID);
  hear({ type: 'set', value: PLAYING });

  games.wish(ANNA, ID, { key: 'moves', value: '51' });
  t.like(sight(), { wish: { key: 'moves', value: '51' }, view: { moves: '5' } });
  hear({ type: 'change_value', key: 'turn', value: 'X', id: 'the daemon’s' });
  t.truthy(sight().wish);
  hear({ type: 'change_value', key: 'moves', value: '51', id: 'id-1' });

  t.deepEqual(wished, [{ type: 'change_value', key: 'moves', value: '51', id: 'id-1' }]);
  t.like(sight(), { wish: undefined, isRefused: false, view: { moves: '51', turn: 'X' } });
});

test('a refused move leaves the board as it was, and is told', (t) => {
  const { games, sight, hear, refuse } = startGames();
  games.follow(ANNA, ID);
  hear({ type: 'set', value: PLAYING });

  games.wish(ANNA, ID, { key: 'moves', value: '51' });
  refuse('somebody else’s');
  t.truthy(sight().wish);
  refuse('id-1');

  t.like(sight(), { wish: undefined, isRefused: true, view: { moves: '5' } });
});

test('without a connection nothing is wished for, and what was is not waited for', (t) => {
  const { games, sight, hear, goAway } = startGames();
  games.follow(ANNA, ID);
  hear({ type: 'set', value: PLAYING });
  games.wish(ANNA, ID, { key: 'moves', value: '51' });

  hear({ type: 'set', value: PLAYING });
  t.is(sight().wish, undefined);
  goAway();
  games.wish(ANNA, ID, { key: 'moves', value: '52' });

  t.is(sight().wish, undefined);
});

test('messages that changed nothing are known once the game is', (t) => {
  const { games, hear } = startGames();
  games.follow(ANNA, ID);

  t.false(games.isIdle(ANNA, ID, 9));
  hear({ type: 'set', value: PLAYING });
  t.true(games.isIdle(ANNA, ID, 9));
  t.false(games.isIdle(ANNA, ID, 2));
  hear({ type: 'set', value: { ...PLAYING, state: 'void', counted: [] } });

  t.true(games.isIdle(ANNA, ID, 2));
});
