/** Games in rooms: who is whom there, and that the host's order decides. */
import test, { type ExecutionContext } from 'ava';
import { formatGameText, parseMoves, type GameAction } from '../../daemon/wire/game.ts';
import { DomainEvents } from '../../daemon/domain/events.ts';
import { ECHO_TIMEOUT_MS, RoomGames } from '../../daemon/domain/room-games.ts';
import type { Room, RoomOrigin } from '../../daemon/domain/room-model.ts';
import { roomTitle } from '../../daemon/domain/room-rules.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { eventually } from '../helpers/eventually.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { startGui } from '../helpers/gui-world.ts';
import {
  befriendInMemory,
  startMemoryDaemon,
  type MemoryDaemon,
} from '../helpers/memory-daemon.ts';

const ID = '0k3x9qfz';

async function startRoom(t: ExecutionContext) {
  const { domain } = await startGui(t);
  const room = await domain.rooms.createAsOwner('lobby', false);
  const { boardGames: games, rooms } = domain;
  let count = 0;
  return {
    games,
    say: async (from: string, origin: RoomOrigin, action: GameAction, id = ID) => {
      const text = formatGameText({ id, action });
      await rooms.say(room.uid, { uid: `said-${++count}`, from, origin, text }, false);
    },
    texts: async () =>
      (await rooms.reading.page(room, { limit: 100 })).flatMap((event) =>
        event.type === 'MSG' ? event.text.split('\n')[0] : [],
      ),
    view: () => games.open('lobby', ID, () => undefined),
    rooms,
  };
}

function move(cells: string): GameAction {
  return { type: 'move', moves: parseMoves(cells) ?? [] };
}

test('of all who accept in a room the first plays, and the others look on', async (t) => {
  const { say, view, games } = await startRoom(t);

  await say('Boris@127.0.0.9', 'contact', { type: 'invite' });
  await say('carol', 'guest', { type: 'accept' });
  const late = await games.act('lobby', ID, { type: 'accept' });

  t.regex(late ?? '', /begun already/);
  t.like(await view(), { state: 'playing', x: 'Boris@127.0.0.9', o: 'carol', you: null });
});

test('a player who takes another nick stays the same player', async (t) => {
  const { say, view, games } = await startRoom(t);

  await say('Boris@127.0.0.9', 'contact', { type: 'invite' });
  t.is(await games.act('lobby', ID, { type: 'accept' }), undefined);
  await say('Bobby@127.0.0.9', 'contact', move('5'));

  t.like(await view(), { moves: '5', turn: 'O', you: 'O', x: 'Bobby@127.0.0.9', o: '' });
});

test('a guest of the name of somebody else is somebody else', async (t) => {
  const { say, view, games } = await startRoom(t);

  await say('127.0.0.9', 'guest', { type: 'invite' });
  await games.act('lobby', ID, { type: 'accept' });
  await say('Eve@127.0.0.9', 'contact', move('5'));

  t.like(await view(), { moves: '', turn: 'X', x: '127.0.0.9' });
});

test('what the owner does is said in the room', async (t) => {
  const { games, say, texts } = await startRoom(t);

  const id = await games.begin('lobby');
  await say('carol', 'guest', { type: 'accept' }, id);
  const refusal = await games.act('lobby', id, move('5'));

  t.is(refusal, undefined);
  t.deepEqual(await texts(), [
    `vestnik-game:tic-tac-toe/${id}/invite`,
    `vestnik-game:tic-tac-toe/${id}/accept`,
    `vestnik-game:tic-tac-toe/${id}/move/5`,
  ]);
});

test('a game is followed as it is said, also in a room that is called like an address', async (t) => {
  const { games, rooms } = await startRoom(t);
  const room = await rooms.createAsOwner('127.0.0.9', false);
  const told: string[] = [];
  await games.open('room/127.0.0.9', ID, ({ state }) => told.push(state));

  const text = formatGameText({ id: ID, action: { type: 'invite' } });
  await rooms.say(room.uid, { uid: 'x', from: 'carol', origin: 'guest', text }, false);

  t.deepEqual(told, ['invited']);
});

test('a room that the owner is not in is no place to play', async (t) => {
  const { games, rooms } = await startRoom(t);

  await rooms.leaveAsOwner(rooms.require('lobby').uid);

  t.false(games.isPlace('lobby'));
  t.false(games.isPlace('nowhere'));
});

test('in a room of another host a move is done once the host has it', async (t) => {
  const host = await startMemoryDaemon(t, { nick: 'Host' });
  const guest = await startMemoryDaemon(t, { nick: 'Guest' });
  await host.rooms.createAsOwner('lobby', false);
  await befriendInMemory(host, guest);
  const title = roomTitle(await guest.mirrors.wishes.join(host.address, 'lobby'));
  await eventually(() => {
    const room = guest.rooms.mirrored(host.address, 'lobby');
    return room !== undefined && guest.mirrors.status(room).state === 'equal';
  });

  const id = await host.boardGames.begin('lobby');
  const view = (one: MemoryDaemon, place: string) =>
    one.boardGames.open(place, id, () => undefined);
  await eventually(async () => (await view(guest, title)).state === 'invited');
  const refusal = await guest.boardGames.act(title, id, { type: 'accept' });

  t.is(refusal, undefined);
  t.like(await view(guest, title), { state: 'playing', you: 'O', x: `Host@${host.address}` });
  t.like(await view(host, 'lobby'), { state: 'playing', you: 'X', o: `Guest@${guest.address}` });
});

test('a move in a room whose host is away waits for it, and the player only a while', async (t) => {
  const clock = new FakeClock();
  const said: string[] = [];
  const room: Room = {
    ...{ uid: 'u', name: 'lobby', host: parseAddress('127.0.0.9'), topic: '', invite: '' },
    ...{ isPrivate: false, isClosed: false, memberships: [], isJoined: true, isMuted: false },
    ...{ readUpTo: 0, keptFrom: 1, createdAt: 0 },
  };
  const games = new RoomGames({
    rooms: {
      list: () => [room],
      reading: { page: async () => [] },
      sayAsOwner: () => Promise.reject(new Error('it is not ours')),
    },
    mirrors: {
      say: async (_, text) => {
        said.push(text);
        return { uid: 'x', room: 'u', text, at: 0, refusal: undefined };
      },
    },
    events: new DomainEvents(),
    clock,
    ownAddress: () => parseAddress('127.0.0.2'),
  });
  let isOver = false;

  const saying = games
    .find('lobby@127.0.0.9')
    ?.say('something', 'game-1')
    .then(() => (isOver = true));
  await clock.pass(ECHO_TIMEOUT_MS - 1);
  t.false(isOver);
  await clock.pass(1);
  await saying;

  t.deepEqual(said, ['something']);
});
