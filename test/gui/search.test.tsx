import test from 'ava';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { Address } from '../../daemon/wire/address.ts';
import type { ApiFound, ApiFoundInRoom, ApiFoundMessage } from '../../daemon/wire/gui-api.ts';
import { ApiError, createApi, type PageOfFound, type SearchFor } from '../../gui/src/api.ts';
import { FoundList } from '../../gui/src/components/found-list.tsx';
import { createSearchStore } from '../../gui/src/stores/search-store.ts';
import { foundPath } from '../../gui/src/router.ts';
import { excerptOf } from '../../gui/src/text/excerpt.ts';
import { WordsContext } from '../../gui/src/texts/use-words.ts';
import { createWords } from './words.ts';
import { ANNA, createManualClock, NOON, sampleMessage, settle } from './fakes.ts';

const PAUSE_MS = 200;
const PEOPLE = { nameOf: () => 'Anna', isContact: (address: Address) => address === ANNA };

function sampleFound(s: number, change: Partial<ApiFoundMessage> = {}): ApiFoundMessage {
  return { ...sampleMessage(s), address: ANNA, marks: [[0, 7]], ...change };
}

type Asked = Readonly<{
  from: SearchFor | string;
  signal: AbortSignal;
  answer: (page: PageOfFound) => void;
  fail: () => void;
}>;

function startStore() {
  const clock = createManualClock();
  const asked: Asked[] = [];
  const store = createSearchStore({
    search: (from, signal) =>
      new Promise((resolve, reject) => {
        const fail = (): void => reject(new ApiError('unreachable', 'away'));
        asked.push({ from, signal, answer: resolve, fail });
      }),
    clock,
  });
  return { store, asked, clock };
}

const idsOf = (found: readonly ApiFound[]) => found.map(({ id }) => id);
const page = (ids: readonly number[], next?: string): PageOfFound => ({
  found: ids.map((s) => sampleFound(s)),
  next,
});

test('what is typed is looked for once typing pauses', async (t) => {
  const { store, asked, clock } = startStore();

  store.type('a');
  store.type(' ab ');
  clock.advance(PAUSE_MS);

  t.deepEqual(
    asked.map(({ from }) => from),
    [{ q: 'ab', within: undefined, limit: 30 }],
  );
  t.is(store.phase.value, 'searching');
  asked[0]?.answer(page([2, 1]));
  await settle();
  t.is(store.phase.value, 'done');
  t.deepEqual(idsOf(store.found.value), ['m2', 'm1']);
  t.false(store.hasMore.value);
});

test('whoever types on is not shown what was asked before', async (t) => {
  const { store, asked, clock } = startStore();
  store.type('a');
  clock.advance(PAUSE_MS);

  store.type('ab');
  clock.advance(PAUSE_MS);
  asked[1]?.answer(page([2]));
  asked[0]?.answer(page([1]));
  await settle();

  t.true(asked[0]?.signal.aborted);
  t.deepEqual(idsOf(store.found.value), ['m2']);
});

test('a blank looks for nothing', async (t) => {
  const { store, asked, clock } = startStore();
  store.type('a');
  clock.advance(PAUSE_MS);
  asked[0]?.answer(page([1]));
  await settle();

  store.type('  ');
  clock.advance(PAUSE_MS);

  t.is(asked.length, 1);
  t.is(store.phase.value, 'idle');
  t.deepEqual(store.found.value, []);
});

test('a short page is shown, and the search goes on by itself', async (t) => {
  const { store, asked, clock } = startStore();
  store.type('a');
  clock.advance(PAUSE_MS);

  asked[0]?.answer(page([9], '/api/search?next'));
  await settle();

  t.deepEqual(idsOf(store.found.value), ['m9']);
  t.is(store.phase.value, 'searching');
  t.is(asked[1]?.from, '/api/search?next');
  asked[1]?.answer(page([8]));
  await settle();
  t.deepEqual(idsOf(store.found.value), ['m9', 'm8']);
  t.is(store.phase.value, 'done');
});

