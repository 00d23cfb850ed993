import test, { type ExecutionContext } from 'ava';
import { run } from '../../daemon/cli/program.ts';
import { formatTime } from '../../daemon/cli/format.ts';
import { memoryTerminal, type MemoryTerminal } from '../helpers/memory-terminal.ts';
import { startAnswering, type Answering, type Answers } from '../helpers/start-answering.ts';

const BORIS = {
  address: '127.0.0.1:5001',
  nick: 'Boris',
  state: 'established',
  presence: 'online',
  last_online: null,
  trust: 'tofu',
  unread: 0,
  blocked: false,
  other_info: { candidate: null, shows_presence: 'full' },
};
const BORIS_PATH = '/api/contacts/127.0.0.1%3A5001';
const MESSAGES_PATH = '/api/conversations/127.0.0.1%3A5001/messages';
const OWN = 'sm9Oli9ovuWdBMkps80Ln55WmuwqCQd_nq71KLzZsaI';
const PEER = '9m9Oli9ovuWdBMkps80Ln55WmuwqCQd_nq71KLzZsaI';
const NUMBER = {
  groups: Array.from({ length: 12 }, (_, group) => String(group).padStart(5, '0')),
  own: OWN,
  peer: PEER,
};
const NUMBER_LINES =
  '    00000 00001 00002 00003\n    00004 00005 00006 00007\n    00008 00009 00010 00011';
const LINK = `vestnik://127.0.0.1:5001/${PEER}/AAAAAAAAAAAAAAAAAAAAAA`;
const ANSWERS: Answers = {
  'GET /api/contacts': [200, [BORIS]],
  [`GET ${BORIS_PATH}/safety-number`]: [200, NUMBER],
  [`GET ${BORIS_PATH}/safety-number?of=candidate`]: [200, { ...NUMBER, peer: OWN }],
  [`POST ${BORIS_PATH}/verify`]: [200, { ...BORIS, trust: 'verified' }],
  [`DELETE ${BORIS_PATH}/verify`]: [200, BORIS],
  [`POST ${BORIS_PATH}/plain`]: [200, { ...BORIS, trust: 'plain' }],
};

type Ran = Readonly<{ code: number; terminal: MemoryTerminal; daemon: Answering }>;

async function runWith(
  t: ExecutionContext,
  words: readonly string[],
  { answers = {}, typed = [] }: Readonly<{ answers?: Answers; typed?: readonly string[] }> = {},
): Promise<Ran> {
  const daemon = await startAnswering(t, { ...ANSWERS, ...answers });
  const terminal = memoryTerminal('', typed);
  const code = await run(['--data', daemon.dataFolder, ...words], terminal, {});
  return { code, terminal, daemon };
}

/** What the daemon was asked to change. */
function changes({ daemon }: Ran): readonly string[] {
  return daemon.asked
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path, body }) => `${method} ${path} ${JSON.stringify(body ?? null)}`);
}

test('fingerprint prints ours and nothing else', async (t) => {
  const me = {
    nick: 'Ann',
    status: 'online',
    address: '::1',
    addresses: [],
    fingerprint: OWN,
    version: '1',
    listeners: [],
  };

  const { terminal } = await runWith(t, ['fingerprint'], { answers: { 'GET /api/me': [200, me] } });

  t.deepEqual(terminal.printed, [OWN]);
});

test('fingerprint of a contact comes with the safety number', async (t) => {
  const { terminal } = await runWith(t, ['fingerprint', 'boris']);
  const candidates = await runWith(t, ['fingerprint', 'boris', '--candidate']);
  const json = await runWith(t, ['fingerprint', 'boris', '--json']);

  t.deepEqual(terminal.printed[0]?.split('\n').slice(0, 2), [
    'Fingerprint of boris:',
    `    ${PEER}`,
  ]);
  t.true(terminal.printed[0]?.endsWith(NUMBER_LINES));
  t.regex(candidates.terminal.printed.join(), new RegExp(`in place of boris:\n {4}${OWN}`));
  t.deepEqual(JSON.parse(json.terminal.printed.join()), NUMBER);
  t.is((await runWith(t, ['fingerprint', '--candidate'])).code, 2);
});

