import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { Room, RoomEvent } from '../../daemon/domain/room-model.ts';
import type { Clock } from '../../daemon/domain/ports.ts';
import { openMessageStore } from '../../daemon/stores/message-store.ts';
import { RoomEventIndex } from '../../daemon/stores/room-event-index.ts';
import { openRoomStore, type FileRoomStore } from '../../daemon/stores/room-store.ts';
import { openStores, type Stores } from '../../daemon/stores/open-stores.ts';
import { systemClock, systemRandom } from '../../daemon/system.ts';
import { DEFAULT_SETTINGS } from '../helpers/memory-stores.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const LOBBY = 'q3Vx0mJ2S8m1o4kTqv7cGA';
const TEA = '0oQ3kq2aT5K8r1mN9cXy4w';
const ROOM: Room = {
  ...{ uid: LOBBY, name: 'lobby', host: undefined, topic: 'tea', invite: 'secret' },
  ...{ isPrivate: true, isClosed: false, isJoined: true, isMuted: true },
  memberships: [{ user: 'eve', role: 'banned' }],
  readUpTo: 3,
  keptFrom: 1,
  createdAt: Date.UTC(2026, 10, 21),
};

function open(folder: string, notices: unknown[] = []): Promise<Stores> {
  return openStores({
    folder,
    journal: { fsync: 'always', intervalMs: 5000 },
    choices: { nick: '', status: 'online', settings: DEFAULT_SETTINGS },
    clock: systemClock,
    random: systemRandom,
    onNotice: (notice) => void notices.push(notice.code),
    onDiskChange: () => undefined,
  });
}

async function newFolder(t: ExecutionContext): Promise<string> {
  return join(await temporaryFolder(t), 'data');
}

function message(seqnr: number, text: string, from = 'ringo', room = LOBBY): RoomEvent {
  const origin = from === 'ringo' ? 'guest' : 'owner';
  return { type: 'MSG', room, seqnr, uid: `uid-${text}`, at: 1000 + seqnr, from, origin, text };
}

function directory(seqnr: number, users: readonly string[], room = LOBBY): RoomEvent {
  return { type: 'DIR', room, seqnr, uid: `dir-${seqnr}`, at: 1000 + seqnr, users };
}

const EVENTS = [
  directory(1, ['Ann@fc00::1', 'ringo']),
  message(2, 'hello'),
  message(3, 'welcome', 'Ann@fc00::1'),
  message(4, 'Привет\n👋'),
  directory(5, ['Ann@fc00::1']),
];

test('rooms and their events are the same after a restart', async (t) => {
  const folder = await newFolder(t);
  const first = await open(folder);
  await first.rooms.save([ROOM]);
  await first.rooms.append(EVENTS.slice(0, 3));
  await first.rooms.append([directory(1, ['x'], TEA)]);
  await first.rooms.append(EVENTS.slice(3));
  await first.close();

  const stores = await open(folder);
  const { rooms } = stores;

  t.deepEqual(rooms.initial, [ROOM]);
  t.deepEqual(await rooms.read(LOBBY, 1, 5), EVENTS);
  t.deepEqual(await rooms.read(LOBBY, 2, 3), EVENTS.slice(1, 3));
  t.deepEqual(
    [rooms.lastSeqnr(LOBBY), rooms.lastMessage(LOBBY), rooms.lastDirectory(LOBBY)],
    [5, 4, 5],
  );
  t.deepEqual([rooms.countUnread(LOBBY, 0), rooms.countUnread(LOBBY, 2)], [2, 1]);
  t.deepEqual([rooms.lastSeqnr(TEA), rooms.lastMessage(TEA), rooms.lastSeqnr('none')], [1, 0, 0]);
  t.like(await rooms.find(LOBBY, 'uid-welcome'), { seqnr: 3 });
  t.is(await rooms.find(TEA, 'uid-welcome'), undefined);
  await stores.close();
});

test('an event that is damaged is left out, and numbers stay', async (t) => {
  const folder = await newFolder(t);
  const first = await open(folder);
  await first.rooms.append(EVENTS);
  await first.close();
  const path = join(folder, 'history', '000001.jsonl');
  const bytes = await readFile(path);
  bytes[bytes.indexOf('welcome')] = 0x20;
  await writeFile(path, bytes);
  await rm(join(folder, 'history', '000001.index'), { force: true });
  const notices: unknown[] = [];

  const stores = await open(folder, notices);
  const { rooms } = stores;

  t.deepEqual(await rooms.read(LOBBY, 1, 5), [...EVENTS.slice(0, 2), ...EVENTS.slice(3)]);
  t.deepEqual([rooms.lastSeqnr(LOBBY), rooms.countUnread(LOBBY, 0)], [5, 2]);
  t.deepEqual(notices, ['journal_damaged']);
  await stores.close();
});

