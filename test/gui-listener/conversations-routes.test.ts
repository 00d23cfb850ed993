import test from 'ava';
import { StorageError } from '../../storage/errors.ts';
import type { ApiMessage, ApiMessageDetails, ErrorBody } from '../../daemon/wire/gui-api.ts';
import { API_TOKEN, BOB, receive, startGui, type GuiWorld } from '../helpers/gui-world.ts';
import { openRaw, rawRequest } from '../helpers/raw-http.ts';
import type { Answer } from '../helpers/api.ts';

const MESSAGES = `/api/conversations/${BOB}/messages`;
const DELETE = `/api/conversations/${BOB}/delete`;
const STRANGER = '/api/conversations/203.0.113.99/messages';

async function startWithBob(t: Parameters<typeof startGui>[0]): Promise<GuiWorld> {
  const gui = await startGui(t);
  await gui.domain.contacts.add({ address: BOB, nick: 'Bob' });
  return gui;
}

function textsOf({ body }: Answer): readonly string[] {
  return (body as ApiMessage[]).map(({ message }) => message);
}

function codeOf({ body }: Answer): string {
  return (body as ErrorBody).error.code;
}

test('a message is sent and found again', async (t) => {
  const { api, clock } = await startWithBob(t);

  const { status, body } = await api.post(MESSAGES, { message: 'привет', id: 'mine-1' });

  const at = new Date(clock.nowMs()).toISOString();
  t.is(status, 201);
  const expected: ApiMessage = {
    id: 'mine-1',
    s: 1,
    rev: 1,
    from: (body as ApiMessage).from,
    to: BOB,
    message: 'привет',
    timestamp: at,
    received: at,
    direction: 'out',
    state: 'queued',
    enctype: '',
    verified: false,
    missing_before: 0,
    via: null,
  };
  t.deepEqual(body, expected);
  t.deepEqual((await api.get(MESSAGES)).body, [expected]);
  const details = (await api.get(`${MESSAGES}/mine-1`)).body as ApiMessageDetails;
  t.deepEqual(details, {
    ...expected,
    timeline: [{ at, step: 'queued', via: null, outcome: null }],
  });
});

test('a repeat under the same id is harmless, another text is a conflict', async (t) => {
  const { api } = await startWithBob(t);
  await api.post(MESSAGES, { message: 'once', id: 'one' });

  const repeated = await api.post(MESSAGES, { message: 'once', id: 'one' });
  const conflict = await api.post(MESSAGES, { message: 'twice', id: 'one' });

  t.is(repeated.status, 200);
  t.is(conflict.status, 409);
  t.is(codeOf(conflict), 'id_conflict');
  t.deepEqual(textsOf(await api.get(MESSAGES)), ['once']);
});

test('several messages go out in order', async (t) => {
  const { api } = await startWithBob(t);
  const messages = Array.from({ length: 500 }, (_, i) => ({ message: `m${i}`, id: `id${i}` }));

  const first = await api.post(MESSAGES, { messages });
  const repeated = await api.post(MESSAGES, { messages });

  t.is(first.status, 201);
  t.is(repeated.status, 200);
  t.deepEqual(textsOf(first), textsOf(repeated));
  t.is((first.body as ApiMessage[]).at(-1)?.id, 'id499');
  t.is((await api.post(MESSAGES, { messages: [...messages, { message: 'x' }] })).status, 400);
});

test('what can not be a message is refused, and nothing is kept', async (t) => {
  const { api } = await startWithBob(t);
  const cases = [
    [{}, 400, 'bad_request'],
    [{ message: '' }, 400, 'bad_request'],
    [{ message: ' \n\t ' }, 400, 'bad_request'],
    [{ message: 5 }, 400, 'bad_request'],
    [{ message: 'x', id: 'not ok' }, 400, 'bad_request'],
    [{ message: 'x', id: 'x'.repeat(65) }, 400, 'bad_request'],
    [{ messages: [] }, 400, 'bad_request'],
    [{ messages: [{ message: 'fine' }, { message: '' }] }, 400, 'bad_request'],
    [{ message: 'x'.repeat(59_999) }, 413, 'too_large'],
    [{ message: 'я'.repeat(30_000) }, 413, 'too_large'],
    [{ message: '\n'.repeat(30_000) + 'x' }, 413, 'too_large'],
    [{ messages: [{ message: 'fine' }, { message: 'x'.repeat(60_000) }] }, 413, 'too_large'],
  ] as const;

  for (const [body, status, code] of cases) {
    const answer = await api.post(MESSAGES, body);
    t.is(answer.status, status, JSON.stringify(body).slice(0, 60));
    t.is(codeOf(answer), code);
  }
  t.is((await api.post(STRANGER, { message: 'x' })).status, 404);
  t.is((await api.post(MESSAGES, { message: 'x'.repeat(59_998) })).status, 201);
  t.is(textsOf(await api.get(MESSAGES)).length, 1);
});

test('history comes in pages, oldest first', async (t) => {
  const { api } = await startWithBob(t);
  const messages = Array.from({ length: 60 }, (_, i) => ({ message: `m${i}`, id: `id${i}` }));
  await api.post(MESSAGES, { messages });

  t.is(textsOf(await api.get(MESSAGES)).length, 50);
  t.deepEqual(textsOf(await api.get(`${MESSAGES}?limit=2`)), ['m58', 'm59']);
  t.deepEqual(textsOf(await api.get(`${MESSAGES}?before=3&limit=9`)), ['m0', 'm1']);
  t.deepEqual(textsOf(await api.get(`${MESSAGES}?before=id2&limit=1`)), ['m1']);
  t.deepEqual(textsOf(await api.get(`${MESSAGES}?after=id2&limit=2`)), ['m3', 'm4']);
  t.is(textsOf(await api.get(`${MESSAGES}?limit=999`)).length, 60);
  for (const query of ['limit=0', 'limit=-1', 'limit=x', 'limit=1&limit=2', 'before=1&before=2']) {
    t.is((await api.get(`${MESSAGES}?${query}`)).status, 400, query);
  }
  t.is((await api.get(`${MESSAGES}?before=unknown`)).status, 404);
  t.is((await api.get(STRANGER)).status, 404);
});

