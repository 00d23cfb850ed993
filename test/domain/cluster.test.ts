/** Presence and invitations across servers, whatever becomes of the mail between them. */
import test from 'ava';
import fc from 'fast-check';
import type { ClusterBus } from '../../daemon/domain/cluster-bus.ts';
import { ALIVE_INTERVAL_MS, Cluster, SERVER_GONE_MS } from '../../daemon/domain/cluster.ts';
import { DomainEvents } from '../../daemon/domain/events.ts';
import { GameInvitations } from '../../daemon/domain/game-invitations.ts';
import { GuestPresence } from '../../daemon/domain/guest-presence.ts';
import { InProcessBus } from '../../daemon/domain/in-process-bus.ts';
import type { TurntableClient } from '../../daemon/domain/turntable-client.ts';
import type { ClusterMail } from '../../daemon/wire/cluster.ts';
import type { PresenceStatus, TurntableFrame } from '../../daemon/wire/turntable.ts';
import { FakeClock, settle } from '../helpers/fake-clock.ts';

const SERVERS = [0, 1, 2];
const SEED = 20_261_121;

/** A bus on which mail gets lost as long as somebody wants it to. */
class LossyBus implements ClusterBus {
  isLost: (mail: ClusterMail) => boolean = () => false;
  readonly #bus = new InProcessBus();

  post(mail: ClusterMail): void {
    if (!this.isLost(mail)) this.#bus.post(mail);
  }

  subscribe(self: number, listener: (mail: ClusterMail) => void): () => void {
    return this.#bus.subscribe(self, listener);
  }
}

/** Somebody at a server, and what he knows of others by the frames that he got. */
class Guest implements TurntableClient {
  readonly id: string;
  readonly rights = new Set<never>();
  readonly known = new Map<string, PresenceStatus>();
  readonly invitations: string[] = [];

  constructor(id: string) {
    this.id = id;
  }

  receive(frame: TurntableFrame): void {
    if (frame.command === 'invite') this.invitations.push(frame.channel);
    if (frame.command !== 'userchange') return;
    for (const [id, status] of frame.statuses) this.known.set(id, status);
  }
}

function startServer(self: number, bus: ClusterBus, clock: FakeClock, epoch = 'first') {
  const cluster = new Cluster({ bus, clock, self, epoch });
  const presence = new GuestPresence({
    contacts: { get: () => undefined },
    presence: {
      of: () => ({
        presence: 'offline',
        sharing: 'full',
        lastAttempt: undefined,
        nextAttemptAt: undefined,
      }),
    },
    events: new DomainEvents(),
    ...{ clock, cluster },
  });
  const invitations = new GameInvitations({ presence, clock, cluster });
  cluster.start({
    everybodyHere: () => presence.everybodyHere(),
    onChange: (id) => {
      presence.heardOf(id);
      invitations.heardOf(id);
    },
    onInvite: (id, invitation) => invitations.take(id, invitation),
  });
  const come = (id: string, token?: string): Guest => {
    const guest = new Guest(id);
    presence.join(guest, token);
    invitations.deliver(guest);
    return guest;
  };
  return { cluster, presence, invitations, come };
}

function startServers(bus: ClusterBus, clock: FakeClock) {
  return SERVERS.map((self) => startServer(self, bus, clock));
}

type Server = ReturnType<typeof startServer>;

/** A guest at a server who looks at others. */
function watching(server: Server, ids: readonly string[]): Guest {
  const guest = server.come(`1:watcher`);
  server.presence.subscribe(guest, ids);
  return guest;
}

test('who says nothing more is gone, and comes back with whoever is there then', async (t) => {
  const clock = new FakeClock();
  const bus = new LossyBus();
  const [a, b] = startServers(bus, clock) as [Server, Server];
  const ann = watching(a, ['1:bob', '1:eve']);
  b.come('1:bob');
  await settle();
  t.is(ann.known.get('1:bob'), 'online');

  bus.isLost = ({ from }) => from === 1;
  b.come('1:eve');
  await clock.pass(SERVER_GONE_MS + 2 * ALIVE_INTERVAL_MS);
  t.deepEqual([...ann.known.values()], ['offline', 'offline']);
  bus.isLost = () => false;
  await clock.pass(2 * ALIVE_INTERVAL_MS);

  t.deepEqual([...ann.known.values()], ['online', 'online']);
});

test('a server that was started anew takes none of its former guests along, and its former goodbye none of its new ones', async (t) => {
  const clock = new FakeClock();
  const bus = new InProcessBus();
  const [a, b] = startServers(bus, clock) as [Server, Server];
  const ann = watching(a, ['1:bob', '1:eve']);
  b.come('1:bob');
  await settle();

  const again = startServer(1, bus, clock, 'second');
  again.come('1:eve');
  await settle();
  b.cluster.stop();
  await settle();

  t.deepEqual(
    [...ann.known],
    [
      ['1:bob', 'offline'],
      ['1:eve', 'online'],
    ],
  );
});

