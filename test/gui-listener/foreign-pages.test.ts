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

test('a foreign page gets nothing done, with a token or without', async (t) => {
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

test('the GUI itself and an address that somebody typed get through', async (t) => {
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

test('every reply carries the security headers, refusals of broken HTTP too', async (t) => {
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
