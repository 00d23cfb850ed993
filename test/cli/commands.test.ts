import test, { type ExecutionContext } from 'ava';
import { run } from '../../daemon/cli/program.ts';
import { memoryTerminal, type MemoryTerminal } from '../helpers/memory-terminal.ts';
import { startAnswering, type Answering, type Answers } from '../helpers/start-answering.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const BORIS = {
  address: '127.0.0.1:5001',
  nick: 'Boris',
  state: 'established',
  presence: 'offline',
  last_online: new Date(Date.now() - 180_000).toISOString(),
  trust: 'tofu',
  unread: 2,
  blocked: false,
  other_info: { candidate: null, shows_presence: 'full' },
};
const BORIS_PATH = '/api/contacts/127.0.0.1%3A5001';
const MESSAGES_PATH = '/api/conversations/127.0.0.1%3A5001/messages';
const CONVERSATION_PATH = '/api/conversations/127.0.0.1%3A5001';
const FINGERPRINT = 'sm9Oli9ovuWdBMkps80Ln55WmuwqCQd_nq71KLzZsaI';
const MESSAGE = {
  id: 'm1',
  s: 7,
  from: '127.0.0.1:5001',
  to: '127.0.0.1:5000',
  message: 'hello\u001b[2J\nthere',
  timestamp: '2026-01-02T03:04:05.678Z',
  direction: 'in',
  state: 'delivered',
  enctype: 'dr1',
  missing_before: 0,
};
const OWN = { ...MESSAGE, id: 'm2', s: 8, direction: 'out', message: 'hi', state: 'queued' };

type Ran = Readonly<{ code: number; terminal: MemoryTerminal; daemon: Answering }>;

async function runWith(
  t: ExecutionContext,
  answers: Answers,
  words: readonly string[],
  terminal = memoryTerminal(),
): Promise<Ran> {
  const daemon = await startAnswering(t, { 'GET /api/contacts': [200, [BORIS]], ...answers });
  const code = await run(['--data', daemon.dataFolder, ...words], terminal, {});
  return { code, terminal, daemon };
}

test('vestnik alone explains itself', async (t) => {
  const terminal = memoryTerminal();

  const code = await run([], terminal, {});

  t.is(code, 0);
  t.regex(terminal.printed.join('\n'), /First steps:[^]*vestnik start --open/);
});

test('an unknown command or option is a mistake in usage', async (t) => {
  t.is(await run(['chat'], memoryTerminal(), {}), 2);
  t.is(await run(['contacts', '--loud'], memoryTerminal(), {}), 2);
  t.is(await run(['add'], memoryTerminal(), {}), 2);
  t.is(await run(['read', 'x', '-n', 'many'], memoryTerminal(), {}), 2);
  t.is(await run(['change', 'x'], memoryTerminal(), {}), 2);
  t.is(await run(['change', 'x', '--mute', 'a bit'], memoryTerminal(), {}), 2);
  t.is(await run(['change', 'x', '--keep', '3 days'], memoryTerminal(), {}), 2);
  t.is(await run(['delete', 'x'], memoryTerminal(), {}), 2);
  t.is(await run(['delete', 'x', 'm1', '--all'], memoryTerminal(), {}), 2);
  t.is(await run(['delete', 'x', '--all', '--both'], memoryTerminal(), {}), 2);
});

test('without a daemon a command says how to start one', async (t) => {
  const terminal = memoryTerminal();
  const folder = await temporaryFolder(t);

  const code = await run(['contacts', '--data', folder], terminal, {});

  t.is(code, 4);
  t.regex(terminal.complained.join(), /vestnik start/);
});

test('the data folder of the environment is used', async (t) => {
  const daemon = await startAnswering(t, { 'GET /api/contacts': [200, []] });
  const terminal = memoryTerminal();

  const code = await run(['contacts'], terminal, { VESTNIK_DATA: daemon.dataFolder });

  t.is(code, 0);
  t.regex(terminal.printed.join(), /No contacts yet/);
});

test('a command shows the owner’s token to the daemon', async (t) => {
  const { daemon } = await runWith(t, {}, ['contacts']);

  t.is(daemon.asked[0]?.authorization, 'Bearer owner-token');
});

test('contacts are listed with words for their state', async (t) => {
  const asking = { ...BORIS, nick: '', state: 'request', trust: 'undecided', unread: 0 };
  const answers: Answers = { 'GET /api/contacts': [200, [BORIS, asking]] };

  const { terminal } = await runWith(t, answers, ['contacts']);

  t.deepEqual(terminal.printed[0]?.split('\n'), [
    'Boris  127.0.0.1:5001  seen 3 minutes ago                                   encrypted, not verified  2 new',
    '–      127.0.0.1:5001  wants to be your contact: vestnik accept or dismiss  offers encryption',
  ]);
});

