import { gzipSync } from 'node:zlib';
import test from 'ava';
import { decodePeerRequest } from '../../daemon/wire/peer.ts';
import { BODIES_MAX_BYTES, UNKNOWN_LARGE_MAX } from '../../daemon/peer/body-limits.ts';
import { eventually } from '../helpers/eventually.ts';
import { closed, openRaw, rawRequest, pourChunks } from '../helpers/raw-http.ts';
import {
  BOB,
  BOBS_KEY,
  bobsHeader,
  CAROLS_KEY,
  post,
  postAsBob,
  sendBody,
  startPeerWorld,
  type Answered,
} from '../helpers/peer-world.ts';

const MIB = 1024 * 1024;
const PING = '{"action":"ping"}';

/** A ping, made longer by blanks. */
function padded(sizeBytes: number): string {
  return PING.padEnd(sizeBytes);
}

/** JSON that is as bad as its size allows. */
function repeated(open: string, sizeBytes: number, close = ''): string {
  const count = Math.floor(sizeBytes / (open.length + close.length));
  return open.repeat(count) + close.repeat(count);
}

function wide(sizeBytes: number, name: (index: number) => string): string {
  const members: string[] = [];
  for (let size = 2; size < sizeBytes - 20;) {
    const member = `"${name(members.length)}":1`;
    members.push(member);
    size += member.length + 1;
  }
  return `{${members.join()}}`;
}

const BODIES: Readonly<Record<string, string | Buffer>> = {
  'lists in lists': repeated('[', MIB),
  'lists in lists, closed': repeated('[', MIB, ']'),
  'objects in objects': repeated('{"a":', MIB, '}'),
  'a hundred thousand members': wide(MIB, (index) => index.toString(36)),
  'one member, over and over': wide(MIB, () => 'action'),
  'members that every object has': wide(MIB, () => '__proto__'),
  'a prototype with an action': '{"__proto__":{"action":"ping","polluted":1}}',
  'a constructor': '{"constructor":{"prototype":{"polluted":1}},"action":"constructor"}',
  'a number beyond all numbers': sendBody(CAROLS_KEY).replace('1763640000', '1e999'),
  'a number of a million digits': `{"action":"send","timestamp":${'9'.repeat(MIB - 100)}}`,
  'half of a character': sendBody(CAROLS_KEY).replace('hello', '\\ud800'),
  'characters that are none': Buffer.from([0x7b, 0x22, 0xc0, 0x80, 0x22, 0x7d]),
  'a string that never ends': `{"action":"${'a'.repeat(MIB - 100)}`,
  'a string of escapes': `{"action":"${'\\u0041'.repeat(170_000)}"}`,
  blanks: ' '.repeat(MIB),
  zeros: Buffer.alloc(MIB),
  'a history of nothing': `{"action":"history","key":"k","messages":[${'0,'.repeat(500_000)}0]}`,
};

test('row 21: a contact’s worst bodies are refused, and leave nothing behind', async (t) => {
  const world = await startPeerWorld(t);

  for (const [what, body] of Object.entries(BODIES)) {
    const answer = await postAsBob(world, { body });
    t.is(answer.status, 400, what);
    t.true(answer.isProven, what);
  }

  t.is(Reflect.get({}, 'polluted'), undefined);
  t.is(Reflect.get({}, 'action'), undefined);
  t.deepEqual(world.taken.messages, []);
  t.deepEqual(world.defects, []);
});

/** Processor time in milliseconds. What other work on this machine does to one run, it does not do to the best of three. */
function costMs(work: () => unknown): number {
  const costs = [1, 2, 3].map(() => {
    const { user } = process.cpuUsage();
    work();
    return (process.cpuUsage().user - user) / 1000;
  });
  return Math.min(...costs);
}

test('row 21: none of them holds up the loop: 50 ms, where an ordinary MiB of JSON takes 10', (t) => {
  const ordinary = JSON.stringify(Array.from({ length: 90_000 }, (_, i) => ({ i })));
  const usualMs = costMs(() => JSON.parse(ordinary) as unknown);
  for (const [what, body] of Object.entries(BODIES)) {
    const text = body.toString();
    const tookMs = costMs(() => t.throws(() => decodePeerRequest(text), undefined, what));
    t.true(tookMs < 5 * usualMs, `${what}: ${tookMs} ms, the usual takes ${usualMs} ms`);
  }
});

