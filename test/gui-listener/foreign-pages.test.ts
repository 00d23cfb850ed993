/** Security test rows 24 and 27: what foreign pages can make a browser do, and the headers of every reply (G3, G7, G8). */
import { readFile, readdir } from 'node:fs/promises';
import test from 'ava';
import { API_TOKEN, startGui } from '../helpers/gui-world.ts';
import { rawRequest, sendRaw } from '../helpers/raw-http.ts';

/** What a hostile page can make a browser send, and the statuses that are safe answers. */
const PROBES: readonly (readonly [title: string, method: string, headers: readonly string[]])[] = [
  ['a form', 'POST', ['Content-Type: application/x-www-form-urlencoded']],
  ['plain text', 'POST', ['Content-Type: text/plain']],
  ['an upload', 'POST', ['Content-Type: multipart/form-data; boundary=x']],
  ['no type at all', 'POST', []],
  ['a foreign origin', 'POST', ['Content-Type: application/json', 'Origin: http://evil.example']],
  ['an opaque origin', 'POST', ['Content-Type: application/json', 'Origin: null']],
  ['a look-alike origin', 'POST', ['Content-Type: application/json', 'Origin: http://localhost']],
  ['a cross-site fetch', 'POST', ['Content-Type: application/json', 'Sec-Fetch-Site: cross-site']],
  ['a same-site fetch', 'POST', ['Content-Type: application/json', 'Sec-Fetch-Site: same-site']],
  ['a typed POST', 'POST', ['Content-Type: application/json', 'Sec-Fetch-Site: none']],
  ['a preflight', 'OPTIONS', ['Origin: http://evil.example']],
  ['a bare preflight', 'OPTIONS', []],
];

test('row 24: a foreign page gets nothing done, with a token or without', async (t) => {
  const { port, domain } = await startGui(t);
  const body = '{"address":"203.0.113.9"}';

  for (const [title, method, headers] of PROBES) {
    for (const authorization of [[], [`Authorization: Bearer ${API_TOKEN}`]]) {
      const answer = await sendRaw(
        t,
        port,
        rawRequest(
          `${method} /api/contacts HTTP/1.1`,
          [
            `Host: 127.0.0.1:${port}`,
            'Connection: close',
            `Content-Length: ${body.length}`,
            ...authorization,
            ...headers,
          ],
          body,
        ),
      );

      t.true([403, 405, 415].includes(answer.status), `${title}: ${answer.status}`);
      t.notRegex(answer.head, /access-control-/i, title);
    }
  }
  t.deepEqual(domain.contacts.list(), []);
});

/** Values of `Sec-Fetch-Site` with the method and mode that come with them, and what becomes of the request. */
const SITES: readonly (readonly [site: string, method: string, mode: string, status: number])[] = [
  ['same-origin', 'GET', 'cors', 200],
  ['none', 'GET', 'navigate', 200],
  ['none', 'GET', 'cors', 403],
  ['none', 'POST', 'navigate', 403],
  ['same-site', 'GET', 'navigate', 403],
  ['same-site', 'GET', 'no-cors', 403],
  ['cross-site', 'GET', 'navigate', 403],
  ['cross-site', 'GET', 'websocket', 403],
  ['', 'GET', 'cors', 403],
  ['SAME-ORIGIN', 'GET', 'cors', 403],
  ['same-origin, cross-site', 'GET', 'cors', 403],
];

test('row 24: only what stays at home, or was typed, is answered', async (t) => {
  const { port } = await startGui(t);

  for (const [site, method, mode, status] of SITES) {
    const answer = await sendRaw(
      t,
      port,
      rawRequest(`${method} /api/me HTTP/1.1`, [
        `Host: 127.0.0.1:${port}`,
        `Authorization: Bearer ${API_TOKEN}`,
        `Sec-Fetch-Site: ${site}`,
        `Sec-Fetch-Mode: ${mode}`,
        'Connection: close',
      ]),
    );

    t.is(answer.status, status, `${site} ${method} ${mode}`);
  }
});

test('row 24: a foreign origin is refused by every route, before the token is looked at', async (t) => {
  const { url } = await startGui(t, { files: { 'index.html': '<!doctype html>' } });

  for (const [method, path] of await readRoutes()) {
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1']) {
      const response = await fetch(url + path, { method, headers: { origin } });

      t.is(response.status, 403, `${method} ${path} from ${origin}`);
    }
  }
});

test('row 24: what changes something is not done by GET', async (t) => {
  const { api, domain } = await startGui(t);
  const routes = await readRoutes();
  const readable = new Set(routes.filter(([method]) => method === 'GET').map(([, path]) => path));

  for (const [, path] of routes.filter(([, changed]) => !readable.has(changed))) {
    const { status } = await api.get(path);
    // A path like /contacts/:address may be another one's /contacts/:verb.
    t.true([400, 404, 405].includes(status), `${path}: ${status}`);
  }
  t.deepEqual(domain.contacts.list(), []);
});

