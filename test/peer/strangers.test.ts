import test, { type ExecutionContext } from 'ava';
import { Overloaded } from '../../daemon/peer/overloaded.ts';
import { StrangerLimits } from '../../daemon/peer/stranger-limits.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { closed, openRaw, rawRequest } from '../helpers/raw-http.ts';
import {
  BOBS_KEY,
  CAROLS_KEY,
  post,
  postAsBob,
  sendBody,
  startPeerWorld,
  type Answered,
  type PeerWorld,
} from '../helpers/peer-world.ts';

const HANDSHAKE = '{"action":"handshake","key":"k"}';
const PING = '{"action":"ping"}';

/** A world in which every loopback host is a stranger of its own. */
async function startStrict(
  t: ExecutionContext,
  lag = { ms: 0 },
): Promise<Readonly<{ world: PeerWorld; clock: FakeClock; lag: { ms: number } }>> {
  const clock = new FakeClock();
  const world = await startPeerWorld(t, { clock, lag, strangerOf: (host) => host });
  return { world, clock, lag };
}

function say(world: PeerWorld, from: string, body: string): Promise<Answered> {
  return post(world, { body, from });
}

async function statuses(answers: readonly Promise<Answered>[]): Promise<readonly number[]> {
  return (await Promise.all(answers)).map(({ status }) => status);
}

test('a stranger is heard once a second, five times at once', async (t) => {
  const { world, clock } = await startStrict(t);
  const six = (): Promise<Answered>[] =>
    Array.from({ length: 6 }, () => say(world, '127.0.1.1', HANDSHAKE));

  const answers = await Promise.all(six());
  t.is(answers.filter(({ status }) => status === 200).length, 5);
  const refused = answers.find(({ status }) => status === 429);
  t.deepEqual(refused?.json, { status: 0, error: 'too_many_requests' });
  t.is(refused?.headers['retry-after'], '1');

  clock.advance(1_000);
  t.is((await statuses(six())).filter((status) => status === 200).length, 1);
});

test('whatever a stranger says is counted, and it is told so before it has said it', async (t) => {
  const { world } = await startStrict(t);
  const said = [PING, 'nonsense', HANDSHAKE, sendBody('of nobody'), PING];
  for (const body of said) await say(world, '127.0.1.1', body);
  const socket = await openRaw(t, world.port, '127.0.1.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));

  socket.write(rawRequest('POST / HTTP/1.1', ['Host: x', 'Content-Length: 100000']));
  await closed(socket);

  t.regex(answer, /^HTTP\/1\.1 429 /);
});

test('all strangers together are heard 50 times a second', async (t) => {
  const { world } = await startStrict(t);
  const hosts = Array.from({ length: 60 }, (_, i) => `127.0.1.${i + 1}`);

  const heard = await statuses(hosts.map((host) => say(world, host, HANDSHAKE)));

  t.is(heard.filter((status) => status === 200).length, 50);
  t.is(world.taken.handshakes.length, 50);
});

test('contacts are heard in the middle of a flood, from wherever they call', async (t) => {
  const { world } = await startStrict(t);
  const hosts = Array.from({ length: 60 }, (_, i) => `127.0.1.${i + 1}`);
  await Promise.all(hosts.map((host) => say(world, host, HANDSHAKE)));
  const BURST = 20;

  const fromItsHost = Array.from({ length: BURST }, () =>
    say(world, '127.0.0.9', sendBody(CAROLS_KEY)),
  );
  t.deepEqual(await statuses(fromItsHost), Array(BURST).fill(200));
  const proven = Array.from({ length: BURST }, () =>
    postAsBob(world, { body: sendBody(BOBS_KEY), from: '127.0.2.1' }),
  );
  t.deepEqual(await statuses(proven), Array(BURST).fill(200));
  // A plain contact behind another address is known by its key alone, which is in the body: it pays, and gets it back.
  for (let count = 0; count < BURST; count++) {
    t.is((await say(world, '127.0.2.2', sendBody(CAROLS_KEY))).status, 200);
  }
});

test('a header that names a contact and does not prove it pays like any stranger', async (t) => {
  const { world } = await startStrict(t);
  const forged = (): Promise<Answered> =>
    postAsBob(
      world,
      { body: sendBody(BOBS_KEY), from: '127.0.1.1' },
      { keys: { toPeer: new Uint8Array(32), fromPeer: new Uint8Array(32) } },
    );

  const answers = await statuses(Array.from({ length: 8 }, forged));

  t.is(answers.filter((status) => status === 429).length, 3);
  t.is(world.taken.unproven.length, 5);
});

test('nonsense is paid for by whoever seems a contact and proves nothing, and the contact is heard all the same', async (t) => {
  const { world } = await startStrict(t);
  const nonsense = Array.from({ length: 8 }, () => say(world, '127.0.0.9', 'x'.repeat(10_000)));

  const answers = await statuses(nonsense);

  t.is(answers.filter((status) => status === 400).length, 5);
  t.is(answers.filter((status) => status === 429).length, 3);
  t.deepEqual((await say(world, '127.0.0.9', sendBody(CAROLS_KEY))).json, { status: 1 });
  const own = await statuses(
    Array.from({ length: 8 }, () => postAsBob(world, { body: 'x', from: '127.0.0.9' })),
  );
  t.deepEqual(own, Array(8).fill(400));
});

test('while the loop lags, strangers get 503 before they have sent a body, contacts are heard', async (t) => {
  const { world, lag } = await startStrict(t);
  lag.ms = 201;
  const socket = await openRaw(t, world.port, '127.0.1.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));

  socket.write(rawRequest('POST / HTTP/1.1', ['Host: x', 'Content-Length: 100000']));
  await closed(socket);

  t.regex(answer, /^HTTP\/1\.1 503 /);
  t.regex(answer, /\{"status":0,"error":"busy"\}$/);
  t.is((await postAsBob(world, { body: PING, from: '127.0.1.1' })).status, 200);
  t.is((await say(world, '127.0.0.9', PING)).status, 200);
});

test('daemons of our own on loopback are no strangers', async (t) => {
  const world = await startPeerWorld(t, { lag: { ms: 1000 } });

  const answers = await statuses(Array.from({ length: 80 }, () => say(world, '127.0.1.1', PING)));

  t.deepEqual(answers, Array(80).fill(200));
});

test('the table of strangers is bounded, and the last of them is counted all the same', (t) => {
  const limits = new StrangerLimits({
    monotonicMs: () => 0,
    lag: { ms: 0 },
    strangerOf: (host) => host,
  });

  for (let stranger = 0; stranger < 5_000; stranger++) limits.enter(String(stranger), false);

  for (let count = 0; count < 4; count++) limits.enter('4999', false);
  t.throws(() => limits.enter('4999', false), { message: 'slow down' });
});

test('a lag of 200 ms is none', (t) => {
  const lag = { ms: 200 };
  const limits = new StrangerLimits({ monotonicMs: () => 0, lag, strangerOf: (host) => host });

  t.notThrows(() => limits.enter('a', false));
  lag.ms = 201;
  t.throws(() => limits.enter('a', false), { instanceOf: Overloaded });
  t.notThrows(() => limits.enter('a', true));
});
