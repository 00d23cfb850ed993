import assert from 'node:assert/strict';
import { connect } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { contactPath } from '../helpers/api.ts';
import { startBasePeer, type BasePeer } from '../helpers/base-peer.ts';
import { startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { closed, openRaw, rawRequest, sendRaw, pourChunks } from '../helpers/raw-http.ts';

const HEAD = ['Host: x', 'Connection: close'];
const KEY = 'k'.repeat(43);
const MESSAGE = {
  action: 'send',
  from: '127.0.0.9:4884',
  to: '127.0.0.8:4884',
  message: 'hello',
  timestamp: 1_763_640_000,
  enctype: '',
  key: KEY,
};

function portOf({ address }: DaemonProcess): number {
  return Number(address.split(':')[1]);
}

function post(body: string | Buffer, headers: readonly string[] = []): Buffer {
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  const head = rawRequest('POST / HTTP/1.1', [...HEAD, length, ...headers]);
  return Buffer.concat([Buffer.from(head), Buffer.from(body)]);
}

function send(changes: object): string {
  return JSON.stringify({ ...MESSAGE, ...changes });
}

/** The daemon answers as ever, and nothing in it broke. */
async function assertWell(
  t: ExecutionContext,
  daemon: DaemonProcess,
  after: string,
): Promise<void> {
  const response = await fetch(`http://${daemon.address}/`, {
    method: 'POST',
    body: '{"action":"ping"}',
  });
  t.is(response.status, 200, after);
  t.deepEqual(await response.json(), { action: 'pong' }, after);
  t.deepEqual(daemon.defects, [], after);
}

/** Bodies and the status of the answer. */
const BODIES: readonly (readonly [what: string, body: string | Buffer, status: number])[] = [
  ['nothing', '', 400],
  ['words', 'nonsense', 400],
  ['half of an object', '{"action":', 400],
  ['null', 'null', 400],
  ['a number', '1', 400],
  ['a list', '[{"action":"ping"}]', 400],
  ['an object without an action', '{}', 400],
  ['an action that is no string', '{"action":{"toString":"ping"}}', 400],
  ['an action that nobody knows', '{"action":"dance"}', 400],
  ['an action that every object has', '{"action":"constructor"}', 400],
  ['an action in the prototype', '{"__proto__":{"action":"ping"}}', 400],
  ['a prototype beside the action', '{"action":"ping","__proto__":{"x":1}}', 200],
  ['a repeated member', '{"action":"dance","action":"ping"}', 200],
  ['a message without anything', '{"action":"send"}', 400],
  ['a message that is a list', send({ message: ['hello'] }), 400],
  ['a message with a lone surrogate', send({}).replace('hello', '\\ud800'), 400],
  ['a message too long', send({ message: 'x'.repeat(90_001) }), 400],
  ['a time beyond all numbers', send({}).replace('1763640000', '1e999'), 400],
  ['a time beyond all dates', send({ timestamp: 1e20 }), 400],
  ['a time in words', send({ timestamp: 'yesterday' }), 400],
  ['a sender with a name', send({ from: 'example.com' }), 400],
  ['a key too long', send({ key: 'k'.repeat(257) }), 400],
  ['a key that is an object', send({ key: {} }), 400],
  ['a handshake without a key', '{"action":"handshake"}', 400],
  ['a history without messages', '{"action":"history"}', 400],
  ['a history that is no list', '{"action":"history","messages":{"length":1}}', 400],
  ['a history too long', JSON.stringify({ action: 'history', messages: Array(101).fill({}) }), 400],
  ['a history of nonsense', '{"action":"history","messages":[null,1,"x",[],{}]}', 200],
  ['a withdrawal of numbers', `{"action":"withdraw","key":"${KEY}","ids":[1]}`, 400],
  ['brackets without an end', '['.repeat(500_000), 400],
  ['objects in objects', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`, 400],
  [
    'a hundred thousand members',
    `{${Array.from({ length: 1e5 }, (_, i) => `"${i}":1`).join()}}`,
    400,
  ],
  ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0xc0, 0x80, 0x22]), 400],
  ['zeros', Buffer.alloc(1000), 400],
  ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 400],
];

test('a body that makes no sense is answered with an error, and the daemon goes on', async (t) => {
  const daemon = await startDaemonProcess(t);
  const port = portOf(daemon);

  for (const [what, body, status] of BODIES) {
    const answer = await sendRaw(t, port, post(body));

    t.is(answer.status, status, what);
    t.is(typeof JSON.parse(answer.body), 'object', what);
    if (status !== 200) t.is((JSON.parse(answer.body) as { status: unknown }).status, 0, what);
    await assertWell(t, daemon, what);
  }
});

/** Requests that are broken or odd as HTTP, and the status of the answer; NaN where the connection is just cut. */
const REQUESTS: readonly (readonly [what: string, request: string | Buffer, status: number])[] = [
  ['a compressed body', post('{"action":"ping"}', ['Content-Encoding: gzip']), 415],
  [
    'a body announced as huge',
    rawRequest('POST / HTTP/1.1', [...HEAD, 'Content-Length: 99999999']),
    413,
  ],
  ['a negative length', rawRequest('POST / HTTP/1.1', [...HEAD, 'Content-Length: -1']), 400],
  ['two lengths', post('{}', ['Content-Length: 3']), 400],
  ['a length and chunks', post('0\r\n\r\n', ['Transfer-Encoding: chunked']), 400],
  [
    'chunks that are no numbers',
    rawRequest('POST / HTTP/1.1', [...HEAD, 'Transfer-Encoding: chunked'], 'zz\r\n'),
    400,
  ],
  [
    'an encoding that nobody knows',
    rawRequest('POST / HTTP/1.1', [...HEAD, 'Transfer-Encoding: chunked, gzip'], '0\r\n\r\n'),
    400,
  ],
  ['no HTTP at all', 'EHLO mail.example\r\n\r\n', 400],
  ['the greeting of TLS', Buffer.from('16030100a5010000a10303', 'hex'), 400],
  ['a version from the future', rawRequest('GET /?action=ping HTTP/7.0', HEAD), 400],
  ['HTTP/1.0 without a host', rawRequest('GET /?action=ping HTTP/1.0', []), 200],
  ['a header without a colon', 'GET / HTTP/1.1\r\nnonsense\r\n\r\n', 400],
  ['a folded header', 'GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n', 400],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n', 400],
  ['a header too long', rawRequest('GET / HTTP/1.1', [`X: ${'x'.repeat(9000)}`]), 431],
  ['a method of files', rawRequest('PUT / HTTP/1.1', HEAD), 403],
  ['a question about methods', rawRequest('OPTIONS * HTTP/1.1', HEAD), 403],
  ['a tunnel', rawRequest('CONNECT evil.example:443 HTTP/1.1', HEAD), Number.NaN],
  [
    'a WebSocket',
    rawRequest('GET / HTTP/1.1', ['Host: x', 'Connection: Upgrade', 'Upgrade: websocket']),
    400,
  ],
  ['another path', rawRequest('POST /admin HTTP/1.1', HEAD), 404],
  ['a path that is not encoded', rawRequest('GET /%ff%00/../%2e HTTP/1.1', HEAD), 404],
  ['a message by GET', rawRequest('GET /?action=send&message=x HTTP/1.1', HEAD), 400],
  ['a browser', post('{"action":"ping"}', ['Origin: http://evil.example']), 403],
];

test('a request that is broken as HTTP is refused, and the daemon goes on', async (t) => {
  const daemon = await startDaemonProcess(t);
  const port = portOf(daemon);

  for (const [what, request, status] of REQUESTS) {
    const socket = await openRaw(t, port);
    socket.write(request);
    const answer = await readHalfOpen(socket);
    t.is(answer, status, what);
    await assertWell(t, daemon, what);
  }
});

test('a body that never ends is cut at its limit', async (t) => {
  const daemon = await startDaemonProcess(t);
  const socket = await openRaw(t, portOf(daemon));

  await pourChunks(socket);

  t.true(socket.bytesWritten < 8 * 1024 * 1024);
  await assertWell(t, daemon, 'an endless body');
});

test('pipelined requests are answered in order, and a broken one among them ends the connection', async (t) => {
  const daemon = await startDaemonProcess(t);
  const ping = rawRequest('GET /?action=ping HTTP/1.1', ['Host: x']);
  const dance = rawRequest('GET /?action=dance HTTP/1.1', ['Host: x']);
  const last = rawRequest('GET /?action=ping HTTP/1.1', HEAD);

  const sound = await sendRaw(t, portOf(daemon), ping + dance + last);
  const broken = await sendRaw(t, portOf(daemon), `${ping}${ping}nonsense\r\n\r\n${last}`);

  const statuses = [...`${sound.head}${sound.body}`.matchAll(/HTTP\/1\.1 (\d{3})/g)];
  t.deepEqual(
    statuses.map(([, status]) => status),
    ['200', '400', '200'],
  );
  t.regex(`${broken.head}${broken.body}`, /HTTP\/1\.1 400/);
  await assertWell(t, daemon, 'pipelining');
});

test('hundreds of callers that say half a word leave room for one that says a whole one', async (t) => {
  const daemon = await startDaemonProcess(t);
  const port = portOf(daemon);
  const halves = ['', 'P', 'POST / HTTP/1.1\r\nHos', post('{"action":"ping"}').subarray(0, -3)];

  for (let count = 0; count < 300; count++) {
    const socket = connect(port, '127.0.0.1');
    t.teardown(() => socket.destroy());
    socket.on('error', () => undefined);
    socket.write(halves[count % halves.length] ?? '');
    // Some go away in the middle, the others stay.
    if (count % 3 === 0) socket.once('connect', () => socket.resetAndDestroy());
  }

  await assertWell(t, daemon, 'half-open connections');
});

/** A base peer that is an established contact of the daemon. */
async function startContact(t: ExecutionContext, daemon: DaemonProcess): Promise<BasePeer> {
  const peer = await startBasePeer(t);
  await daemon.api.post('/api/contacts', { address: peer.address });
  await eventually(() => peer.theirKey !== '');
  await peer.say(daemon.address, { action: 'handshake', key: KEY, from: peer.address });
  return peer;
}

/** All that tells why a daemon answered so: a property fails before anybody looks at its defects. */
function unexpected({ status }: Response, body: string, { defects }: DaemonProcess): string {
  return `${status} ${body} ${JSON.stringify(defects)}`;
}

test('whatever a contact says, it gets an answer of the protocol', async (t) => {
  const daemon = await startDaemonProcess(t);
  const peer = await startContact(t, daemon);
  const sound = { ...MESSAGE, from: peer.address, to: daemon.address, key: peer.theirKey };
  const actions = fc.constantFrom('send', 'resend', 'history', 'handshake', 'ping', 'withdraw');
  const names = fc.constantFrom(
    'from',
    'to',
    'message',
    'timestamp',
    'enctype',
    'messages',
    'ids',
    'nick',
  );
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.string({ unit: 'binary' }),
    fc.array(fc.constant(sound), { maxLength: 3 }),
  );

  await fc.assert(
    fc.asyncProperty(actions, names, anything, async (action, name, value) => {
      const body = JSON.stringify({ ...sound, action, [name]: value });
      const response = await fetch(`http://${daemon.address}/`, { method: 'POST', body });
      const said = await response.text();
      const answer = JSON.parse(said) as Readonly<Record<string, unknown>>;
      const isOfTheProtocol = 'status' in answer || answer['action'] === 'pong';
      const isExpected = [200, 400, 413].includes(response.status) && isOfTheProtocol;
      assert(isExpected, unexpected(response, said, daemon));
    }),
    { numRuns: 400, includeErrorInReport: true },
  );

  t.deepEqual(await peer.say(daemon.address, { ...sound, message: 'after all' }), { status: 1 });
  t.is((await daemon.api.texts(peer.address)).at(-1), 'after all');
  t.is((await daemon.api.contact(peer.address))?.state, 'established');
  t.is((await daemon.api.get(contactPath(peer.address))).status < 500, true);
  t.deepEqual(daemon.defects, []);
});

test('damaged bytes of a sound request are never a defect', async (t) => {
  const daemon = await startDaemonProcess(t);
  const peer = await startContact(t, daemon);
  const sound = Buffer.from(
    JSON.stringify({ ...MESSAGE, from: peer.address, to: daemon.address, key: peer.theirKey }),
  );

  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.nat(sound.length),
      async (flips, length) => {
        const body = Buffer.from(sound);
        for (const [place, value] of flips) body[place] = value;
        const response = await fetch(`http://${daemon.address}/`, {
          method: 'POST',
          body: body.subarray(0, length),
        });
        const said = await response.text();
        assert([200, 400].includes(response.status), unexpected(response, said, daemon));
      },
    ),
    { numRuns: 300, includeErrorInReport: true },
  );

  await assertWell(t, daemon, 'damaged bytes');
});

/** Reads an answer's status; whoever waits for more of the request is told that there is none. */
async function readHalfOpen(socket: Awaited<ReturnType<typeof openRaw>>): Promise<number> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    socket.end();
  });
  await closed(socket);
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(Buffer.concat(chunks).toString('latin1'))?.[1]);
}
