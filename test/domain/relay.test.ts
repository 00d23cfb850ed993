import test from 'ava';
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
