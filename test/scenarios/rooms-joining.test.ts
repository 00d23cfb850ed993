import test, { type ExecutionContext } from 'ava';
import type { Room } from '../../daemon/domain/room-model.ts';
import {
  befriendInMemory,
  happens,
  startMemoryDaemon,
  type MemoryDaemon,
} from '../helpers/memory-daemon.ts';

async function meet(t: ExecutionContext) {
  const host = await startMemoryDaemon(t, { nick: 'Host' });
  const ann = await startMemoryDaemon(t, { nick: 'Ann' });
  await befriendInMemory(ann, host);
  const join = (name: string, invite = '') => ann.mirrors.wishes.join(host.address, name, invite);
  return { host, ann, join, becomes: becomes(ann, host) };
}

/** Waits until a daemon's room is in a state; where it then stands. */
function becomes(daemon: MemoryDaemon, host: MemoryDaemon) {
  const room = (name: string): Room => {
    const found = daemon.rooms.mirrored(host.address, name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  };
  return async (name: string, state: string) => {
    await happens(daemon, () => daemon.mirrors.status(room(name)).state === state);
    return daemon.mirrors.status(room(name));
  };
}

test('a name that the host does not have is refused with the reason, and found when it is there', async (t) => {
  const { host, join, becomes } = await meet(t);
  await host.rooms.createAsOwner('lobby', false);
  await join('lobby');
  await becomes('lobby', 'equal');

  await join('tea');
  const refused = await becomes('tea', 'refused');
  await host.rooms.createAsOwner('tea', false);
  const found = await becomes('tea', 'equal');

  t.deepEqual(refused.reason, {
    code: 'not_found',
    reason: 'the host shows no room of that name',
  });
  t.is(found.reason, undefined);
});

test('a second room of a host is found by its name, though the host’s list of rooms has not changed', async (t) => {
  const { host, join, becomes } = await meet(t);
  await host.rooms.createAsOwner('lobby', false);
  await host.rooms.createAsOwner('tea', false);
  await join('lobby');
  await becomes('lobby', 'equal');

  await join('tea');

  t.is((await becomes('tea', 'equal')).state, 'equal');
});

test('a private room opens by its name with the invite, and is as good as none without', async (t) => {
  const { host, join, becomes } = await meet(t);
  const { invite } = await host.rooms.createAsOwner('den', true);

  await join('den');
  const hidden = await becomes('den', 'refused');
  await join('den', invite);
  const opened = await becomes('den', 'equal');

  t.is(hidden.reason?.code, 'not_found');
  t.is(opened.events, 2);
});

test('a room that is closed, and one from which one is banned, say so', async (t) => {
  const { host, ann, join, becomes } = await meet(t);
  const closed = await host.rooms.createAsOwner('closed', false);
  await host.rooms.change(closed.uid, { isClosed: true });
  const { uid } = await host.rooms.createAsOwner('lobby', false);
  await host.rooms.members.setRole(uid, `Anna@${ann.address}`, 'banned');

  await join('closed');
  await join('lobby');

  t.is((await becomes('closed', 'refused')).reason?.code, 'room_closed');
  // Under whatever nick.
  t.is((await becomes('lobby', 'refused')).reason?.code, 'banned');
});

test('whoever takes another nick stays where he is, also in a private room', async (t) => {
  const { host, ann, join, becomes } = await meet(t);
  const { uid, invite } = await host.rooms.createAsOwner('den', true);
  await join('den', invite);
  await becomes('den', 'equal');
  await host.rooms.renewInvite(uid);

  await ann.owner.change({ nick: 'Anna' });

  const users = () => host.rooms.log({ uid }).users.map((user) => user.split('@')[0]);
  await happens(host, () => users().join() === 'Host,Anna');
  t.is((await becomes('den', 'equal')).reason, undefined);
});

test('a host that lets go of who waits is asked again soon: it may be on its way out', async (t) => {
  const { host, ann, join, becomes } = await meet(t);
  const room = await host.rooms.createAsOwner('lobby', false);
  await join('lobby');
  await becomes('lobby', 'equal');

  const letGo = new Promise((resolve) => ann.events.on('room', resolve));
  host.host.stop();
  await letGo;
  const { message } = await host.rooms.sayAsOwner(room, 'good night');
  const { uid } = room;

  await happens(ann, () => ann.rooms.log({ uid }).lastSeqnr === message.seqnr);
  t.pass();
});

test('who of which daemon is there is told on all sides', async (t) => {
  const { host, ann, join, becomes } = await meet(t);
  const bob = await startMemoryDaemon(t, { nick: 'Bob' });
  await befriendInMemory(bob, host);
  const { uid } = await host.rooms.createAsOwner('lobby', false);
  await join('lobby');
  await bob.mirrors.wishes.join(host.address, 'lobby');
  await becomes('lobby', 'equal');
  const everybody = [host, ann, bob].map(({ owner, address }) => `${owner.nick}@${address}`);
  const seenBy = ({ rooms, roomPresence }: MemoryDaemon) => {
    const room = rooms.get(uid);
    return everybody.map((user) => room && roomPresence.isOnline(room, user));
  };

  for (const one of [host, ann, bob]) {
    await happens(one, () => seenBy(one).every((isOnline) => isOnline === true));
  }

  t.is(host.roomPresence.count(host.rooms.require('lobby')), 3);
});

test('a daemon that the host does not know as a contact is told what stands in the way', async (t) => {
  const host = await startMemoryDaemon(t, { nick: 'Host' });
  const ann = await startMemoryDaemon(t, { nick: 'Ann' });
  await host.rooms.createAsOwner('lobby', false);
  await ann.contacts.add({ address: host.address });
  const room = await ann.mirrors.wishes.join(host.address, 'lobby');
  const why = () => ann.mirrors.status(room).reason?.code;

  await happens(ann, () => why() === 'not_accepted');
  await happens(host, () => host.contacts.request(ann.address) !== undefined);
  await host.contacts.accept(ann.address);

  t.is((await becomes(ann, host)('lobby', 'equal')).reason, undefined);
});
