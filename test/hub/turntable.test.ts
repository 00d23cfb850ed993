/** docs/turntable.md, frame by frame. */
import { once } from 'node:events';
import test from 'ava';
import { OPEN_GRANT, type GuestGrant } from '../../daemon/domain/guest-grant.ts';
import fc from 'fast-check';
import { WebSocket, type ClientOptions } from 'ws';
import type { Reachability } from '../../daemon/domain/presence.ts';
import { IDENTIFY_MS } from '../../daemon/hub/turntable-connection.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { startHub } from '../helpers/hub-world.ts';
import { comeAs, openTurntable, TurntableHand } from '../helpers/turntable-hand.ts';
import { statusOfRefusal } from '../helpers/topic-socket.ts';

const FRIEND = '203.0.113.7';
const FULL_TOKEN = 'a token that may see';
const PLAIN_TOKEN = 'a token that may not';
const TOKENS = new Map<string, GuestGrant>([
  [FULL_TOKEN, { ...OPEN_GRANT, rights: ['contacts'] }],
  [PLAIN_TOKEN, OPEN_GRANT],
]);
const PING_INTERVAL_MS = 14_000;
const SEED = 20_261_121;

async function refusal(url: string, path: string, options: ClientOptions = {}): Promise<number> {
  const socket = new WebSocket(url.replace('http', 'ws') + path, options);
  return statusOfRefusal(socket);
}

/** Lets a minute pass with an answer to every ping, and gives what the first one heard. */
async function aMinute(clock: FakeClock, ...hands: readonly TurntableHand[]) {
  const heard: unknown[] = [];
  for (let step = 0; step < 5; step++) {
    clock.advance(12_000);
    // The answer to a ping is on its way when the first question is answered, and there when the second is.
    for (let round = 0; round < 2; round++) {
      const [first = []] = await Promise.all(hands.map((hand) => hand.before()));
      heard.push(...first);
    }
  }
  return heard;
}

test('the daemon asks who it is, and says who of the others is there', async (t) => {
  const { url, defects } = await startHub(t);
  const socket = new WebSocket(`${url.replace('http', 'ws')}/turntable`);
  t.teardown(() => socket.terminate());
  const ann = new TurntableHand(socket);
  await comeAs(t, url, '1:bob');

  const first = await ann.next();
  ann.send('idme', '1:ann');
  ann.send('subscribe', ['1:bob', '1:eve', '0:203.0.113.7', '7:bob']);

  t.deepEqual(first, { command: 'idyou', data: {} });
  t.deepEqual(await ann.next(), {
    command: 'userchange',
    data: {
      ...{ '1:bob': 'online', '1:eve': 'offline' },
      ...{ '0:203.0.113.7': 'offline', '7:bob': 'offline' },
    },
  });
  t.deepEqual(defects, []);
});

test('whoever is subscribed hears of coming, being busy and going', async (t) => {
  const { url } = await startHub(t);
  const ann = await comeAs(t, url, '1:ann');
  ann.send('subscribe', ['1:bob']);
  await ann.next();

  const bob = await comeAs(t, url, '1:bob');
  bob.send('status', 'busy');
  bob.send('status', 'busy');
  bob.send('status', 'online');
  bob.socket.close();

  const heard = [await ann.next(), await ann.next(), await ann.next(), await ann.next()];
  t.deepEqual(
    heard.map(({ data }) => data),
    ['online', 'busy', 'online', 'offline'].map((status) => ({ '1:bob': status })),
  );
});

test('a guest with two connections goes offline when the last one closes', async (t) => {
  const { url } = await startHub(t);
  const ann = await comeAs(t, url, '1:ann');
  const bob = await comeAs(t, url, '1:bob');
  const again = await comeAs(t, url, '1:bob');
  ann.send('subscribe', ['1:bob']);
  await ann.next();

  bob.socket.close();
  await bob.closed();
  t.deepEqual(await ann.before(), []);
  again.socket.close();

  t.deepEqual(await ann.next(), { command: 'userchange', data: { '1:bob': 'offline' } });
});

