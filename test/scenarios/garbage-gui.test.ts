import assert from 'node:assert/strict';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { WebSocket, type ClientOptions } from 'ws';
import { conversationPath, type Api } from '../helpers/api.ts';
import { startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { openSocket, startGui } from '../helpers/gui-world.ts';
import { startMemoryDaemon } from '../helpers/memory-daemon.ts';
import { rawRequest, sendRaw } from '../helpers/raw-http.ts';

const BOB = '127.0.0.9:4999';
const MESSAGES = conversationPath(BOB);

/** A daemon with one contact that is not there. */
async function startWithContact(t: ExecutionContext): Promise<DaemonProcess> {
  const daemon = await startDaemonProcess(t);
  await daemon.api.post('/api/contacts', { address: BOB });
  await daemon.api.send(BOB, 'hello');
  return daemon;
}

/** The daemon still does what it is for, and nothing in it broke. */
async function assertWell(
  t: ExecutionContext,
  daemon: DaemonProcess,
  after: string,
): Promise<void> {
  t.is((await daemon.api.get('/api/me')).status, 200, after);
  t.deepEqual(daemon.defects, [], after);
}

/** Where a body goes, and one that is accepted there. */
const PLACES: readonly (readonly [method: string, path: string, sound: object])[] = [
  ['POST', '/api/contacts', { address: '127.0.0.10:4999', nick: 'Carol', can_resend: 1 }],
  ['PATCH', `/api/contacts/${encodeURIComponent(BOB)}`, { nick: 'Bob', muted: true, relay_for: 0 }],
  ['POST', MESSAGES, { message: 'hello', id: 'one' }],
  ['POST', MESSAGES, { messages: [{ message: 'hello', id: 'two' }] }],
  ['POST', `/api/conversations/${encodeURIComponent(BOB)}/read`, { upTo: 1 }],
  ['PATCH', '/api/me', { nick: 'Alice', settings: { theme: 'dark', language: 'ru' } }],
  ['POST', '/api/login', { ticket: 'guess' }],
];

/** Bodies that are accepted nowhere. */
const BODIES: readonly (readonly [
  what: string,
  body: string | Buffer<ArrayBuffer>,
  status: number,
])[] = [
  ['words', 'nonsense', 400],
  ['half of an object', '{"message":', 400],
  ['null', 'null', 400],
  ['a list', '[]', 400],
  ['brackets without an end', '['.repeat(200_000), 400],
  ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400],
  ['too much', Buffer.alloc(300_000, 'x'), 413],
];

async function call(
  { url, token }: Api,
  method: string,
  path: string,
  body: string | Buffer<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const response = await fetch(url + path, {
    method,
    body,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...headers,
    },
  });
  await response.arrayBuffer();
  return response.status;
}

test('a body that makes no sense is refused by every call', async (t) => {
  const daemon = await startWithContact(t);

  for (const [method, path] of PLACES) {
    for (const [what, body, status] of BODIES) {
      t.is(await call(daemon.api, method, path, body), status, `${method} ${path}: ${what}`);
    }
    const compressed = await call(daemon.api, method, path, '{}', { 'content-encoding': 'gzip' });
    t.is(compressed, 415, path);
    const form = await call(daemon.api, method, path, 'a=b', { 'content-type': 'text/plain' });
    t.is(form, 415, path);
    await assertWell(t, daemon, path);
  }
});

test('a member of any other kind is refused or understood, never a defect', async (t) => {
  const daemon = await startWithContact(t);

  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        ...PLACES.flatMap((place) => Object.keys(place[2]).map((name) => [place, name] as const)),
      ),
      fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.string({ unit: 'binary' })),
      async ([[method, path, sound], name], value) => {
        const status = await call(
          daemon.api,
          method,
          path,
          JSON.stringify({ ...sound, [name]: value }),
        );
        assert.ok(status < 500, `answered ${status}: ${daemon.log.slice(-1000)}`);
      },
    ),
    { numRuns: 400 },
  );

  await assertWell(t, daemon, 'fuzzing');
});