test('verify shows the number, and notes what the person saw only after a yes', async (t) => {
  const yes = await runWith(t, ['verify', 'Boris'], { typed: ['y'] });
  const no = await runWith(t, ['verify', 'Boris'], { typed: ['n'] });

  t.is(yes.code, 0);
  t.is(yes.terminal.printed[1], NUMBER_LINES);
  t.deepEqual(changes(yes), [`POST ${BORIS_PATH}/verify {"fingerprint":"${PEER}"}`]);
  t.is(no.code, 1);
  t.regex(no.terminal.complained.join(), /somebody may stand between you/);
  t.deepEqual(changes(no), []);
});

test('verify compares a fingerprint or a whole contact link without asking', async (t) => {
  for (const told of [PEER, LINK]) {
    const ran = await runWith(t, ['verify', 'Boris', '--fingerprint', told]);

    t.is(ran.code, 0);
    t.deepEqual(changes(ran), [`POST ${BORIS_PATH}/verify {"fingerprint":"${PEER}"}`]);
  }
});

test('a fingerprint that is not the contact’s ends with 1 and the daemon’s words', async (t) => {
  const error = { code: 'identity_changed', message: 'that is not the fingerprint of Boris' };
  const answers: Answers = { [`POST ${BORIS_PATH}/verify`]: [409, { error }] };

  const { code, terminal } = await runWith(t, ['verify', 'Boris', '--fingerprint', OWN], {
    answers,
  });

  t.is(code, 1);
  t.deepEqual(terminal.complained, ['vestnik: that is not the fingerprint of Boris']);
});

test('verify --undo takes it back', async (t) => {
  const ran = await runWith(t, ['verify', 'Boris', '--undo']);

  t.is(ran.code, 0);
  t.deepEqual(changes(ran), [`DELETE ${BORIS_PATH}/verify null`]);
  t.is((await runWith(t, ['verify', 'Boris', '--undo', '--fingerprint', PEER])).code, 2);
});

test('where nobody can answer, nobody is asked', async (t) => {
  const nobody = await runWith(t, ['verify', 'Boris']);
  const program = await runWith(t, ['verify', 'Boris', '--json'], { typed: ['y'] });
  const plain = await runWith(t, ['plain', 'Boris']);

  for (const ran of [nobody, program, plain]) {
    t.is(ran.code, 2);
    t.deepEqual(ran.daemon.asked, []);
  }
});

test('plain asks before it gives up encryption', async (t) => {
  const yes = await runWith(t, ['plain', 'Boris'], { typed: ['y'] });
  const no = await runWith(t, ['plain', 'Boris'], { typed: [''] });
  const confirmed = await runWith(t, ['plain', 'Boris', '--confirmed']);

  t.deepEqual([yes.code, no.code, confirmed.code], [0, 1, 0]);
  t.deepEqual(changes(yes), [`POST ${BORIS_PATH}/plain null`]);
  t.deepEqual(changes(no), []);
  t.deepEqual(changes(confirmed), changes(yes));
});

test('link prints the link alone, and until when it is good beside it', async (t) => {
  const expires = '2026-11-28T12:00:00.000Z';
  const everybodys = LINK.slice(0, -23);
  const answers: Answers = {
    'POST /api/links': [201, { link: LINK, expires }],
    'GET /api/links': [200, { link: everybodys }],
  };

  const { terminal } = await runWith(t, ['link'], { answers });
  const forAll = await runWith(t, ['link', '--public'], { answers });

  t.deepEqual(terminal.printed, [LINK]);
  t.deepEqual(terminal.complained, [`For one friend, until ${formatTime(expires)}:`]);
  t.deepEqual(forAll.terminal.printed, [everybodys]);
  t.deepEqual(forAll.terminal.complained, []);
});

test('add takes a contact link as it is', async (t) => {
  const answers: Answers = { 'POST /api/contacts': [201, { ...BORIS, state: 'requested' }] };

  const ran = await runWith(t, ['add', LINK], { answers });

  t.deepEqual(changes(ran), [`POST /api/contacts {"address":"${LINK}"}`]);
});

test('accept tells what is to be expected', async (t) => {
  for (const [trust, words] of [
    ['plain', /not encrypted/],
    ['undecided', /Once they have answered.*vestnik verify Boris/],
    ['tofu', /Make sure.*vestnik verify Boris/],
  ] as const) {
    const answers: Answers = { [`POST ${BORIS_PATH}/accept`]: [200, { ...BORIS, trust }] };

    const { terminal } = await runWith(t, ['accept', 'Boris'], { answers });

    t.regex(terminal.printed.join(), words);
  }
});

