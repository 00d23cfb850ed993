import test, { type ExecutionContext } from 'ava';
import { run } from '../../daemon/cli/program.ts';
import { memoryTerminal } from '../helpers/memory-terminal.ts';
import { startAnswering, type Answers } from '../helpers/start-answering.ts';

const LOBBY = {
  ...{ room: 'lobby', topic: 'tea\u001b[2J', private: false, closed: false, joined: true },
  ...{ invite: 'secret', members: 2, online: 1, seqnr: 3, unread: 1, sync: null },
};
const WAITING = {
  ...{ id: 'w1', message: 'are you\nthere?', timestamp: '2026-01-02T03:04:05.678Z' },
  ...{ state: 'waiting', code: null, reason: null },
};
const SYNC = { state: 'joining', away: true, events: 0, waiting: [WAITING] };
const TEA = {
  ...{ ...LOBBY, room: 'tea@127.0.0.1:5001', topic: '', joined: false, invite: null, unread: 0 },
  sync: { ...SYNC, code: 'host_away', reason: 'its host does not answer just now' },
};
const CONTACTS = [{ address: '127.0.0.1:5001', nick: 'Boris' }].map((contact) => ({
  ...{ ...contact, state: 'established', presence: 'offline', last_online: null, trust: 'tofu' },
  ...{ unread: 0, blocked: false, other_info: { candidate: null, shows_presence: 'full' } },
}));
const TEA_PATH = '/api/rooms/tea%40127.0.0.1%3A5001';

async function rooms(t: ExecutionContext, answers: Answers, ...words: readonly string[]) {
  const terminal = memoryTerminal();
  const daemon = await startAnswering(t, { 'GET /api/contacts': [200, CONTACTS], ...answers });
  const code = await run(['--data', daemon.dataFolder, 'rooms', ...words], terminal, {});
  const { asked } = daemon;
  return { code, asked, printed: terminal.printed.join('\n'), terminal };
}

test('rooms are listed with how they stand, and nothing in them moves the cursor', async (t) => {
  const { printed } = await rooms(t, { 'GET /api/rooms': [200, [LOBBY, TEA]] });

  t.regex(printed, /lobby +2 people +1 unread +tea/);
  t.regex(printed, /joining: its host does not answer just now, 0 events, 1 waiting/);
  t.false(printed.includes('\u001b'));
});

test('joining shows the invite, and says what stands in the way', async (t) => {
  const answers: Answers = { 'POST /api/rooms/join': [200, TEA] };

  const { asked, printed } = await rooms(t, answers, 'join', TEA.room, '--invite', 'key');

  t.deepEqual(asked.at(-1)?.body, { room: 'tea@127.0.0.1:5001', invite: 'key' });
  t.regex(printed, /You will be in tea@\S+ .*\(now: its host does not answer just now\)/);
});

test('a contact is invited by name or address; without one the invite is shown', async (t) => {
  const answers: Answers = {
    'POST /api/rooms/lobby/invitations': [204],
    'POST /api/rooms/lobby/invite': [200, LOBBY],
    'GET /api/rooms/lobby': [200, LOBBY],
  };

  const sent = await rooms(t, answers, 'invite', 'lobby', 'Boris');
  const shown = await rooms(t, answers, 'invite', 'lobby');
  const renewed = await rooms(t, answers, 'invite', 'lobby', '127.0.0.1:5001', '--new');

  t.deepEqual(sent.asked.at(-1)?.body, { address: '127.0.0.1:5001' });
  t.is(sent.printed, 'Sent 127.0.0.1:5001 a message with a link to lobby.');
  t.is(shown.printed, 'secret');
  t.deepEqual(
    renewed.asked.map(({ method, path }) => `${method} ${path}`),
    ['POST /api/rooms/lobby/invite', 'POST /api/rooms/lobby/invitations'],
  );
  t.is((await rooms(t, answers, 'invite', 'lobby', 'Nobody')).code, 1);
});

test('what the host has not taken is shown, and taken back', async (t) => {
  const answers: Answers = {
    [`GET ${TEA_PATH}`]: [200, TEA],
    [`DELETE ${TEA_PATH}/waiting/w1`]: [204],
  };

  const shown = await rooms(t, answers, 'waiting', TEA.room);
  const dropped = await rooms(t, answers, 'waiting', TEA.room, '--drop', 'w1');

  t.regex(shown.printed, /^w1 +waits +are you there\?$/);
  t.is(dropped.asked[0]?.method, 'DELETE');
  t.is((await rooms(t, answers, 'waiting', TEA.room, '--drop', 'w2')).code, 1);
});

test('who is there is told apart from who is away', async (t) => {
  const users = [
    { user: 'Ann@[fc00::1]', origin: 'owner', role: 'owner', present: true, online: true },
    { user: 'Boris@fc00::2', origin: 'contact', role: 'member', present: true, online: false },
    { user: 'ringo', origin: 'guest', role: 'banned', present: false, online: null },
  ];

  const answers: Answers = { 'GET /api/rooms/lobby/directory': [200, users] };

  const { printed } = await rooms(t, answers, 'who', 'lobby');

  t.regex(printed, /owner +there\n.*member +away\n.*banned/);
});

const DOES: readonly (readonly [words: readonly string[], asks: string, body?: object])[] = [
  [['create', 'lobby', '--private'], 'POST /api/rooms', { name: 'lobby', private: true }],
  [['leave', 'lobby'], 'POST /api/rooms/lobby/leave'],
  [['say', 'lobby', 'good', 'day'], 'POST /api/rooms/lobby/messages', { message: 'good day' }],
  [['change', 'lobby', '--closed', 'on'], 'PATCH /api/rooms/lobby', { closed: true }],
  [['change', 'lobby', '--mute', 'on'], 'PATCH /api/rooms/lobby', { muted: true }],
  [['remove', 'lobby', 'ringo'], 'POST /api/rooms/lobby/remove', { user: 'ringo' }],
  [['ban', 'lobby', 'ringo'], 'POST /api/rooms/lobby/ban', { user: 'ringo' }],
  [['unban', 'lobby', 'ringo'], 'POST /api/rooms/lobby/unban', { user: 'ringo' }],
];

for (const [words, asks, body] of DOES) {
  test(`rooms ${words.join(' ')} asks ${asks}`, async (t) => {
    const { asked } = await rooms(t, { [asks]: [200, LOBBY] }, ...words);

    const [first] = asked;
    t.is(`${first?.method} ${first?.path}`, asks);
    t.deepEqual(first?.body, body);
  });
}

test('a room is forgotten by its name', async (t) => {
  const { asked, printed } = await rooms(t, { [`DELETE ${TEA_PATH}`]: [204] }, 'forget', TEA.room);

  t.is(asked.at(-1)?.method, 'DELETE');
  t.regex(printed, /tea@127\.0\.0\.1:5001 is gone/);
});