test('records of events that make no sense are passed by', async (t) => {
  const folder = await newFolder(t);
  const first = await open(folder);
  const good = { k: 'ev', r: LOBBY, q: 1, id: 'x', at: 1, u: [] };
  await first.messages.append([
    ...[
      { ...good, q: 0 },
      { ...good, q: 1.5 },
      { ...good, r: 7 },
      { ...good, u: [1] },
    ],
    ...[
      { ...good, u: undefined },
      { ...good, q: 2 ** 40 },
      { ...good, at: 'x' },
    ],
    good,
  ]);
  await first.close();

  const stores = await open(folder);
  const { rooms } = stores;

  t.is(rooms.lastSeqnr(LOBBY), 1);
  t.deepEqual(await rooms.read(LOBBY, 1, 1), [
    { type: 'DIR', room: LOBBY, seqnr: 1, uid: 'x', at: 1, users: [] },
  ]);
  await stores.close();
});

const script = fc.array(
  fc.record({
    room: fc.constantFrom(LOBBY, TEA),
    text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    kind: fc.constantFrom('guest', 'owner', 'directory'),
    restarts: fc.boolean(),
    /** So many of the newest are taken out before, all where it is more than there are. */
    cuts: fc.constantFrom(0, 0, 0, 1, 3, 99),
  }),
  { minLength: 1, maxLength: 25 },
);

test('whatever is said or taken out, and whenever the daemon restarts, everything is where it was', async (t) => {
  await fc.assert(
    fc.asyncProperty(script, async (steps) => {
      const folder = join(await temporaryFolder(t), 'data');
      const said = new Map<string, RoomEvent[]>([
        [LOBBY, []],
        [TEA, []],
      ]);
      let stores = await open(folder);
      for (const { room, text, kind, restarts, cuts } of steps) {
        const events = said.get(room) ?? [];
        if (cuts > 0) {
          events.splice(Math.max(0, events.length - cuts));
          await stores.rooms.cut(room, events.length + 1);
        }
        const seqnr = events.length + 1;
        const event =
          kind === 'directory'
            ? directory(seqnr, [text], room)
            : message(seqnr, text, kind === 'guest' ? 'ringo' : 'Ann@fc00::1', room);
        await stores.rooms.append([event]);
        events.push(event);
        if (!restarts) continue;
        await stores.close();
        stores = await open(folder);
      }
      for (const [room, events] of said) {
        t.deepEqual(await stores.rooms.read(room, 1, events.length), events);
        t.is(stores.rooms.lastSeqnr(room), events.length);
        const foreign = events.filter((event) => event.type === 'MSG' && event.origin === 'guest');
        t.is(stores.rooms.countUnread(room, 0), foreign.length);
        const last = events.findLast(({ type }) => type === 'MSG');
        t.is(stores.rooms.lastMessage(room), last?.seqnr ?? 0);
      }
      await stores.close();
    }),
    { numRuns: 8, seed: 20_261_121 },
  );
});

test('events in sealed segments are found by the indexes, also when these are gone', async (t) => {
  const folder = await newFolder(t);
  const said = Array.from({ length: 40 }, (_, index) => message(index + 1, `${index} `.repeat(99)));
  const openSmall = (): Promise<Opened> => openWithSmallSegments(folder);
  const first = await openSmall();
  for (const event of said) await first.rooms.append([event]);
  await first.close();

  const second = await openSmall();
  t.deepEqual(await second.rooms.read(LOBBY, 1, 40), said);
  t.is(second.rooms.countUnread(LOBBY, 10), 30);
  await second.rooms.append([message(41, 'after')]);
  t.is(second.rooms.lastSeqnr(LOBBY), 41);
  await second.close();
  const names = await readdir(join(folder, 'history'));
  const indexes = names.filter((name) => name.endsWith('.index'));
  t.true(indexes.length > 3);
  for (const name of indexes) await rm(join(folder, 'history', name));

  const third = await openSmall();
  t.deepEqual(await third.rooms.read(LOBBY, 1, 41), [...said, message(41, 'after')]);
  t.like(await third.rooms.find(LOBBY, said[3]?.uid ?? ''), { seqnr: 4 });
  await third.close();
});

