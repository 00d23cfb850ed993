import test from 'ava';
import { sendRaw, rawRequest } from '../helpers/raw-http.ts';
import { BOBS_KEY, post, postAsBob, sendBody, startPeerWorld } from '../helpers/peer-world.ts';

const HANDSHAKE = '{"action":"handshake","key":"k"}';

/** What gives a browser away. */
const BROWSER_HEADERS: readonly Readonly<Record<string, string>>[] = [
  { origin: 'http://evil.example' },
  { origin: 'null' },
  { origin: '' },
  { origin: 'http://127.0.0.1:4884' },
  { referer: 'http://evil.example/page' },
  { cookie: 'a=b' },
  ...['cross-site', 'same-site', 'same-origin', 'none'].map((site) => ({ 'sec-fetch-site': site })),
];

test('row 24: whatever comes from a web page is refused, and nothing is told to it', async (t) => {
  const world = await startPeerWorld(t);

  for (const headers of BROWSER_HEADERS) {
    for (const body of [HANDSHAKE, sendBody(BOBS_KEY), 'nonsense']) {
      const answer = await post(world, { body, headers });
      t.is(answer.status, 403, JSON.stringify(headers));
      t.deepEqual(answer.json, { status: 0, error: 'forbidden' });
    }
  }
  t.deepEqual(world.taken.handshakes, []);
  t.deepEqual(world.taken.unproven, []);
});

test('row 24: a proof does not let a web page in', async (t) => {
  const world = await startPeerWorld(t);

  const answer = await postAsBob(world, {
    body: sendBody(BOBS_KEY),
    headers: { origin: 'http://evil.example' },
  });

  t.is(answer.status, 403);
  t.false(answer.isProven);
  t.deepEqual(world.taken.messages, []);
});

test('row 24: forms that a page can send without asking are understood from daemons alone', async (t) => {
  const world = await startPeerWorld(t);
  const types = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json',
  ];

  for (const type of types) {
    const headers = { 'content-type': type };
    const bare = await post(world, { body: HANDSHAKE, headers });
    const page = await post(world, {
      body: HANDSHAKE,
      headers: { ...headers, origin: 'http://evil.example' },
    });
    t.deepEqual(bare.json, { status: 1 }, type);
    t.is(page.status, 403, type);
  }
});

test('row 24: no method asks for permission, and no reply gives any', async (t) => {
  const world = await startPeerWorld(t);
  const preflight = {
    origin: 'http://evil.example',
    'access-control-request-method': 'POST',
    'access-control-request-private-network': 'true',
  };

  for (const method of ['OPTIONS', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'GET', 'POST']) {
    const answer = await post(world, { body: '', method, headers: preflight });
    t.is(answer.status, 403, method);
    const allowing = Object.keys(answer.headers).filter((name) =>
      /^(access-control|allow)/.test(name),
    );
    t.deepEqual(allowing, [], method);
  }
});

test('row 24: the fetch of Node, with which a base peer may be written, gets through', async (t) => {
  const { port } = await startPeerWorld(t);

  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: HANDSHAKE });

  t.is(response.status, 200);
  t.deepEqual(await response.json(), { status: 1 });
  t.false([...response.headers.keys()].some((name) => name.startsWith('access-control')));
});

test('row 25: under whatever name a page reaches the peer port, it gets a pong at most', async (t) => {
  const world = await startPeerWorld(t);
  const names = [
    'evil.example',
    `evil.example:${world.port}`,
    'localhost@evil',
    'localhost.evil',
    '127.0.0.1.nip.io',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '127.0.0.1',
  ];
  const action = encodeURIComponent('handshake');

  for (const name of names) {
    const head = [`Host: ${name}`, 'Connection: close'];
    const posted = ['Content-Length: 32', `Origin: http://${name}`];
    const ping = await sendRaw(t, world.port, rawRequest('GET /?action=ping HTTP/1.1', head));
    t.is(ping.body, '{"action":"pong"}', name);
    const got = rawRequest(`GET /?action=${action}&key=k HTTP/1.1`, head);
    t.is((await sendRaw(t, world.port, got)).status, 400, name);
    const form = rawRequest('POST / HTTP/1.1', [...head, ...posted], HANDSHAKE);
    t.is((await sendRaw(t, world.port, form)).status, 403, name);
  }
  t.deepEqual(world.taken.handshakes, []);
});