test('a dead link is noticed within 30 s', async (t) => {
  const clock = new FakeClock();
  const { url } = await startHub(t, { clock });
  const ann = await comeAs(t, url, '1:ann');
  const dead = new WebSocket(`${url.replace('http', 'ws')}/turntable`, { autoPong: false });
  t.teardown(() => dead.terminate());
  const bob = new TurntableHand(dead);
  await bob.next();
  bob.send('idme', '1:bob');
  await bob.before();
  ann.send('subscribe', ['1:bob']);
  await ann.next();

  const pinged = Promise.all([once(ann.socket, 'ping'), once(dead, 'ping')]);
  clock.advance(PING_INTERVAL_MS);
  await pinged;
  t.deepEqual(await ann.before(), []);
  clock.advance(PING_INTERVAL_MS);

  t.true(2 * PING_INTERVAL_MS < 30_000);
  t.deepEqual(await ann.next(), { command: 'userchange', data: { '1:bob': 'offline' } });
});

test('with tokens, only a known one lets in, and an id belongs to whoever has it', async (t) => {
  const { url } = await startHub(t, { tokens: TOKENS });
  await comeAs(t, url, { id: '1:ann', token: PLAIN_TOKEN });
  await comeAs(t, url, { id: '1:ann', token: PLAIN_TOKEN });
  const answers: unknown[] = [];

  for (const idme of [
    '1:bob',
    { id: '1:bob', token: 'a token that nobody has' },
    { id: '1:ann', token: FULL_TOKEN },
    { id: `0:${FRIEND}`, token: FULL_TOKEN },
  ]) {
    const hand = await openTurntable(t, url);
    const closed = hand.closed();
    hand.send('idme', idme);
    const { data } = await hand.next();
    answers.push([(data as { code: string }).code, await closed]);
  }

  t.deepEqual(answers, [
    ['unauthorized', 1008],
    ['unauthorized', 1008],
    ['id_in_use', 1008],
    ['forbidden', 1008],
  ]);
});

test('contacts of the owner are there for tokens with the right alone', async (t) => {
  const contacts = new Map<string, Reachability['presence']>([[FRIEND, 'online']]);
  const { url, events } = await startHub(t, { tokens: TOKENS, contacts });
  const may = await comeAs(t, url, { id: '1:ann', token: FULL_TOKEN });
  const mayNot = await comeAs(t, url, { id: '1:bob', token: PLAIN_TOKEN });
  const id = `0:${FRIEND}`;
  may.send('subscribe', [id, `${id}:4884`, '0:nonsense']);
  mayNot.send('subscribe', [id]);

  const seen = (await may.next()).data;
  const hidden = (await mayNot.next()).data;
  contacts.set(FRIEND, 'offline');
  events.emit('contact', { address: FRIEND as never });
  events.emit('contact', { address: FRIEND as never });

  t.deepEqual(seen, { [id]: 'online', [`${id}:4884`]: 'offline', '0:nonsense': 'offline' });
  t.deepEqual(hidden, { [id]: 'offline' });
  t.deepEqual(await may.before(), [{ command: 'userchange', data: { [id]: 'offline' } }]);
  t.deepEqual(await mayNot.before(), []);
});

test('before it says who it is, a client is sent away for anything else', async (t) => {
  const { url } = await startHub(t);
  const codes: unknown[] = [];

  for (const text of ['nonsense', '{"command":"subscribe","data":[]}', '{"command":"idme"}']) {
    const hand = await openTurntable(t, url);
    const closed = hand.closed();
    hand.socket.send(text);
    const { data } = await hand.next();
    codes.push([(data as { code: string }).code, await closed]);
  }

  t.deepEqual(codes, [
    ['bad_request', 1008],
    ['not_identified', 1008],
    ['bad_request', 1008],
  ]);
});

test('a bad frame is told, and the connection lives on', async (t) => {
  const { url, defects } = await startHub(t);
  const ann = await comeAs(t, url, '1:ann');

  ann.socket.send('nonsense');
  ann.socket.send(Buffer.from('binary'));
  ann.send('dance', {});
  ann.send('idme', '1:bob');
  ann.send('subscribe', ['ann']);
  ann.send('game', { channel: 'CStrike', actions: [{ data: 1 }] });
  ann.send('leavegame', { channel: 'CStrike' });

  const codes = (await ann.before()).map(({ data }) => (data as { code: string }).code);
  t.deepEqual(codes, [
    ...['bad_request', 'bad_request', 'bad_request', 'forbidden', 'bad_request'],
    ...['not_member', 'not_member'],
  ]);
  t.deepEqual(defects, []);
});

