import test from 'ava';
import type { ApiRoom, ApiRoomEvent } from '../../daemon/wire/rooms-api.ts';
import { API_TOKEN, openSocket, startGui, type GuiWorld } from '../helpers/gui-world.ts';

const OWNER = 'Alice@198.51.100.1';

/** A guest who came in by the hub listener; what he then says. */
async function guestIn({ domain }: GuiWorld, room: string, name: string) {
  const { guests } = domain;
  const { key } = await guests.join(room, name, undefined);
  const holder = guests.holder(room, key);
  if (holder === undefined || holder === 'ended') throw new Error('the guest is not in');
  return (text: string) => guests.say(holder, text, undefined);
}

test('a room that the owner makes is listed, and the owner is in it', async (t) => {
  const { api } = await startGui(t);

  const made = await api.post('/api/rooms', { name: 'lobby', topic: ' tea ' });

  t.is(made.status, 201);
  t.like(made.body, {
    ...{ room: 'lobby', name: 'lobby', host: null, topic: 'tea', private: false, closed: false },
    ...{ joined: true, muted: false, members: 1, seqnr: 1, unread: 0, last: null },
  });
  t.deepEqual((await api.get('/api/rooms')).body, [made.body]);
  t.deepEqual((await api.get('/api/rooms/lobby/directory')).body, [
    { user: OWNER, origin: 'owner', role: 'owner', present: true, online: true },
  ]);
});

test('a name is taken once', async (t) => {
  const { api } = await startGui(t);
  await api.post('/api/rooms', { name: 'lobby' });

  const again = await api.post('/api/rooms', { name: 'lobby' });

  t.is(again.status, 409);
  t.like(again.body, { error: { code: 'room_exists' } });
  t.is((await api.post('/api/rooms', { name: '' })).status, 400);
  t.is((await api.post('/api/rooms', { name: 'a/b' })).status, 400);
  t.is((await api.post('/api/rooms', {})).status, 400);
});

test('what a guest says is marked so, and is unread until it is read', async (t) => {
  const gui = await startGui(t);
  const { api } = gui;
  await api.post('/api/rooms', { name: 'lobby' });
  const say = await guestIn(gui, 'lobby', 'ringo');
  await say('hello');
  await api.post('/api/rooms/lobby/messages', { message: 'welcome' });
  await say('thanks');

  const { body: events } = await api.get('/api/rooms/lobby/events?after=2');
  const before = (await api.get('/api/rooms/lobby')).body as ApiRoom;
  const read = (await api.post('/api/rooms/lobby/read', { upTo: 4 })).body as ApiRoom;

  t.like(events, {
    0: { seqnr: 3, type: 'MSG', from: 'ringo', origin: 'guest', message: 'hello' },
    1: { seqnr: 4, type: 'MSG', from: OWNER, origin: 'owner', message: 'welcome' },
    2: { seqnr: 5, type: 'MSG', from: 'ringo', origin: 'guest', message: 'thanks' },
  });
  t.is(before.unread, 2);
  t.like(before.last, { message: 'thanks' });
  t.deepEqual([read.unread, read.read_up_to], [1, 4]);
  t.is(((await api.post('/api/rooms/lobby/read', { upTo: 1 })).body as ApiRoom).read_up_to, 4);
  t.is(((await api.post('/api/rooms/lobby/read', { upTo: 99 })).body as ApiRoom).read_up_to, 5);
});

