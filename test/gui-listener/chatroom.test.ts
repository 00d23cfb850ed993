/** The WebSocket of the gui listener, with security test row 26: hijacking and flooding it (G6). */
import { once } from 'node:events';
import test from 'ava';
import { WebSocket, type ClientOptions } from 'ws';
import { API_TOKEN, openSocket, startGui, type GuiWorld } from '../helpers/gui-world.ts';
import { statusOfRefusal } from '../helpers/topic-socket.ts';
import { tickedMs } from '../helpers/ticks.ts';

const PROTOCOL = 'vestnik.v1';
const BEARER = { headers: { authorization: `Bearer ${API_TOKEN}` } };
const PING_INTERVAL_MS = 30_000;

/** The status with which an upgrade is refused. */
async function refusal(
  { url }: GuiWorld,
  protocols: readonly string[],
  options: ClientOptions = {},
  path = '/chatroom',
): Promise<number> {
  const socket = new WebSocket(url.replace('http', 'ws') + path, [...protocols], options);
  return statusOfRefusal(socket);
}

async function ticketFor(gui: GuiWorld, token = API_TOKEN): Promise<string> {
  const response = await fetch(`${gui.url}/api/ws-ticket`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  return ((await response.json()) as { ticket: string }).ticket;
}

async function browserToken(gui: GuiWorld): Promise<string> {
  const response = await fetch(`${gui.url}/api/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ticket: gui.createLoginLink().split('#t=')[1] }),
  });
  return ((await response.json()) as { token: string }).token;
}

test('row 26: a browser gets in with a ticket, once, and hears only the protocol', async (t) => {
  const gui = await startGui(t);
  const offered = [PROTOCOL, `t.${await ticketFor(gui)}`];

  const socket = await openSocket(t, gui, offered, { origin: gui.url });

  t.is(socket.socket.protocol, PROTOCOL);
  t.is(await refusal(gui, offered, { origin: gui.url }), 401);
});

test('a program gets in with its token alone', async (t) => {
  const gui = await startGui(t);

  const socket = await openSocket(t, gui, [], BEARER);

  t.is((await socket.next()).type, 'hello');
});

test('row 26: an upgrade is refused before a word of WebSocket is spoken', async (t) => {
  const gui = await startGui(t);
  const { port, url } = gui;
  const ticket = async (): Promise<string[]> => [PROTOCOL, `t.${await ticketFor(gui)}`];
  const old = await ticket();
  gui.clock.advance(30_001);

  t.is(await refusal(gui, [], { origin: url }), 401);
  t.is(await refusal(gui, [PROTOCOL], { origin: url }), 401);
  t.is(await refusal(gui, [PROTOCOL, 't.guess'], { origin: url }), 401);
  t.is(await refusal(gui, old, { origin: url }), 401);
  t.is(await refusal(gui, await ticket()), 401);
  t.is(await refusal(gui, ['other', (await ticket())[1]!], { origin: url }), 401);
  t.is(await refusal(gui, await ticket(), { origin: 'http://evil.example' }), 403);
  t.is(await refusal(gui, await ticket(), { origin: 'null' }), 403);
  t.is(await refusal(gui, await ticket(), { origin: `http://127.0.0.1:${port + 1}` }), 403);
  t.is(await refusal(gui, [], { ...BEARER, origin: 'http://evil.example' }), 403);
  t.is(
    await refusal(gui, [], { headers: { ...BEARER.headers, 'sec-fetch-site': 'cross-site' } }),
    403,
  );
  t.is(await refusal(gui, await ticket(), { origin: url, headers: { host: 'evil' } }), 421);
  t.is(await refusal(gui, [], BEARER, '/elsewhere'), 404);
  t.is(await refusal(gui, [], { headers: { authorization: 'Bearer guess' } }), 401);
});

test('the path of the WebSocket is no page', async (t) => {
  const { url } = await startGui(t);

  t.is((await fetch(`${url}/chatroom`)).status, 400);
});

test('a client that spells frames otherwise is answered likewise', async (t) => {
  const gui = await startGui(t);
  const socket = await openSocket(t, gui, [], BEARER);
  const hello = await socket.next();
  t.deepEqual(hello.content, hello.args);

  socket.socket.send('{"type":"subscribe","args":{"topic_name":"board","type":"string"}}');
  const update = await socket.next();

  t.is(update.content, undefined);
  t.like(update.args, { topic_name: 'board' });
});

test('two browsers share a draft live', async (t) => {
  const gui = await startGui(t);
  const [one, other] = [await openSocket(t, gui, [], BEARER), await openSocket(t, gui, [], BEARER)];
  await one.subscribe('draft/bob', 'string');
  await other.subscribe('draft/bob', 'string');

  one.send('update', {
    topic_name: 'draft/bob',
    change: { type: 'insert', position: 0, insertion: 'hi', id: 'mine' },
  });

  const expected = { type: 'insert', position: 0, insertion: 'hi', id: 'mine', version: 1 };
  t.deepEqual(await one.nextChange('draft/bob'), expected);
  t.deepEqual(await other.nextChange('draft/bob'), expected);
});

test('a client calls another, each in its own spelling', async (t) => {
  const gui = await startGui(t);
  const [one, other] = [await openSocket(t, gui, [], BEARER), await openSocket(t, gui, [], BEARER)];
  await one.next();
  await other.next();
  const text = '{"type":"register_service","args":{"service_name":"sum"}}';
  one.socket.send(text);
  // Whoever hears the answer to this knows that the service is there.
  one.socket.send('{"type":"subscribe","args":{"topic_name":"x","type":"int"}}');
  await one.next();

  other.send('request', { service_name: 'sum', args: [1, 2], request_id: 'mine' });
  const { type, args } = await one.next();
  one.socket.send(
    JSON.stringify({ type: 'response', args: { response: 3, request_id: args?.['request_id'] } }),
  );

  t.is(type, 'request');
  t.like(args, { service_name: 'sum', args: [1, 2] });
  t.deepEqual(await other.next(), {
    type: 'response',
    content: { response: 3, request_id: 'mine' },
  });
});

test('a bad frame is told to its client, and the connection lives on', async (t) => {
  const gui = await startGui(t);
  const socket = await openSocket(t, gui, [], BEARER);
  const { content } = await socket.next();
  const messages = `_chatroom/client_message/${content?.['id'] as string}`;
  await socket.subscribe(messages, 'string');

  for (const frame of ['nonsense', '{"type":"dance","content":{}}', Buffer.from([1, 2, 3])]) {
    socket.socket.send(frame);
    const { value } = await socket.nextChange(messages);
    t.is(typeof value, 'string');
    t.not(value, '');
  }
  t.is(await socket.subscribe('board', 'string'), '');
});

test('row 26: a frame over 256 KiB closes the connection', async (t) => {
  const gui = await startGui(t);
  const socket = await openSocket(t, gui, [], BEARER);
  const closed = socket.closed();

  socket.socket.send('x'.repeat(262_145));

  t.is(await closed, 1009);
});

test('row 26: a frame of 10 MiB closes the connection before it has come', async (t) => {
  const gui = await startGui(t);
  const socket = await openSocket(t, gui, [], BEARER);
  const closed = socket.closed();

  socket.socket.send(Buffer.alloc(10 * 2 ** 20, 'x'), { binary: false });

  t.is(await closed, 1009);
  t.deepEqual(gui.defects, []);
});

test('row 26: pieces that add up to too much close the connection', async (t) => {
  const gui = await startGui(t);
  const socket = await openSocket(t, gui, [], BEARER);
  const closed = socket.closed();

  for (let i = 0; i < 100; i++) socket.socket.send('x'.repeat(10_000), { fin: false });

  t.is(await closed, 1009);
});

for (const piece of ['', 'x']) {
  test(`row 26: a flood of pieces of ${piece.length} bytes closes the connection`, async (t) => {
    const gui = await startGui(t);
    const socket = await openSocket(t, gui, [], BEARER);
    const other = await openSocket(t, gui, [], BEARER);
    const closed = socket.closed();

    for (let i = 0; i < 2000; i++) socket.socket.send(piece, { fin: false });

    t.is(await closed, 1008);
    t.is(await other.subscribe('board', 'string'), '');
  });
}

test('a client that sends too fast has its changes rejected', async (t) => {
  const gui = await startGui(t);
  const socket = await openSocket(t, gui, [], BEARER);
  await socket.next();
  await socket.subscribe('board', 'string');

  for (let i = 0; i < 250; i++) {
    socket.send('update', { topic_name: 'board', change: { type: 'set', value: String(i) } });
  }
  const types: string[] = [];
  for (let i = 0; i < 250; i++) types.push((await socket.next()).type);

  t.is(types.filter((type) => type === 'update').length, 199);
  t.is(types.filter((type) => type === 'reject_update').length, 51);
  gui.clock.advance(1000);
  socket.send('update', { topic_name: 'board', change: { type: 'set', value: 'calm' } });
  t.like(await socket.nextChange('board'), { value: 'calm' });
});

test('row 26: a flood of pings closes the connection', async (t) => {
  const gui = await startGui(t);
  const socket = await openSocket(t, gui, [], BEARER);
  const closed = socket.closed();

  for (let i = 0; i < 201; i++) socket.socket.ping();

  // Either our own limit or, earlier, that of the WebSocket library on answers under way.
  t.true([1006, 1008].includes(await closed));
});

test('a client that answers no ping is dropped at the next', async (t) => {
  const gui = await startGui(t);
  const deaf = await openSocket(t, gui, [], { ...BEARER, autoPong: false });
  const { socket: alive } = await openSocket(t, gui, [], BEARER);
  const closed = deaf.closed();

  const pinged = once(alive, 'ping');
  gui.clock.advance(PING_INTERVAL_MS);
  await pinged;
  // The answer to our own ping comes after the daemon has seen the answer to its own.
  const answered = once(alive, 'pong');
  alive.ping();
  await answered;
  gui.clock.advance(PING_INTERVAL_MS);

  await closed;
  t.is(alive.readyState, WebSocket.OPEN);
});

test('a browser session has four sockets at most', async (t) => {
  const gui = await startGui(t);
  const token = await browserToken(gui);
  const offer = async (): Promise<string[]> => [PROTOCOL, `t.${await ticketFor(gui, token)}`];
  for (let i = 0; i < 4; i++) {
    await openSocket(t, gui, await offer(), { origin: gui.url });
  }

  t.is(await refusal(gui, await offer(), { origin: gui.url }), 429);
});

test('the sockets of a browser end with its session', async (t) => {
  const gui = await startGui(t);
  const token = await browserToken(gui);
  const offered = [PROTOCOL, `t.${await ticketFor(gui, token)}`];
  const unused = [PROTOCOL, `t.${await ticketFor(gui, token)}`];
  const socket = await openSocket(t, gui, offered, { origin: gui.url });
  const closed = socket.closed();

  await gui.login.revoke(gui.login.sessions()[0]!.id);

  t.is(await closed, 4001);
  t.is(await refusal(gui, unused, { origin: gui.url }), 401);
});

test('a new password ends the sockets of every browser at once, and no program’s', async (t) => {
  const gui = await startGui(t);
  const closed: Promise<number>[] = [];
  for (let i = 0; i < 2; i++) {
    const offered = [PROTOCOL, `t.${await ticketFor(gui, await browserToken(gui))}`];
    closed.push((await openSocket(t, gui, offered, { origin: gui.url })).closed());
  }
  const program = await openSocket(t, gui, [], BEARER);

  await gui.login.setPassword('correct horse battery');

  t.deepEqual(await Promise.all(closed), [4001, 4001]);
  t.is(await program.subscribe('board', 'string'), '');
});

test('a browser that was logged out hears nothing more, even if it does not hang up', async (t) => {
  const gui = await startGui(t);
  const offered = [PROTOCOL, `t.${await ticketFor(gui, await browserToken(gui))}`];
  const browser = await openSocket(t, gui, offered, { origin: gui.url });
  const author = await openSocket(t, gui, [], BEARER);
  await browser.subscribe('board', 'string');
  await author.subscribe('board', 'string');
  let heard = 0;
  browser.socket.on('message', () => heard++);
  const closed = browser.closed();

  await gui.login.revoke(gui.login.sessions()[0]!.id);
  author.send('update', { topic_name: 'board', change: { type: 'set', value: 'secret' } });
  browser.send('update', { topic_name: 'board', change: { type: 'set', value: 'forged' } });

  t.like(await author.nextChange('board'), { value: 'secret' });
  await closed;
  t.is(heard, 0);
  t.is(await (await openSocket(t, gui, [], BEARER)).subscribe('board', 'string'), 'secret');
});

test('a client that reads too slowly is sent away, and comes back', async (t) => {
  const gui = await startGui(t);
  const slow = await openSocket(t, gui, [], BEARER);
  const author = await openSocket(t, gui, [], BEARER);
  await slow.subscribe('board', 'string');
  await author.subscribe('board', 'string');
  const closed = slow.closed();

  slow.socket.pause();
  const value = 'x'.repeat(200_000);
  for (let i = 0; i < 60; i++) {
    author.send('update', { topic_name: 'board', change: { type: 'set', value } });
    await author.nextChange('board');
  }
  slow.socket.resume();

  t.is(await closed, 1013);
});

test('a value of 1 MiB reaches who asks for it, however slowly he reads', async (t) => {
  const gui = await startGui(t);
  const author = await openSocket(t, gui, [], BEARER);
  const slow = await openSocket(t, gui, [], BEARER);
  const topics = ['one', 'two', 'three'];
  for (const topic of topics) {
    await author.subscribe(topic, 'string');
    for (let piece = 0; piece < 4; piece++) {
      author.send('update', {
        topic_name: topic,
        change: { type: 'insert', position: 0, insertion: 'ж'.repeat(131_000) },
      });
      await author.nextChange(topic);
    }
  }

  slow.socket.pause();
  for (const topic of topics) slow.send('subscribe', { topic_name: topic, type: 'string' });
  author.send('update', {
    topic_name: 'one',
    change: { type: 'insert', position: 0, insertion: 'x' },
  });
  await author.nextChange('one');
  slow.socket.resume();

  for (const topic of topics) {
    const { value } = await slow.nextChange(topic);
    t.true((value as string).endsWith('ж'.repeat(524_000)));
  }
  t.is(await slow.subscribe('four', 'string'), '');
});

test('a daemon that stops says goodbye and is gone soon', async (t) => {
  const gui = await startGui(t);
  const socket = await openSocket(t, gui, [], BEARER);
  await openSocket(t, gui, [], { ...BEARER, autoPong: false });
  const closed = socket.closed();

  const closingMs = await tickedMs(gui.close());

  t.is(await closed, 1001);
  t.true(closingMs < 5000);
});
