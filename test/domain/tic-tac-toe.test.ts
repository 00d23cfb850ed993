import test from 'ava';
import fc from 'fast-check';
import { gameOf, refusalOf, type Game, type Said } from '../../daemon/domain/tic-tac-toe.ts';
import { CELLS, parseMoves, type Cell, type GameAction } from '../../daemon/wire/game.ts';

const PROPERTY_RUNS = process.env['VESTNIK_LONG_TESTS'] === '1' ? 20_000 : 300;

function move(moves: string): GameAction {
  const cells = parseMoves(moves);
  if (cells === undefined) throw new Error(`${moves} are no cells`);
  return { type: 'move', moves: cells };
}

/** Said one after the other, `who: word` or `who: cells`. */
function say(...lines: readonly string[]): Said[] {
  return lines.map((line, index) => {
    const [by = '', word = ''] = line.split(': ');
    return { by, action: toAction(word), order: index, ref: index };
  });
}

function toAction(word: string): GameAction {
  switch (word) {
    case 'invite':
    case 'accept':
    case 'decline':
    case 'resign':
      return { type: word };
    default:
      return move(word);
  }
}

function summary({ state, moves, turn, winner, line }: Game) {
  return { state, moves: moves.join(''), turn, winner, line: line.join('') };
}

const over = { turn: undefined, winner: undefined, line: '' };

const GAMES: Readonly<Record<string, readonly [readonly string[], object]>> = {
  'an invitation waits': [['ann: invite'], { ...over, state: 'invited', moves: '' }],
  'whoever is invited accepts, and X begins': [
    ['ann: invite', 'bob: accept'],
    { ...over, state: 'playing', moves: '', turn: 'X' },
  ],
  'an invitation is declined': [
    ['ann: invite', 'bob: decline'],
    { ...over, state: 'declined', moves: '' },
  ],
  'an invitation is withdrawn': [
    ['ann: invite', 'ann: resign'],
    { ...over, state: 'withdrawn', moves: '' },
  ],
  'a full row wins': [
    ['ann: invite', 'bob: accept', 'ann: 1', 'bob: 14', 'ann: 142', 'bob: 1425', 'ann: 14253'],
    { state: 'won', moves: '14253', turn: undefined, winner: 'X', line: '123' },
  ],
  'a full board without a row is a draw': [
    [
      ...['ann: invite', 'bob: accept', 'ann: 1', 'bob: 12', 'ann: 123', 'bob: 1235'],
      ...['ann: 12354', 'bob: 123546', 'ann: 1235468', 'bob: 12354687', 'ann: 123546879'],
    ],
    { ...over, state: 'drawn', moves: '123546879' },
  ],
  'whoever gives up loses': [
    ['ann: invite', 'bob: accept', 'ann: 5', 'bob: resign'],
    { state: 'resigned', moves: '5', turn: undefined, winner: 'X', line: '' },
  ],
  'whoever has given up moves no more': [
    ['ann: invite', 'bob: accept', 'ann: 5', 'ann: resign', 'bob: 51', 'ann: 512'],
    { state: 'resigned', moves: '51', turn: undefined, winner: 'O', line: '' },
  ],
  'giving up after the end changes nothing': [
    [
      'ann: invite',
      'bob: accept',
      'ann: 1',
      'bob: 14',
      'ann: 142',
      'bob: 1425',
      'ann: 14253',
      'ann: resign',
    ],
    { state: 'won', moves: '14253', turn: undefined, winner: 'X', line: '123' },
  ],
  'a move out of turn changes nothing': [
    ['ann: invite', 'bob: accept', 'bob: 5', 'ann: 5', 'ann: 51'],
    { ...over, state: 'playing', moves: '5', turn: 'O' },
  ],
  'a second thought changes nothing': [
    ['ann: invite', 'bob: accept', 'ann: 5', 'ann: 6'],
    { ...over, state: 'playing', moves: '5', turn: 'O' },
  ],
  'a second thought changes nothing once the first was answered, whatever its date': [
    ['ann: invite', 'bob: accept', 'ann: 6', 'ann: 5', 'bob: 51'],
    { ...over, state: 'playing', moves: '51', turn: 'X' },
  ],
  'somebody else’s words change nothing': [
    ['ann: invite', 'bob: accept', 'eve: 5', 'eve: resign', 'eve: accept', 'eve: invite', 'ann: 1'],
    { ...over, state: 'playing', moves: '1', turn: 'O' },
  ],
  'the first who accepts plays, and whoever does not want to is in nobody’s way': [
    ['ann: invite', 'eve: decline', 'bob: accept', 'eve: accept', 'ann: 1', 'eve: 12', 'bob: 13'],
    { ...over, state: 'playing', moves: '13', turn: 'X' },
  ],
  'nobody plays with himself': [
    ['ann: invite', 'ann: accept'],
    { ...over, state: 'void', moves: '' },
  ],
  'whoever accepted can’t take the game over': [
    ['bob: invite', 'ann: invite', 'bob: accept', 'ann: 5'],
    { ...over, state: 'playing', moves: '5', turn: 'O' },
  ],
  'without an invitation there is no game': [
    ['bob: accept', 'ann: 5'],
    { ...over, state: 'void', moves: '' },
  ],
  'a move on what the other never said changes nothing': [
    ['ann: invite', 'bob: accept', 'ann: 1', 'bob: 24', 'bob: 12'],
    { ...over, state: 'playing', moves: '12', turn: 'X' },
  ],
};

