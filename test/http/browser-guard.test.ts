import test from 'ava';
import { browserGuard } from '../../daemon/http/browser-guard.ts';
import { reportErrors } from '../../daemon/http/report-errors.ts';
import { rawRequest, sendRaw } from '../helpers/raw-http.ts';
import { serve } from '../helpers/open-listener.ts';

const MIDDLEWARE = [
  reportErrors(() => undefined),
  browserGuard(),
  (ctx: { body: unknown }) => void (ctx.body = { status: 1 }),
];

test('what a browser sends is refused, whatever it says', async (t) => {
  const { port } = await serve(t, MIDDLEWARE);
  const headers = [
    'Origin: http://evil.example',
    'Origin: null',
    'Origin: http://127.0.0.1',
    'Origin:',
    'Referer: http://evil.example/',
    'Cookie: a=b',
    'Sec-Fetch-Site: cross-site',
    'Sec-Fetch-Site: same-origin',
    'Sec-Fetch-Site: none',
  ];

  for (const header of headers) {
    const answer = await sendRaw(
      t,
      port,
      rawRequest('POST / HTTP/1.1', ['Host: x', 'Connection: close', header, 'Content-Length: 0']),
    );
    t.is(answer.status, 403, header);
    t.notRegex(answer.head, /access-control-/i);
  }
});

test('the fetch of Node and a bare client get through', async (t) => {
  const { url, port } = await serve(t, MIDDLEWARE);

  const fetched = await fetch(url, { method: 'POST', body: '{}' });
  const bare = await sendRaw(
    t,
    port,
    rawRequest('POST / HTTP/1.1', ['Host: x', 'Sec-Fetch-Mode: cors', 'Connection: close']),
  );

  t.is(fetched.status, 200);
  t.is(bare.status, 200);
});
