/** Security test row 25: DNS rebinding against the gui listener (G2). */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import test from 'ava';
import { API_TOKEN, startGui } from '../helpers/gui-world.ts';
import { rawRequest, sendRaw } from '../helpers/raw-http.ts';

const AUTHORIZATION = `Authorization: Bearer ${API_TOKEN}`;

/** Host values and what becomes of them; `P` stands for the listener's port. */
const HOSTS: readonly (readonly [host: string, status: number])[] = [
  ['127.0.0.1:P', 200],
  ['localhost:P', 200],
  ['LOCALHOST:P', 200],
  ['[::1]:P', 200],
  ['listed.example:P', 200],
  ['listed.example', 200],
  ['exact.example:8443', 200],
  ['exact.example:P', 421],
  ['127.0.0.1', 421],
  ['localhost', 421],
  ['127.0.0.1:1', 421],
  ['127.0.0.1:P0', 421],
  ['evil.example:P', 421],
  ['localhost@evil:P', 421],
  ['localhost:P@evil', 421],
  ['evil@localhost:P', 421],
  ['localhost.evil:P', 421],
  ['localhost.:P', 421],
  ['127.0.0.1.nip.io:P', 421],
  ['127.1:P', 421],
  ['2130706433:P', 421],
  ['0.0.0.0:P', 421],
  ['[0:0:0:0:0:0:0:1]:P', 421],
  ['[::ffff:127.0.0.1]:P', 421],
  ['[::]:P', 421],
  ['::1:P', 421],
  ['', 421],
];

test('row 25: only the exact names of the listener are answered', async (t) => {
  const { port } = await startGui(t, { hostNames: ['listed.example', 'exact.example:8443'] });

  for (const [host, status] of HOSTS) {
    const value = host.replace('P', String(port));
    const answer = await sendRaw(
      t,
      port,
      rawRequest('GET /api/me HTTP/1.1', [`Host: ${value}`, AUTHORIZATION, 'Connection: close']),
    );

    t.is(answer.status, status, host);
    if (status === 421) t.is(answer.body, '', host);
  }
});

test('row 25: a request without Host, or with two, is not answered', async (t) => {
  const { port } = await startGui(t);
  const host = `Host: 127.0.0.1:${port}`;
  const requests = [
    rawRequest('GET /api/me HTTP/1.0', [AUTHORIZATION]),
    rawRequest('GET /api/me HTTP/1.1', [AUTHORIZATION, 'Connection: close']),
    rawRequest('GET /api/me HTTP/1.1', [host, host, AUTHORIZATION, 'Connection: close']),
    rawRequest('GET /api/me HTTP/1.1', [host, 'Host: evil', AUTHORIZATION, 'Connection: close']),
    rawRequest('GET /api/me HTTP/1.0', ['Host: evil', host, AUTHORIZATION]),
  ];

  for (const request of requests) {
    const { status } = await sendRaw(t, port, request);
    t.true(status === 421 || status === 400, request);
  }
});

test('row 25: an absolute-form request target is not answered', async (t) => {
  const { port } = await startGui(t);

  const answer = await sendRaw(
    t,
    port,
    rawRequest(`GET http://127.0.0.1:${port}/api/me HTTP/1.1`, [
      `Host: 127.0.0.1:${port}`,
      AUTHORIZATION,
      'Connection: close',
    ]),
  );

  t.is(answer.status, 421);
});

test('row 25: a listener on all addresses goes by the one that was called, and no other of ours', async (t) => {
  const { port } = await startGui(t, { listen: '0.0.0.0:0', password: 'correct horse battery' });
  const status = async (called: string, host: string): Promise<number> => {
    const asking = request({
      ...{ host: called, port, path: '/api/me' },
      headers: { host: host.replace('P', String(port)), authorization: `Bearer ${API_TOKEN}` },
    }).end();
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode ?? 0;
  };

  t.is(await status('127.0.0.9', '127.0.0.9:P'), 200);
  t.is(await status('127.0.0.9', 'localhost:P'), 200);
  t.is(await status('127.0.0.9', '127.0.0.8:P'), 421);
  t.is(await status('127.0.0.9', '0.0.0.0:P'), 421);
  t.is(await status('127.0.0.9', '127.0.0.9'), 421);
});

test('the literal address of the very socket is answered', async (t) => {
  const { port, login } = await startGui(t, { listen: '127.0.0.5:0' });
  t.false(login.hasPassword);

  const response = await fetch(`http://127.0.0.5:${port}/healthz`);

  t.is(response.status, 200);
});
