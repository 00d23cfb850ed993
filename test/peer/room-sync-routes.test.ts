import test, { type ExecutionContext } from 'ava';
import { hashRoom, hashRooms, hashServerSessions } from '../../daemon/domain/room-hash.ts';
import type { Contact } from '../../daemon/domain/model.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { membershipUid } from '../../daemon/wire/room-sync-bodies.ts';
import { decodeCheckAnswer } from '../../daemon/wire/room-sync-answer.ts';
import { encodeCheck } from '../../daemon/wire/room-sync-check.ts';
import type { CheckAnswer, RoomCheck } from '../../daemon/wire/room-sync.ts';
import {
  BOB,
  bobsHeader,
  CAROL,
  CAROLS_KEY,
  isProvenToBob,
  peerRooms,
  startPeerWorld,
} from '../helpers/peer-world.ts';
import { HOP_AUTH_HEADER } from '../../daemon/wire/e2e.ts';

const NOTHING: RoomCheck = {
  ...{ me: undefined, servers: undefined, sessions: undefined, ownSessions: undefined },
  ...{ rooms: undefined, claims: [], cursor: undefined, repairs: new Map() },
};
const BOBS_USER = `Bob@${BOB.address}`;

async function start(t: ExecutionContext, contacts: readonly Contact[] = [BOB, CAROL]) {
  const rooms = peerRooms();
  t.teardown(() => rooms.host.stop());
  const world = await startPeerWorld(t, { rooms, contacts });
  const url = `http://127.0.0.1:${world.port}`;

  async function call(method: string, target: string, body = '', headers = {}) {
    const init = method === 'GET' ? {} : { body };
    const answer = await fetch(url + target, { method, headers, ...init });
    return { answer, text: await answer.text() };
  }

  /** As Bob, who proves himself. */
  async function check(change: Partial<RoomCheck>, query = ''): Promise<CheckAnswer> {
    const target = `/chatserver/check/${query}`;
    const body = encodeCheck({ ...NOTHING, ...change });
    const header = bobsHeader({ body, target });
    const { answer, text } = await call('POST', target, body, { [HOP_AUTH_HEADER]: header });
    t.is(answer.status, 200, text);
    const auth = answer.headers.get(HOP_AUTH_HEADER) ?? '';
    const bytes = Buffer.from(text);
    const heard = { status: 200, headers: { 'vestnik-auth': auth }, bytes, json: undefined };
    t.true(isProvenToBob(header, heard));
    return decodeCheckAnswer(text);
  }

  const get = (target: string) =>
    call('GET', target, '', { [HOP_AUTH_HEADER]: bobsHeader({ body: '', method: 'GET', target }) });

  return { ...rooms, world, call, check, get };
}

function joining(room: string, user = BOBS_USER, invite = '') {
  const role = 'member' as const;
  return { kind: 'mb' as const, uid: membershipUid(room, user), user, room, role, invite };
}

function saying(room: string, uid: string, text: string, from = BOBS_USER) {
  return { kind: 'ms' as const, uid, from, to: '*', room, at: 0, text };
}

test('who is no contact is answered 401, whatever it asks', async (t) => {
  const { call, rooms } = await start(t);
  const { uid } = await rooms.createAsOwner('lobby', false);

  const answers = await Promise.all([
    call('POST', '/chatserver/check/', 'mb: what'),
    call('POST', '/chatserver/check', `me: ${CAROL.address}|wrong`),
    call('POST', '/chatserver/check', `me: ${BOB.address}|${CAROLS_KEY}`),
    call('POST', '/chatserver/check', `me: ${BOB.address}|issued to bob`),
    call('GET', `/chatserver/getroom/${uid}`),
    call('GET', '/chatserver/getservers/'),
    call('POST', `/chatserver/setsessions/${BOB.address}`, '{}'),
  ]);

  t.deepEqual(
    answers.map(({ answer }) => answer.status),
    answers.map(() => 401),
  );
});

test('a plain contact shows the key that it was given, in the line or in headers', async (t) => {
  const { call, rooms } = await start(t);
  const { uid } = await rooms.createAsOwner('lobby', false);
  const headers = { 'vestnik-address': CAROL.address, 'vestnik-key': CAROLS_KEY };

  const checked = await call('POST', '/chatserver/check', `me: ${CAROL.address}|${CAROLS_KEY}`);
  const got = await call('GET', `/chatserver/getroom/${uid}/`, '', headers);

  t.is(checked.answer.status, 200);
  t.is(checked.text, '');
  t.deepEqual(JSON.parse(got.text), {
    ...{ uid, name: 'lobby', topic: '', flags: [], host: 'fc00::1', seqnr: 1 },
    members: [{ uid: `${uid}/Ann@fc00::1`, userUID: 'Ann@fc00::1', role: 'admin' }],
  });
});

