import test from 'ava';
import { DomainEvents } from '../../daemon/domain/events.ts';
import { RecentEvents } from '../../daemon/domain/recent-events.ts';
import type { RoomEvent } from '../../daemon/domain/room-model.ts';
import { RoomSessions } from '../../daemon/domain/room-sessions.ts';
import { RoomWaits } from '../../daemon/domain/room-waits.ts';
import { newRoom, type RoomRules } from '../../daemon/domain/room-rules.ts';
import { Rooms } from '../../daemon/domain/rooms.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { FakeClock, fakeRandom, settle } from '../helpers/fake-clock.ts';
import { MemoryRoomStore, ROOM_RULES } from '../helpers/memory-room-store.ts';

function build(store = new MemoryRoomStore(), rules: Partial<RoomRules> = {}) {
  const clock = new FakeClock();
  const events = new DomainEvents();
  const random = fakeRandom();
  const rooms = new Rooms({
    ...{ store, events, clock, random, rules: { ...ROOM_RULES, ...rules } },
    ownerUser: () => 'Ann@fc00::1',
  });
  const guests = new RoomSessions({ rooms, events, clock, random, sessionTimeoutMs: 120_000 });
  return { clock, events, rooms, guests, store };
}

/** A guest who came in. */
async function enter(guests: RoomSessions, name: string, room = 'lobby') {
  const { key } = await guests.join(room, name, undefined);
  const guest = guests.holder(room, key);
  if (guest === undefined || guest === 'ended') throw new Error('the guest is not in');
  return guest;
}

