/** docs/rooms.md#protocol, line by line. */
import test from 'ava';
import { OWNER, startHub } from '../helpers/hub-world.ts';
import { settle } from '../helpers/fake-clock.ts';
import type { WechatAnswer } from '../helpers/wechat-hand.ts';

/** What an event's answer says, in one line. */
function told({ headers, body }: WechatAnswer): readonly unknown[] {
  return [headers.get('seqnr'), headers.get('type'), headers.get('source'), body];
}

test('joining makes the room and answers a session key and the directory', async (t) => {
  const { hand } = await startHub(t);

  const joined = await hand.put('/chats/lobby/join/ringo');
  const second = await hand.put('/chats/lobby/join/paul');

  t.is(joined.status, 200);
  t.regex(joined.headers.get('session') ?? '', /^[A-Za-z0-9_-]{43}$/);
  t.regex(joined.headers.get('content-type') ?? '', /^application\/json/);
  t.deepEqual(joined.body, ['ringo']);
  t.deepEqual(second.body, ['ringo', 'paul']);
  t.not(joined.headers.get('session'), second.headers.get('session'));
});

test('a name that is taken in the room is answered 409, however it is spelt', async (t) => {
  const { hand } = await startHub(t);
  await hand.join('lobby', 'Zoë');

  t.is((await hand.put(`/chats/lobby/join/${encodeURIComponent('Zoë')}`)).status, 409);
  t.is((await hand.put(`/chats/lobby/join/${encodeURIComponent('zoe\u0308')}`)).status, 409);
  t.is((await hand.put(`/chats/lobby/join/${encodeURIComponent('ＺＯË')}`)).status, 409);
  t.is((await hand.put(`/chats/other/join/${encodeURIComponent('Zoë')}`)).status, 200);
});

test('a daemon that makes no rooms for guests answers 403 and false', async (t) => {
  const { hand, rooms } = await startHub(t, { rules: { guestsCreate: false } });
  await rooms.create('lobby');

  const refused = await hand.put('/chats/new/join/ringo');

  t.is(refused.status, 403);
  t.is(refused.body, false);
  t.is((await hand.put('/chats/lobby/join/ringo')).status, 200);
});

test('a daemon that has rooms enough makes no further ones for guests', async (t) => {
  const { hand } = await startHub(t, { rules: { maxRooms: 1 } });
  await hand.join('one', 'ringo');

  const refused = await hand.put('/chats/two/join/ringo');

  t.is(refused.status, 403);
  t.is(refused.body, false);
});

test('leaving answers true, leaving again false, with and without the slash', async (t) => {
  const { hand } = await startHub(t);
  const ringo = await hand.join('lobby', 'ringo');
  const paul = await hand.join('lobby', 'paul');

  const left = await hand.put('/chats/lobby/leave/', ringo);
  const again = await hand.put('/chats/lobby/leave', ringo);

  t.deepEqual([left.status, left.body], [200, true]);
  t.deepEqual([again.status, again.body], [200, false]);
  t.deepEqual((await hand.get('/chats/lobby/directory', paul)).body, ['paul']);
});

test('row 35: without the right session, or with that of another room, every call is answered 401 and false', async (t) => {
  const { hand } = await startHub(t);
  await hand.join('lobby', 'ringo');
  const elsewhere = await hand.join('elsewhere', 'ringo');

  for (const session of [undefined, '', 'wrong', 'A'.repeat(43), elsewhere]) {
    for (const [method, path] of [
      ['GET', '/chats/lobby/events'],
      ['GET', '/chats/lobby/events/1'],
      ['GET', '/chats/lobby/1'],
      ['GET', '/chats/lobby/directory'],
      ['GET', '/chats/nowhere/events'],
      ['PUT', '/chats/lobby/messages'],
      ['PUT', '/chats/lobby/leave/'],
    ] as const) {
      const answer = await hand.call(method, path, { session });
      t.deepEqual([answer.status, answer.body], [401, false], `${method} ${path} ${session}`);
    }
  }
});

