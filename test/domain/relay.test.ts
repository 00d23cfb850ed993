import test from 'ava';
import { befriendInWorld, SimulatedWorld } from '../helpers/simulated-world.ts';
import type { Contacts } from '../../daemon/domain/contacts.ts';
import { DomainEvents } from '../../daemon/domain/events.ts';
import { Relay, RELAY_QUOTA } from '../../daemon/domain/relay.ts';
import type { WireMessage } from '../../daemon/wire/peer.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { MemoryRelayStore } from '../helpers/memory-stores.ts';
import { contactAt } from '../helpers/peer-world.ts';

const ANN = contactAt('127.0.0.8:5000', { number: 1 });
const BOB = contactAt('127.0.0.9:5000', { number: 2 });

function startRelay() {
  const store = new MemoryRelayStore();
  const contacts = { resolve: () => BOB } as unknown as Contacts;
  const relay = new Relay({
    ...{ store, contacts, events: new DomainEvents(), clock: new FakeClock() },
    ...{ quota: RELAY_QUOTA, hasRoom: () => true },
  });
  const take = (message: string): Promise<boolean> =>
    relay.take(ANN, {
      ...{ from: ANN.address, to: BOB.address, message, enctype: 'dr1', key: '' },
      ...{ wireTimestamp: '2026-11-21T00:00:00.000Z', timestamp: 0 },
    } satisfies WireMessage);
  return { relay, store, take };
}

test('what can not be read any more does not stand in the way of what is behind it', async (t) => {
  const { relay, store, take } = startRelay();
  await take('damaged');
  await take('whole');
  const read = store.read.bind(store);
  store.read = async (ids) =>
    (await read(ids)).filter(({ message }: { message: string }) => message !== 'damaged');

  const batch = await relay.nextBatch(BOB);
  await relay.settle(batch, { accepted: [true], isFull: false });

  t.deepEqual(
    batch.map(({ message }) => message),
    ['whole'],
  );
  t.deepEqual(relay.ledger(), []);
});

/** Alice and Carol, who never reach each other, and Bob, who carries for both. */
async function startApart() {
  const world = new SimulatedWorld();
  const [alice, bob, carol] = [world.add('alice'), world.add('bob'), world.add('carol')];
  await befriendInWorld(world, alice, carol);
  for (const one of [alice, carol]) {
    await befriendInWorld(world, one, bob);
    await world.during(one.domain.contacts.change(bob.address, { canResend: true }));
  }
  await alice.write(carol, 'hello');
  await world.until(() => alice.isRestingWith(carol));
  /** Bob hears, and is heard by, these alone. */
  const part = (...others: readonly { address: string }[]): void => {
    const near = new Set<string>([bob.address, ...others.map(({ address }) => address)]);
    const isFar = (from: string, to: string): boolean =>
      !near.has(from) || !near.has(to) || ![from, to].includes(bob.address);
    world.wire = { fate: ({ from, to }) => ({ isRequestLost: isFar(from, to) }) };
  };
  const end = (): void => [alice, bob, carol].forEach((one) => one.kill());
  return { world, alice, bob, carol, part, end };
}

for (const how of ['cancelled', 'deleted'] as const) {
  test(`a sealed message that is ${how} after a restart is withdrawn from its relay`, async (t) => {
    const { world, alice, bob, carol, part, end } = await startApart();
    part(alice);
    await alice.write(carol, 'taken back');
    await world.until(() => [...bob.relayed.entries()].some(({ to }) => to === carol.address));
    const [message] = await alice.domain.conversations.page(carol.address, { limit: 1 });
    await world.until(async () => {
      const now = await alice.domain.conversations.details(carol.address, message?.id ?? '');
      return now.message.state === 'relayed';
    });
    alice.kill();
    alice.start();
    await world.until(() => alice.domain.presence.isOnline(alice.contact(bob)));

    const { conversations, deletions } = alice.domain;
    const id = message?.id ?? '';
    const takingBack = {
      cancelled: () => conversations.cancel(carol.address, id),
      deleted: () => deletions.remove(carol.address, [id], { isForBoth: false }),
    };
    await world.during<unknown>(takingBack[how]());
    await world.until(() => [...bob.relayed.entries()].length === 0, 600_000);
    part(alice, carol);
    await world.clock.pass(600_000);

    t.deepEqual(await carol.textsOf(alice), ['hello']);
    end();
  });
}

test('what a friend has brought is acknowledged past a friend, though the receiver has started again since', async (t) => {
  const { world, alice, carol, part, end } = await startApart();
  part(alice);
  await alice.write(carol, 'past a friend');
  const isRelayed = (): boolean =>
    [...alice.domain.outbox.waitingFor(alice.contact(carol))].every(
      ({ state }) => state === 'relayed',
    );
  await world.until(isRelayed);
  part(carol);
  await world.until(async () => (await carol.textsOf(alice)).length === 2);
  carol.kill();
  carol.start();

  await world.clock.pass(60_000);
  part(alice, carol);
  await world.until(() => alice.isRestingWith(carol), 2 * 3_600_000);

  t.deepEqual(await carol.textsOf(alice), ['hello', 'past a friend']);
  end();
});
