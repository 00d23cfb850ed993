import test, { type ExecutionContext } from 'ava';
import type { Room } from '../../daemon/domain/room-model.ts';
import { befriend, startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import type { ApiRoom, ApiRoomEvent } from '../../daemon/wire/rooms-api.ts';
import {
  befriendInMemory,
  startMemoryDaemon,
  type MemoryDaemon,
} from '../helpers/memory-daemon.ts';

/** The room of the host, as a daemon has it. */
function mirrorOf({ rooms }: MemoryDaemon, host: MemoryDaemon): Room | undefined {
  return rooms.mirrored(host.address, 'lobby');
}

async function eventsOf({ rooms }: MemoryDaemon, uid: string) {
  const events = await rooms.log({ uid }).read(1);
  return events.map(({ seqnr, uid: id, type, at }) => ({ seqnr, id, type, at }));
}

async function joinAll(host: MemoryDaemon, others: readonly MemoryDaemon[]): Promise<void> {
  for (const other of others) {
    await befriendInMemory(host, other);
    await other.mirrors.wishes.join(host.address, 'lobby');
    await eventually(() => isEqual(other, host));
  }
}

function isEqual(daemon: MemoryDaemon, host: MemoryDaemon): boolean {
  const room = mirrorOf(daemon, host);
  return room !== undefined && daemon.mirrors.status(room).state === 'equal';
}

async function meet(t: ExecutionContext, others: number) {
  const host = await startMemoryDaemon(t, { nick: 'Host' });
  const { uid } = await host.rooms.createAsOwner('lobby', false);
  const daemons: MemoryDaemon[] = [];
  for (let i = 0; i < others; i++) daemons.push(await startMemoryDaemon(t, { nick: `N${i}` }));
  return { host, uid, daemons };
}

test('a room is equal on its host and on those that mirror it, and everybody talks', async (t) => {
  const { host, uid, daemons } = await meet(t, 2);
  await joinAll(host, daemons);
  const all = [host, ...daemons];

  await host.rooms.sayAsOwner(host.rooms.require('lobby'), 'from the host');
  for (const one of daemons) {
    const room = mirrorOf(one, host);
    if (room !== undefined) await one.mirrors.say(room, `from ${one.owner.nick}`);
  }
  // Four directories, as three came, and three messages.
  for (const one of all) await eventually(() => one.rooms.log({ uid }).lastSeqnr === 6);

  const events = await eventsOf(host, uid);
  for (const one of daemons) {
    await eventually(() => isEqual(one, host));
    t.deepEqual(await eventsOf(one, uid), events);
    t.deepEqual(one.rooms.log({ uid }).users, host.rooms.log({ uid }).users);
    t.deepEqual(one.defects, []);
  }
  t.deepEqual(host.defects, []);
});

/** A whole daemon, and what it calls the room. */
type Place = Readonly<{ daemon: DaemonProcess; title: string }>;

function pathOf({ title }: Place, below = ''): string {
  return `/api/rooms/${encodeURIComponent(title)}${below}`;
}

async function roomAt(place: Place): Promise<ApiRoom> {
  return (await place.daemon.api.get(pathOf(place))).body as ApiRoom;
}

async function say(place: Place, message: string): Promise<void> {
  await place.daemon.api.post(pathOf(place, '/messages'), {
    message,
    id: message.replace(/\W/g, '-'),
  });
}

/** What everybody has to have: the same events under the same numbers. */
async function readAll(place: Place): Promise<readonly string[]> {
  const page = (await place.daemon.api.get(pathOf(place, '/events?limit=200'))).body;
  return (page as ApiRoomEvent[]).map((event) => {
    const body = event.type === 'MSG' ? `${event.from}: ${event.message}` : event.users.join();
    return `${event.seqnr} ${event.id} ${event.timestamp} ${body}`;
  });
}

function saidIn(events: readonly string[]): readonly string[] {
  return events.flatMap((event) => /: (.+)$/.exec(event)?.[1] ?? []).sort();
}

test('five daemons end with the same events, whoever was killed or cut off', async (t) => {
  const host = await startDaemonProcess(t, { nick: 'Host' });
  const others = await Promise.all(
    ['Ann', 'Bob', 'Cid', 'Dot'].map((nick) => startDaemonProcess(t, { nick })),
  );
  await host.api.post('/api/rooms', { name: 'lobby' });
  const home: Place = { daemon: host, title: 'lobby' };
  const mirrors = others.map((daemon) => ({ daemon, title: `lobby@${host.address}` }));
  for (const { daemon, title } of mirrors) {
    await befriend(daemon, host);
    await daemon.api.post('/api/rooms/join', { room: title });
  }
  for (const one of mirrors)
    await eventually(async () => (await roomAt(one)).sync?.state === 'equal');
  const [ann, bob, cid, dot] = mirrors as [Place, Place, Place, Place];
  const said: string[] = [];
  const tell = async (place: Place, message: string): Promise<void> => {
    said.push(message);
    await say(place, message);
  };

  // Two are cut off while the others go on; what one of them says waits.
  await Promise.all([tell(home, 'one'), tell(ann, 'two'), tell(bob, 'three')]);
  await cid.daemon.kill();
  await dot.daemon.freeze();
  await Promise.all([tell(ann, 'four'), tell(home, 'five')]);
  // The host is killed while others talk, and comes back.
  await eventually(async () => (await roomAt(ann)).sync?.waiting.length === 0);
  // One who does not know whether he was heard says it again.
  await Promise.all([tell(ann, 'in the middle of it'), host.kill()]);
  await say(ann, 'in the middle of it');
  await tell(ann, 'while the host is away');
  await tell(bob, 'so says Bob');
  t.true(((await roomAt(ann)).sync?.waiting.length ?? 0) > 0);
  await ann.daemon.kill();
  await Promise.all([host.start(), ann.daemon.start(), cid.daemon.start()]);
  dot.daemon.thaw();
  await tell(cid, 'back again');
  await tell(dot, 'thawed');
  await bob.daemon.api.post(pathOf(bob, '/leave'));
  await eventually(async () => !(await roomAt(bob)).joined);
  await bob.daemon.api.post('/api/rooms/join', { room: bob.title });

  await eventually(
    async () => {
      const rooms = await Promise.all(mirrors.map(roomAt));
      const { seqnr } = await roomAt(home);
      return rooms.every(
        ({ sync }) => sync?.state === 'equal' && sync.events === seqnr && sync.waiting.length === 0,
      );
    },
    { timeoutMs: 25_000 },
  );
  const events = await readAll(home);
  t.deepEqual(saidIn(events), [...said].sort());
  for (const one of mirrors) t.deepEqual(await readAll(one), events);
  for (const { daemon } of [home, ...mirrors]) t.deepEqual(daemon.defects, []);
});

test('joining a room whose host is away waits, and messages written meanwhile are said then', async (t) => {
  const [host, ann] = await Promise.all([
    startDaemonProcess(t, { nick: 'Host' }),
    startDaemonProcess(t, { nick: 'Ann' }),
  ]);
  await befriend(ann, host);
  await host.api.post('/api/rooms', { name: 'lobby' });
  const mirror = { daemon: ann, title: `lobby@${host.address}` };
  await host.kill();

  const joined = await ann.api.post('/api/rooms/join', { room: mirror.title });
  await say(mirror, 'are you there?');
  t.like(joined.body, { joined: false, sync: { state: 'joining', away: true } });
  await ann.kill();
  await Promise.all([ann.start(), host.start()]);

  await eventually(async () => saidIn(await readAll(mirror)).length === 1);
  t.deepEqual(saidIn(await readAll({ daemon: host, title: 'lobby' })), ['are you there?']);
});
