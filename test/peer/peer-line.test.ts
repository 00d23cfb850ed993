import { once } from 'node:events';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { HopProof } from '../../daemon/peer/peer-exchange.ts';
import { eventually } from '../helpers/eventually.ts';
import { listen, startClient } from './client-and-peers.ts';

/** Of nobody in particular: these answers are not proven, and that is all right. */
const PROOF: HopProof = {
  keys: { toPeer: new Uint8Array(32), fromPeer: new Uint8Array(32) },
  accessKey: undefined,
  randomBytes: (length) => new Uint8Array(length),
  isAnswerFree: true,
};

type Held = Readonly<{ body: string; response: ServerResponse; socket: Socket }>;

/** A peer that answers when it is told to. */
async function startHolding(t: ExecutionContext) {
  const held: Held[] = [];
  const server = createHttpServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => held.push({ body, response, socket: request.socket }));
  });
  t.teardown(() => server.closeAllConnections());
  return { peer: await listen(t, server), held };
}

test('requests follow one another on one connection, and each has its answer', async (t) => {
  const { peer, held } = await startHolding(t);
  const client = startClient(t);

  const first = client.post(peer, 'one', PROOF, true);
  const second = client.follow(peer, 'two', PROOF);
  const third = client.follow(peer, 'three', PROOF);
  await eventually(() => held.length === 3);
  for (const { body, response } of [...held].reverse()) response.end(`"${body}"`);

  t.like(await first, { outcome: 'ok', body: '"one"' });
  t.like(await second, { outcome: 'ok', body: '"two"' });
  t.like(await third, { outcome: 'ok', body: '"three"' });
  t.deepEqual(
    held.map(({ body }) => body),
    ['one', 'two', 'three'],
  );
  t.is(new Set(held.map(({ socket }) => socket)).size, 1);
});

test('nothing follows where nothing is under way', async (t) => {
  const { peer, held } = await startHolding(t);
  const client = startClient(t);
  t.is(client.follow(peer, 'x', PROOF), undefined);

  const first = client.post(peer, 'one', PROOF, true);
  await eventually(() => held.length === 1);
  held[0]?.response.end('1');
  await first;

  t.is(client.follow(peer, 'two', PROOF), undefined);
});

test('a connection that breaks fails all that is under way, and nothing is repeated', async (t) => {
  const { peer, held } = await startHolding(t);
  const client = startClient(t);
  const first = client.post(peer, 'one', PROOF, true);
  const second = client.follow(peer, 'two', PROOF);
  await eventually(() => held.length === 2);

  held[0]?.socket.destroy();

  t.deepEqual(await first, { outcome: 'unreachable' });
  t.deepEqual(await second, { outcome: 'unreachable' });
  t.is(client.follow(peer, 'three', PROOF), undefined);
  t.is(held.length, 2);
});

test('a connection that was ended while it was at rest costs nothing', async (t) => {
  const { peer, held } = await startHolding(t);
  const client = startClient(t);
  const first = client.post(peer, 'one', PROOF, true);
  await eventually(() => held.length === 1);
  held[0]?.response.end('1');
  await first;
  held[0]?.socket.destroy();

  const second = client.post(peer, 'two', PROOF, true);
  await eventually(() => held.length === 2);
  held[1]?.response.end('2');

  t.like(await second, { outcome: 'ok', body: '2' });
});

test('a peer that says it closes is asked on another connection', async (t) => {
  const { peer, held } = await startHolding(t);
  const client = startClient(t);
  for (const body of ['one', 'two']) {
    const reply = client.post(peer, body, PROOF, true);
    await eventually(() => held.at(-1)?.body === body);
    held.at(-1)?.response.setHeader('Connection', 'close').end('1');
    t.like(await reply, { outcome: 'ok' });
  }

  t.is(new Set(held.map(({ socket }) => socket)).size, 2);
});

test('a peer that stays silent is given up, with all that followed', async (t) => {
  const { peer } = await startHolding(t);
  const client = startClient(t, { answerTimeoutMs: 100 });

  const first = client.post(peer, 'one', PROOF, true);
  const second = client.follow(peer, 'two', PROOF);

  t.deepEqual(await first, { outcome: 'timeout' });
  t.deepEqual(await second, { outcome: 'timeout' });
});

test('nobody listens where requests could follow', async (t) => {
  const server = createServer();
  const peer = await listen(t, server);
  server.close();
  await once(server, 'close');

  t.deepEqual(await startClient(t).post(peer, '{}', PROOF, true), {
    outcome: 'connection_refused',
  });
});

test('what is not understood fails all that is under way', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.0 200 OK\r\n\r\n');
    });
  });
  const peer = await listen(t, server);
  const client = startClient(t);

  const first = client.post(peer, 'one', PROOF, true);
  const second = client.follow(peer, 'two', PROOF);

  t.like(await first, { outcome: 'ok', body: '1' });
  t.deepEqual(await second, { outcome: 'bad_answer' });
});

test('a daemon that stops ends what is under way', async (t) => {
  const { peer, held } = await startHolding(t);
  const client = startClient(t);
  const first = client.post(peer, 'one', PROOF, true);
  await eventually(() => held.length === 1);

  client.close();

  t.deepEqual(await first, { outcome: 'unreachable' });
});