test('a session that has ended is worth as much as none', async (t) => {
  const { hand } = await startHub(t);
  const ringo = await hand.join('lobby', 'ringo');
  await hand.put('/chats/lobby/leave/', ringo);

  t.is((await hand.event('lobby', ringo)).status, 401);
  t.is((await hand.say('lobby', ringo, 'hello')).status, 401);
});

test('each session gets each event once, in order, with its headers', async (t) => {
  const { hand } = await startHub(t);
  const ringo = await hand.join('lobby', 'ringo');
  const paul = await hand.join('lobby', 'paul');
  const said = await hand.say('lobby', ringo, 'peace & love');

  t.deepEqual([said.status, said.body, said.headers.get('seqnr')], [200, true, '3']);
  t.deepEqual(told(await hand.event('lobby', ringo)), ['2', 'DIR', '', ['ringo', 'paul']]);
  t.deepEqual(told(await hand.event('lobby', ringo)), ['3', 'MSG', 'ringo', 'peace & love']);
  t.is((await hand.event('lobby', ringo)).status, 204);
  t.deepEqual(told(await hand.event('lobby', paul)), ['3', 'MSG', 'ringo', 'peace & love']);
  t.is((await hand.event('lobby', paul)).status, 204);
});

test('a number moves the cursor, wherever it is written', async (t) => {
  const { hand } = await startHub(t);
  const ringo = await hand.join('lobby', 'ringo');
  for (const text of ['two', 'three', 'four']) await hand.say('lobby', ringo, text);
  const ask = async (path: string, headers = {}) =>
    told(await hand.call('GET', `/chats/lobby${path}`, { session: ringo, headers }))[0];

  t.is(await ask('/events/3'), '3');
  t.is(await ask('/events'), '4');
  t.is(await ask('/2'), '2');
  t.is(await ask('/events'), '3');
  t.is(await ask('/events?since=2'), '2');
  t.is(await ask('/events', { seqnr: '4' }), '4');
  t.is(await ask('/events/0'), '1');
  t.is(await ask('/events/1'), '1');
  t.is(await ask('/events/99'), null);
  t.is((await hand.get('/chats/lobby/events/x', ringo)).status, 400);
  t.is((await hand.get('/chats/lobby/x', ringo)).status, 404);
  t.is((await hand.get('/chats/lobby/events?since=-1', ringo)).status, 400);
});

test('the server sets number and source, whatever the client says', async (t) => {
  const { hand } = await startHub(t);
  const ringo = await hand.join('lobby', 'ringo');

  await hand.call('PUT', '/chats/lobby/messages', {
    session: ringo,
    headers: { type: 'MSG', seqnr: '77', source: 'paul' },
    body: '"hello"',
  });

  t.deepEqual(told(await hand.event('lobby', ringo)), ['2', 'MSG', 'ringo', 'hello']);
});

test('a body that parses to a string is that string, any other the text as it is', async (t) => {
  const { hand } = await startHub(t);
  const ringo = await hand.join('lobby', 'ringo');
  const said = async (body: string): Promise<unknown> => {
    await hand.call('PUT', '/chats/lobby/messages', { session: ringo, body });
    return (await hand.event('lobby', ringo)).body;
  };

  t.is(await said('"a \\u0041"'), 'a A');
  t.is(await said(' "padded" '), 'padded');
  t.is(await said('plain'), 'plain');
  t.is(await said('"not closed'), '"not closed');
  t.is(await said('{"a":1}'), '{"a":1}');
  t.is(await said('42'), '42');
  t.is(await said('true'), 'true');
  t.is(await said('Привет\n👋'), 'Привет\n👋');
});

test('a source outside printable ASCII is percent-encoded UTF-8', async (t) => {
  const { hand } = await startHub(t);
  const name = 'Zoë 100% 👋';
  const session = await hand.join('lobby', name);
  await hand.say('lobby', session, 'hello');

  const event = await hand.event('lobby', session);

  t.is(event.headers.get('source'), 'Zo%C3%AB 100%25 %F0%9F%91%8B');
  t.is(decodeURIComponent(event.headers.get('source') ?? ''), name);
});