test('with --json a command prints what the daemon answered', async (t) => {
  const { terminal } = await runWith(t, {}, ['contacts', '--json']);

  t.deepEqual(JSON.parse(terminal.printed.join('')), [BORIS]);
});

test('a refusal is said in the daemon’s words', async (t) => {
  const error = { code: 'contact_exists', message: 'Boris is a contact already' };
  const answers: Answers = { 'POST /api/contacts': [409, { error }] };

  const { code, terminal } = await runWith(t, answers, ['add', '127.0.0.1:5001', '--json']);

  t.is(code, 1);
  t.deepEqual(terminal.complained, ['vestnik: Boris is a contact already']);
  t.deepEqual(JSON.parse(terminal.printed.join('')), { error });
});

test('an answer of another shape is told apart from a refusal', async (t) => {
  const answers: Answers = { 'GET /api/contacts': [200, [{ name: 'Boris' }]] };

  const { code, terminal } = await runWith(t, answers, ['contacts']);

  t.is(code, 1);
  t.regex(terminal.complained.join(), /another version/);
});

test('add asks for a contact with its nick and the right to relay', async (t) => {
  const answers: Answers = { 'POST /api/contacts': [201, { ...BORIS, state: 'requested' }] };
  const words = ['add', '[::1]:5001', '--nick', 'Boris', '--relay'];

  const { code, terminal, daemon } = await runWith(t, answers, words);

  t.is(code, 0);
  t.deepEqual(daemon.asked[0]?.body, { address: '[::1]:5001', nick: 'Boris', can_resend: 1 });
  t.regex(terminal.printed.join(), /Asked Boris/);
});

const calls = test.macro(
  async (t, words: readonly string[], asked: string, body: unknown, status: number) => {
    const answers: Answers = { [asked]: status === 204 ? [204] : [status, BORIS] };

    const { code, daemon, terminal } = await runWith(t, answers, words);

    t.is(code, 0, terminal.complained.join());
    const last = daemon.asked.at(-1);
    t.is(`${last?.method ?? ''} ${last?.path ?? ''}`, asked);
    t.deepEqual(last?.body, body);
  },
);

const PORT = '127.0.0.1:5001';
test('accept', calls, ['accept', PORT], `POST ${BORIS_PATH}/accept`, {}, 200);
test(
  'accept --as names the real address',
  calls,
  ['accept', 'boris', '--as', '127.0.0.1:9'],
  `POST ${BORIS_PATH}/accept`,
  { address: '127.0.0.1:9' },
  200,
);
test(
  'accept says whom it means, and says it twice',
  calls,
  ['accept', PORT, '--fingerprint', FINGERPRINT, '--confirmed'],
  `POST ${BORIS_PATH}/accept`,
  { fingerprint: FINGERPRINT, confirmed: true },
  200,
);
test('dismiss', calls, ['dismiss', PORT], `POST ${BORIS_PATH}/dismiss`, undefined, 204);
test('block', calls, ['block', PORT], `POST ${BORIS_PATH}/block`, undefined, 200);
test('unblock', calls, ['unblock', PORT], `POST ${BORIS_PATH}/unblock`, undefined, 200);
test('remove', calls, ['remove', 'BORIS'], `DELETE ${BORIS_PATH}`, undefined, 204);
test(
  'remove --history takes the messages too',
  calls,
  ['remove', PORT, '--history'],
  `DELETE ${BORIS_PATH}?history=1`,
  undefined,
  204,
);
test('retry', calls, ['retry', PORT, 'm1'], `POST ${MESSAGES_PATH}/m1/retry`, undefined, 200);
test('cancel', calls, ['cancel', PORT, 'm1'], `POST ${MESSAGES_PATH}/m1/cancel`, undefined, 200);
test(
  'change sends only what was named',
  calls,
  ['change', 'Boris', '--nick', 'B', '--relay', 'on', '--relay-plain', 'off'],
  `PATCH ${BORIS_PATH}`,
  { nick: 'B', can_resend: true, relay_plain: false },
  200,
);
test(
  'relay drop',
  calls,
  ['relay', 'drop', PORT],
  'DELETE /api/relay/127.0.0.1%3A5001',
  undefined,
  204,
);