test('older ones are added when they are wanted', async (t) => {
  const { store, asked, clock } = startStore();
  const many = Array.from({ length: 30 }, (_, index) => 100 - index);
  store.type('a');
  clock.advance(PAUSE_MS);
  asked[0]?.answer(page(many, '/api/search?next'));
  await settle();
  t.true(store.hasMore.value);
  t.is(asked.length, 1);

  store.loadMore();
  asked[1]?.answer(page([3]));
  await settle();

  t.is(store.found.value.length, 31);
  t.false(store.hasMore.value);
});

test('a search that fails can be tried again', async (t) => {
  const { store, asked, clock } = startStore();
  store.type('a');
  clock.advance(PAUSE_MS);
  asked[0]?.fail();
  await settle();
  t.is(store.phase.value, 'failed');

  store.loadMore();
  clock.advance(PAUSE_MS);
  asked[1]?.answer(page([1]));
  await settle();

  t.is(store.phase.value, 'done');
});

test('trying again looks for what is typed now, not for more of what was typed before', async (t) => {
  const { store, asked, clock } = startStore();
  const many = Array.from({ length: 30 }, (_, index) => 100 - index);
  store.type('a');
  clock.advance(PAUSE_MS);
  asked[0]?.answer(page(many, '/api/search?next'));
  await settle();
  store.type('b');
  clock.advance(PAUSE_MS);
  asked[1]?.fail();
  await settle();

  store.loadMore();
  clock.advance(PAUSE_MS);

  t.deepEqual(asked[2]?.from, { q: 'b', within: undefined, limit: 30 });
});

test('the daemon is asked, and only its own links are followed', async (t) => {
  const paths: string[] = [];
  const links = ['</api/search?q=a&before=7>; rel="next"', '<//203.0.113.1/>; rel="next"'];
  const api = createApi({
    token: () => 'secret',
    onUnauthorized: () => undefined,
    fetch: async (path) => {
      paths.push(path);
      const headers = { Link: links[paths.length - 1] ?? '' };
      return Response.json([sampleFound(1), sampleMessage(2)], { headers });
    },
  });
  const { signal } = new AbortController();

  const first = await api.search({ q: 'a&b', within: { address: ANNA }, limit: 5 }, signal);
  const second = await api.search(first.next ?? '', signal);

  t.deepEqual(idsOf(first.found), ['m1']);
  t.is(second.next, undefined);
  t.regex(paths[0] ?? '', /^\/api\/search\?q=a%26b&limit=5&address=200%3A/);
  t.is(paths[1], '/api/search?q=a&before=7');
  await api.search({ q: 'a', within: { room: 'tea & cake' }, limit: 5 }, signal);
  t.is(paths[2], '/api/search?q=a&limit=5&room=tea+%26+cake');
});

const excerpt = test.macro({
  title: (_, message: string) => `an excerpt of "${message.slice(0, 30)}"`,
  exec: (t, message: string, marks: ApiFound['marks'], expected: string) => {
    const parts = excerptOf({ message, marks });
    t.is(parts.map(({ text, isMarked }) => (isMarked ? `[${text}]` : text)).join(''), expected);
  },
});

test(
  excerpt,
  'a cat, two cats',
  [
    [2, 3],
    [11, 3],
  ],
  'a [cat], two [cat]s',
);
test(excerpt, 'line\n\n one', [[7, 3]], 'line [one]');
test(
  excerpt,
  `${'far '.repeat(50)}away${' x'.repeat(150)}`,
  [[200, 4]],
  `…${'far '.repeat(7)}[away]${' x'.repeat(84)}…`,
);
test(excerpt, 'x\u202Ey', [[0, 1]], '[x][U+202E]y');
test(excerpt, `${'😀'.repeat(40)}end`, [[80, 3]], `…${'😀'.repeat(16)}[end]`);

function html(node: VNode): string {
  return renderToString(
    <WordsContext.Provider value={createWords('en')}>{node}</WordsContext.Provider>,
  );
}