test('names have 1 to 64 characters, no controls and no slash', async (t) => {
  const { hand } = await startHub(t);
  const join = async (room: string, name: string) =>
    (await hand.put(`/chats/${encodeURIComponent(room)}/join/${encodeURIComponent(name)}`)).status;

  t.is(await join('r'.repeat(64), 'n'.repeat(64)), 200);
  t.is(await join('👋'.repeat(64), 'é'.repeat(64)), 200);
  for (const name of ['n'.repeat(65), 'a/b', 'a\nb', 'a\u0000', '\u0085']) {
    t.is(await join('lobby', name), 400, JSON.stringify(name));
    t.is(await join(name, 'ringo'), 400, JSON.stringify(name));
  }
});

test('no guest looks like the user of a daemon, and no room like one of another daemon', async (t) => {
  const { hand } = await startHub(t);
  const name = encodeURIComponent('alice@[fc00::1]:4884');

  t.is((await hand.put(`/chats/lobby/join/${name}`)).status, 400);
  t.is((await hand.put(`/chats/${name}/join/ringo`)).status, 400);
  t.is((await hand.put('/chats/lobby/join/ringo@home')).status, 200);
});

test('a message has at most 64 KiB and is not empty', async (t) => {
  const { hand } = await startHub(t);
  const ringo = await hand.join('lobby', 'ringo');

  t.is((await hand.say('lobby', ringo, 'x'.repeat(65_536))).status, 200);
  t.is((await hand.say('lobby', ringo, 'я'.repeat(32_768))).status, 200);
  const long = await hand.say('lobby', ringo, 'x'.repeat(65_537));
  t.is(long.status, 413);
  t.like(long.body, { error: { code: 'too_large' } });
  t.is((await hand.say('lobby', ringo, '')).status, 400);
  t.is((await hand.say('lobby', ringo, 'x'.repeat(500_000))).status, 413);
});

test('a message is of type MSG, well-formed and UTF-8', async (t) => {
  const { hand } = await startHub(t);
  const session = await hand.join('lobby', 'ringo');
  const say = async (body: string | Uint8Array<ArrayBuffer>, headers = {}) =>
    (await hand.call('PUT', '/chats/lobby/messages', { session, body, headers })).status;

  t.is(await say('x', { type: 'DIR' }), 400);
  t.is(await say('"\\ud800"'), 400);
  t.is(await say(Uint8Array.of(0xff)), 400);
  t.is(await say('x'), 200);
});

test('GET /chats lists the rooms that anybody may join', async (t) => {
  const { hand, rooms } = await startHub(t);
  await hand.join('lobby', 'ringo');
  await rooms.create('secret', true);
  const { uid } = await rooms.create('old');
  await rooms.change(uid, { isClosed: true });

  const listed = await hand.get('/chats');

  t.deepEqual(listed.body, [{ name: 'lobby', members: 1, seqnr: 1 }]);
  t.deepEqual((await hand.get('/chats/')).body, listed.body);
});

test('a waiting request is answered as soon as there is an event', async (t) => {
  const { hand } = await startHub(t);
  const ringo = await hand.join('lobby', 'ringo');
  const paul = await hand.join('lobby', 'paul');

  const waiting = hand.event('lobby', paul, '?wait=25');
  await hand.say('lobby', ringo, 'hello');

  t.deepEqual(told(await waiting), ['3', 'MSG', 'ringo', 'hello']);
});

test('a waiting request is answered 204 when its time is over', async (t) => {
  const { hand, clock, guests } = await startHub(t);
  const ringo = await hand.join('lobby', 'ringo');
  const waiting = hand.event('lobby', ringo, '?wait=1000');
  const answered: number[] = [];
  void waiting.then(({ status }) => answered.push(status));
  while (!isWaiting(guests)) await settle();

  clock.advance(24_999);
  await settle();
  t.deepEqual(answered, []);
  clock.advance(1);

  t.is((await waiting).status, 204);
});

