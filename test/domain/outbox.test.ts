import test from 'ava';
import { DomainEvents } from '../../daemon/domain/events.ts';
import { KeptTexts } from '../../daemon/domain/kept-texts.ts';
import type { StoredMessage } from '../../daemon/domain/model.ts';
import { Outbox } from '../../daemon/domain/outbox.ts';
import { FakeClock, fakeRandom } from '../helpers/fake-clock.ts';
import { MemoryMessageStore } from '../helpers/memory-stores.ts';
import { contactAt } from '../helpers/peer-world.ts';

const BOB = contactAt('127.0.0.9:5000', { encryption: 'dr1' });

function createOutbox(messages: MemoryMessageStore, kept = new KeptTexts()): Outbox {
  return new Outbox({
    messages,
    contacts: { byNumber: () => BOB },
    events: new DomainEvents(),
    clock: new FakeClock(),
    random: fakeRandom(),
    expireDays: 30,
    kept,
  });
}

/** Stores messages to Bob. */
function write(
  messages: MemoryMessageStore,
  texts: readonly string[],
): Promise<readonly StoredMessage[]> {
  return messages.add(
    texts.map((text) => ({
      conversation: BOB.number,
      id: text.slice(0, 40),
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
}

test('what was overtaken goes on waiting when the friend has read what came after it', async (t) => {
  const messages = new MemoryMessageStore();
  const outbox = createOutbox(messages);
  const stored = await write(messages, ['overtaken', 'read']);
  for (const message of stored) outbox.add(message);
  const [overtaken = 0, read = 0] = stored.map(({ s }) => s);

  await outbox.readByPeer(BOB, messages.unreadByPeer(BOB.number, read), read);

  t.true(outbox.waits(BOB, overtaken));
  t.is(messages.stateOf(overtaken), 'queued');
  t.false(outbox.waits(BOB, read));
  t.is(messages.stateOf(read), 'read');
});

test('texts of waiting messages take so much memory and no more, and all come out in order', async (t) => {
  const messages = new MemoryMessageStore();
  const kept = new KeptTexts(30_000);
  const outbox = createOutbox(messages, kept);
  const texts = Array.from({ length: 120 }, (_, index) => `${index} `.padEnd(1_000, 'x'));
  for (const message of await write(messages, texts)) outbox.add(message);
  t.true(kept.sizeBytes > 0);

  const read: string[] = [];
  while (outbox.has(BOB)) {
    const batch = outbox.nextBatch(BOB);
    const loaded = await outbox.load(batch);
    for (const one of batch) one.sealed = { message: 'c'.repeat(2_000), sessionId: 'one' };
    outbox.offered(BOB, loaded);
    t.true(kept.sizeBytes <= 30_000);
    read.push(...loaded.map(({ text }) => text));
    for (const { s } of batch) outbox.take(BOB, s);
  }

  t.deepEqual(read, texts);
  t.is(kept.sizeBytes, 0);
});

test('of what is accepted and never acknowledged no more stays in memory than there is room for', async (t) => {
  const messages = new MemoryMessageStore();
  const kept = new KeptTexts(10_000);
  const outbox = createOutbox(messages, kept);
  const stored = await write(messages, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
  for (const message of stored) outbox.add(message);
  const batch = outbox.nextBatch(BOB);

  for (const one of batch) one.sealed = { message: 'c'.repeat(2_000), sessionId: 'one' };
  outbox.offered(BOB, stored);
  outbox.accepted(BOB, batch);

  t.true(kept.sizeBytes <= 10_000);
  const remembered = batch.filter(({ sealed }) => sealed !== undefined);
  t.true(remembered.length > 0 && remembered.length < batch.length);
  t.true(batch.every(({ cached, sealed }) => (cached === undefined) === (sealed === undefined)));
  t.is((await outbox.load(batch)).length, 8);
});