test('events that are not kept leave the files, and what is kept stays where it was', async (t) => {
  const folder = await newFolder(t);
  const said = Array.from({ length: 40 }, (_, index) => message(index + 1, `${index} `.repeat(99)));
  const other = message(1, 'elsewhere', 'ringo', TEA);
  const first = await openWithSmallSegments(folder);
  await first.rooms.append([other]);
  for (const event of said) await first.rooms.append([event]);

  await first.rooms.save([{ ...ROOM, keptFrom: 31 }]);
  first.rooms.trim(LOBBY, 31);
  await first.tidy();

  const kept = await textOf(folder);
  t.false(kept.includes(' 5 5 5 '));
  t.true(kept.includes(' 35 35 35 '));
  const isWhole = async ({ rooms }: Opened): Promise<void> => {
    t.deepEqual(await rooms.read(LOBBY, 31, 40), said.slice(30));
    t.deepEqual(await rooms.read(TEA, 1, 1), [other]);
    t.deepEqual([rooms.firstSeqnr(LOBBY), rooms.lastSeqnr(LOBBY)], [31, 40]);
    t.like(await rooms.find(LOBBY, said[35]?.uid ?? ''), { seqnr: 36 });
    t.is(rooms.countUnread(LOBBY, 35), 5);
  };
  await isWhole(first);
  await first.close();
  const again = await openWithSmallSegments(folder);
  await isWhole(again);
  await again.tidy();
  await isWhole(again);
  await again.close();
});

test('events that were taken out leave the files, and others with their numbers stay', async (t) => {
  const folder = await newFolder(t);
  const said = Array.from({ length: 20 }, (_, index) => message(index + 1, `${index} `.repeat(99)));
  const later = Array.from({ length: 3 }, (_, index) => message(index + 11, `later ${index}`));
  const first = await openWithSmallSegments(folder);
  for (const event of said) await first.rooms.append([event]);
  await first.rooms.cut(LOBBY, 11);
  await first.rooms.append(later.slice(0, 2));
  // As after a kill: nothing was cleared away yet, and the files tell all of it.
  await first.close();

  const second = await openWithSmallSegments(folder);
  t.is(second.rooms.lastSeqnr(LOBBY), 12);
  t.deepEqual(await second.rooms.readPlaces([3, 13, 21]), [
    { place: 3, event: said[2] },
    { place: 21, event: later[0] },
  ]);
  await second.tidy();
  await second.rooms.save([]);
  await second.rooms.append(later.slice(2));
  t.false((await textOf(folder)).includes(' 15 15 15 '));
  t.false((await readFile(join(folder, 'rooms.json'), 'utf8')).includes('cuts'));
  await second.close();

  const third = await openWithSmallSegments(folder);
  t.deepEqual(await third.rooms.read(LOBBY, 1, 20), [...said.slice(0, 10), ...later]);
  await third.close();
});

test('a room is taken out whole, and begins again with any number', async (t) => {
  const folder = await newFolder(t);
  const first = await openWithSmallSegments(folder);
  await first.rooms.append(EVENTS);
  await first.rooms.cut(LOBBY, 1);
  t.deepEqual([first.rooms.lastSeqnr(LOBBY), first.rooms.firstSeqnr(LOBBY)], [0, 1]);
  const again = [message(3, 'anew'), message(4, 'on')];
  await first.rooms.append(again);
  await first.close();

  const second = await openWithSmallSegments(folder);
  await second.tidy();

  t.deepEqual(await second.rooms.read(LOBBY, 1, 9), again);
  t.false((await textOf(folder)).includes('welcome'));
  await second.close();
});

/** All that is in the files of the journal. */
async function textOf(folder: string): Promise<string> {
  const history = join(folder, 'history');
  const names = (await readdir(history)).filter((name) => name.endsWith('.jsonl'));
  return (await Promise.all(names.map((name) => readFile(join(history, name), 'utf8')))).join('');
}

type Opened = Readonly<{
  rooms: FileRoomStore;
  tidy: () => Promise<void>;
  close: () => Promise<void>;
}>;

async function openWithSmallSegments(folder: string): Promise<Opened> {
  const index = new RoomEventIndex(1);
  const onNotice = (): void => undefined;
  await mkdir(folder, { recursive: true });
  const messages = await openMessageStore({
    journal: { folder: join(folder, 'history'), segmentMaxBytes: 2000 },
    rooms: index,
    onNotice,
    upkeep: { clock: eagerClock(), delayMs: 1e9 },
  });
  const rooms = await openRoomStore({ folder, records: messages, index, onNotice });
  const close = async (): Promise<void> => {
    await rooms.close();
    await messages.close();
  };
  return { rooms, close, tidy: () => messages.tidy() };
}

/** Goes on at once after a pause, and never does by itself what is for much later. */
function eagerClock(): Clock {
  return {
    ...systemClock,
    after: (delayMs, run) => systemClock.after(delayMs > 1000 ? delayMs : 0, run),
  };
}
