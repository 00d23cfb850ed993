import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { wireMessageId } from '../../daemon/crypto/digest.ts';
import { DomainEvents } from '../../daemon/domain/events.ts';
import { KeptTexts } from '../../daemon/domain/kept-texts.ts';
import type { StoredMessage } from '../../daemon/domain/model.ts';
import { OfferedIds } from '../../daemon/domain/offered-ids.ts';
import { Outbox } from '../../daemon/domain/outbox.ts';
import { eventually } from '../helpers/eventually.ts';
import { FakeClock, fakeRandom } from '../helpers/fake-clock.ts';
import { MemoryMessageStore } from '../helpers/memory-stores.ts';
import { contactAt } from '../helpers/peer-world.ts';

const DAY_MS = 86_400_000;
const BOB = contactAt('127.0.0.9:5000', { encryption: 'dr1' });

function createOutbox(
  messages: MemoryMessageStore,
  { kept = new KeptTexts(), clock = new FakeClock(), events = new DomainEvents() } = {},
): Outbox {
  return new Outbox({
    messages,
    contacts: { byNumber: () => BOB },
    events,
    clock,
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
  const outbox = createOutbox(messages, { kept });
  const texts = Array.from({ length: 120 }, (_, index) => `${index} `.padEnd(1_000, 'x'));
  for (const message of await write(messages, texts)) outbox.add(message);
  t.true(kept.sizeBytes > 0);

  const read: string[] = [];
  while (outbox.has(BOB)) {
    const batch = outbox.nextBatch(BOB);
    const loaded = await outbox.load(batch);
    for (const one of batch)
      one.sealed = { message: 'c'.repeat(2_000), sessionId: 'one', messages: 1 };
    outbox.offered(BOB, loaded);
    t.true(kept.sizeBytes <= 30_000);
    read.push(...loaded.map(({ text }) => text));
    for (const { s } of batch) outbox.take(BOB, s);
  }

  t.deepEqual(read, texts);
  t.is(kept.sizeBytes, 0);
});

test('what waits for one friend is not read again while there is room for it in memory', async (t) => {
  const messages = new MemoryMessageStore();
  const outbox = createOutbox(messages);
  const texts = Array.from({ length: 10_000 }, (_, index) => `${index} `.padEnd(200, 'x'));
  for (const message of await write(messages, texts)) outbox.add(message);
  messages.read = () => Promise.reject(new Error('the disk was asked'));

  const loaded = await outbox.load([...outbox.waitingFor(BOB)]);

  t.deepEqual(
    loaded.map(({ text }) => text),
    texts,
  );
});

test('of what is accepted and never acknowledged no more stays in memory than there is room for', async (t) => {
  const messages = new MemoryMessageStore();
  const kept = new KeptTexts(10_000);
  const outbox = createOutbox(messages, { kept });
  const stored = await write(messages, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
  for (const message of stored) outbox.add(message);
  const batch = outbox.nextBatch(BOB);

  for (const one of batch)
    one.sealed = { message: 'c'.repeat(2_000), sessionId: 'one', messages: 1 };
  outbox.offered(BOB, stored);
  outbox.accepted(BOB, batch);

  t.true(kept.sizeBytes <= 10_000);
  const remembered = batch.filter(({ sealed }) => sealed !== undefined);
  t.true(remembered.length > 0 && remembered.length < batch.length);
  t.true(batch.every(({ cached, sealed }) => (cached === undefined) === (sealed === undefined)));
  t.is((await outbox.load(batch)).length, 8);
});

test('what was delivered and could not be noted is offered again, but not at once', async (t) => {
  const messages = new MemoryMessageStore();
  const clock = new FakeClock();
  const outbox = createOutbox(messages, { clock });
  for (const message of await write(messages, ['a', 'b'])) outbox.add(message);
  messages.note = () => Promise.reject(new Error('the disk failed'));

  outbox.delivered(BOB, outbox.nextBatch(BOB), '');
  await turn();

  t.is([...outbox.waitingFor(BOB)].length, 2);
  t.is(outbox.nextBatch(BOB).length, 0);
  clock.advance(10_000);
  t.is(outbox.nextBatch(BOB).length, 2);
});

test('what was refused again and again is offered soon after the friend has taken something else', async (t) => {
  const messages = new MemoryMessageStore();
  const clock = new FakeClock();
  const outbox = createOutbox(messages, { clock });
  const [refused, taken] = await write(messages, ['refused', 'taken']);
  if (refused === undefined || taken === undefined) throw new Error('nothing was stored');
  outbox.add(refused);
  const batch = outbox.nextBatch(BOB);
  for (let i = 0; i < 10; i++) outbox.refused(BOB, batch);
  clock.advance(60_000);
  t.is(outbox.nextBatch(BOB).length, 0);

  outbox.add(taken);
  outbox.accepted(BOB, outbox.nextBatch(BOB));
  clock.advance(30_000);
  t.true(outbox.nextBatch(BOB).some(({ s }) => s === refused.s));

  // Nothing was taken since.
  outbox.refused(BOB, batch);
  clock.advance(60_000);
  t.false(outbox.nextBatch(BOB).some(({ s }) => s === refused.s));
});

test('ids of messages that wait no more are not remembered for ever', (t) => {
  const waiting = new Set([7]);
  const offered = new OfferedIds((_, s) => waiting.has(s));

  for (let s = 1; s <= 3_000; s++) offered.note(1, { id: `id-${s}`, s });

  const wireId = (s: number): string => wireMessageId(`id-${s}`);
  t.is(offered.placeOf(1, wireId(7)), 7);
  t.is(offered.placeOf(1, wireId(8)), undefined);
  t.is(offered.placeOf(1, wireId(3_000)), 3_000);
});

/** The most messages that were read at once, and of how many each note was. */
class MeasuredStore extends MemoryMessageStore {
  most = 0;
  readonly noted: number[] = [];

  override async read(places: readonly number[]): Promise<readonly StoredMessage[]> {
    this.most = Math.max(this.most, places.length);
    return super.read(places);
  }

  override async note(step: Parameters<MemoryMessageStore['note']>[0]): Promise<number> {
    this.noted.push(step.messages.length);
    return super.note(step);
  }
}

const LONG_QUEUE = 1_000;
/** Texts may have 64 KiB each. */
const AT_ONCE_MAX = 200;

/** Many messages that wait, of whose texts hardly any is in memory. */
async function createLongOutbox() {
  const messages = new MeasuredStore();
  const clock = new FakeClock();
  const events = new DomainEvents();
  const kept = new KeptTexts(100);
  const outbox = createOutbox(messages, { kept, clock, events });
  const texts = Array.from({ length: LONG_QUEUE }, (_, index) => `${index}`);
  const stored = await write(messages, texts);
  for (const message of stored) outbox.add(message);
  return { messages, clock, events, outbox, stored };
}

test('a long queue that was read in one go is noted in pieces', async (t) => {
  const { messages, outbox, stored } = await createLongOutbox();
  for (const { s } of stored) outbox.take(BOB, s);
  const last = stored.at(-1)?.s ?? 0;

  await outbox.readByPeer(BOB, messages.unreadByPeer(BOB.number, last), last);

  t.true(stored.every(({ s }) => messages.stateOf(s) === 'read'));
  t.true(messages.most <= AT_ONCE_MAX, `${messages.most}`);
  t.true(messages.noted.every((count) => count <= AT_ONCE_MAX));
});

test('a long queue expires in pieces, and each message is told once', async (t) => {
  const { messages, clock, events, outbox, stored } = await createLongOutbox();
  const told: number[] = [];
  events.on('abandoned', ({ message }) => told.push(message.s));
  clock.advance(40 * DAY_MS);
  await outbox.expire();
  clock.advance(DAY_MS);
  await outbox.expire();

  t.true(stored.every(({ s }) => messages.stateOf(s) === 'failed'));
  t.deepEqual(
    told,
    stored.map(({ s }) => s),
  );
  t.true(messages.most <= AT_ONCE_MAX, `${messages.most}`);
  t.true(messages.noted.every((count) => count <= AT_ONCE_MAX));
});

test('what waits for a contact that is removed ends in one note, and at once is in no queue', async (t) => {
  const { messages, events, outbox, stored } = await createLongOutbox();
  let told = 0;
  events.on('message', () => (told += 1));
  events.emit('contactGone', { address: BOB.address, contact: BOB });
  t.is(outbox.size, 0);

  await eventually(() => told === LONG_QUEUE);
  t.true(stored.every(({ s }) => messages.stateOf(s) === 'failed'));
  // After a crash between two notes nobody would end the rest.
  t.deepEqual(messages.noted, [LONG_QUEUE]);
  t.true(messages.most <= AT_ONCE_MAX, `${messages.most}`);
});

test('what the disk does not take of a long queue goes on waiting', async (t) => {
  const { messages, outbox, stored } = await createLongOutbox();
  const places = stored.map(({ s }) => s);
  const failing = outbox.fail(BOB, places, 'cancelled');
  messages.failure = new Error('no room');
  await t.throwsAsync(failing, { message: 'no room' });

  const failed = places.filter((s) => messages.stateOf(s) === 'failed');
  t.deepEqual(
    [...outbox.waitingFor(BOB)].map(({ s }) => s),
    places.slice(failed.length),
  );
});
