import test from 'ava';
import fc from 'fast-check';
import type { ApiFound, ErrorBody } from '../../daemon/wire/gui-api.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { API_TOKEN, BOB, receive, startGui, type GuiWorld } from '../helpers/gui-world.ts';
import { urlQuery } from '../helpers/url-words.ts';

const CLARA = parseAddress('203.0.113.8');

async function startWithTwo(t: Parameters<typeof startGui>[0]): Promise<GuiWorld> {
  const gui = await startGui(t);
  await gui.domain.contacts.add({ address: BOB, nick: 'Bob' });
  await gui.domain.contacts.add({ address: CLARA, nick: 'Clara' });
  return gui;
}

function pathOf(query: Readonly<Record<string, string>>): string {
  return `/api/search?${new URLSearchParams(query).toString()}`;
}

async function find(
  { url }: GuiWorld,
  query: Readonly<Record<string, string>> | string,
): Promise<{ status: number; found: readonly ApiFound[]; code: string; link: string | null }> {
  const path = typeof query === 'string' ? query : pathOf(query);
  const response = await fetch(url + path, { headers: { Authorization: `Bearer ${API_TOKEN}` } });
  const body = (await response.json()) as ApiFound[] | ErrorBody;
  return {
    status: response.status,
    found: Array.isArray(body) ? body : [],
    code: Array.isArray(body) ? '' : body.error.code,
    link: response.headers.get('Link'),
  };
}

test('messages are found with their contact and the places, the newest first', async (t) => {
  const gui = await startWithTwo(t);
  await receive(gui, BOB, 'Ёлка стоит');
  await gui.api.post(`/api/conversations/${CLARA}/messages`, { message: 'где елка?', id: 'mine' });
  await receive(gui, BOB, 'нигде');

  const { status, found, link } = await find(gui, { q: 'ёл' });

  t.is(status, 200);
  t.is(link, null);
  t.like(found, {
    length: 2,
    0: { id: 'mine', address: CLARA, message: 'где елка?', marks: [[4, 2]], direction: 'out' },
    1: { address: BOB, message: 'Ёлка стоит', marks: [[0, 2]], direction: 'in', s: 1 },
  });
});

test('a search can be limited to one conversation', async (t) => {
  const gui = await startWithTwo(t);
  await receive(gui, BOB, 'one');
  await receive(gui, CLARA, 'one');

  const { found } = await find(gui, { q: 'one', address: `${BOB}:4884` });

  t.deepEqual(
    found.map((one) => 'address' in one && one.address),
    [BOB],
  );
});

test('what was said in rooms is found with the room, and of one room alone', async (t) => {
  const gui = await startWithTwo(t);
  const { api } = gui;
  for (const name of ['lobby', 'tea']) {
    await api.post('/api/rooms', { name });
    await api.post(`/api/rooms/${name}/messages`, { message: `one ${name}`, id: name });
  }
  await receive(gui, BOB, 'one');

  const all = await find(gui, { q: 'one' });
  const { found } = await find(gui, { q: 'one', room: 'tea' });

  t.deepEqual(
    all.found.map((one) => ('room' in one ? one.room : one.address)),
    ['tea', 'lobby', BOB],
  );
  t.is(found.length, 1);
  t.like(found[0], { room: 'tea', seqnr: 2, type: 'MSG', origin: 'owner', message: 'one tea' });
  t.deepEqual(found[0]?.marks, [[0, 3]]);
  t.is((await find(gui, { q: 'one', room: 'none' })).code, 'not_found');
  t.is((await find(gui, { q: 'one', room: 'tea', address: BOB })).code, 'bad_request');
  await api.post('/api/rooms/tea/leave');
  await api.delete('/api/rooms/tea');
  t.is((await find(gui, { q: 'one' })).found.length, 2);
});

test('a long answer comes in pages, each with a link to the next', async (t) => {
  const gui = await startWithTwo(t);
  for (let index = 0; index < 5; index++) await receive(gui, BOB, `word ${index}`);
  const texts: string[] = [];

  let path: string | undefined = pathOf({ q: 'word', limit: '2' });
  for (let page = 0; path !== undefined && page < 9; page++) {
    const { found, link } = await find(gui, path);
    texts.push(...found.map(({ message }) => message));
    path = /^<(.*)>; rel="next"$/.exec(link ?? '')?.[1];
  }

  t.deepEqual(texts, ['word 4', 'word 3', 'word 2', 'word 1', 'word 0']);
});

test('what was deleted, and whom we removed, is not found', async (t) => {
  const gui = await startWithTwo(t);
  await receive(gui, BOB, 'one');
  await receive(gui, BOB, 'two');
  await receive(gui, CLARA, 'one more');
  await gui.api.delete(`/api/conversations/${BOB}/messages/in-1`);
  await gui.api.delete(`/api/contacts/${CLARA}`);

  t.deepEqual((await find(gui, { q: 'one' })).found, []);
  t.is((await find(gui, { q: 'two' })).found.length, 1);
});

test('a query that makes no sense is refused, one without a word finds nothing', async (t) => {
  const gui = await startWithTwo(t);
  await receive(gui, BOB, 'one');

  for (const query of [
    '/api/search',
    pathOf({ q: ' ' }),
    pathOf({ q: 'x'.repeat(257) }),
    pathOf({ q: 'a '.repeat(33) }),
    pathOf({ q: 'one', before: 'in-1' }),
    pathOf({ q: 'one', limit: '0' }),
    '/api/search?q=a&q=b',
  ]) {
    t.like(await find(gui, query), { status: 400, code: 'bad_request' }, query);
  }
  t.like(await find(gui, { q: 'one', address: '::g' }), { status: 400, code: 'bad_address' });
  t.like(await find(gui, { q: 'one', address: '203.0.113.99' }), { status: 404 });
  t.like(await find(gui, { q: '?!' }), { status: 200, found: [] });
});

test('nobody searches without a token', async (t) => {
  const gui = await startWithTwo(t);

  const response = await fetch(gui.url + pathOf({ q: 'one' }));

  t.is(response.status, 401);
});

test('whatever is searched for, the answer is a list or a refusal', async (t) => {
  const gui = await startWithTwo(t);
  await receive(gui, BOB, 'some words, “quoted”, ﬁne 😀 你好');

  await fc.assert(
    fc.asyncProperty(
      // Broken escapes and doubled names among them.
      fc.oneof(urlQuery, fc.string({ unit: fc.constantFrom(...Array.from('a"“ %&=+я😀')) })),
      async (typed) => {
        const { status } = await find(gui, `/api/search?q=${typed}`);
        t.true(status === 200 || status === 400, `${status}`);
      },
    ),
    { numRuns: 100 },
  );
  t.deepEqual(gui.defects, []);
});
