import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { WebSocket, WebSocketServer } from 'ws';
import { textFrame } from '../../daemon/http/text-frame.ts';

test('every length of text arrives as it was sent', async (t) => {
  const sizesBytes = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000];
  const texts = sizesBytes.map((size) => 'я'.repeat(Math.floor(size / 2)) + 'x'.repeat(size % 2));
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (_, { socket }) => {
    for (const text of texts) socket.write(textFrame(text));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.teardown(() => client.terminate());
  const received: string[] = [];
  await new Promise<void>((resolve) => {
    client.on('message', (data) => {
      received.push((data as Buffer).toString('utf8'));
      if (received.length === texts.length) resolve();
    });
  });

  t.deepEqual(received, texts);
});

test('a text that goes to many is made once, in either of two spellings', (t) => {
  const [one, other] = [textFrame('{"content":1}'), textFrame('{"args":1}')];

  t.is(textFrame('{"content":1}'), one);
  t.is(textFrame('{"args":1}'), other);
  t.deepEqual([...textFrame('hi')], [0x81, 2, 0x68, 0x69]);
});
