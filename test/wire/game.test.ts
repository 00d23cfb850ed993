import test from 'ava';
import fc from 'fast-check';
import {
  CELLS,
  formatGameText,
  formatGameTopic,
  GAME_TEXT_MAX_LENGTH,
  parseGameText,
  parseGameTopic,
  type GameAction,
} from '../../daemon/wire/game.ts';

const ID = '0k3x9qfz';

const TEXTS: readonly (readonly [string, GameAction])[] = [
  ['invite', { type: 'invite' }],
  ['accept', { type: 'accept' }],
  ['decline', { type: 'decline' }],
  ['resign', { type: 'resign' }],
  ['move/519', { type: 'move', moves: [5, 1, 9] }],
];

for (const [words, action] of TEXTS) {
  test(`${words} is written and read`, (t) => {
    const text = `vestnik-game:tic-tac-toe/${ID}/${words}`;

    t.is(formatGameText({ id: ID, action }), text);
    t.deepEqual(parseGameText(text), { id: ID, action });
    t.deepEqual(parseGameText(formatGameText({ id: ID, action }, 'X . .\n. O .')), {
      id: ID,
      action,
    });
  });
}

const ORDINARY: Readonly<Record<string, string>> = {
  'another scheme': `vestnik:tic-tac-toe/${ID}/invite`,
  'another game': `vestnik-game:chess/${ID}/invite`,
  'something before': ` vestnik-game:tic-tac-toe/${ID}/invite`,
  'something behind': `vestnik-game:tic-tac-toe/${ID}/invite you`,
  'one more part': `vestnik-game:tic-tac-toe/${ID}/invite/1`,
  'an unknown word': `vestnik-game:tic-tac-toe/${ID}/dance`,
  'no cells': `vestnik-game:tic-tac-toe/${ID}/move`,
  'empty cells': `vestnik-game:tic-tac-toe/${ID}/move/`,
  'a cell twice': `vestnik-game:tic-tac-toe/${ID}/move/55`,
  'a cell that is none': `vestnik-game:tic-tac-toe/${ID}/move/0`,
  'a short id': 'vestnik-game:tic-tac-toe/0k3/invite',
  'an id of other letters': 'vestnik-game:tic-tac-toe/0K3X9QFZ/invite',
  'a long comment': `vestnik-game:tic-tac-toe/${ID}/invite\n${'x'.repeat(GAME_TEXT_MAX_LENGTH)}`,
};

for (const [what, text] of Object.entries(ORDINARY)) {
  test(`a text with ${what} is a text like any other`, (t) => t.is(parseGameText(text), undefined));
}

test('no text at all is refused loudly', (t) => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.constantFrom(...CELLS)), (junk, cells) => {
      parseGameText(junk);
      const read = parseGameText(`vestnik-game:tic-tac-toe/${ID}/move/${cells.join('')}${junk}`);
      return read === undefined || read.id === ID;
    }),
  );
  t.pass();
});

test('a topic names where a game is played and which it is', (t) => {
  t.is(formatGameTopic('fc00::1', ID), `game/fc00::1/${ID}`);
  t.deepEqual(parseGameTopic(`game/fc00::1/${ID}`), { place: 'fc00::1', id: ID });
  t.deepEqual(parseGameTopic(`game/a/b@fc00::1/${ID}`), { place: 'a/b@fc00::1', id: ID });
  for (const name of [`game/${ID}`, `game//${ID}`, `games/x/${ID}`, 'game/x/UPPER', 'draft/x']) {
    t.is(parseGameTopic(name), undefined, name);
  }
});