test('a disk that refuses costs no number', async (t) => {
  const { rooms, guests, store } = build();
  const ringo = await enter(guests, 'ringo');
  await guests.say(ringo, 'one', undefined);

  store.failure = new Error('full');
  const failed = await Promise.allSettled([
    guests.say(ringo, 'lost', undefined),
    guests.say(ringo, 'lost as well', undefined),
  ]);
  await t.throwsAsync(guests.join('lobby', 'paul', undefined));
  store.failure = undefined;
  const said = await Promise.all([
    guests.say(ringo, 'two', undefined),
    guests.say(ringo, 'three', undefined),
  ]);

  t.deepEqual(
    failed.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  t.deepEqual(
    said.map(({ message }) => message.seqnr),
    [3, 4],
  );
  const events = store.eventsOf(rooms.require('lobby').uid);
  t.deepEqual(
    events.map(({ seqnr }) => seqnr),
    [1, 2, 3, 4],
  );
  t.deepEqual(rooms.log(rooms.require('lobby')).users, ['ringo']);
});

test('several who come at the same time are told of by one event', async (t) => {
  const { rooms, guests, store } = build();
  await enter(guests, 'ringo');

  await Promise.all(['paul', 'john', 'george'].map((name) => enter(guests, name)));

  const events = store.eventsOf(rooms.require('lobby').uid);
  t.is(events.length, 2);
  t.like(events[1], { type: 'DIR', users: ['ringo', 'paul', 'john', 'george'] });
});

test('two who want a new room at the same time are in one', async (t) => {
  const { rooms, guests } = build();

  await Promise.all([enter(guests, 'ringo'), enter(guests, 'paul')]);

  t.is(rooms.list().length, 1);
  t.is(rooms.log(rooms.require('lobby')).size, 2);
});

test('a room that can’t be stored is not there', async (t) => {
  const { rooms, guests, store } = build();
  store.failure = new Error('full');

  await t.throwsAsync(guests.join('lobby', 'ringo', undefined));
  store.failure = undefined;

  t.deepEqual(rooms.list(), []);
  await enter(guests, 'ringo');
  t.is(rooms.list().length, 1);
});

test('a room is as full as its host allows', async (t) => {
  const { guests } = build(new MemoryRoomStore(), { maxGuests: 1 });
  await enter(guests, 'ringo');

  await t.throwsAsync(enter(guests, 'paul'), { code: 'room_full' });
});

test('who leaves right after saying something is heard before', async (t) => {
  const { rooms, guests, store } = build();
  const ringo = await enter(guests, 'ringo');

  await Promise.all([guests.say(ringo, 'bye', undefined), guests.leave(ringo)]);

  const events = store.eventsOf(rooms.require('lobby').uid);
  t.deepEqual(
    events.slice(1).map(({ type }) => type),
    ['MSG', 'DIR'],
  );
});

test('a session ends after a day, however busy', async (t) => {
  const { guests, clock } = build();
  const ringo = await enter(guests, 'ringo');

  for (let minute = 0; minute < 24 * 60 - 1; minute++) {
    clock.advance(60_000);
    if (guests.isHere(ringo)) guests.wait(ringo, 1, () => undefined)();
  }
  t.true(guests.isHere(ringo));
  await clock.pass(120_000);

  t.false(guests.isHere(ringo));
  await t.throwsAsync(guests.say(ringo, 'hello', undefined), { code: 'not_member' });
});

test('events that never arrived are next again, unless the guest has gone on', async (t) => {
  const { guests } = build();
  const ringo = await enter(guests, 'ringo');
  for (const text of ['one', 'two', 'three']) await guests.say(ringo, text, undefined);

  const lost = await guests.take(ringo, 2);
  guests.giveBack(ringo, lost);
  t.deepEqual(await guests.take(ringo, 2), lost);
  await guests.take(ringo, 1);
  guests.giveBack(ringo, lost);

  t.deepEqual(await guests.take(ringo, 5), []);
});

test('after a start the first event tells who is not there any more', async (t) => {
  const { guests, rooms, store } = build();
  await rooms.createAsOwner('lobby', false);
  await enter(guests, 'ringo');
  const later = build(new MemoryRoomStore(store));
  const room = later.rooms.require('lobby');

  await later.rooms.sayAsOwner(room, 'anybody?');
  await later.rooms.sayAsOwner(room, 'nobody');

  const events = later.store.eventsOf(room.uid).slice(2);
  t.deepEqual(
    events.map((event) => (event.type === 'MSG' ? event.text : event.users)),
    ['anybody?', ['Ann@fc00::1'], 'nobody'],
  );
});

test('a closed room of another host may be muted, and nothing is written in it', async (t) => {
  const { rooms, store } = build();
  const frame = { uid: 'q3Vx0mJ2S8m1o4kTqv7cGA', name: 'tea', host: parseAddress('fc00::2') };
  const closed = { ...newRoom('tea', false, { clock: new FakeClock(), random: fakeRandom() }) };
  const room = { ...closed, ...frame, isClosed: true, isJoined: true };
  await rooms.keepMirrored(room);
  const told = (seqnr: number, users: readonly string[]): RoomEvent => {
    return { type: 'DIR', room: room.uid, seqnr, uid: `dir ${seqnr}`, at: 0, users };
  };
  await rooms.log(room).adopt([told(1, ['Bob@fc00::2'])]);
  await rooms.change(room.uid, { isMuted: true });
  await rooms.log(room).adopt([told(2, ['Bob@fc00::2', 'ringo'])]);
  await rooms.change(room.uid, { isMuted: false });
  await settle();

  t.deepEqual(
    store.eventsOf(room.uid).map(({ uid }) => uid),
    ['dir 1', 'dir 2'],
  );
});

test('news come at once to a few, and at a pace to very many', async (t) => {
  const clock = new FakeClock();
  const waits = new RoomWaits(clock);
  let woken = 0;
  const wait = (count: number): void => {
    for (let i = 0; i < count; i++) waits.begin('room', 25_000, () => woken++);
  };

  wait(5);
  waits.wake('room');
  t.is(woken, 5);
  wait(500);
  waits.wake('room');
  t.is(woken, 505);
  wait(500);
  waits.wake('room');
  waits.wake('room');
  t.is(woken, 505);
  clock.advance(49);
  t.is(woken, 505);
  clock.advance(1);
  t.is(woken, 1005);
  wait(1);
  clock.advance(25_000);
  t.is(woken, 1006);
  await settle();
});

test('recent events are kept up to a size, and shared by all who ask for the same', (t) => {
  const recent = new RecentEvents(2000);
  const event = (seqnr: number): RoomEvent => ({
    ...{ type: 'MSG', room: 'r', seqnr, uid: `${seqnr}`, at: 0, from: 'ringo', origin: 'guest' },
    text: 'x'.repeat(100),
  });

  for (let seqnr = 1; seqnr <= 10; seqnr++) recent.put(event(seqnr));

  t.is(recent.range('r', 1, 10), undefined);
  const range = recent.range('r', 8, 10);
  t.deepEqual(
    range?.map(({ seqnr }) => seqnr),
    [8, 9, 10],
  );
  t.is(recent.range('r', 8, 10), range);
  t.not(recent.range('r', 9, 10), range);
});