for (const [title, [lines, expected]] of Object.entries(GAMES)) {
  test(title, (t) => t.deepEqual(summary(gameOf(say(...lines))), expected));
}

test('a move whose message was deleted here is known from the next one of its author', (t) => {
  const said = say('ann: invite', 'bob: accept', 'ann: 1', 'bob: 12', 'ann: 123', 'bob: 1234');
  const game = gameOf(said.filter(({ ref }) => ref !== 2));

  t.like(summary(game), { moves: '1234', turn: 'X' });
  t.deepEqual(game.counted, [0, 1, 3, 4, 5]);
});

test('a flood of repeats costs no more than its length', (t) => {
  const lines = Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? 'ann: 1' : 'bob: 12'));

  const game = gameOf(say('ann: invite', 'bob: accept', ...lines, 'ann: 123', 'bob: 1234'));

  t.is(summary(game).moves, '1234');
});

test('the messages that count are told apart from the others', (t) => {
  const game = gameOf(say('ann: invite', 'bob: 5', 'bob: accept', 'ann: 5', 'ann: 6', 'bob: 51'));

  t.deepEqual(game.counted, [0, 2, 3, 5]);
});

test('what somebody may not do is told in a sentence, and nothing else is refused', (t) => {
  const asked = gameOf(say('ann: invite'));
  const begun = gameOf(say('ann: invite', 'bob: accept', 'ann: 5'));
  const done = gameOf(say('ann: invite', 'bob: decline'));

  t.is(refusalOf(asked, 'bob', { type: 'accept' }), undefined);
  t.regex(refusalOf(asked, 'ann', { type: 'accept' }) ?? '', /himself/);
  t.regex(refusalOf(asked, 'bob', move('5')) ?? '', /do not play/);
  t.regex(refusalOf(asked, 'ann', move('5')) ?? '', /nobody has accepted/);
  t.is(refusalOf(begun, 'bob', move('51')), undefined);
  t.is(refusalOf(begun, 'ann', { type: 'resign' }), undefined);
  t.regex(refusalOf(begun, 'ann', move('51')) ?? '', /not your turn/);
  t.regex(refusalOf(begun, 'bob', move('1')) ?? '', /can’t be taken/);
  t.regex(refusalOf(begun, 'eve', { type: 'resign' }) ?? '', /do not play/);
  t.regex(refusalOf(done, 'bob', { type: 'accept' }) ?? '', /over/);
  t.regex(refusalOf(gameOf([]), 'bob', { type: 'accept' }) ?? '', /no such game/);
});

const player = fc.constantFrom('ann', 'bob', 'eve');
const cells: fc.Arbitrary<readonly Cell[]> = fc.uniqueArray(fc.constantFrom(...CELLS), {
  minLength: 1,
});
const action: fc.Arbitrary<GameAction> = fc.oneof(
  { weight: 3, arbitrary: cells.map((moves) => ({ type: 'move', moves }) as const) },
  fc.constantFrom('invite', 'accept', 'decline', 'resign').map((type) => ({ type })),
);
/** Forged, out of turn, doubled: whatever somebody may type. */
const noise = fc.array(fc.record({ by: player, action, order: fc.nat(30) }), { maxLength: 12 });

/** A real game, played by the rules to some point. */
const honest = fc.uniqueArray(fc.constantFrom(...CELLS)).map((all): Said[] => {
  const said: Said[] = say('ann: invite', 'bob: accept');
  for (const [index] of all.entries()) {
    const by = index % 2 === 0 ? 'ann' : 'bob';
    const next: GameAction = { type: 'move', moves: all.slice(0, index + 1) };
    if (refusalOf(gameOf(said), by, next) !== undefined) break;
    said.push({ by, action: next, order: 2 + index, ref: said.length });
  }
  return said;
});

test('reordered, repeated, forged: whoever has the same messages sees the same game', (t) => {
  fc.assert(
    fc.property(honest, noise, fc.array(fc.nat(), { minLength: 40 }), (game, forged, keys) => {
      const noisy = forged.map((one, i) => ({ ...one, ref: 100 + i }));
      // Of three, in a room, no two are heard at the same moment.
      const all = [...game, ...noisy].map((one) => ({
        ...one,
        order: one.order * 2 + Number(one.by === 'eve'),
      }));
      const repeated = [...all, ...all.slice(0, 5)];
      const shuffled = repeated
        .map((one, index) => ({ one, key: keys[index] ?? 0 }))
        .sort((a, b) => a.key - b.key)
        .map(({ one }) => one);

      t.deepEqual(summary(gameOf(shuffled)), summary(gameOf(all)));
    }),
    { numRuns: PROPERTY_RUNS },
  );
});

test('what strangers to a game say changes nothing of it', (t) => {
  fc.assert(
    fc.property(honest, noise, (game, forged) => {
      const strange = forged.map((one, i) => ({ ...one, by: 'eve', order: 50 + i, ref: 100 + i }));

      t.deepEqual(gameOf([...game, ...strange]), gameOf(game));
    }),
    { numRuns: PROPERTY_RUNS },
  );
});

test('what is allowed counts, what is refused does not', (t) => {
  fc.assert(
    fc.property(honest, player, action, (said, by, next) => {
      const refusal = refusalOf(gameOf(said), by, next);
      const after = gameOf([...said, { by, action: next, order: 99, ref: 99 }]);

      t.is(after.counted.includes(99), refusal === undefined, refusal);
    }),
    { numRuns: PROPERTY_RUNS },
  );
});
