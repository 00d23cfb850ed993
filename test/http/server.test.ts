import test from 'ava';
import { readText } from '../../daemon/http/body.ts';
import { ListenError, parseListenTarget } from '../../daemon/http/listen.ts';
import { REQUEST_TIMEOUTS } from '../../daemon/http/server.ts';
import { closed, openRaw, rawRequest, readAnswer, sendRaw } from '../helpers/raw-http.ts';
import { serve } from '../helpers/open-listener.ts';
import { tickedMs } from '../helpers/ticks.ts';

const HOST = 'Host: x';

test('port 0 gives a free port, and the URL tells which', async (t) => {
  const { url, port } = await serve(t, [(ctx) => void (ctx.body = 'here')]);

  t.is(url, `http://127.0.0.1:${port}`);
  t.is(await (await fetch(url)).text(), 'here');
});

test('a dual-stack listener answers on IPv4 and IPv6', async (t) => {
  const { url, port } = await serve(t, [(ctx) => void (ctx.body = 'here')], {
    target: parseListenTarget('[::]:0'),
  });

  t.is(url, `http://[::]:${port}`);
  t.is(await (await fetch(`http://127.0.0.1:${port}`)).text(), 'here');
  t.is(await (await fetch(`http://[::1]:${port}`)).text(), 'here');
});

test('a taken port is a clear error', async (t) => {
  const { port } = await serve(t, []);

  const error = await t.throwsAsync(
    serve(t, [], { target: parseListenTarget(`127.0.0.1:${port}`) }),
    { instanceOf: ListenError },
  );

  t.is(error.code, 'address_in_use');
  t.regex(error.message, new RegExp(`127.0.0.1:${port} already`));
});

test('an address of another machine is a clear error', async (t) => {
  await t.throwsAsync(serve(t, [], { target: parseListenTarget('192.0.2.1:0') }), {
    instanceOf: ListenError,
    code: 'address_not_available',
  });
});

test('broken HTTP is answered and cut', async (t) => {
  const { port } = await serve(t, []);

  const broken = await sendRaw(t, port, 'GET / HTTP/1.1\r\nno colon here\r\n\r\n');
  const long = await sendRaw(
    t,
    port,
    rawRequest('GET / HTTP/1.1', [HOST, `X: ${'x'.repeat(9000)}`]),
  );
  const both = await sendRaw(
    t,
    port,
    rawRequest(
      'POST / HTTP/1.1',
      [HOST, 'Content-Length: 5', 'Transfer-Encoding: chunked'],
      '0\r\n\r\n',
    ),
  );

  t.is(broken.status, 400);
  t.is(long.status, 431);
  t.is(both.status, 400);
  t.regex(broken.head, /x-content-type-options: nosniff/i);
});

test('a caller has a limited number of connections, loopback any number', async (t) => {
  const { port } = await serve(t, [(ctx) => void (ctx.body = 'here')], {
    callerMaxConnections: 2,
  });

  const sockets = await Promise.all(Array.from({ length: 5 }, () => openRaw(t, port)));

  for (const socket of sockets) {
    const answer = readAnswer(socket);
    socket.write(rawRequest('GET / HTTP/1.1', [HOST, 'Connection: close']));
    t.is((await answer).body, 'here');
  }
});

test('more connections than there may be in all are cut', async (t) => {
  const { port } = await serve(t, [(ctx) => void (ctx.body = 'here')], { maxConnections: 2 });
  await openRaw(t, port);
  await openRaw(t, port);

  const third = await openRaw(t, port);
  await closed(third);

  t.true(third.destroyed);
});

test('a slow head and a slow body are cut in time', async (t) => {
  const { port } = await serve(
    t,
    [
      async (ctx) => {
        ctx.body = await readText(ctx.req, 100_000).catch(() => 'given up');
      },
    ],
    { timeouts: { headersMs: 400, requestMs: 800, checkMs: 50 } },
  );
  const drip = async (head: string): Promise<number> => {
    const socket = await openRaw(t, port);
    const answer = readAnswer(socket);
    socket.write(head);
    const timer = setInterval(() => socket.write('x'), 20);
    const { status } = await answer;
    clearInterval(timer);
    return status;
  };

  const slowHead = drip('GET / HTTP/1.1\r\nHost: x\r\nX: ');
  const headMs = await tickedMs(slowHead);
  const head = await slowHead;
  const body = await drip(rawRequest('POST / HTTP/1.1', [HOST, 'Content-Length: 100000']));

  t.is(head, 408);
  t.true(headMs < 5000);
  t.is(body, 408);
  t.deepEqual(REQUEST_TIMEOUTS, { headersMs: 10_000, requestMs: 20_000, checkMs: 1000 });
});

test('a body for which time is taken may come slowly, and after it the limit holds again', async (t) => {
  const timeouts = { headersMs: 200, requestMs: 300, checkMs: 20 };
  const unhurried = await serve(
    t,
    [
      async (ctx) => {
        const end = ctx.path === '/large' ? listener.takeTime() : () => undefined;
        ctx.body = (await readText(ctx.req, 1000)).length;
        end();
      },
    ],
    { timeouts },
  );
  const listener = unhurried;
  const strict = await serve(t, [(ctx) => readText(ctx.req, 1000)], { timeouts });
  const begin = async (port: number, path: string) => {
    const socket = await openRaw(t, port);
    const answer = readAnswer(socket);
    socket.write(
      `${rawRequest(`POST ${path} HTTP/1.1`, [HOST, 'Connection: close', 'Content-Length: 3'])}a`,
    );
    return { socket, answer };
  };

  const large = await begin(unhurried.port, '/large');
  const other = await begin(strict.port, '/');
  const cut = (await other.answer).status;
  large.socket.write('bc');
  const taken = (await large.answer).status;
  const later = await begin(unhurried.port, '/small');

  t.deepEqual([cut, taken, (await later.answer).status], [408, 200, 408]);
});

test('a listener that closes lets a request finish and is gone', async (t) => {
  let finish = (): void => undefined;
  const waiting = new Promise<void>((resolve) => (finish = resolve));
  let arrived = (): void => undefined;
  const arrival = new Promise<void>((resolve) => (arrived = resolve));
  const listener = await serve(t, [
    async (ctx) => {
      arrived();
      await waiting;
      ctx.body = 'finished';
    },
  ]);
  const answer = fetch(listener.url);
  await arrival;

  const closing = listener.close();
  finish();

  t.is(await (await answer).text(), 'finished');
  await closing;
  await t.throwsAsync(fetch(listener.url));
});

test('a listener that closes cuts those who never finish', async (t) => {
  const listener = await serve(t, [() => new Promise(() => undefined)]);
  const hanging = sendRaw(t, listener.port, rawRequest('GET / HTTP/1.1', [HOST]));
  const idle = await openRaw(t, listener.port);
  const idleEnd = closed(idle);

  const closingMs = await tickedMs(listener.close());

  t.true(closingMs < 5000);
  t.is((await hanging).head, '');
  await idleEnd;
});
