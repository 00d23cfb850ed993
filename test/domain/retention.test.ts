import test from 'ava';
import { ClockReadings } from '../../daemon/domain/clock-readings.ts';
import type { Contact, NewMessage } from '../../daemon/domain/model.ts';
import type { ClockReading } from '../../daemon/domain/ports.ts';
import { Retention } from '../../daemon/domain/retention.ts';
import { BOB, startGui } from '../helpers/gui-world.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { MemoryDeletionStore } from '../helpers/memory-stores.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

type World = Awaited<ReturnType<typeof startWorld>>;

/** Bob's conversation in a daemon whose clock a test moves. */
async function startWorld(t: Parameters<typeof startGui>[0], keep: Contact['retention']) {
  const { domain, messages, clock } = await startGui(t);
  await domain.contacts.add({ address: BOB });
  const contact = await domain.contacts.change(BOB, { retention: keep });
  const store = new MemoryDeletionStore();
  return { ...{ domain, messages, clock, contact, store }, ...startRun(store) };

  function startRun(kept: MemoryDeletionStore) {
    const waits = (_: Contact, s: number): boolean => messages.stateOf(s) === 'queued';
    const { contacts, deletions } = domain;
    const rooms = { isLimited: false, tidy: () => Promise.resolve(), stop: () => undefined };
    const parts = { contacts, messages, deletions, rooms, outbox: { waits } };
    const start = (saved = kept.saved) => {
      const next = new MemoryDeletionStore(saved);
      const run = new Retention({ ...parts, store: next, clock, period: () => 'forever' });
      return { run, next };
    };
    return { start };
  }
}

async function receive({ messages, clock, contact }: World, ...texts: string[]): Promise<void> {
  await messages.add(texts.map((text) => incoming(contact, text, clock.nowMs())));
}

function incoming(contact: Contact, text: string, receivedAt: number): NewMessage {
  return {
    conversation: contact.number,
    id: text,
    direction: 'in',
    from: contact.address,
    to: contact.address,
    text,
    wireTimestamp: '',
    timestamp: receivedAt,
    receivedAt,
    enctype: 'dr1',
    sequence: undefined,
    via: undefined,
  };
}

async function textsIn({ messages, contact }: World): Promise<readonly string[]> {
  const page = await messages.page(contact.number, { limit: 100_000 });
  return page.map(({ text }) => text);
}

async function readAll({ domain, messages, contact }: World): Promise<void> {
  await domain.conversations.markRead(BOB, messages.lastPlace(contact.number) ?? 0);
}

/** Lets hours pass as a daemon lives through them. */
async function live({ clock }: World, retention: Retention, hours: number): Promise<void> {
  for (let hour = 0; hour < hours; hour++) {
    await clock.pass(HOUR_MS);
    const run = retention.run();
    await clock.pass(0);
    while ((await Promise.race([run.then(() => 'over'), clock.pass(100)])) !== 'over');
  }
}

test('what is older than its conversation is kept goes a day later, what is younger stays', async (t) => {
  const world = await startWorld(t, '7d');
  const { run } = world.start();
  await receive(world, 'old');
  await world.clock.pass(6 * DAY_MS);
  await receive(world, 'young');
  await readAll(world);

  await live(world, run, 30);
  t.deepEqual(await textsIn(world), ['old', 'young']);
  await live(world, run, 24);

  t.deepEqual(await textsIn(world), ['young']);
});

test('a conversation that is kept for ever loses nothing, and the clock is not even noted', async (t) => {
  const world = await startWorld(t, undefined);
  const { run, next } = world.start();
  await receive(world, 'old');
  await readAll(world);
  world.clock.jump(1_000 * DAY_MS);

  await live(world, run, 50);

  t.deepEqual(await textsIn(world), ['old']);
  t.deepEqual(next.saved.readings, []);
});

test('what was not read, and what has not arrived, is kept until it has', async (t) => {
  const world = await startWorld(t, '1d');
  const { run } = world.start();
  await world.domain.conversations.send(BOB, [{ text: 'waits' }]);
  await receive(world, 'unread');
  await world.clock.pass(5 * DAY_MS);

  await live(world, run, 30);
  t.deepEqual(await textsIn(world), ['waits', 'unread']);
  await readAll(world);
  await live(world, run, 1);

  t.deepEqual(await textsIn(world), ['waits']);
});

test('row 17: a clock that jumps by years, back and forth, deletes nothing', async (t) => {
  const world = await startWorld(t, '1d');
  const { run } = world.start();
  await receive(world, 'one', 'two');
  await readAll(world);

  for (let round = 0; round < 8; round++) {
    for (const jumpMs of [3_650 * DAY_MS, -3_650 * DAY_MS, -20_000 * DAY_MS, 20_000 * DAY_MS]) {
      world.clock.jump(jumpMs);
      await live(world, run, 1);
    }
  }

  t.deepEqual(await textsIn(world), ['one', 'two']);
});

test('row 17: a clock that is wrong at each start anew deletes nothing', async (t) => {
  const world = await startWorld(t, '1d');
  await receive(world, 'one');
  await readAll(world);
  let saved = world.store.saved;

  for (let start = 0; start < 4; start++) {
    world.clock.jump(400 * DAY_MS);
    const { run, next } = world.start(saved);
    await live(world, run, 5);
    await run.flush();
    saved = next.saved;
  }

  t.deepEqual(await textsIn(world), ['one']);
});

test('short runs add up to the day that it takes', async (t) => {
  const world = await startWorld(t, '7d');
  await receive(world, 'old');
  await readAll(world);
  await world.clock.pass(20 * DAY_MS);
  let saved = world.store.saved;

  for (let day = 0; day < 9; day++) {
    const { run, next } = world.start(saved);
    await live(world, run, 3);
    await run.flush();
    saved = next.saved;
    await world.clock.pass(21 * HOUR_MS);
  }

  t.deepEqual(await textsIn(world), []);
});

test('a message that was stored while the clock was wrong goes with what came after it', async (t) => {
  const world = await startWorld(t, '7d');
  const { run } = world.start();
  const { messages, contact, clock } = world;
  await receive(world, 'first');
  await messages.add([incoming(contact, 'of 1970', 5_000)]);
  await clock.pass(20 * DAY_MS);
  await messages.add([incoming(contact, 'of 1970 again', 9_000)]);
  await receive(world, 'last');
  await readAll(world);

  await live(world, run, 30);
  t.deepEqual(await textsIn(world), ['of 1970', 'of 1970 again', 'last']);
  await clock.pass(20 * DAY_MS);
  await live(world, run, 30);

  t.deepEqual(await textsIn(world), []);
});

test('many old messages go in slices, and other browsers see each of them go', async (t) => {
  const world = await startWorld(t, '1d');
  const { run } = world.start();
  const texts = Array.from({ length: 1_000 }, (_, i) => `text ${i}`);
  await receive(world, ...texts);
  await readAll(world);
  const gone: string[] = [];
  world.domain.events.on('messageGone', ({ id }) => void gone.push(id));
  await world.clock.pass(9 * DAY_MS);

  await live(world, run, 26);

  t.deepEqual(gone, texts);
  t.deepEqual(await textsIn(world), []);
});

test('readings that matter are few', (t) => {
  const clock = new FakeClock();
  const readings = new ClockReadings({ initial: [], clock });
  let kept: readonly ClockReading[] = [];
  for (let hour = 0; hour < 500; hour++) {
    clock.advance(HOUR_MS);
    readings.take();
    kept = readings.all;
  }

  t.true(kept.length <= 26);
  t.is(readings.take(), clock.nowMs() - DAY_MS);
});