test('joining a game makes it, tells all members, and invites', async (t) => {
  const { url } = await startHub(t);
  const ann = await comeAs(t, url, '1:ann');
  const bob = await comeAs(t, url, '1:bob');
  const invite = { command: 'invite', data: { channel: 'CStrike', from: '1:ann' } };

  ann.send('joingame', { channel: 'CStrike', self: '1:ann', invite: ['1:bob', '1:eve', '1:eve'] });
  t.deepEqual(await ann.next(), {
    command: 'members',
    data: { channel: 'CStrike', members: ['1:ann'] },
  });
  t.deepEqual(await bob.next(), invite);
  bob.send('joingame', { channel: 'CStrike' });

  const members = { command: 'members', data: { channel: 'CStrike', members: ['1:ann', '1:bob'] } };
  t.deepEqual(await ann.next(), members);
  t.deepEqual(await bob.next(), members);
  const eve = await openTurntable(t, url);
  eve.send('idme', '1:eve');
  t.deepEqual(await eve.before(), [invite]);
  const again = await openTurntable(t, url);
  again.send('idme', '1:eve');
  t.deepEqual(await again.before(), []);
});

test('row 35: nobody plays for another, or in a game that he is not in', async (t) => {
  const { url } = await startHub(t);
  const ann = await comeAs(t, url, '1:ann');
  const eve = await comeAs(t, url, '1:eve');
  ann.send('joingame', { channel: 'CStrike', self: '1:ann' });
  await ann.before();

  eve.send('game', { channel: 'CStrike', actions: [{ from: '1:eve', data: 1 }] });
  eve.send('joingame', { channel: 'CStrike', self: '1:ann' });
  ann.send('game', { channel: 'CStrike', actions: [{ data: 1 }, { from: '1:eve', data: 2 }] });

  const codes = [...(await eve.before()), ...(await ann.before())];
  t.deepEqual(
    codes.map(({ data }) => (data as { code: string }).code),
    ['not_member', 'forbidden', 'forbidden'],
  );
});

test('an action reaches all members with its author and a time that the daemon vouches for', async (t) => {
  const clock = new FakeClock();
  const { url } = await startHub(t, { clock });
  const now = clock.nowMs();
  const ann = await comeAs(t, url, '1:ann');
  const bob = await comeAs(t, url, '1:bob');
  for (const one of [ann, bob]) {
    one.send('joingame', { channel: 'CStrike' });
    await one.before();
  }
  await ann.before();
  const times = [undefined, now + 2000, now + 1999, now + 2001, now - 99_999, 10_223_232];

  const actions = times.map((timestamp, at) => ({ timestamp, data: { strike_one: at } }));
  ann.send('game', { channel: 'CStrike', actions });

  const told = await bob.next();
  t.deepEqual(told, {
    command: 'game',
    data: {
      channel: 'CStrike',
      actions: [now, ...Array.from({ length: 5 }, () => now + 2000)].map((timestamp, at) => ({
        timestamp,
        from: '1:ann',
        data: { strike_one: at },
      })),
    },
  });
  t.deepEqual(await ann.next(), told);
});

test('leaving is told at once; a broken link keeps its seat for a minute', async (t) => {
  const clock = new FakeClock();
  const { url } = await startHub(t, { clock });
  const [ann, bob, eve] = [
    await comeAs(t, url, '1:ann'),
    await comeAs(t, url, '1:bob'),
    await comeAs(t, url, '1:eve'),
  ] as const;
  for (const one of [ann, bob, eve]) {
    one.send('joingame', { channel: 'CStrike' });
    await one.before();
  }
  await ann.before();
  ann.send('subscribe', ['1:eve']);
  await ann.next();

  bob.send('leavegame', { channel: 'CStrike' });
  t.deepEqual((await ann.next()).data, { channel: 'CStrike', members: ['1:ann', '1:eve'] });
  eve.socket.close();
  t.deepEqual((await ann.next()).data, { '1:eve': 'offline' });
  const back = await comeAs(t, url, '1:eve');
  back.send('joingame', { channel: 'CStrike' });

  t.deepEqual(await back.before(), [
    { command: 'members', data: { channel: 'CStrike', members: ['1:ann', '1:eve'] } },
  ]);
  t.deepEqual(await aMinute(clock, ann, back), [
    { command: 'userchange', data: { '1:eve': 'online' } },
  ]);
  back.socket.close();
  await ann.next();
  t.deepEqual(await aMinute(clock, ann), [
    { command: 'members', data: { channel: 'CStrike', members: ['1:ann'] } },
  ]);
});