test('who is put out while waiting is answered 401', async (t) => {
  const { hand, rooms, guests } = await startHub(t);
  const ringo = await hand.join('lobby', 'ringo');
  const waiting = hand.event('lobby', ringo, '?wait=25');
  while (!isWaiting(guests)) await settle();

  await guests.remove(rooms.require('lobby').uid, 'RINGO');

  t.is((await waiting).status, 401);
});

test('at most two requests of a session wait', async (t) => {
  const { hand, guests } = await startHub(t);
  const ringo = await hand.join('lobby', 'ringo');
  const waiting = [hand.event('lobby', ringo, '?wait=25'), hand.event('lobby', ringo, '?wait=25')];
  while (!isWaiting(guests, 2)) await settle();

  t.is((await hand.event('lobby', ringo, '?wait=25')).status, 429);

  guests.stop();
  t.deepEqual(
    (await Promise.all(waiting)).map(({ status }) => status),
    [204, 204],
  );
});

test('a batch answers what there is as a JSON array', async (t) => {
  const { hand } = await startHub(t);
  const ringo = await hand.join('lobby', 'Zoë');
  await hand.say('lobby', ringo, 'one');
  await hand.say('lobby', ringo, 'two');
  await hand.join('lobby', 'paul');

  const some = await hand.event('lobby', ringo, '?batch=2');
  const rest = await hand.event('lobby', ringo, '?batch=5000');

  t.deepEqual(some.body, [
    { seqnr: 2, type: 'MSG', source: 'Zoë', body: 'one' },
    { seqnr: 3, type: 'MSG', source: 'Zoë', body: 'two' },
  ]);
  t.deepEqual(rest.body, [{ seqnr: 4, type: 'DIR', source: '', body: ['Zoë', 'paul'] }]);
  t.is((await hand.event('lobby', ringo, '?batch=2')).status, 204);
  t.is((await hand.event('lobby', ringo, '?batch=0')).status, 400);
  t.is((await hand.event('lobby', ringo, '?wait=x')).status, 400);
});

test('whoever hangs up while waiting misses nothing', async (t) => {
  const { hand, guests } = await startHub(t);
  const ringo = await hand.join('lobby', 'ringo');
  const over = new AbortController();
  const waiting = hand.call('GET', '/chats/lobby/events?wait=25', {
    session: ringo,
    signal: over.signal,
  });
  while (!isWaiting(guests)) await settle();

  over.abort();
  await waiting.catch(() => undefined);
  while (isWaiting(guests)) await settle();
  await hand.say('lobby', ringo, 'hello');

  t.deepEqual(told(await hand.event('lobby', ringo)), ['2', 'MSG', 'ringo', 'hello']);
});

test('a guest who asks for nothing in 120 s is out, and the others are told once', async (t) => {
  const { hand, clock } = await startHub(t);
  const ringo = await hand.join('lobby', 'ringo');
  await hand.join('lobby', 'paul');
  await hand.join('lobby', 'john');
  clock.advance(119_999);
  await hand.event('lobby', ringo, '?batch=10');

  await clock.pass(1);

  const events = await hand.event('lobby', ringo, '?batch=10');
  t.deepEqual(events.body, [{ seqnr: 4, type: 'DIR', source: '', body: ['ringo'] }]);
  t.is((await hand.put('/chats/lobby/join/paul')).status, 200);
});

test('a message that is repeated under its id is said once', async (t) => {
  const { hand } = await startHub(t);
  const ringo = await hand.join('lobby', 'ringo');
  const paul = await hand.join('lobby', 'paul');
  const say = (session: string, body: string) =>
    hand.call('PUT', '/chats/lobby/messages', { session, body, headers: { id: 'a-1' } });

  const [one, other] = await Promise.all([say(ringo, 'hello'), say(ringo, 'hello')]);
  const late = await say(ringo, 'hello');
  const changed = await say(ringo, 'bye');
  const another = await say(paul, 'hello');

  t.deepEqual(
    [one, other, late].map(({ headers }) => headers.get('seqnr')),
    ['3', '3', '3'],
  );
  t.is(changed.status, 409);
  t.is(another.headers.get('seqnr'), '4');
});

