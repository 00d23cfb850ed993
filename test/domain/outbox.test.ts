import test from 'ava';
import { DomainEvents } from '../../daemon/domain/events.ts';
import { Outbox } from '../../daemon/domain/outbox.ts';
import { FakeClock, fakeRandom } from '../helpers/fake-clock.ts';
import { MemoryMessageStore } from '../helpers/memory-stores.ts';
import { contactAt } from '../helpers/peer-world.ts';

const BOB = contactAt('127.0.0.9:5000', { encryption: 'dr1' });

test('what was overtaken goes on waiting when the friend has read what came after it', async (t) => {
  const messages = new MemoryMessageStore();
  const outbox = new Outbox({
    messages,
    contacts: { byNumber: () => BOB },
    events: new DomainEvents(),
    clock: new FakeClock(),
    random: fakeRandom(),
    expireDays: 30,
  });
  const stored = await messages.add(
    ['overtaken', 'read'].map((text) => ({
      conversation: BOB.number,
      id: text,
      direction: 'out',
      from: BOB.address,
      to: BOB.address,
      text,
      wireTimestamp: '2026-11-21T00:00:00.000Z',
      timestamp: 0,
      receivedAt: 0,
      enctype: 'dr1',
      sequence: 1,
      via: undefined,
    })),
  );
  for (const message of stored) outbox.add(message);
  const [overtaken = 0, read = 0] = stored.map(({ s }) => s);

  await outbox.readByPeer(BOB, messages.unreadByPeer(BOB.number, read), read);

  t.true(outbox.waits(BOB, overtaken));
  t.is(messages.stateOf(overtaken), 'queued');
  t.false(outbox.waits(BOB, read));
  t.is(messages.stateOf(read), 'read');
});
