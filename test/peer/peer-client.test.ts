import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { PeerClient } from '../../daemon/peer/peer-client.ts';
import type { Address } from '../../daemon/wire/address.ts';
import { listen, startClient } from './client-and-peers.ts';

/** A peer that answers HTTP. */
async function startPeer(t: ExecutionContext, answer: RequestListener): Promise<Address> {
  const server = createHttpServer(answer);
  t.teardown(() => server.closeAllConnections());
  return listen(t, server);
}

/** A peer that does with the bare connection what it likes. */
async function startRaw(t: ExecutionContext, handle: (socket: Socket) => void): Promise<Address> {
  const sockets = new Set<Socket>();
  t.teardown(() => sockets.forEach((socket) => socket.destroy()));
  return listen(
    t,
    createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      handle(socket);
    }),
  );
}

test('an answer comes back as it is', async (t) => {
  const peer = await startPeer(t, (request, response) => {
    request.resume();
    response.end('{"status":1}');
  });

  t.deepEqual(await startClient(t).post(peer, '{}'), {
    outcome: 'ok',
    body: '{"status":1}',
    isProven: false,
  });
});

test('nobody listens', async (t) => {
  const server = createServer();
  const peer = await listen(t, server);
  server.close();
  await once(server, 'close');

  t.deepEqual(await startClient(t).post(peer, '{}'), { outcome: 'connection_refused' });
});

test('a peer that never answers is given up', async (t) => {
  const peer = await startRaw(t, () => undefined);
  const client = startClient(t, { answerTimeoutMs: 100 });

  t.deepEqual(await client.post(peer, '{}'), { outcome: 'timeout' });
});

test('a peer that dribbles its answer is given up', async (t) => {
  const peer = await startRaw(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{');
  });
  const client = startClient(t, { answerTimeoutMs: 100 });

  t.deepEqual(await client.post(peer, '{}'), { outcome: 'timeout' });
});

test('a peer that does not speak HTTP answers nonsense', async (t) => {
  const peer = await startRaw(t, (socket) => socket.end('220 mail.example.org ESMTP\r\n'));

  t.deepEqual(await startClient(t).post(peer, '{}'), { outcome: 'bad_answer' });
});

test('row 29: an endless answer is cut', async (t) => {
  const peer = await startPeer(t, (request, response) => {
    request.resume();
    const chunk = 'x'.repeat(16 * 1024);
    const pour = (): void => {
      while (response.write(chunk));
      response.once('drain', pour);
    };
    response.on('error', () => undefined);
    pour();
  });

  t.deepEqual(await startClient(t).post(peer, '{}'), { outcome: 'bad_answer' });
});

test('row 29: a redirect is not followed', async (t) => {
  let isFollowed = false;
  const elsewhere = await startPeer(t, (_, response) => {
    isFollowed = true;
    response.end('{"status":1}');
  });
  const peer = await startPeer(t, (request, response) => {
    request.resume();
    response.writeHead(307, { location: `http://${elsewhere}/` }).end();
  });

  t.deepEqual(await startClient(t).post(peer, '{}'), { outcome: 'bad_answer' });
  t.false(isFollowed);
});

test('an error in our protocol is a refusal, any other page is nonsense', async (t) => {
  const peer = await startPeer(t, (request, response) => {
    request.resume();
    response
      .writeHead(413)
      .end(request.url === '/' ? '{"status": 0, "error":"too_many_requests"}' : '');
  });
  const router = await startPeer(t, (request, response) => {
    request.resume();
    response.writeHead(404).end('<html>router login</html>');
  });

  t.deepEqual(await startClient(t).post(peer, '{}'), { outcome: 'refused' });
  t.deepEqual(await startClient(t).post(router, '{}'), { outcome: 'bad_answer' });
});

test('a peer that has too much to do is busy, which is no refusal', async (t) => {
  const peer = await startPeer(t, (request, response) => {
    request.resume();
    response.writeHead(429, { 'retry-after': '1' }).end('{"status":0,"error":"too_many_requests"}');
  });

  t.deepEqual(await startClient(t).post(peer, '{}'), { outcome: 'busy' });
});

test('a connection that the peer closed while it was idle is made anew', async (t) => {
  let connections = 0;
  const peer = await startRaw(t, (socket) => {
    connections += 1;
    let requests = 0;
    socket.on('data', () => {
      requests += 1;
      // The second request on the first connection meets a closed door.
      if (connections === 1 && requests === 2) socket.resetAndDestroy();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
    });
  });
  const client = startClient(t);

  await client.post(peer, '{}');
  t.deepEqual(await client.post(peer, '{}'), { outcome: 'ok', body: '{}', isProven: false });
  t.is(connections, 2);
});

test('a forbidden address gets no connection', async (t) => {
  let isReached = false;
  const peer = await startRaw(t, () => (isReached = true));
  const client = new PeerClient({
    localAddressFor: () => undefined,
    isAllowed: () => false,
    isLikelyThere: () => true,
  });

  t.deepEqual(await client.post(peer, '{}'), { outcome: 'forbidden_address' });
  t.false(isReached);
});

test('what is under way ends when the client closes', async (t) => {
  const client = startClient(t);
  const peer = await startRaw(t, () => {
    client.close();
  });

  t.deepEqual(await client.post(peer, '{}'), { outcome: 'unreachable' });
});