test('what was found leads to its message, and nothing in it is markup', async (t) => {
  const { store, asked, clock } = startStore();
  store.type('b');
  clock.advance(PAUSE_MS);
  asked[0]?.answer({
    found: [sampleFound(1, { message: '<b>bold</b>', marks: [[3, 1]], direction: 'out' })],
    next: undefined,
  });
  await settle();

  const shown = html(
    <FoundList
      search={store}
      now={NOON}
      nameOf={() => '<i>Anna'}
      people={PEOPLE}
      isOneTalk={false}
      current={foundPath({ address: ANNA, id: 'm1' })}
    />,
  );

  t.true(shown.includes('href="/c/200%3A7f3c%3A91d2%3A4e0b%3A6a55%3A%3A2/m/m1"'));
  t.true(shown.includes('&lt;b><mark>b</mark>old&lt;/b>'));
  const text = shown.replace(/<[^>]*>/g, '');
  t.true(shown.includes('&lt;i>Anna') && text.includes('You: ') && shown.includes('aria-current'));
  t.true(shown.includes('1 message found'));
});

test('what was found of a game is told in words, not as programs write it', async (t) => {
  const { store, asked, clock } = startStore();
  store.type('game');
  clock.advance(PAUSE_MS);
  const message = 'vestnik-game:tic-tac-toe/0k3x9qfz/invite';
  asked[0]?.answer({ found: [sampleFound(1, { message, direction: 'in' })], next: undefined });
  await settle();

  const shown = html(
    <FoundList
      search={store}
      now={NOON}
      nameOf={() => 'Anna'}
      people={PEOPLE}
      isOneTalk
      current={undefined}
    />,
  );

  t.true(shown.includes('Tic-tac-toe: an invitation'));
  t.false(shown.includes('0k3x9qfz'));
});

test('what was said in a room names the room and who said it, and leads to the event', async (t) => {
  const { store, asked, clock } = startStore();
  const said: ApiFoundInRoom = {
    ...{ id: 'e7', room: 'tea@fc00::9', seqnr: 7, timestamp: '2026-11-20T12:00:00.000Z', s: 12 },
    ...{ type: 'MSG', from: 'ringo', origin: 'guest', message: 'more tea', marks: [[5, 3]] },
  };
  store.type('tea');
  clock.advance(PAUSE_MS);
  asked[0]?.answer({
    found: [said, { ...said, s: 11, seqnr: 6, from: `Nan@${ANNA}`, origin: 'contact' }],
    next: undefined,
  });
  await settle();

  const show = (isOneTalk: boolean) =>
    html(
      <FoundList
        {...{ search: store, now: NOON, people: PEOPLE, isOneTalk, current: undefined }}
        nameOf={() => 'nobody'}
      />,
    );
  const read = (shown: string) => shown.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

  t.true(show(false).includes('href="/r/tea%40fc00%3A%3A9/e/7"'));
  t.regex(read(show(false)), /tea@fc00::9 .* ringo : more tea .* Anna : more tea/);
  // In the room itself its name is above already.
  t.regex(read(show(true)), /ringo [^ ]+ .M more tea Anna [^ ]+ .M more tea/);
  t.notRegex(read(show(true)), /tea@/);
});

test('nothing found, and a search that failed, are said in words', async (t) => {
  const { store, asked, clock } = startStore();
  const list = () =>
    html(
      <FoundList
        search={store}
        now={NOON}
        nameOf={() => 'Anna'}
        isOneTalk
        people={PEOPLE}
        current={undefined}
      />,
    );
  store.type('b');
  t.true(list().includes('Searching'));
  clock.advance(PAUSE_MS);
  asked[0]?.answer(page([]));
  await settle();
  t.true(list().includes('No message has all these words.'));

  store.type('c');
  clock.advance(PAUSE_MS);
  asked[1]?.fail();
  await settle();

  t.true(list().includes('The search did not get through.') && list().includes('Try again'));
});