test('a flood ends the connection', async (t) => {
  const { url } = await startHub(t);
  const ann = await comeAs(t, url, '1:ann');
  const closed = ann.closed();

  for (let sent = 0; sent < 201; sent++) ann.send('status', 'online');

  t.like(await ann.next(), { command: 'error', data: { code: 'too_many_requests' } });
  t.is(await closed, 1008);
});

test('row 26: a foreign page and a foreign name are refused before the upgrade', async (t) => {
  const { url } = await startHub(t, { hostNames: ['play.example'] });

  t.is(await refusal(url, '/turntable', { origin: 'http://evil.example' }), 403);
  t.is(await refusal(url, '/turntable', { origin: 'null' }), 403);
  t.is(await refusal(url, '/turntable', { headers: { host: 'evil.example' } }), 421);
  t.is(await refusal(url, '/elsewhere'), 404);
  const { socket } = await openTurntable(t, url, { origin: 'https://play.example' });
  t.is(socket.readyState, WebSocket.OPEN);
});

test('row 22: no frame breaks presence or games', async (t) => {
  const clock = new FakeClock();
  const { url, defects } = await startHub(t, { clock });
  const ids = fc.constantFrom('1:ann', '1:bob', '0:203.0.113.7', '1:__proto__', '1:', 'x', '');
  const command = fc.constantFrom('subscribe', 'status', 'joingame', 'game', 'leavegame', 'idme');
  const channel = fc.constantFrom('a', '__proto__', '', '\u0000');
  const data = fc.oneof(
    ids,
    fc.array(ids),
    fc.record(
      {
        channel,
        self: ids,
        invite: fc.array(ids),
        actions: fc.array(
          fc.record(
            { timestamp: fc.double(), from: ids, data: fc.jsonValue() },
            { requiredKeys: [] },
          ),
        ),
      },
      { requiredKeys: [] },
    ),
    fc.jsonValue(),
  );
  const frames = fc.sample(
    fc.oneof(
      fc.record({ command, data }).map((frame) => JSON.stringify(frame)),
      fc.json(),
      fc.string({ unit: 'binary' }),
    ),
    { numRuns: 5000, seed: SEED },
  );
  const [ann, bob] = [await comeAs(t, url, '1:ann'), await comeAs(t, url, '1:bob')];

  for (const [at, text] of frames.entries()) {
    if (at % 100 === 0) {
      await Promise.all([ann.before(), bob.before()]);
      // Long enough for the rate; the answer to a ping comes before the next frames are through.
      clock.advance(3000);
    }
    (at % 2 === 0 ? ann : bob).socket.send(text);
  }
  await Promise.all([ann.before(), bob.before()]);

  t.deepEqual([ann.socket.readyState, bob.socket.readyState], [WebSocket.OPEN, WebSocket.OPEN]);
  t.deepEqual(defects, []);
});

test('whoever does not say who it is has to go after half a minute', async (t) => {
  const { url, clock } = await startHub(t);
  const silent = await openTurntable(t, url);
  const ann = await comeAs(t, url, '1:ann');
  clock.advance(IDENTIFY_MS / 2);
  await Promise.all(
    [silent, ann].map(async ({ socket }) => {
      await once(socket, 'ping');
      // When this is answered, so is that ping.
      socket.ping();
      await once(socket, 'pong');
    }),
  );
  clock.advance(IDENTIFY_MS / 2);

  t.like(await silent.next(), { command: 'error', data: { code: 'not_identified' } });
  t.is(await silent.closed(), 1008);
  t.deepEqual(await ann.before(), []);
});

test('row 28: of a thousand tokens that somebody guesses few are looked at, and others come in', async (t) => {
  const { url, clock } = await startHub(t, { tokens: TOKENS });
  const bob = await comeAs(t, url, { id: '1:bob', token: PLAIN_TOKEN });
  const guess = async (token: string): Promise<unknown> => {
    const hand = await openTurntable(t, url, { localAddress: '127.0.0.2' });
    hand.send('idme', { id: '1:eve', token });
    const { data } = await hand.next();
    await hand.closed();
    return (data as { code: string }).code;
  };

  const codes = new Map<unknown, number>();
  for (let made = 0; made < 60; made++) {
    const code = await guess(`wrong token number ${made}`);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    clock.advance(10_000);
    await bob.before();
  }

  t.true((codes.get('unauthorized') ?? 0) <= 30);
  t.is(await guess(FULL_TOKEN), 'too_many_requests');
  t.is(await guess('wrong token number 0'), 'unauthorized');
  await comeAs(t, url, { id: '1:ann', token: PLAIN_TOKEN });
});