test('send joins the words and tells the message’s id', async (t) => {
  const answers: Answers = { [`POST ${MESSAGES_PATH}`]: [201, OWN] };

  const { terminal, daemon } = await runWith(t, answers, ['send', 'Boris', 'good', 'morning']);

  t.deepEqual(daemon.asked.at(-1)?.body, { message: 'good morning' });
  t.deepEqual(terminal.printed, ['On its way, as m2.']);
});

test('send takes the text from standard input, without its last line end', async (t) => {
  const answers: Answers = { [`POST ${MESSAGES_PATH}`]: [201, OWN] };
  const terminal = memoryTerminal('two\nlines\n');

  const { daemon } = await runWith(t, answers, ['send', PORT, '-', '--id', 'x1'], terminal);

  t.deepEqual(daemon.asked.at(-1)?.body, { message: 'two\nlines', id: 'x1' });
});

test('send without text is a mistake in usage', async (t) => {
  const { code, daemon } = await runWith(t, {}, ['send', PORT, '-'], memoryTerminal(' \n'));

  t.is(code, 2);
  t.deepEqual(daemon.asked, []);
});

test('a name that no contact or two contacts have is refused', async (t) => {
  const twice: Answers = { 'GET /api/contacts': [200, [BORIS, BORIS]] };

  const nobody = await runWith(t, {}, ['send', 'Carol', 'hi']);
  const both = await runWith(t, twice, ['send', 'Boris', 'hi']);

  t.deepEqual([nobody.code, both.code], [1, 1]);
  t.regex(nobody.terminal.complained.join(), /no contact has that name/);
  t.regex(both.terminal.complained.join(), /several contacts/);
});