test('row 24: the GUI itself and an address that somebody typed get through', async (t) => {
  const { port, url } = await startGui(t, { files: { 'index.html': '<!doctype html>' } });
  const host = `Host: 127.0.0.1:${port}`;
  const own = rawRequest('GET /api/me HTTP/1.1', [
    host,
    `Origin: ${url}`,
    'Sec-Fetch-Site: same-origin',
    `Authorization: Bearer ${API_TOKEN}`,
    'Connection: close',
  ]);
  const typed = rawRequest('GET / HTTP/1.1', [
    host,
    'Sec-Fetch-Site: none',
    'Sec-Fetch-Mode: navigate',
    'Connection: close',
  ]);

  t.is((await sendRaw(t, port, own)).status, 200);
  t.is((await sendRaw(t, port, typed)).status, 200);
});

test('row 27: every reply carries the security headers, refusals of broken HTTP too', async (t) => {
  const { port, url } = await startGui(t, { files: { 'index.html': '<!doctype html>' } });
  const host = `Host: 127.0.0.1:${port}`;
  const requests = [
    rawRequest('GET / HTTP/1.1', [host, 'Connection: close']),
    rawRequest('GET /nowhere HTTP/1.1', [host, 'Connection: close']),
    rawRequest('GET /api/me HTTP/1.1', [host, 'Connection: close']),
    rawRequest('GET /api/me HTTP/1.1', ['Host: evil', 'Connection: close']),
    rawRequest('OPTIONS / HTTP/1.1', [host, 'Connection: close']),
    rawRequest('GET /chatroom HTTP/1.1', [host, 'Upgrade: websocket', 'Connection: Upgrade']),
    'GET / HTTP/1.1\r\nno colon\r\n\r\n',
  ];

  for (const request of requests) {
    const { head } = await sendRaw(t, port, request);
    t.regex(head, /^content-security-policy: default-src 'none'; script-src 'self';/im, request);
    t.regex(head, /; require-trusted-types-for 'script'\r?$/im, request);
    t.regex(head, /^x-content-type-options: nosniff\r?$/im, request);
    t.regex(head, /^x-frame-options: DENY\r?$/im, request);
    t.regex(head, /^referrer-policy: no-referrer\r?$/im, request);
    t.regex(head, /^cross-origin-opener-policy: same-origin\r?$/im, request);
    t.regex(head, /^cross-origin-resource-policy: same-origin\r?$/im, request);
    t.regex(head, /^permissions-policy: camera=\(\), microphone=\(\),/im, request);
    t.regex(head, /^cache-control: no-store\r?$/im, request);
    t.notRegex(head, /^(access-control-.*|x-powered-by|set-cookie):/im, request);
  }
  const page = await fetch(url);
  const policy = page.headers.get('content-security-policy') ?? '';
  t.true(policy.includes(`connect-src 'self' ws://127.0.0.1:${port} wss://127.0.0.1:${port};`));
});

/** Exactly what a reply carries besides what HTTP itself needs. */
function expectedHeaders(port: number): Readonly<Record<string, string>> {
  const host = `127.0.0.1:${port}`;
  return {
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; " +
      `media-src 'self' blob:; connect-src 'self' ws://${host} wss://${host}; manifest-src 'self'; ` +
      "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
      "require-trusted-types-for 'script'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
    'cache-control': 'no-store',
  };
}

test('row 27: the headers of every route are exactly these, whatever is answered', async (t) => {
  const { url, port } = await startGui(t, { files: { 'index.html': '<!doctype html>' } });
  const expected = Object.entries(expectedHeaders(port));
  const paths = [...(await readRoutes()), ['GET', '/'], ['GET', '/healthz'], ['GET', '/metrics']];

  for (const [method = '', path = ''] of paths) {
    for (const headers of [{}, { authorization: `Bearer ${API_TOKEN}` }]) {
      const response = await fetch(url + path, { method, headers });
      for (const [name, value] of expected) {
        t.is(response.headers.get(name), value, `${method} ${path}: ${name}`);
      }
      t.is(response.headers.get('set-cookie'), null);
    }
  }
});

/** Every call of the REST interface, with something in place of its parameters. */
async function readRoutes(): Promise<readonly (readonly [method: string, path: string])[]> {
  const folder = 'daemon/gui-listener';
  const names = (await readdir(folder)).filter((name) => name.endsWith('-routes.ts'));
  const texts = await Promise.all(names.map((name) => readFile(`${folder}/${name}`, 'utf8')));
  return texts
    .flatMap((text) => text.split('new Router'))
    .flatMap((part) => {
      const prefix = /prefix: '([^']+)'/.exec(part)?.[1];
      const routes = part.matchAll(/router\.(get|post|put|patch|delete)\(\s*'([^']+)'/g);
      if (prefix === undefined) return [];
      return [...routes].map(([, method = '', path = '']): readonly [string, string] => [
        method.toUpperCase(),
        (prefix + path).replace(/\/$/, '').replace(/:\w+/g, '203.0.113.200'),
      ]);
    });
}
