import test from 'ava';
import { ApiError, createApi, type Api } from '../../gui/src/api.ts';
import { ANNA, FINGERPRINT, sampleMessage } from './fakes.ts';

type Call = Readonly<{ path: string; init: RequestInit }>;

function startApi(answer: () => Response | Promise<Response>) {
  const calls: Call[] = [];
  let logouts = 0;
  const api: Api = createApi({
    token: () => 'secret',
    onUnauthorized: () => {
      logouts += 1;
    },
    fetch: async (path, init) => {
      calls.push({ path, init });
      return answer();
    },
  });
  return { api, calls, logouts: () => logouts };
}

const json =
  (body: unknown, status = 200) =>
  () =>
    Response.json(body, { status });

test('a message is posted with its id and the bearer token', async (t) => {
  const { api, calls } = startApi(json(sampleMessage(1), 201));

  const stored = await api.send(ANNA, { id: 'x', message: 'hi' });

  t.is(stored.s, 1);
  const [call] = calls;
  t.is(call?.path, '/api/conversations/200%3A7f3c%3A91d2%3A4e0b%3A6a55%3A%3A2/messages');
  t.is(call?.init.body, '{"id":"x","message":"hi"}');
  const headers = new Headers(call?.init.headers);
  t.is(headers.get('Authorization'), 'Bearer secret');
  t.is(headers.get('Content-Type'), 'application/json');
});

test('a page of messages is asked for by place, and what is no message is left out', async (t) => {
  const { api, calls } = startApi(json([sampleMessage(1), { nonsense: true }]));

  const page = await api.messages(ANNA, { before: 9, limit: 50 });

  t.deepEqual(page, [sampleMessage(1)]);
  t.true(calls[0]?.path.endsWith('/messages?limit=50&before=9'));
});

test('an error of the daemon keeps its code and sentence', async (t) => {
  const { api } = startApi(json({ error: { code: 'contact_exists', message: 'there' } }, 409));

  const error = await t.throwsAsync(api.addContact({ address: ANNA }), { instanceOf: ApiError });

  t.is(error.code, 'contact_exists');
  t.is(error.message, 'there');
});

test('an unknown token logs out', async (t) => {
  const { api, logouts } = startApi(json({ error: { code: 'unauthorized', message: 'no' } }, 401));

  await t.throwsAsync(api.me(), { instanceOf: ApiError });

  t.is(logouts(), 1);
});

test('no answer and an answer of somebody else are both a daemon that is away', async (t) => {
  const silent = startApi(() => Promise.reject(new TypeError('failed')));
  const proxy = startApi(() => new Response('<h1>Bad gateway</h1>', { status: 502 }));

  const first = await t.throwsAsync(silent.api.me(), { instanceOf: ApiError });
  const second = await t.throwsAsync(proxy.api.me(), { instanceOf: ApiError });

  t.is(first.code, 'unreachable');
  t.is(second.code, 'unreachable');
});

test('an answer of another shape is not understood', async (t) => {
  const { api } = startApi(json({ nick: 'only' }));

  const error = await t.throwsAsync(api.me(), { instanceOf: ApiError });

  t.is(error.code, 'not_understood');
});

test('an answer without a body is fine where none is expected', async (t) => {
  const { api, calls } = startApi(() => new Response(null, { status: 204 }));

  await api.removeContact(ANNA, true);

  t.true(calls[0]?.path.endsWith('?history=1'));
});

test('decisions about trust are posted where they belong', async (t) => {
  const number = { groups: ['12345'], own: 'o', peer: 'p' };
  const { api, calls } = startApi(json(number));

  t.deepEqual(await api.safetyNumber(ANNA), number);
  t.deepEqual(await api.safetyNumber(ANNA, 'candidate'), number);
  await api.verify(ANNA, FINGERPRINT);
  await api.unverify(ANNA);
  await api.acceptContact(ANNA, { confirmed: true });
  await api.goPlain(ANNA);

  const contact = `/api/contacts/${encodeURIComponent(ANNA)}`;
  t.deepEqual(
    calls.map(({ path, init }) => [init.method, path, init.body]),
    [
      ['GET', `${contact}/safety-number?of=contact`, undefined],
      ['GET', `${contact}/safety-number?of=candidate`, undefined],
      ['POST', `${contact}/verify`, `{"fingerprint":"${FINGERPRINT}"}`],
      ['DELETE', `${contact}/verify`, undefined],
      ['POST', `${contact}/accept`, '{"confirmed":true}'],
      ['POST', `${contact}/plain`, '{}'],
    ],
  );
});

test('a safety number that is none is not shown', async (t) => {
  const { api } = startApi(json({ groups: [1], own: 'o', peer: 'p' }));

  const error = await t.throwsAsync(api.safetyNumber(ANNA), { instanceOf: ApiError });

  t.is(error.code, 'not_understood');
});

test('a contact link is made when it is asked for', async (t) => {
  const link = { link: 'vestnik://x', expires: '2026-03-17T12:00:00.000Z' };
  const { api, calls } = startApi(json(link, 201));

  t.deepEqual(await api.createLink(), link);
  t.is(calls[0]?.path, '/api/links');
});
