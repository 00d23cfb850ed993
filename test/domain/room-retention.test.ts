import test from 'ava';
import { DomainEvents } from '../../daemon/domain/events.ts';
import type { Room } from '../../daemon/domain/room-model.ts';
import { ROOM_MIN_EVENTS, RoomRetention } from '../../daemon/domain/room-retention.ts';
import { Rooms } from '../../daemon/domain/rooms.ts';
import type { RetentionPeriod } from '../../daemon/wire/gui-api.ts';
import { FakeClock, fakeRandom } from '../helpers/fake-clock.ts';
import { MemoryRoomStore, ROOM_RULES } from '../helpers/memory-room-store.ts';

const DAY_MS = 86_400_000;

/** A room with the owner in it, of whose messages the first are old. */
async function build(old: number, young: number, period: RetentionPeriod = '7d') {
  const clock = new FakeClock();
  const store = new MemoryRoomStore();
  const rooms = new Rooms({
    ...{ store, clock, rules: ROOM_RULES, events: new DomainEvents(), random: fakeRandom() },
    ownerUser: () => 'Ann@fc00::1',
  });
  const { uid } = await rooms.createAsOwner('lobby', false);
  await sayAll(rooms, uid, old);
  clock.jump(30 * DAY_MS);
  await sayAll(rooms, uid, young);
  const retention = new RoomRetention({ rooms, clock, period });
  const tidy = async (): Promise<void> => {
    const work = { isOver: false };
    const running = retention.tidy(clock.nowMs()).finally(() => (work.isOver = true));
    running.catch(() => undefined);
    while (!work.isOver) await clock.pass(1000);
    await running;
  };
  return { clock, store, rooms, uid, tidy };
}

async function sayAll(rooms: Rooms, uid: string, count: number): Promise<void> {
  const messages = Array.from({ length: count }, (_, index) => ({
    ...{ uid: `${uid}-${index}`, from: 'Ann@fc00::1', origin: 'owner' as const, text: 'hello' },
  }));
  await Promise.all(messages.map((message) => rooms.say(uid, message, false)));
}

function firstKept(rooms: Rooms, uid: string): number {
  return rooms.log({ uid }).firstSeqnr;
}

test('what is too old and read goes, and numbers stay', async (t) => {
  const { rooms, uid, tidy, store } = await build(500, ROOM_MIN_EVENTS + 100);
  const { lastSeqnr } = rooms.log({ uid });
  await rooms.reading.markRead(uid, lastSeqnr);

  await tidy();

  // The directory, which nothing told since, is told again.
  t.is(firstKept(rooms, uid), 502);
  t.is(rooms.log({ uid }).lastSeqnr, lastSeqnr + 1);
  t.is(store.lastDirectory(uid), lastSeqnr + 1);
  t.is(store.saved[0]?.keptFrom, 502);
  t.deepEqual(
    (await rooms.reading.page(rooms.get(uid) as Room, { after: 0, limit: 2 })).map(
      ({ seqnr }) => seqnr,
    ),
    [502, 503],
  );
});

test('the newest thousand of a room stay, however old they are', async (t) => {
  const { rooms, uid, tidy } = await build(ROOM_MIN_EVENTS + 50, 0);
  const { lastSeqnr } = rooms.log({ uid });
  await rooms.reading.markRead(uid, lastSeqnr);

  await tidy();

  t.is(firstKept(rooms, uid), lastSeqnr - ROOM_MIN_EVENTS + 1);
});

test('what the owner has not read stays, and all where nothing is to go', async (t) => {
  const unread = await build(500, ROOM_MIN_EVENTS);
  await unread.rooms.reading.markRead(unread.uid, 100);
  const forever = await build(500, ROOM_MIN_EVENTS, 'forever');
  await forever.rooms.reading.markRead(forever.uid, 1000);

  await unread.tidy();
  await forever.tidy();

  t.is(firstKept(unread.rooms, unread.uid), 101);
  t.is(firstKept(forever.rooms, forever.uid), 1);
});

test('what the disk does not note as gone is not gone', async (t) => {
  const { rooms, uid, tidy, store } = await build(500, ROOM_MIN_EVENTS + 100);
  await rooms.reading.markRead(uid, rooms.log({ uid }).lastSeqnr);

  store.failure = new Error('full');
  await t.throwsAsync(tidy());
  store.failure = undefined;

  t.is(firstKept(rooms, uid), 1);
  t.is(rooms.get(uid)?.keptFrom, 1);
});
