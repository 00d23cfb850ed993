import test, { type ExecutionContext } from 'ava';
import { API_TOKEN, BOB, openSocket, receive, startGui } from '../helpers/gui-world.ts';
import type { JsonObject } from '../../daemon/wire/topic.ts';

const BEARER = { headers: { authorization: `Bearer ${API_TOKEN}` } };
const ID = '0k3x9qfz';
const TOPIC = `game/${BOB}/${ID}`;

type JsonFields = Record<string, unknown>;

function words(rest: string): string {
  return `vestnik-game:tic-tac-toe/${ID}/${rest}`;
}

async function startGame(t: ExecutionContext, ...said: readonly string[]) {
  const gui = await startGui(t);
  await gui.domain.contacts.add({ address: BOB });
  for (const rest of said) await receive(gui, BOB, words(rest));
  const socket = await openSocket(t, gui, [], BEARER);
  const value = await socket.subscribe(TOPIC, 'dict');
  const change = (key: string, wanted: string) =>
    socket.send('update', {
      topic_name: TOPIC,
      change: { type: 'change_value', key, value: wanted, id: 'mine' },
    });
  /** What comes until our change is there or refused: entries that changed, and why it was refused. */
  const outcome = async () => {
    const changed: JsonFields = {};
    for (;;) {
      const { type, content } = await socket.next();
      const told = content?.['change'] as JsonObject | undefined;
      if (type === 'reject_update') return { changed, reason: content?.['reason'] as string };
      if (type !== 'update' || content?.['topic_name'] !== TOPIC || told === undefined) continue;
      changed[told['key'] as string] = told['value'];
      if (told['id'] === 'mine') return { changed, reason: undefined };
    }
  };
  const sent = async () =>
    (await gui.domain.conversations.page(BOB, { limit: 50 }))
      .filter(({ direction }) => direction === 'out')
      .map(({ text }) => text);
  return { gui, socket, value, change, outcome, sent };
}

test('a game that somebody was invited to is there as a topic', async (t) => {
  const { value } = await startGame(t, 'invite');

  t.deepEqual(value, {
    ...{ game: 'tic-tac-toe', state: 'invited', moves: '', turn: null, winner: null, line: '' },
    ...{ you: null, x: BOB, o: null, counted: [1] },
  });
});

test('changing the topic by the rules is playing: what is done is said to the contact', async (t) => {
  const { gui, socket, change, outcome, sent } = await startGame(t, 'invite');

  change('state', 'playing');
  const accepted = await outcome();
  await receive(gui, BOB, words('move/5'));
  t.like(await socket.nextChange(TOPIC), { key: 'moves', value: '5' });
  change('moves', '51');
  const moved = await outcome();

  t.like(accepted, { changed: { state: 'playing', you: 'O', o: '' }, reason: undefined });
  t.like(moved, { changed: { moves: '51', turn: 'X' }, reason: undefined });
  t.deepEqual(await sent(), [words('accept'), words('move/51\nO · ·\n· X ·\n· · ·')]);
});

test('what is said while a game is being put together is not missed', async (t) => {
  const { gui, socket } = await startGame(t);

  socket.send('subscribe', { topic_name: TOPIC.replace(ID, 'zzzzzzzz'), type: 'dict' });
  const others = ['invite', 'resign'].map((word) => words(word).replace(ID, 'zzzzzzzz'));
  for (const text of others) await receive(gui, BOB, text);
  const value = await socket.subscribe(TOPIC.replace(ID, 'zzzzzzzz'), 'dict');

  t.like(value, { state: 'withdrawn' });
});

const REFUSED: readonly (readonly [string, string, string, RegExp])[] = [
  ['a move before anybody accepted', 'moves', '5', /do not play/],
  ['cells that make no sense', 'moves', '5x', /only moves and state/],
  ['a state that nobody can set', 'state', 'won', /only moves and state/],
  ['giving up what has not begun', 'state', 'resigned', /only moves and state/],
  ['taking back somebody else’s invitation', 'state', 'withdrawn', /do not play/],
  ['another entry', 'winner', 'O', /only moves and state/],
];

for (const [what, key, wanted, reason] of REFUSED) {
  test(`${what} is refused with a reason, and not said`, async (t) => {
    const { change, outcome, sent } = await startGame(t, 'invite');

    change(key, wanted);
    const refused = await outcome();

    t.deepEqual(refused.changed, {});
    t.regex(refused.reason ?? '', reason);
    t.deepEqual(await sent(), []);
  });
}

test('two browsers that move at the same moment make one move', async (t) => {
  const { gui, socket, change, outcome, sent } = await startGame(t, 'invite', 'move/5');
  change('state', 'playing');
  await outcome();
  const other = await openSocket(t, gui, [], BEARER);
  await other.subscribe(TOPIC, 'dict');

  change('moves', '51');
  other.send('update', {
    topic_name: TOPIC,
    change: { type: 'change_value', key: 'moves', value: '52', id: 'theirs' },
  });
  const first = await outcome();
  let refusal = await other.next();
  while (refusal.type !== 'reject_update') refusal = await other.next();

  t.is(first.changed['moves'], '51');
  t.is(socket.socket.readyState, 1);
  t.regex(refusal.content?.['reason'] as string, /not your turn/);
  t.is((await sent()).length, 2);
});

test('a topic of a game with nobody, or of none, is unknown', async (t) => {
  const { socket } = await startGame(t);

  for (const name of [`game/127.0.0.99/${ID}`, 'game/x', `game/${BOB}/UPPER`]) {
    socket.send('subscribe', { topic_name: name, type: 'dict' });
    const { type, content } = await socket.next();
    t.is(type, 'reject_update');
    t.is(content?.['reason'], 'unknown topic');
  }
});

test('a program begins a game by a service, and follows it by its topic', async (t) => {
  const { socket, sent } = await startGame(t);

  socket.send('request', { service_name: 'game/tic-tac-toe', args: { place: BOB }, request_id: 1 });
  const { content } = await socket.next();
  const { id, topic } = content?.['response'] as { id: string; topic: string };
  const value = await socket.subscribe(topic, 'dict');

  t.like(value, { state: 'invited', you: 'X', x: '' });
  t.deepEqual(await sent(), [`vestnik-game:tic-tac-toe/${id}/invite`]);
});

test('the service says why it can’t begin a game', async (t) => {
  const { socket } = await startGame(t);

  for (const args of [{}, { place: 'nobody' }]) {
    socket.send('request', { service_name: 'game/tic-tac-toe', args, request_id: 2 });
    const { content } = await socket.next();
    t.is(
      (content?.['error'] as JsonObject | undefined)?.['code'],
      'failed',
      JSON.stringify(content),
    );
  }
});