/** Paths and queries, and the status of the answer. */
const PATHS: readonly (readonly [method: string, path: string, status: number])[] = [
  ['GET', '/api/nothing', 404],
  ['GET', '/api/', 404],
  ['GET', '/api/__proto__', 404],
  ['GET', '/api/constructor', 404],
  ['GET', '/api/contacts/%ff/messages', 404],
  ['DELETE', '/api/contacts/%ff', 400],
  ['DELETE', '/api/contacts/%00', 400],
  ['DELETE', '/api/contacts/..%2f..%2fetc', 400],
  ['DELETE', '/api/contacts/127.0.0.99', 404],
  ['DELETE', `/api/contacts/${'9'.repeat(5000)}`, 400],
  ['PUT', '/api/contacts', 405],
  ['TRACE', '/api/me', 405],
  ['OPTIONS', '/api/me', 405],
  ['GET', '/api/conversations/%ff/messages', 400],
  ['GET', '/api/conversations/example.com/messages', 400],
  ['GET', `${MESSAGES}?limit=-1`, 400],
  ['GET', `${MESSAGES}?limit=1e9`, 400],
  ['GET', `${MESSAGES}?limit=many`, 400],
  ['GET', `${MESSAGES}?before=99999999999999999999`, 404],
  ['GET', `${MESSAGES}?after=nothing`, 404],
  ['GET', `${MESSAGES}?limit=1&limit=2`, 400],
  ['GET', `${MESSAGES}/%2e%2e`, 404],
  ['GET', `${MESSAGES}/__proto__`, 404],
  ['POST', `${MESSAGES}/nothing/cancel`, 404],
  ['DELETE', '/api/sessions/nothing', 404],
  ['DELETE', '/api/relay/nothing', 400],
  ['GET', '/%2e%2e/%2e%2e/etc/passwd', 404],
  ['GET', '/assets/..%5c..%5cconfig.json', 404],
  ['GET', '//evil.example/', 404],
];

test('a path or a query that makes no sense is refused', async (t) => {
  const daemon = await startWithContact(t);
  const { api } = daemon;
  const { port, host } = new URL(api.url);

  for (const [method, path, status] of PATHS) {
    const head = [`Host: ${host}`, `Authorization: Bearer ${api.token}`, 'Connection: close'];
    const answer = await sendRaw(t, Number(port), rawRequest(`${method} ${path} HTTP/1.1`, head));
    t.is(answer.status, status, `${method} ${path}`);
    await assertWell(t, daemon, path);
  }
});