test('events come by pages, oldest first', async (t) => {
  const { api } = await startGui(t);
  await api.post('/api/rooms', { name: 'lobby' });
  for (let i = 2; i <= 9; i++) await api.post('/api/rooms/lobby/messages', { message: `${i}` });
  const numbers = async (query: string) =>
    ((await api.get(`/api/rooms/lobby/events${query}`)).body as ApiRoomEvent[]).map(
      ({ seqnr }) => seqnr,
    );

  t.deepEqual(await numbers(''), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  t.deepEqual(await numbers('?limit=3'), [7, 8, 9]);
  t.deepEqual(await numbers('?limit=3&before=7'), [4, 5, 6]);
  t.deepEqual(await numbers('?limit=3&before=3'), [1, 2]);
  t.deepEqual(await numbers('?limit=3&after=7'), [8, 9]);
  t.deepEqual(await numbers('?after=9'), []);
  t.is((await api.get('/api/rooms/lobby/events?limit=0')).status, 400);
  t.is((await api.get('/api/rooms/lobby/events?after=x')).status, 400);
});

test('a message that is repeated under its id is said once', async (t) => {
  const { api } = await startGui(t);
  await api.post('/api/rooms', { name: 'lobby' });
  const say = (message: string) => api.post('/api/rooms/lobby/messages', { message, id: 'note-1' });

  const [one, other] = await Promise.all([say('hello'), say('hello')]);
  const late = await say('hello');

  t.deepEqual([one.status, other.status, late.status].sort(), [200, 200, 201]);
  t.like(one.body, { id: 'note-1', seqnr: 2 });
  t.deepEqual(late.body, one.body);
  t.like((await say('bye')).body, { error: { code: 'id_conflict' } });
});

test('the owner speaks only where he is', async (t) => {
  const gui = await startGui(t);
  const { api } = gui;
  await guestIn(gui, 'guests', 'ringo');

  const outside = await api.post('/api/rooms/guests/messages', { message: 'hello' });
  const joined = await api.post('/api/rooms/join', { room: 'guests@198.51.100.1' });
  const inside = await api.post('/api/rooms/guests/messages', { message: 'hello' });
  const left = await api.post('/api/rooms/guests/leave');

  t.like(outside.body, { error: { code: 'not_member' } });
  t.like(joined.body, { joined: true, members: 2, unread: 0 });
  t.is(inside.status, 201);
  t.like(left.body, { joined: false, members: 1 });
  t.is((await api.post('/api/rooms/join', { room: 'nowhere' })).status, 404);
});

test('a guest can be put out, banned and let in again', async (t) => {
  const gui = await startGui(t);
  const { api } = gui;
  await api.post('/api/rooms', { name: 'lobby' });
  await guestIn(gui, 'lobby', 'ringo');

  const removed = await api.post('/api/rooms/lobby/remove', { user: 'ringo' });
  const again = await api.post('/api/rooms/lobby/remove', { user: 'ringo' });
  await guestIn(gui, 'lobby', 'ringo');
  const banned = await api.post('/api/rooms/lobby/ban', { user: 'Ringo' });

  const owner = { user: OWNER, origin: 'owner', role: 'owner', present: true, online: true };
  t.deepEqual(removed.body, [owner]);
  t.is(again.status, 404);
  t.deepEqual(banned.body, [
    owner,
    { user: 'Ringo', origin: 'guest', role: 'banned', present: false, online: null },
  ]);
  await t.throwsAsync(guestIn(gui, 'lobby', 'ringo'), { code: 'banned' });
  t.deepEqual((await api.post('/api/rooms/lobby/unban', { user: 'ringo' })).body, [owner]);
  t.is((await api.post('/api/rooms/lobby/ban', { user: OWNER })).status, 400);
});

test('a room becomes private, muted, closed and open again', async (t) => {
  const { api } = await startGui(t);
  const made = (await api.post('/api/rooms', { name: 'lobby' })).body as ApiRoom;
  const patch = async (change: object) => (await api.patch('/api/rooms/lobby', change)).body;

  t.like(await patch({ private: true, muted: true }), { private: true, muted: true });
  t.like(await patch({ closed: true }), { closed: true, private: true });
  t.is((await api.post('/api/rooms/lobby/messages', { message: 'x' })).status, 403);
  t.like(await patch({ closed: false, topic: 'tea' }), { closed: false, topic: 'tea' });
  const renewed = (await api.post('/api/rooms/lobby/invite')).body as ApiRoom;
  t.not(renewed.invite, made.invite);
});

test('rooms and their events are followed live', async (t) => {
  const gui = await startGui(t);
  await gui.api.post('/api/rooms', { name: 'lobby' });
  const say = await guestIn(gui, 'lobby', 'ringo');
  const headers = { authorization: `Bearer ${API_TOKEN}` };
  const events = await openSocket(t, gui, ['vestnik.v1'], { headers });
  const rooms = await openSocket(t, gui, ['vestnik.v1'], { headers });
  await events.subscribe('_vestnik/events', 'event');
  const listed = await rooms.subscribe('_vestnik/rooms', 'dict');

  await say('hello');

  t.like(listed, { lobby: { members: 2, unread: 0 } });
  t.like(await events.nextChange('_vestnik/events'), {
    type: 'emit',
    args: { room: 'lobby', seqnr: 3, from: 'ringo', origin: 'guest', message: 'hello' },
  });
  t.like(await rooms.nextChange('_vestnik/rooms'), {
    ...{ type: 'change_value', key: 'lobby' },
    value: { unread: 1, seqnr: 3, last: { message: 'hello' } },
  });
});

test('the owner’s name in rooms follows his nick', async (t) => {
  const gui = await startGui(t);
  const { api } = gui;
  await api.post('/api/rooms', { name: 'lobby' });

  await api.patch('/api/me', { nick: 'A@nn' });
  await api.post('/api/rooms/lobby/messages', { message: 'it is me' });

  const events = (await api.get('/api/rooms/lobby/events')).body as ApiRoomEvent[];
  t.like(events, {
    1: { type: 'DIR', users: ['A_nn@198.51.100.1'] },
    2: { type: 'MSG', from: 'A_nn@198.51.100.1', origin: 'owner' },
  });
});

test('a room that was left is forgotten with all that was said, and begins anew', async (t) => {
  const gui = await startGui(t);
  const { api, domain } = gui;
  await api.post('/api/rooms', { name: 'lobby' });
  const say = await guestIn(gui, 'lobby', 'ringo');
  await say('secret');

  const tooEarly = await api.delete('/api/rooms/lobby');
  await api.post('/api/rooms/lobby/leave');
  const gone = await api.delete('/api/rooms/lobby');

  t.is(tooEarly.status, 409);
  t.like(tooEarly.body, { error: { code: 'still_joined' } });
  t.is(gone.status, 204);
  t.deepEqual((await api.get('/api/rooms')).body, []);
  t.is((await api.delete('/api/rooms/lobby')).status, 404);
  await t.throwsAsync(say('too late'), { code: 'not_member' });
  const again = await api.post('/api/rooms', { name: 'lobby' });
  t.like(again.body, { seqnr: 1, last: null });
  t.is(domain.rooms.list().length, 1);
});

test('a room elsewhere is forgotten after leaving, also while its host is away, and joined afresh', async (t) => {
  const { api } = await startGui(t);
  await api.post('/api/contacts', { address: 'fc00::7', nick: 'Bob' });
  const title = 'tea@fc00::7';
  const path = `/api/rooms/${encodeURIComponent(title)}`;
  await api.post('/api/rooms/join', { room: title });
  await api.post(`${path}/messages`, { message: 'hello?' });

  const tooEarly = await api.delete(path);
  await api.post(`${path}/leave`);
  const rooms = (await api.get('/api/rooms')).body;

  t.like(tooEarly.body, { error: { code: 'still_joined' } });
  t.deepEqual(rooms, []);
  const again = await api.post('/api/rooms/join', { room: title });
  t.like(again.body, { seqnr: 0, sync: { state: 'joining', waiting: [] } });
});
