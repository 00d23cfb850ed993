import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { jsonBodyGuard, readText } from '../../daemon/http/body.ts';
import { reportErrors } from '../../daemon/http/report-errors.ts';
import type { Listener } from '../../daemon/http/server.ts';
import { parseJson } from '../../daemon/wire/check.ts';
import { openRaw, rawRequest, readAnswer, sendRaw } from '../helpers/raw-http.ts';
import { serve } from '../helpers/open-listener.ts';

const MAX_BYTES = 1000;
const HOST = 'Host: x';
/** Processor time in microseconds, with room for a slow machine. */
const MAX_PARSE_US = 200_000;
const LONG = 100 * 1024 * 1024;

/** Answers the length of what it read, parsed as JSON when asked to. */
async function serveBodies(t: ExecutionContext): Promise<Listener> {
  return serve(t, [
    reportErrors((error) => t.log(error)),
    async (ctx) => {
      const text = await readText(ctx.req, MAX_BYTES);
      if (ctx.path === '/json') parseJson(text);
      ctx.body = String(text.length);
    },
  ]);
}

test('a body is read whole, in one piece or many', async (t) => {
  const { url, port } = await serveBodies(t);

  const whole = await fetch(url, { method: 'POST', body: 'я'.repeat(500) });
  const none = await fetch(url, { method: 'POST' });
  const socket = await openRaw(t, port);
  socket.setNoDelay(true);
  socket.write(
    'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  // Cuts a character of two bytes.
  socket.write(Buffer.from('1\r\n\xd1\r\n1\r\n\x8f\r\n0\r\n\r\n', 'latin1'));

  t.is(await whole.text(), '500');
  t.is(await none.text(), '0');
  t.is((await readAnswer(socket)).body, '1');
});

test('a body announced as too long is refused at once, and the connection ends', async (t) => {
  const { port } = await serveBodies(t);

  const answer = await sendRaw(
    t,
    port,
    rawRequest('POST / HTTP/1.1', [HOST, `Content-Length: ${LONG}`]),
  );

  t.is(answer.status, 413);
  t.regex(answer.head, /connection: close/i);
  t.regex(answer.body, /too_large/);
});

test('an endless body is cut when it is too long', async (t) => {
  const { port } = await serveBodies(t);
  const socket = await openRaw(t, port);
  const answer = readAnswer(socket);
  socket.write(rawRequest('POST / HTTP/1.1', [HOST, 'Transfer-Encoding: chunked']));

  const chunk = `400\r\n${'x'.repeat(1024)}\r\n`;
  const timer = setInterval(() => socket.write(chunk), 1);
  t.teardown(() => clearInterval(timer));

  t.is((await answer).status, 413);
});

test('a compressed body is not read', async (t) => {
  const { url } = await serveBodies(t);

  const bomb = await fetch(url, {
    method: 'POST',
    headers: { 'content-encoding': 'gzip' },
    body: gzipSync('x'.repeat(100_000)),
  });
  const plain = await fetch(url, {
    method: 'POST',
    headers: { 'content-encoding': 'identity' },
    body: 'x',
  });

  t.is(bomb.status, 415);
  t.is(plain.status, 200);
});

test('a body that is not UTF-8 is refused', async (t) => {
  const { url } = await serveBodies(t);

  for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xd1]]) {
    const response = await fetch(url, { method: 'POST', body: Uint8Array.from(bytes) });
    t.is(response.status, 400);
  }
});

test('a body that ends early is nobody’s defect', async (t) => {
  const failures: unknown[] = [];
  const seen = new Promise<void>((resolve) => {
    void serve(t, [
      async (ctx) => {
        await readText(ctx.req, MAX_BYTES).catch((error: unknown) => void failures.push(error));
        resolve();
      },
    ]).then(async ({ port }) => {
      const socket = await openRaw(t, port);
      socket.write(rawRequest('POST / HTTP/1.1', [HOST, 'Content-Length: 10'], 'abc'), () =>
        socket.destroy(),
      );
    });
  });

  await seen;

  t.like(failures[0], { name: 'RequestError', code: 'bad_request' });
});

test('hostile JSON is refused within the blink of an eye, and changes nothing', async (t) => {
  const { url } = await serve(t, [
    reportErrors((error) => t.log(error)),
    async (ctx) => {
      ctx.body = String(parseJson(await readText(ctx.req, 2_000_000)));
    },
  ]);
  const bodies = [
    '['.repeat(1_000_000),
    '{"a":'.repeat(200_000),
    `${'['.repeat(17)}${']'.repeat(17)}`,
    '{"a":1,}',
    '"\u{1}"',
    '\ufeff{}',
    '',
  ];

  for (const body of bodies) {
    const response = await fetch(url, { method: 'POST', body });
    t.is(response.status, 400, body.slice(0, 20));
    // Processor time, so that a busy machine can't fail this.
    const begin = process.cpuUsage();
    t.throws(() => parseJson(body), { name: 'WireError' });
    t.true(process.cpuUsage(begin).user < MAX_PARSE_US);
  }
  await fetch(url, { method: 'POST', body: '{"__proto__":{"admin":true}}' });
  t.is(Reflect.get({}, 'admin'), undefined);
});

test('only JSON counts as JSON', async (t) => {
  const { url } = await serve(t, [
    reportErrors((error) => t.log(error)),
    jsonBodyGuard(),
    (ctx) => {
      ctx.body = 'read';
    },
  ]);
  const post = async (type: string | undefined, body?: string): Promise<number> => {
    const headers = new Headers();
    if (type !== undefined) headers.set('content-type', type);
    const response = await fetch(url, {
      method: 'POST',
      headers,
      ...(body === undefined ? {} : { body }),
    });
    return response.status;
  };

  t.is(await post('application/json', '{}'), 200);
  t.is(await post('Application/JSON ; charset=utf-8', '{}'), 200);
  t.is(await post(undefined), 200);
  t.is(await post('text/plain', '{}'), 415);
  t.is(await post('application/jsonp', '{}'), 415);
  t.is(await post('application/x-www-form-urlencoded', 'a=1'), 415);
  t.is(await post('text/plain; application/json', '{}'), 415);
});