/** Opens a WebSocket; everything that comes is passed by. */
async function openChatroom(
  { api }: DaemonProcess,
  options: ClientOptions = {},
): Promise<WebSocket> {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/chatroom`, {
    headers: { authorization: `Bearer ${api.token}` },
    ...options,
  });
  await once(socket, 'open');
  return socket;
}

/** Frames that are answered and nothing more; the connection stays. */
const FRAMES: readonly (string | Buffer)[] = [
  '',
  'nonsense',
  'null',
  '[]',
  '{}',
  '{"type":1}',
  '{"type":"subscribe"}',
  '{"type":"subscribe","content":[]}',
  '{"type":"subscribe","content":{"topic_name":""}}',
  '{"type":"subscribe","content":{"topic_name":"x","type":"__proto__"}}',
  '{"type":"subscribe","content":{"topic_name":"_vestnik/nothing"}}',
  '{"type":"unsubscribe","content":{"topic_name":"never"}}',
  '{"type":"update","content":{"topic_name":"_vestnik/contacts","change":{"type":"set","value":{}}}}',
  '{"type":"update","content":{"topic_name":"draft/x","change":{"type":"insert","position":-1}}}',
  '{"type":"update","content":{"topic_name":"draft/x","change":{"type":"delete","position":9,"deletion":"x"}}}',
  '{"type":"update","content":{"topic_name":"board","change":{"type":"add","key":"__proto__","value":1}}}',
  '{"type":"update","content":{"topic_name":"board","change":{"type":"set","value":{"__proto__":{"x":1}}}}}',
  '{"type":"update","content":{"topic_name":"\\ud800","change":{"type":"set","value":"\\udfff"}}}',
  '{"__proto__":{"type":"subscribe"}}',
  '{"type":"constructor","content":{}}',
  `{"type":"subscribe","content":${'['.repeat(50_000)}`,
  Buffer.from([0, 255, 1, 254]),
];

test('a frame that makes no sense leaves its connection and all others as they are', async (t) => {
  const daemon = await startWithContact(t);
  const socket = await openChatroom(daemon);
  t.teardown(() => socket.terminate());

  for (const frame of FRAMES) {
    socket.send(frame);
    const pong = once(socket, 'pong');
    socket.ping();
    await pong;
    t.is(socket.readyState, WebSocket.OPEN, String(frame).slice(0, 80));
  }

  await assertWell(t, daemon, 'frames');
});

test('what breaks the rules of WebSocket ends that connection alone', async (t) => {
  const daemon = await startWithContact(t);
  const other = await openChatroom(daemon);
  t.teardown(() => other.terminate());
  const masked = (head: readonly number[], body: Buffer): Buffer =>
    Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), body]);
  const breaches: readonly (readonly [what: string, bytes: Buffer, code: number])[] = [
    ['text that is no UTF-8', masked([0x81, 0x82], Buffer.from([0xff, 0xfe])), 1007],
    ['a frame without a mask', Buffer.from([0x81, 0x01, 0x61]), 1002],
    ['an operation that nobody knows', masked([0x83, 0x80], Buffer.alloc(0)), 1002],
    [
      'a frame announced as huge',
      masked([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0], Buffer.alloc(0)),
      1009,
    ],
    ['a continuation of nothing', masked([0x80, 0x81], Buffer.from('x')), 1002],
  ];

  for (const [what, bytes, expected] of breaches) {
    const socket = await openChatroom(daemon);
    const closed = once(socket, 'close');
    rawSocketOf(socket).write(bytes);
    const [code] = (await closed) as [number];
    t.is(code, expected, what);
    await assertWell(t, daemon, what);
  }
  t.is(other.readyState, WebSocket.OPEN);
});

test('any frame at all is survived', async (t) => {
  const daemon = await startWithContact(t);

  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          type: fc.constantFrom('subscribe', 'unsubscribe', 'update', 'hello'),
          content: fc.record({
            topic_name: fc.constantFrom(
              'board',
              'draft/x',
              '_vestnik/contacts',
              '_vestnik/messages',
            ),
            type: fc.constantFrom('string', 'dict', 'set', 'event'),
            change: fc.record({
              type: fc.constantFrom(
                'set',
                'insert',
                'delete',
                'add',
                'pop',
                'append',
                'remove',
                'emit',
                'change_value',
              ),
              value: fc.jsonValue({ maxDepth: 2 }),
              key: fc.string(),
              item: fc.jsonValue({ maxDepth: 2 }),
              position: fc.integer(),
              insertion: fc.string({ unit: 'binary' }),
              deletion: fc.string(),
              args: fc.jsonValue({ maxDepth: 2 }),
            }),
          }),
        }),
        { minLength: 5, maxLength: 20 },
      ),
      async (frames) => {
        const socket = await openChatroom(daemon);
        for (const frame of frames) socket.send(JSON.stringify(frame));
        const pong = once(socket, 'pong');
        socket.ping();
        await pong;
        socket.terminate();
        return daemon.defects.length === 0;
      },
    ),
    { numRuns: 30 },
  );

  await assertWell(t, daemon, 'frames');
});

test('nothing that comes in reaches the prototype of all objects', async (t) => {
  const peer = await startMemoryDaemon(t);
  const gui = await startGui(t);
  const trap = '{"__proto__":{"x":1},"constructor":{"prototype":{"x":1}},';

  for (const rest of [
    '"action":"ping"}',
    '"action":"history","messages":[{"__proto__":{"x":1}}]}',
  ]) {
    await fetch(`http://${peer.address}/`, { method: 'POST', body: trap + rest });
  }
  await fetch(`http://${peer.address}/?action=ping&__proto__=x&constructor=x`);
  await call(gui.api, 'POST', '/api/contacts', `${trap}"address":"203.0.113.8"}`);
  await call(gui.api, 'PATCH', '/api/me', `${trap}"settings":{"__proto__":{"x":1}}}`);
  const socket = await openSocket(t, gui, [], {
    headers: { authorization: `Bearer ${gui.api.token}` },
  });
  socket.socket.send(`${trap}"type":"subscribe","content":{"topic_name":"board","type":"dict"}}`);
  await socket.nextChange('board');
  for (const type of ['add', 'change_value', 'set']) {
    const change = `{"type":"${type}","key":"__proto__","value":{"__proto__":{"x":1}}}`;
    socket.socket.send(`{"type":"update","content":{"topic_name":"board","change":${change}}}`);
  }
  t.deepEqual(await socket.subscribe('other', 'dict'), {});

  t.deepEqual(Object.keys(Object.prototype), []);
  t.is(Reflect.get({}, 'x'), undefined);
  t.deepEqual([...peer.defects, ...gui.defects], []);
});

/** The connection below a WebSocket, to write what the library never would. */
function rawSocketOf(socket: WebSocket): NodeJS.WritableStream {
  return Reflect.get(socket, '_socket') as NodeJS.WritableStream;
}
