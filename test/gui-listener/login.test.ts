import test from 'ava';
import { API_TOKEN, startGui, type GuiWorld } from '../helpers/gui-world.ts';

const PASSWORD = 'correct horse battery';
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

function login({ url }: GuiWorld, body: object): Promise<Response> {
  return fetch(`${url}/api/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'a browser' },
    body: JSON.stringify(body),
  });
}

async function loginByLink(gui: GuiWorld): Promise<string> {
  const ticket = gui.createLoginLink().split('#t=')[1];
  const response = await login(gui, { ticket });
  return ((await response.json()) as { token: string }).token;
}

function me({ url }: GuiWorld, token: string): Promise<Response> {
  return fetch(`${url}/api/me`, { headers: { authorization: `Bearer ${token}` } });
}

test('without a token nothing but health, login and the GUI itself answers', async (t) => {
  const { url } = await startGui(t, { files: { 'index.html': '<!doctype html>' } });

  for (const path of ['/api/me', '/api/contacts', '/api/nothing', '/metrics']) {
    const response = await fetch(url + path);
    t.is(response.status, 401, path);
    t.is(((await response.json()) as { error: { code: string } }).error.code, 'unauthorized');
  }
  for (const path of ['/', '/healthz']) t.is((await fetch(url + path)).status, 200, path);
});

test('a link logs one browser in, once', async (t) => {
  const gui = await startGui(t);
  const link = gui.createLoginLink();
  t.regex(link, /^http:\/\/127\.0\.0\.1:\d+\/#t=[\w-]{43}$/);
  const [, ticket] = link.split('#t=');

  const first = await login(gui, { ticket });
  const second = await login(gui, { ticket });

  t.is(first.status, 200);
  t.is(second.status, 401);
  const { token } = (await first.json()) as { token: string };
  t.regex(token, /^[\w-]{43}$/);
  t.is((await me(gui, token)).status, 200);
  t.is((await me(gui, `${token}x`)).status, 401);
});

test('a link grows too old after a day', async (t) => {
  const gui = await startGui(t);
  const ticket = gui.createLoginLink().split('#t=')[1];

  gui.clock.advance(DAY_MS + 1);

  t.is((await login(gui, { ticket })).status, 401);
});

test('the command line gets a fresh link, a browser does not', async (t) => {
  const gui = await startGui(t);
  const token = await loginByLink(gui);

  const { status, body } = await gui.api.post('/api/login-link');
  const refused = await fetch(`${gui.url}/api/login-link`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });

  t.is(status, 200);
  const ticket = (body as { url: string }).url.split('#t=')[1];
  t.is((await login(gui, { ticket })).status, 200);
  t.is(refused.status, 403);
});

test('only hashes of tokens are kept', async (t) => {
  const gui = await startGui(t);

  const token = await loginByLink(gui);

  const kept = JSON.stringify(gui.loginStore.saved);
  t.false(kept.includes(token));
  t.false(kept.includes(API_TOKEN));
  t.is(gui.loginStore.saved.sessions.length, 1);
});

test('sessions are listed, and a revoked one is out', async (t) => {
  const gui = await startGui(t);
  const token = await loginByLink(gui);
  await loginByLink(gui);
  const headers = { authorization: `Bearer ${token}` };

  const listed = (await (await fetch(`${gui.url}/api/sessions`, { headers })).json()) as {
    id: string;
    agent: string;
    current: boolean;
  }[];
  const own = listed.find(({ current }) => current);
  const revoked = await gui.api.delete(`/api/sessions/${own?.id ?? ''}`);
  const unknown = await gui.api.delete('/api/sessions/nobody');

  t.is(listed.length, 2);
  t.is(listed.filter(({ current }) => current).length, 1);
  t.is(own?.agent, 'a browser');
  t.is(revoked.status, 204);
  t.is(unknown.status, 404);
  t.is((await me(gui, token)).status, 401);
});

test('a browser that was away for more than a week is logged out', async (t) => {
  const gui = await startGui(t);
  const token = await loginByLink(gui);

  gui.clock.advance(6 * DAY_MS);
  t.is((await me(gui, token)).status, 200);
  gui.clock.advance(6 * DAY_MS);
  t.is((await me(gui, token)).status, 200);
  gui.clock.advance(7 * DAY_MS + 1);

  t.is((await me(gui, token)).status, 401);
  t.deepEqual(gui.login.sessions(), []);
});

test('the 26th browser logs out the one that was away longest', async (t) => {
  const gui = await startGui(t);
  const first = await loginByLink(gui);
  for (let i = 0; i < 24; i++) {
    gui.clock.advance(MINUTE_MS);
    await loginByLink(gui);
  }
  t.is((await me(gui, first)).status, 200);
  gui.clock.advance(MINUTE_MS);

  const second = gui.login.sessions().at(-1)?.id;
  await loginByLink(gui);

  t.is(gui.login.sessions().length, 25);
  t.false(gui.login.sessions().some(({ id }) => id === second));
  t.is((await me(gui, first)).status, 200);
});

test('a password logs in; a new one logs every browser out', async (t) => {
  const gui = await startGui(t);
  t.is((await login(gui, { password: PASSWORD })).status, 401);

  t.is((await gui.api.call('PUT', '/api/password', { password: 'short' })).status, 400);
  t.is((await gui.api.call('PUT', '/api/password', { password: PASSWORD })).status, 204);
  const response = await login(gui, { password: PASSWORD });
  const { token } = (await response.json()) as { token: string };
  t.is((await me(gui, token)).status, 200);
  await gui.api.call('PUT', '/api/password', { password: `${PASSWORD}!` });

  t.is((await me(gui, token)).status, 401);
  t.is((await login(gui, { password: PASSWORD })).status, 401);
  t.false(JSON.stringify(gui.loginStore.saved).includes(PASSWORD));
});

test('guesses are slowed down, and whoever waits may guess again', async (t) => {
  const gui = await startGui(t);
  await gui.api.call('PUT', '/api/password', { password: PASSWORD });
  const guess = async (): Promise<number> =>
    (await login(gui, { password: 'not it at all' })).status;

  for (let i = 0; i < 5; i++) t.is(await guess(), 401);
  const refused = await login(gui, { password: PASSWORD });
  t.is(refused.status, 429);
  t.is(refused.headers.get('retry-after'), '60');
  gui.clock.advance(MINUTE_MS);
  t.is(await guess(), 401);
  gui.clock.advance(MINUTE_MS);
  t.is(await guess(), 429);
  gui.clock.advance(MINUTE_MS);

  t.is((await login(gui, { password: PASSWORD })).status, 200);
  t.is(await guess(), 401);
});

test('a thousand guesses at once are no faster than one after the other', async (t) => {
  const gui = await startGui(t);
  await gui.api.call('PUT', '/api/password', { password: PASSWORD });

  const statuses = await Promise.all(
    Array.from({ length: 40 }, async () => (await login(gui, { password: 'guess' })).status),
  );

  t.is(statuses.filter((status) => status === 401).length, 5);
  t.is(statuses.filter((status) => status === 429).length, 35);
});

test('without a password the GUI does not listen beyond loopback', async (t) => {
  await t.throwsAsync(startGui(t, { listen: '0.0.0.0:0' }), {
    name: 'ListenError',
    message: /only with a password/,
  });
});