test('only what differs is told, and when all is equal nothing is', async (t) => {
  const { check, rooms, host } = await start(t);
  const { uid } = await rooms.create('lobby');
  const hash = hashRoom(rooms.require('lobby'));

  const first = await check({ rooms: hashRooms([]), sessions: hashRooms([]) });
  const equal = await check({
    ...{ rooms: hashRooms([[uid, hash]]), sessions: host.sessions.hash },
    ...{ servers: host.sessions.networkHash, cursor: 0 },
  });

  t.deepEqual(first.rooms, new Map([[uid, hash]]));
  t.deepEqual(first.sessions, host.sessions.hashes);
  t.deepEqual([...host.sessions.hashes.keys()], ['fc00::1']);
  t.is(equal.rooms, undefined);
  t.is(equal.cursor, undefined);
});

test('who joins gets what was said before by repair, and what comes then by the cursor', async (t) => {
  const { check, rooms } = await start(t);
  const room = await rooms.createAsOwner('lobby', false);
  await rooms.sayAsOwner(room, 'before', 'one');

  const joined = await check({ claims: [joining(room.uid)] });
  const repaired = await check({
    cursor: 0,
    repairs: new Map([[room.uid, { seqnr: 0, uid: undefined, at: undefined }]]),
  });
  const whole = await check({
    cursor: repaired.cursor,
    repairs: new Map([[room.uid, { seqnr: 3, uid: undefined, at: undefined }]]),
  });
  const said = await check({ claims: [saying(room.uid, 'two', 'hello')], cursor: repaired.cursor });
  const again = await check({ claims: [saying(room.uid, 'two', 'hello')], cursor: said.cursor });

  t.deepEqual(joined.verdicts, [{ uid: membershipUid(room.uid, BOBS_USER), isDone: true }]);
  t.deepEqual(
    repaired.events.map(({ seqnr, type }) => [seqnr, type]),
    [
      [1, 'DIR'],
      [2, 'MSG'],
      [3, 'DIR'],
    ],
  );
  t.is(repaired.events[1]?.body, 'before');
  t.deepEqual(whole.events, []);
  t.deepEqual(
    said.events.map(({ seqnr, from, body }) => [seqnr, from, body]),
    [[4, BOBS_USER, 'hello']],
  );
  t.deepEqual(again.verdicts, [{ uid: 'two', isDone: true }]);
  t.deepEqual(again.events, []);
});

test('the last event that somebody has is compared, and what does not fit in is asked for again', async (t) => {
  const { check, rooms } = await start(t);
  const [long, short] = [
    await rooms.createAsOwner('long', false),
    await rooms.createAsOwner('short', false),
  ];
  await check({ claims: [joining(long.uid), joining(short.uid)] });
  for (let i = 0; i < 12; i++) await rooms.sayAsOwner(long, 'x'.repeat(60_000), `long${i}`);
  const { message } = await rooms.sayAsOwner(short, 'tea', 'right');
  const from = (seqnr: number, uid: string, at?: number) => ({ seqnr, uid, at });

  const first = await check({
    repairs: new Map([
      [long.uid, from(0, '')],
      [short.uid, from(0, '')],
    ]),
  });
  const second = await check({ repairs: new Map([[short.uid, from(3, 'right')]]) });
  const timed = await check({ repairs: new Map([[short.uid, from(3, 'right', message.at)]]) });
  const third = await check({ repairs: new Map([[short.uid, from(3, 'wrong')]]) });
  const again = await check({ repairs: new Map([[short.uid, from(3, 'right', message.at - 1)]]) });
  const beyond = await check({ repairs: new Map([[short.uid, from(9, 'right')]]) });

  t.deepEqual(first.verdicts, [{ uid: long.uid, isDone: true }]);
  t.true(first.events.length > 0 && first.events.every(({ room }) => room === long.uid));
  for (const { verdicts, events } of [second, timed])
    t.deepEqual([verdicts, events], [[{ uid: short.uid, isDone: true }], []]);
  for (const { verdicts, events } of [third, again, beyond]) {
    t.like(verdicts, { length: 1, 0: { uid: short.uid, isDone: false, code: 'other_events' } });
    t.deepEqual(events, []);
  }
});

