/** Games between whole daemons on a simulated network. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { formatGameText, parseMoves, type GameView } from '../../daemon/wire/game.ts';
import {
  befriendInWorld,
  endWith,
  SimulatedWorld,
  type SimulatedDaemon,
} from '../helpers/simulated-world.ts';

const PROPERTY_RUNS = process.env['VESTNIK_LONG_TESTS'] === '1' ? 500 : 6;

async function startPair(t: ExecutionContext) {
  const world = new SimulatedWorld();
  const [anna, boris] = [world.add('Anna'), world.add('Boris')];
  endWith(t, anna, boris);
  await befriendInWorld(world, anna, boris);
  return { world, anna, boris };
}

/** How somebody sees a game now. */
function view(one: SimulatedDaemon, other: SimulatedDaemon, id: string): Promise<GameView> {
  return one.domain.boardGames.open(other.address, id, () => undefined);
}

/** What both must see alike; who is called what is another matter on each side. */
async function board(one: SimulatedDaemon, other: SimulatedDaemon, id: string) {
  const { state, moves, turn, winner, line } = await view(one, other, id);
  return { state, moves, turn, winner, line };
}

function move(cells: string) {
  return { type: 'move', moves: parseMoves(cells) ?? [] } as const;
}

async function isAtRest(one: SimulatedDaemon, other: SimulatedDaemon): Promise<boolean> {
  return (await one.isRestingWith(other)) && (await other.isRestingWith(one));
}

test('an invitation, moves and a row of three are seen alike on both sides', async (t) => {
  const { world, anna, boris } = await startPair(t);
  const told: GameView[] = [];

  const id = await world.during(anna.domain.boardGames.begin(boris.address));
  await world.until(() => isAtRest(anna, boris));
  await boris.domain.boardGames.open(anna.address, id, (game) => told.push(game));
  await world.during(boris.domain.boardGames.act(anna.address, id, { type: 'accept' }));
  for (const [index, cells] of ['1', '14', '142', '1425', '14253'].entries()) {
    await world.until(() => isAtRest(anna, boris));
    const [one, other] = index % 2 === 0 ? [anna, boris] : [boris, anna];
    t.is(await world.during(one.domain.boardGames.act(other.address, id, move(cells))), undefined);
  }
  await world.until(() => isAtRest(anna, boris));

  const won = { state: 'won', moves: '14253', turn: null, winner: 'X', line: '123' };
  t.deepEqual(await board(anna, boris, id), { ...won });
  t.like(told.at(-1), { ...won, you: 'O', x: anna.address, o: '' });
  t.is((await boris.textsOf(anna)).length, 4);
});

test('a game goes on after a restart, out of the messages alone', async (t) => {
  const { world, anna, boris } = await startPair(t);
  const id = await world.during(anna.domain.boardGames.begin(boris.address));
  await world.until(() => isAtRest(anna, boris));
  await world.during(boris.domain.boardGames.act(anna.address, id, { type: 'accept' }));
  await world.until(() => isAtRest(anna, boris));

  anna.kill();
  anna.start();
  const refusal = await world.during(anna.domain.boardGames.act(boris.address, id, move('5')));

  t.is(refusal, undefined);
  t.like(await view(anna, boris, id), { state: 'playing', moves: '5', you: 'X', turn: 'O' });
});

test('what the rules do not allow is refused, and nothing of it is said', async (t) => {
  const { world, anna, boris } = await startPair(t);
  const id = await world.during(anna.domain.boardGames.begin(boris.address));

  const early = await anna.domain.boardGames.act(boris.address, id, move('5'));
  const alone = await anna.domain.boardGames.act(boris.address, id, { type: 'accept' });
  const unknown = await anna.domain.boardGames.act(boris.address, 'nosuchgame', { type: 'accept' });
  await world.until(() => isAtRest(anna, boris));

  t.deepEqual([early, alone, unknown].map(Boolean), [true, true, true]);
  t.is((await boris.textsOf(anna)).length, 1);
  await t.throwsAsync(anna.domain.boardGames.begin('127.0.0.99'), { code: 'not_found' });
});

test('a game shows a move once it is said, and not before', async (t) => {
  const { world, anna, boris } = await startPair(t);
  const id = await world.during(anna.domain.boardGames.begin(boris.address));
  const told: string[] = [];
  await anna.domain.boardGames.open(boris.address, id, ({ state }) => told.push(state));

  const withdrawing = anna.domain.boardGames.act(boris.address, id, { type: 'resign' });
  t.deepEqual(told, []);
  await world.during(withdrawing);

  t.deepEqual(told, ['withdrawn']);
});

test('deleted messages are out of the game at once', async (t) => {
  const { world, anna, boris } = await startPair(t);
  const id = await world.during(anna.domain.boardGames.begin(boris.address));
  const told: string[] = [];
  await anna.domain.boardGames.open(boris.address, id, ({ state }) => told.push(state));
  const [invitation] = await anna.domain.conversations.page(boris.address, { limit: 1 });

  await world.during(
    anna.domain.deletions.remove(boris.address, [invitation?.id ?? ''], { isForBoth: false }),
  );

  t.deepEqual(told, ['void']);
});

/** Something that a person does: by the board, or by typing what no board would say. */
const deed = fc.record({
  isAnnas: fc.boolean(),
  isTyped: fc.boolean(),
  kind: fc.constantFrom('accept', 'decline', 'resign', 'move', 'move', 'move', 'move', 'invite'),
  cells: fc.uniqueArray(fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8', '9'), {
    minLength: 1,
  }),
});

test('whatever two people do and type, and whatever the network does, both end with one board', async (t) => {
  t.timeout(600_000);
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 12 }), fc.nat(1000), async (deeds, seed) => {
      const { world, anna, boris } = await startPair(t);
      const id = await world.during(anna.domain.boardGames.begin(boris.address));
      await world.until(() => isAtRest(anna, boris));
      let count = seed;
      world.wire = {
        fate: () => {
          count += 1;
          return {
            isAnswerLost: count % 5 === 0,
            delayMs: (count * 37) % 400,
            ...(count % 3 === 0 ? { repeatedAfterMs: 700 } : {}),
          };
        },
      };
      for (const { isAnnas, isTyped, kind, cells } of deeds) {
        const [one, other] = isAnnas ? [anna, boris] : [boris, anna];
        const moves = parseMoves(await nextMoves(one, other, id, isTyped, cells)) ?? [];
        const action = kind === 'move' ? ({ type: kind, moves } as const) : { type: kind };
        if (isTyped) await one.write(other, formatGameText({ id, action }));
        else await world.during(one.domain.boardGames.act(other.address, id, action));
        if (seed % 2 === 0) await world.clock.pass(50);
      }
      world.wire = {};
      await world.until(() => isAtRest(anna, boris));

      t.deepEqual(await board(anna, boris, id), await board(boris, anna, id));
      anna.kill();
      boris.kill();
    }),
    { numRuns: PROPERTY_RUNS },
  );
});

/** Whoever uses the board adds a cell to what it shows. */
async function nextMoves(
  one: SimulatedDaemon,
  other: SimulatedDaemon,
  id: string,
  isTyped: boolean,
  cells: readonly string[],
): Promise<string> {
  if (isTyped) return cells.join('');
  const { moves } = await view(one, other, id);
  return moves + (cells.find((cell) => !moves.includes(cell)) ?? '');
}