test('row 21: the same from a stranger is not even read', async (t) => {
  const world = await startPeerWorld(t, { contacts: [] });
  const large = await Promise.all(
    Array.from({ length: UNKNOWN_LARGE_MAX }, async () => {
      const socket = await openRaw(t, world.port);
      socket.write(rawRequest('POST / HTTP/1.1', ['Host: x', `Content-Length: ${MIB}`], 'x'));
      return socket;
    }),
  );
  await post(world, { body: PING });

  t.is((await post(world, { body: padded(4 * 1024) })).status, 200);
  t.is((await post(world, { body: padded(4 * 1024 + 1) })).status, 413);
  t.is((await post(world, { body: padded(MIB) })).status, 413);

  for (const socket of large) socket.destroy();
});

test('row 21: a hundred MiB are refused at the first byte, whoever announces them', async (t) => {
  const world = await startPeerWorld(t);
  const header = bobsHeader({ body: '' });

  for (const more of [[], [`Vestnik-Auth: ${header}`]]) {
    const socket = await openRaw(t, world.port);
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.write(
      rawRequest('POST / HTTP/1.1', ['Host: x', `Content-Length: ${100 * MIB}`, ...more]),
    );
    await closed(socket);
    t.regex(answer, /^HTTP\/1\.1 413 .*Connection: close/is);
  }
});

test('row 21: chunks without an end are cut at the limit', async (t) => {
  const world = await startPeerWorld(t);
  const socket = await openRaw(t, world.port);

  await pourChunks(socket);

  t.true(socket.bytesWritten < 8 * MIB);
});

test('row 21: a compressed body is not unpacked', async (t) => {
  const world = await startPeerWorld(t);
  const bomb = gzipSync(Buffer.alloc(10 * MIB));

  for (const encoding of ['gzip', 'deflate', 'br', 'identity, gzip']) {
    const headers = { 'content-encoding': encoding };
    t.is((await post(world, { body: bomb, headers })).status, 415, encoding);
  }
});

test('a body’s limit follows from who its sender seems to be', async (t) => {
  const world = await startPeerWorld(t);
  const history = (sizeBytes: number): string =>
    '{"action":"history","key":"k","messages":[]}'.padEnd(sizeBytes);

  t.is((await postAsBob(world, { body: history(MIB) })).status, 200);
  t.is((await postAsBob(world, { body: history(MIB + 1) })).status, 413);
  t.is((await postAsBob(world, { body: padded(128 * 1024) })).status, 200);
  t.is((await postAsBob(world, { body: padded(128 * 1024 + 1) })).status, 413);
  t.is((await post(world, { body: history(MIB), from: '127.0.0.9' })).status, 200);
  t.is((await post(world, { body: history(MIB + 1), from: '127.0.0.9' })).status, 413);
});

test('a contact that is blocked has a stranger’s limit', async (t) => {
  const world = await startPeerWorld(t, { contacts: [{ ...BOB, isBlocked: true }] });
  const held = await Promise.all(
    Array.from({ length: UNKNOWN_LARGE_MAX }, async () => {
      const socket = await openRaw(t, world.port);
      socket.write(rawRequest('POST / HTTP/1.1', ['Host: x', `Content-Length: ${MIB}`], 'x'));
      return socket;
    }),
  );
  await post(world, { body: PING });

  const body = sendBody(BOBS_KEY).padEnd(5_000);
  t.is((await postAsBob(world, { body, from: '127.0.0.8' })).status, 413);

  for (const socket of held) socket.destroy();
});

test('bodies in memory have an end: who comes then is told to come again', async (t) => {
  const world = await startPeerWorld(t);
  const announced = rawRequest('POST / HTTP/1.1', ['Host: x', `Content-Length: ${MIB}`], 'x');
  const held = await Promise.all(
    Array.from({ length: BODIES_MAX_BYTES / MIB }, async () => {
      const socket = await openRaw(t, world.port, '127.0.0.9');
      socket.write(announced);
      return socket;
    }),
  );
  const ask = (): Promise<Answered> => post(world, { body: PING, from: '127.0.0.9' });
  const refused = await eventually(async () => {
    const answer = await ask();
    return answer.status !== 200 && answer;
  });

  t.is(refused.status, 503);
  t.deepEqual(refused.json, { status: 0, error: 'busy' });
  for (const socket of held) socket.destroy();
  await eventually(async () => (await ask()).status === 200);
});