test('a check waits for news', async (t) => {
  const { check, rooms } = await start(t);
  const room = await rooms.createAsOwner('lobby', false);
  await check({ claims: [joining(room.uid)] });
  const { cursor } = await check({ cursor: 0 });

  const waiting = check({ cursor }, '?wait=25');
  await rooms.sayAsOwner(room, 'at last');
  const { events } = await waiting;

  t.deepEqual(
    events.map(({ body }) => body),
    ['at last'],
  );
});

test('a private room is not there for whoever has no invite, and opens with it', async (t) => {
  const { check, get, rooms } = await start(t);
  const room = await rooms.createAsOwner('den', true);
  const nothing = hashRooms([]);

  const hidden = await check({ rooms: nothing, claims: [joining(room.uid)] });
  const unseen = await get(`/chatserver/getroom/${room.uid}`);
  const opened = await check({ claims: [joining(room.uid, BOBS_USER, room.invite)] });
  const seen = await get(`/chatserver/getroom/${room.uid}`);

  t.like(hidden.verdicts[0], { isDone: false });
  t.is(hidden.rooms, undefined);
  t.is(unseen.answer.status, 404);
  t.like(opened.verdicts[0], { isDone: true });
  t.is(seen.answer.status, 200);
});

test('what is said in the name of others is refused and noted', async (t) => {
  const { check, call, rooms, facts } = await start(t);
  const room = await rooms.createAsOwner('lobby', false);
  await check({ claims: [joining(room.uid)] });
  const other = `Carol@${CAROL.address}`;
  const role = 'admin' as const;

  const { verdicts } = await check({
    claims: [
      joining(room.uid, other),
      saying(room.uid, 'x', 'hello', other),
      { ...joining(room.uid), role },
      { kind: 'mx', uid: membershipUid(room.uid, other) },
      { ...joining(room.uid), uid: 'another' },
    ],
  });
  const me = await call(
    'POST',
    '/chatserver/check',
    `cr: ${hashRooms([])}\nme: ${BOB.address}|${CAROLS_KEY}`,
  );
  const target = `/chatserver/setsessions/${CAROL.address}`;
  const body = JSON.stringify({ serverUID: CAROL.address, sessions: [other] });
  const sessions = await call('POST', target, body, {
    [HOP_AUTH_HEADER]: bobsHeader({ body, target }),
  });

  t.deepEqual(
    verdicts.map(({ isDone }) => isDone),
    [false, false, false, false, false],
  );
  t.is(me.answer.status, 401);
  t.is(sessions.answer.status, 403);
  t.is(facts.length, 6);
  t.is(rooms.require('lobby').memberships.length, 1);
});

test('whoever goes on in the name of others is cut off for an hour', async (t) => {
  const { check, call, facts } = await start(t);
  for (let i = 0; i < 11; i++) {
    await check({ me: { address: CAROL.address, accessKey: '' } });
  }

  const target = '/chatserver/getservers';
  const { answer } = await call('GET', target, '', {
    [HOP_AUTH_HEADER]: bobsHeader({ body: '', method: 'GET', target }),
  });

  t.is(facts.length, 11);
  t.is(answer.status, 429);
});

test('sessions that a server tells are told to others', async (t) => {
  const { check, call, get, host } = await start(t);
  const target = `/chatserver/setsessions/${BOB.address}`;
  const sessions = [BOBS_USER, `Bobby@${BOB.address}`];
  const body = JSON.stringify({ serverUID: BOB.address, sessions });
  const hash = hashServerSessions(BOB.address, sessions);

  const before = await check({ ownSessions: { server: BOB.address, hash } });
  await call('POST', target, body, { [HOP_AUTH_HEADER]: bobsHeader({ body, target }) });
  const after = await check({ ownSessions: { server: BOB.address, hash } });
  const got = await get(`/chatserver/getsessions/${encodeURIComponent(BOB.address)}`);

  t.truthy(before.sessions);
  t.is(after.sessions, undefined);
  t.deepEqual(JSON.parse(got.text), { serverUID: BOB.address, sessions });
  t.is(host.sessions.hashes.get(BOB.address), hash);
});

test('a daemon that does not know its own address is refused, but not for lying', async (t) => {
  const { check, facts } = await start(t, [{ ...BOB, address: parseAddress('203.0.113.7') }]);
  const asMe = (address: string) =>
    check({ me: { address: parseAddress(address), accessKey: 'k' } });

  await asMe('192.168.1.5');
  const atHome = facts.length;
  await asMe('198.51.100.9');

  t.deepEqual([atHome, facts.length], [0, 1]);
});