test('conversations come newest first, and a read mark counts', async (t) => {
  const gui = await startWithBob(t);
  const first = await receive(gui, BOB, 'one');
  const second = await receive(gui, BOB, 'two');

  const before = await gui.api.get('/api/conversations');
  const marked = await gui.api.post(`/api/conversations/${BOB}/read`, { upTo: first });
  const nonsense = await gui.api.post(`/api/conversations/${BOB}/read`, { upTo: -1 });
  const byId = await gui.api.post(`/api/conversations/${BOB}/read`, { upTo: 'in-2' });

  t.like(before.body, [{ address: BOB, unread: 2, read_up_to: 0, last: { message: 'two' } }]);
  t.is(marked.status, 200);
  t.like(marked.body, { unread: 1, read_up_to: first });
  t.is(nonsense.status, 400);
  t.like(byId.body, { unread: 0, read_up_to: second });
});

test('a message is cancelled, retried and deleted', async (t) => {
  const { api } = await startWithBob(t);
  await api.post(MESSAGES, { message: 'wait', id: 'w' });

  const cancelled = await api.post(`${MESSAGES}/w/cancel`);
  const tooLate = await api.post(`${MESSAGES}/w/cancel`);
  const retried = await api.post(`${MESSAGES}/w/retry`);
  const deleted = await api.delete(`${MESSAGES}/w`);

  t.like(cancelled.body, { state: 'failed', reason: 'cancelled' });
  t.is(tooLate.status, 409);
  t.is(codeOf(tooLate), 'not_cancellable');
  t.like(retried.body, { state: 'queued' });
  t.is(deleted.status, 204);
  t.is((await api.get(`${MESSAGES}/w`)).status, 404);
  t.is((await api.delete(`${MESSAGES}/w`)).status, 404);
});

test('what the disk refuses is told without telling where it lies', async (t) => {
  const gui = await startWithBob(t);
  gui.messages.failure = new StorageError('storage_full', 'no room in /home/alice/vestnik');

  const answer = await gui.api.post(MESSAGES, { message: 'x' });

  t.is(answer.status, 507);
  t.is(codeOf(answer), 'storage_full');
  t.false(JSON.stringify(answer.body).includes('/home'));
  t.is(gui.defects.length, 1);
});

test('a defect is reported to us and not to the caller', async (t) => {
  const gui = await startWithBob(t);
  gui.messages.failure = new TypeError('secret of the inside');

  const answer = await gui.api.post(MESSAGES, { message: 'x' });

  t.is(answer.status, 500);
  t.deepEqual(answer.body, { error: { code: 'internal', message: 'something broke here' } });
  t.deepEqual(gui.defects, [gui.messages.failure]);
});

test('somebody who hangs up in the middle is no defect of ours', async (t) => {
  const gui = await startWithBob(t);
  const socket = await openRaw(t, gui.port);
  const head = [
    `Host: 127.0.0.1:${gui.port}`,
    `Authorization: Bearer ${API_TOKEN}`,
    'Content-Type: application/json',
    'Content-Length: 1000',
  ];

  socket.write(rawRequest(`POST ${MESSAGES} HTTP/1.1`, head, '{"mess'));
  await gui.api.get('/api/me');
  socket.resetAndDestroy();
  // Closing waits for every connection, that one too.
  await gui.close();

  t.deepEqual(gui.defects, []);
});

test('several messages are deleted at once, and what is gone already is passed by', async (t) => {
  const { api } = await startWithBob(t);
  for (const id of ['a', 'b', 'c']) await api.post(MESSAGES, { message: id, id });
  await api.delete(`${MESSAGES}/a`);

  const deleted = await api.post(DELETE, { ids: ['a', 'b', 'c'] });
  const again = await api.post(DELETE, { ids: ['b'] });

  t.is(deleted.status, 200);
  t.deepEqual(deleted.body, { deleted: ['b', 'c'], asked: 0 });
  t.is(again.status, 404);
  t.deepEqual(textsOf(await api.get(MESSAGES)), []);
});

test('what to delete is checked before anything is', async (t) => {
  const { api } = await startWithBob(t);
  await api.post(MESSAGES, { message: 'a', id: 'a' });
  const tooMany = Array.from({ length: 501 }, (_, i) => `${i}`);

  for (const body of [{}, { ids: [] }, { ids: 'a' }, { ids: [7] }, { ids: tooMany }]) {
    t.is(codeOf(await api.post(DELETE, body)), 'bad_request');
  }
  t.is((await api.post(DELETE, { ids: ['a'], both: true })).status, 409);
  t.is((await api.delete(`${MESSAGES}/a?both=1`)).status, 409);
  t.deepEqual(textsOf(await api.get(MESSAGES)), ['a']);
});

test('a whole conversation is deleted: pages, counts, the last message and the outbox know of nothing', async (t) => {
  const gui = await startWithBob(t);
  const { api } = gui;
  await receive(gui, BOB, 'one');
  await api.post(MESSAGES, { message: 'waits' });

  t.is((await api.delete(MESSAGES)).status, 204);

  t.deepEqual(textsOf(await api.get(MESSAGES)), []);
  t.like((await api.get('/api/conversations')).body, [{ last: null, unread: 0 }]);
  t.is(gui.domain.owner.status().outbox, 0);
  t.is((await api.delete(STRANGER)).status, 404);
});