test('the last word about somebody counts wherever he is, also after one server has lost him', async (t) => {
  const clock = new FakeClock();
  const bus = new InProcessBus();
  const [a, b, c] = startServers(bus, clock) as [Server, Server, Server];
  const here = a.come('1:bob');
  await settle();
  const there = b.come('1:bob');
  const ann = watching(c, ['1:bob']);
  await settle();

  a.presence.setStatus(here, 'busy');
  await settle();
  a.presence.leave(here);
  await settle();
  t.is(ann.known.get('1:bob'), 'busy');
  b.presence.setStatus(there, 'online');
  await settle();
  t.is(ann.known.get('1:bob'), 'online');
  b.presence.leave(there);
  await settle();

  t.is(ann.known.get('1:bob'), 'offline');
});

test('row 35: an id that somebody has at another server is for his token alone', async (t) => {
  const clock = new FakeClock();
  const [a, b] = startServers(new InProcessBus(), clock) as [Server, Server];
  a.come('1:bob', 'digest');
  await settle();

  t.throws(() => b.come('1:bob', 'another'), { code: 'id_in_use' });
  t.notThrows(() => b.come('1:bob', 'digest'));
});

test('an invitation finds its guest wherever he is, once, also when he comes later or has just left', async (t) => {
  const clock = new FakeClock();
  const bus = new LossyBus();
  const [a, b, c] = startServers(bus, clock) as [Server, Server, Server];
  const invite = (channel: string): void =>
    a.invitations.invite('1:bob', { channel, from: '1:ann' });

  invite('before');
  await settle();
  const first = b.come('1:bob');
  await settle();
  invite('while');
  await settle();
  b.presence.leave(first);
  // Nobody has told the first server yet that he is not there any more.
  invite('after');
  await settle();
  const second = c.come('1:bob');
  await settle();

  t.deepEqual(first.invitations, ['before', 'while']);
  t.deepEqual(second.invitations, ['after']);
});

test('a state of thousands comes in parts, and a part that got lost is asked for again', async (t) => {
  const clock = new FakeClock();
  const bus = new LossyBus();
  const full = startServer(0, bus, clock);
  for (let at = 0; at < 2500; at++) full.come(`1:${at}`);
  let isLost = true;
  bus.isLost = ({ news }) => isLost && news.type === 'state' && news.part === 1;

  const { cluster } = startServer(1, bus, clock);
  await settle();
  t.is(cluster.of('1:0'), undefined);
  isLost = false;
  await clock.pass(2 * ALIVE_INTERVAL_MS);

  for (const at of [0, 999, 1000, 2499]) t.is(cluster.of(`1:${at}`)?.status, 'online', `${at}`);
});

type Step = Readonly<{
  server: number;
  person: number;
  act: 'come' | 'go' | 'busy' | 'online' | 'restart';
}>;

test('whatever gets lost, all servers know the same in the end', async (t) => {
  const steps = fc.array(
    fc.record({
      server: fc.constantFrom(...SERVERS),
      person: fc.integer({ min: 0, max: 2 }),
      act: fc.constantFrom<Step['act']>('come', 'come', 'go', 'busy', 'online', 'restart'),
    }),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(steps, fc.array(fc.boolean()), async (story, losses) => {
      const clock = new FakeClock();
      const bus = new LossyBus();
      bus.isLost = () => losses.pop() === true;
      const servers = startServers(bus, clock);
      const here = servers.map(() => new Map<string, Guest>());
      for (const [at, { server, person, act }] of story.entries()) {
        const id = `1:${person}`;
        const one = servers[server]!;
        const guest = here[server]!.get(id);
        if (act === 'restart') {
          one.cluster.stop();
          servers[server] = startServer(server, bus, clock, `epoch ${at}`);
          here[server]!.clear();
        } else if (act === 'come' && guest === undefined) {
          here[server]!.set(id, one.come(id));
        } else if (act === 'go' && guest !== undefined) {
          one.presence.leave(guest);
          here[server]!.delete(id);
        } else if ((act === 'busy' || act === 'online') && guest !== undefined) {
          one.presence.setStatus(guest, act);
        }
        if (at % 3 === 0) await clock.pass(1);
      }
      bus.isLost = () => false;
      await clock.pass(SERVER_GONE_MS + 3 * ALIVE_INTERVAL_MS);

      const ids = ['1:0', '1:1', '1:2'];
      const views = servers.map((server) => [...watching(server, ids).known]);
      for (const view of views) t.deepEqual(view, views[0]);
      for (const [id, status] of views[0]!) {
        t.is(
          status !== 'offline',
          here.some((one) => one.has(id)),
          id,
        );
      }
    }),
    { numRuns: 60, seed: SEED },
  );
});