test('contacts are listed with words for trust, and who came in their place', async (t) => {
  const candidate = { fingerprint: OWN };
  const list = [
    { ...BORIS, trust: 'verified' },
    { ...BORIS, trust: 'invited' },
    { ...BORIS, trust: 'plain' },
    { ...BORIS, trust: 'undecided' },
    { ...BORIS, other_info: { candidate, shows_presence: 'full' } },
    { ...BORIS, other_info: { candidate: { fingerprint: null }, shows_presence: 'full' } },
    {
      ...BORIS,
      trust: 'plain',
      other_info: { candidate: { fingerprint: null }, shows_presence: 'full' },
    },
  ];

  const { terminal } = await runWith(t, ['contacts'], {
    answers: { 'GET /api/contacts': [200, list] },
  });

  const columns = terminal.printed[0]?.split('\n').map((line) => line.split(/ {2,}/).slice(2));
  t.deepEqual(columns, [
    ['online', 'encrypted, verified'],
    ['online', 'encrypted, known by link'],
    ['online', 'not encrypted'],
    ['online'],
    ['came with another identity: vestnik accept or dismiss', 'encrypted, not verified'],
    ['came without encryption: vestnik accept or dismiss', 'encrypted, not verified'],
    ['came with another key: vestnik accept or dismiss', 'not encrypted'],
  ]);
});

test('read marks what was not encrypted and what is missing', async (t) => {
  const sealed = {
    id: 'm',
    s: 1,
    from: '127.0.0.1:5001',
    to: '127.0.0.1:5000',
    message: 'hi',
    timestamp: '2026-01-02T03:04:05.678Z',
    direction: 'in',
    state: 'delivered',
    enctype: 'dr1',
    missing_before: 0,
  };
  const page = [
    sealed,
    { ...sealed, enctype: '', missing_before: 2 },
    { ...sealed, missing_before: 1 },
    { ...sealed, enctype: '', direction: 'out' },
    { ...sealed, enctype: '', direction: 'out', state: 'queued' },
  ];

  const { terminal } = await runWith(t, ['read', 'Boris'], {
    answers: {
      [`GET ${MESSAGES_PATH}?limit=20`]: [200, page],
      'POST /api/conversations/127.0.0.1%3A5001/read': [204],
    },
  });

  const lines = terminal.printed.flatMap((text) => text.split('\n'));
  t.deepEqual(
    lines.map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d {2}/, '')),
    [
      'Boris: hi',
      '    … 2 messages missing',
      'Boris: hi (not encrypted)',
      '    … 1 message missing',
      'Boris: hi',
      'me: hi (not encrypted)',
      'me: hi (waiting)',
    ],
  );
});

test('rekey says what will happen and asks before it makes a new key', async (t) => {
  const me = {
    nick: 'Ann',
    status: 'online',
    address: '::1',
    addresses: [],
    fingerprint: OWN,
    version: '1',
    listeners: [],
    rekey: { since: '2026-11-21T00:00:00.000Z', waiting: 3 },
  };
  const answers: Answers = { 'POST /api/me/rekey': [200, me] };

  const yes = await runWith(t, ['rekey'], { answers, typed: ['y'] });
  const no = await runWith(t, ['rekey'], { answers, typed: ['n'] });
  const sure = await runWith(t, ['rekey', '--yes'], { answers });
  const nobody = await runWith(t, ['rekey'], { answers });

  t.deepEqual([yes.code, no.code, sure.code, nobody.code], [0, 1, 0, 2]);
  t.regex(yes.terminal.printed[0] ?? '', /told under the old key/);
  t.regex(sure.terminal.printed.join(), new RegExp(`${OWN}\nContacts to be told: 3\\.`));
  t.deepEqual(changes(yes), ['POST /api/me/rekey null']);
  t.deepEqual(changes(sure), changes(yes));
  t.deepEqual([...changes(no), ...changes(nobody)], []);
});

test('a second new key while contacts wait for the first ends with 1 and the daemon’s words', async (t) => {
  const error = { code: 'rekey_under_way', message: 'still being told' };
  const answers: Answers = { 'POST /api/me/rekey': [409, { error }] };

  const { code, terminal } = await runWith(t, ['rekey', '--yes'], { answers });

  t.is(code, 1);
  t.deepEqual(terminal.complained, ['vestnik: still being told']);
});