test('read shows messages without obeying what is in them, and marks them as read', async (t) => {
  const answers: Answers = {
    [`GET ${MESSAGES_PATH}?limit=20`]: [200, [MESSAGE, OWN]],
    'POST /api/conversations/127.0.0.1%3A5001/read': [204],
  };

  const { terminal, daemon } = await runWith(t, answers, ['read', PORT]);

  t.regex(
    terminal.printed[0] ?? '',
    /^2026-01-0\d \d\d:\d4 {2}Boris: hello\\u\{1b\}\[2J\n {4}there$/,
  );
  t.regex(terminal.printed[1] ?? '', / {2}me: hi \(waiting\)$/);
  t.deepEqual(daemon.asked.at(-1)?.body, { upTo: 8 });
});

test('read says in words what is said in a game', async (t) => {
  const say = (text: string) => ({
    ...MESSAGE,
    message: `vestnik-game:tic-tac-toe/0k3x9qfz/${text}`,
  });
  const said = ['invite\ntext', 'accept', 'move/519\nX', 'resign', 'decline', 'move/55'].map(say);
  const answers = {
    [`GET ${MESSAGES_PATH}?limit=20`]: [200, said],
    'POST /api/conversations/127.0.0.1%3A5001/read': [204],
  } as const;

  const { terminal } = await runWith(t, answers, ['read', 'Boris']);

  t.deepEqual(
    terminal.printed.map((line) => line.slice('2026-01-02 03:04  Boris: '.length)),
    [
      'tic-tac-toe? To play, send: vestnik-game:tic-tac-toe/0k3x9qfz/accept',
      'plays tic-tac-toe (0k3x9qfz)',
      'takes 9 (0k3x9qfz)\n    O · ·\n    · X ·\n    · · X',
      'gives up (0k3x9qfz)',
      'does not play tic-tac-toe now (0k3x9qfz)',
      'vestnik-game:tic-tac-toe/0k3x9qfz/move/55',
    ],
  );
});

test('read asks for several pages when one does not hold enough', async (t) => {
  const page = Array.from({ length: 200 }, (_, index) => ({ ...MESSAGE, s: 300 + index }));
  const answers: Answers = {
    [`GET ${MESSAGES_PATH}?limit=200`]: [200, page],
    [`GET ${MESSAGES_PATH}?limit=50&before=300`]: [200, [MESSAGE]],
  };

  const { terminal } = await runWith(t, answers, ['read', PORT, '-n', '250', '--json']);

  const messages = JSON.parse(terminal.printed.join('')) as unknown[];
  t.is(messages.length, 201);
  t.deepEqual(messages[0], MESSAGE);
});

test('read -n 0 shows nothing', async (t) => {
  const answers: Answers = { [`GET ${MESSAGES_PATH}?limit=1`]: [200, [MESSAGE]] };

  const { terminal } = await runWith(t, answers, ['read', PORT, '-n', '0', '--json']);

  t.deepEqual(terminal.printed, ['[]']);
});

test('read --follow goes on with each new message of the conversation, once', async (t) => {
  const daemon = await startAnswering(t, { [`GET ${MESSAGES_PATH}?limit=20`]: [200, [MESSAGE]] });
  const terminal = memoryTerminal();
  const words = ['read', PORT, '--follow', '--json', '--data', daemon.dataFolder];
  const emit = (message: unknown): string =>
    JSON.stringify({
      type: 'update',
      content: { topic_name: '_vestnik/messages', change: { type: 'emit', args: message } },
    });

  const ended = run(words, terminal, {});
  const socket = await daemon.subscribed();
  const elsewhere = { ...MESSAGE, s: 9, from: '127.0.0.1:6000' };
  const deleted = { deleted: { address: PORT, s: 7, id: 'm1' } };
  const events = [MESSAGE, elsewhere, deleted, { ...MESSAGE, s: 10 }];
  for (const event of events) socket.send(emit(event));
  socket.send('no frame');
  socket.close();

  t.is(await ended, 4);
  t.deepEqual(
    terminal.printed.map((line) => (JSON.parse(line) as { s: number }).s),
    [7, 10],
  );
  t.regex(terminal.complained.join(), /the daemon stopped/);
});

const ME_BUSY = {
  nick: 'Ann',
  status: 'busy',
  address: '200::1',
  addresses: ['200::1', '192.168.1.5'],
  fingerprint: FINGERPRINT,
  version: '1.2.3',
  listeners: [{ name: 'gui', url: 'http://127.0.0.1:4885' }],
};

test('status tells name, listeners and how many contacts there are', async (t) => {
  const { terminal } = await runWith(t, { 'GET /api/me': [200, ME_BUSY] }, ['status']);

  t.deepEqual(terminal.printed[0]?.split('\n').slice(0, 7), [
    'name      Ann',
    'status    busy',
    'address   200::1',
    '          192.168.1.5',
    'gui       http://127.0.0.1:4885',
    'contacts  1, 0 online',
    'unread    2 messages',
  ]);
});

test('status with a word says what friends see', async (t) => {
  const me = { ...ME_BUSY, status: 'invisible' };

  const { daemon } = await runWith(t, { 'PATCH /api/me': [200, me] }, ['status', 'invisible']);

  t.deepEqual(daemon.asked[0]?.body, { status: 'invisible' });
  t.is(await run(['status', 'asleep'], memoryTerminal(), {}), 2);
});

test('relay shows the ledger by name', async (t) => {
  const ledger = [
    {
      from: '127.0.0.1:5001',
      to: '127.0.0.1:5002',
      messages: 3,
      bytes: 4096,
      oldest: new Date(Date.now() - 2 * 3_600_000).toISOString(),
    },
  ];

  const { terminal } = await runWith(t, { 'GET /api/relay': [200, ledger] }, ['relay']);

  t.deepEqual(terminal.printed, [
    'from Boris  to 127.0.0.1:5002  3 messages  4.0 KiB  oldest 2 hours ago',
  ]);
});

test('login prints a fresh link', async (t) => {
  const url = 'http://127.0.0.1:4885/#t=ticket';

  const { terminal } = await runWith(t, { 'POST /api/login-link': [201, { url }] }, ['login']);

  t.deepEqual(terminal.printed, [url]);
});

test('password takes a person’s word only when it was typed the same twice', async (t) => {
  const answers: Answers = { 'PUT /api/password': [204] };
  const same = memoryTerminal('', ['correct horse', 'correct horse']);
  const other = memoryTerminal('', ['correct horse', 'correct hose']);

  const set = await runWith(t, answers, ['password'], same);
  const refused = await runWith(t, answers, ['password'], other);

  t.is(set.code, 0);
  t.deepEqual(set.daemon.asked[0]?.body, { password: 'correct horse' });
  t.is(refused.code, 1);
  t.deepEqual(refused.daemon.asked, []);
});

test('delete says what it did, and what it can not know', async (t) => {
  const answers: Answers = {
    [`POST ${CONVERSATION_PATH}/delete`]: [200, { deleted: ['m1', 'm2'], asked: 2 }],
  };

  const { code, terminal, daemon } = await runWith(t, answers, [
    'delete',
    'boris',
    'm1',
    'm2',
    '--both',
  ]);

  t.is(code, 0);
  t.deepEqual(daemon.asked.at(-1)?.body, { ids: ['m1', 'm2'], both: true });
  t.regex(terminal.printed.join(), /Deleted 2 messages.*asked the program.*nobody can know/);
});

test('delete --all empties the conversation here', async (t) => {
  const answers: Answers = { [`DELETE ${MESSAGES_PATH}`]: [204] };

  const { code, terminal } = await runWith(t, answers, ['delete', 'boris', '--all']);

  t.is(code, 0);
  t.regex(terminal.printed.join(), /keeps a copy/);
});

test('change says how long messages are kept', async (t) => {
  const answers: Answers = { [`PATCH ${BORIS_PATH}`]: [200, BORIS] };

  const { code, daemon } = await runWith(t, answers, ['change', 'boris', '--keep', '30d']);

  t.is(code, 0);
  t.deepEqual(daemon.asked.at(-1)?.body, { retention: '30d' });
});

test('change says what a contact sees of us', async (t) => {
  const answers: Answers = { [`PATCH ${BORIS_PATH}`]: [200, BORIS] };

  const { daemon } = await runWith(t, answers, ['change', 'boris', '--show', 'nothing']);

  t.deepEqual(daemon.asked.at(-1)?.body, { shares_presence: 'nothing' });
  t.is(await run(['change', 'x', '--show', 'all'], memoryTerminal(), {}), 2);
});

test('a contact that does not show itself is not said to have been seen', async (t) => {
  const seen = (other_info: object) => ({ ...BORIS, last_online: null, other_info });
  const contacts = [
    seen({ candidate: null, shows_presence: 'nothing' }),
    seen({ candidate: null, shows_presence: 'no_last_seen' }),
  ];

  const { terminal } = await runWith(t, { 'GET /api/contacts': [200, contacts] }, ['contacts']);

  const [hidden, timeless] = terminal.printed[0]?.split('\n') ?? [];
  t.regex(hidden ?? '', /away, or not to be seen/);
  t.regex(timeless ?? '', / away {2}/);
});

const FOUND = {
  ...MESSAGE,
  address: BORIS.address,
  message: `${'далеко '.repeat(20)}Ёлка`,
  marks: [[140, 4]],
};

const SAID = {
  ...{ id: 'e1', room: 'lobby', seqnr: 3, type: 'MSG', from: 'ringo', origin: 'guest', s: 9 },
  ...{ message: 'ёлка', marks: [[0, 4]], timestamp: MESSAGE.timestamp },
};

test('search shows what was found around the place, the newest first', async (t) => {
  const answers: Answers = {
    'GET /api/search?q=%D0%B5%D0%BB%D0%BA%D0%B0+a&limit=20': [
      200,
      [FOUND, { ...FOUND, direction: 'out', message: 'ёлка', marks: [[0, 4]] }, SAID],
    ],
  };

  const { terminal } = await runWith(t, answers, ['search', 'елка', 'a']);

  t.regex(terminal.printed[0] ?? '', /Boris: …леко (?:далеко )+Ёлка$/);
  t.regex(terminal.printed[1] ?? '', / {2}me to Boris: ёлка$/);
  t.regex(terminal.printed[2] ?? '', / {2}ringo \(guest\) in lobby: ёлка$/);
});

test('search goes on with the next page until there are enough or no more', async (t) => {
  const [path, next] = ['/api/search?q=x&address=127.0.0.1%3A5001&limit=3', '/api/search?next'];
  const answers: Answers = {
    [`GET ${path}`]: [200, [FOUND], { Link: `<${next}>; rel="next"` }],
    [`GET ${next}`]: [200, [FOUND, FOUND, FOUND]],
  };

  const { terminal } = await runWith(t, answers, [
    'search',
    'x',
    '--in',
    PORT,
    '-n',
    '3',
    '--json',
  ]);

  t.deepEqual(JSON.parse(terminal.printed.join('')), [FOUND, FOUND, FOUND]);
});

test('search in one room asks for that', async (t) => {
  const path = '/api/search?q=x&room=tea%40fc00%3A%3A1&limit=20';

  const { terminal } = await runWith(t, { [`GET ${path}`]: [200, []] }, [
    ...['search', 'x', '--in-room', 'tea@fc00::1'],
  ]);

  t.deepEqual(terminal.printed, ['Nothing found.']);
});

test('search follows no link to another place', async (t) => {
  const answers: Answers = {
    'GET /api/search?q=x&limit=20': [200, [], { Link: '<http://203.0.113.1/>; rel="next"' }],
  };

  const { terminal, daemon } = await runWith(t, answers, ['search', 'x']);

  t.deepEqual(terminal.printed, ['Nothing found.']);
  t.false(daemon.asked.some(({ path }) => path.includes('203.0.113.1')));
});