test('a private room opens for those who have the invite', async (t) => {
  const { hand, rooms } = await startHub(t);
  const { invite } = await rooms.create('secret', true);
  const join = async (headers: Readonly<Record<string, string>>) =>
    hand.call('PUT', '/chats/secret/join/ringo', { headers });

  const without = await join({});
  t.is(without.status, 403);
  t.like(without.body, { error: { code: 'room_private' } });
  t.is((await join({ invite: 'guess' })).status, 403);
  t.is((await join({ invite })).status, 200);
});

test('a room that is closed puts everybody out and lets nobody in', async (t) => {
  const { hand, rooms } = await startHub(t);
  const ringo = await hand.join('lobby', 'ringo');
  const { uid } = rooms.require('lobby');

  await rooms.change(uid, { isClosed: true });

  t.is((await hand.say('lobby', ringo, 'hello')).status, 401);
  const refused = await hand.put('/chats/lobby/join/paul');
  t.is(refused.status, 403);
  t.like(refused.body, { error: { code: 'room_closed' } });
  await rooms.change(uid, { isClosed: false });
  t.is((await hand.put('/chats/lobby/join/paul')).status, 200);
});

test('who is banned is out and stays out, under any spelling', async (t) => {
  const { hand, rooms, guests } = await startHub(t);
  const ringo = await hand.join('lobby', 'ringo');
  const { uid } = rooms.require('lobby');

  await rooms.members.setRole(uid, 'Ringo', 'banned');
  await guests.remove(uid, 'Ringo');

  t.is((await hand.event('lobby', ringo)).status, 401);
  t.like((await hand.put('/chats/lobby/join/ringo')).body, { error: { code: 'banned' } });
  await rooms.members.setRole(uid, 'ringo', undefined);
  t.is((await hand.put('/chats/lobby/join/ringo')).status, 200);
});

test('the owner is in the room like everybody else', async (t) => {
  const { hand, rooms } = await startHub(t);
  const room = await rooms.createAsOwner('lobby', false);
  const ringo = await hand.join('lobby', 'ringo');

  await rooms.sayAsOwner(room, 'welcome');

  t.deepEqual((await hand.get('/chats/lobby/directory', ringo)).body, [OWNER, 'ringo']);
  t.deepEqual(told(await hand.event('lobby', ringo)), ['3', 'MSG', OWNER, 'welcome']);
});

test('joins and messages have a rate for each address', async (t) => {
  const rates = { joinsPerSecond: 1, messagesPerSecond: 1 };
  const { hand, clock } = await startHub(t, { rates });
  const session = await hand.join('lobby', 'ringo');

  for (let i = 0; i < 99; i++) await hand.join('lobby', `guest-${i}`);
  const join = await hand.put('/chats/lobby/join/one-more');
  for (let i = 0; i < 10; i++) await hand.say('lobby', session, 'hello');
  const message = await hand.say('lobby', session, 'hello');

  t.deepEqual([join.status, message.status], [429, 429]);
  t.is(join.headers.get('retry-after'), '1');
  t.like(message.body, { error: { code: 'too_many_requests' } });
  clock.advance(1000);
  t.is((await hand.say('lobby', session, 'hello')).status, 200);
});

test('other methods, other paths and pages of others are refused', async (t) => {
  const { hand } = await startHub(t);
  const status = async (method: string, path: string, headers = {}) =>
    (await hand.call(method, path, { headers })).status;

  t.is(await status('POST', '/chats/lobby/join/ringo'), 405);
  t.is(await status('OPTIONS', '/chats'), 405);
  t.is(await status('GET', '/'), 404);
  t.is(await status('GET', '/chats', { origin: 'http://evil.example' }), 403);
  t.is(await status('GET', '/chats', { 'sec-fetch-site': 'cross-site' }), 403);
});

function isWaiting(guests: { waiting: number }, count = 1): boolean {
  return guests.waiting >= count;
}
