import test from 'ava';
import { ACKS_MAX, Controls, TAKEN_MAX } from '../../daemon/domain/controls.ts';
import { DomainEvents } from '../../daemon/domain/events.ts';
import { HISTORY_ACCEPTED_MESSAGES, HISTORY_MAX_MESSAGES } from '../../daemon/wire/peer.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { contactAt } from '../helpers/peer-world.ts';

const BOB = contactAt('127.0.0.9:5000', { encryption: 'dr1' });

function createControls(clock = new FakeClock()): Controls {
  return new Controls({
    contacts: { byNumber: () => BOB },
    events: new DomainEvents(),
    clock,
    shownTo: () => ({ status: 'busy', showsLastSeen: false }),
    nick: () => 'Alice',
  });
}

test('what is owed fits into one request with a whole batch of messages, however much it is', (t) => {
  const controls = createControls();
  for (let i = 0; i < 300; i++)
    controls.withdraw(BOB, { id: `${i}`, sequence: i + 1, isFinal: i % 2 === 0 });
  controls.acknowledge(
    BOB,
    Array.from({ length: 4_000 }, (_, i) => `ack ${i}`),
  );
  controls.hello(BOB);
  controls.read(BOB, 'id');
  for (let i = 0; i < 10; i++) controls.handshake(BOB, { enctype: 'hs2', message: `${i}` });

  t.true(HISTORY_MAX_MESSAGES + TAKEN_MAX <= HISTORY_ACCEPTED_MESSAGES);
  const withdrawn: number[] = [];
  const acknowledged: string[] = [];
  while (controls.dueMs(BOB) !== undefined) {
    const taken = controls.take(BOB);
    t.true(taken.controls.length + taken.handshakes.length <= TAKEN_MAX);
    for (const { body, sequence } of taken.controls) {
      if (body.type === 'ack') acknowledged.push(...body.ids);
      if (sequence !== undefined) withdrawn.push(sequence);
    }
  }

  t.deepEqual(
    withdrawn,
    Array.from({ length: 300 }, (_, i) => i + 1),
  );
  t.is(new Set(acknowledged).size, 4_000);
});

test('what could not be handed over comes back and goes before what came meanwhile', (t) => {
  const controls = createControls();
  controls.acknowledge(BOB, ['first']);
  const taken = controls.take(BOB);
  controls.acknowledge(BOB, ['second']);

  taken.putBack(7);

  const again = controls.take(BOB);
  t.deepEqual(
    again.controls.map(({ body }) => body),
    [{ type: 'ack', ids: ['first', 'second'] }],
  );
});

test('acknowledgements that nobody takes have a bound; the oldest go', (t) => {
  const controls = createControls();
  const ids = Array.from({ length: ACKS_MAX + 10 }, (_, i) => `${i}`);
  for (const id of ids) controls.acknowledge(BOB, [id]);

  const left: string[] = [];
  while (controls.dueMs(BOB) !== undefined) {
    for (const { body } of controls.take(BOB).controls) {
      if (body.type === 'ack') left.push(...body.ids);
    }
  }
  t.deepEqual(left, ids.slice(10));
});

test('a message is taken back once, and for good if that was said at all', (t) => {
  const controls = createControls();
  const message = { id: 'm', sequence: 7 };
  for (const isFinal of [false, true, false]) controls.withdraw(BOB, { ...message, isFinal });

  const { controls: taken } = controls.take(BOB);

  t.deepEqual(
    taken.map(({ body, sequence }) => ({ body, sequence })),
    [{ body: { type: 'del', target: 'm', isFinal: true }, sequence: 7 }],
  );
});

test('an answer that is to change keys waits until it can, whatever leaves before', async (t) => {
  const clock = new FakeClock();
  const controls = createControls(clock);
  const replyMs = clock.monotonicMs() + 1000;
  controls.reply(BOB, replyMs);
  controls.acknowledge(BOB, ['early']);

  await clock.pass(100);
  const early = controls.take(BOB);
  t.deepEqual(
    early.controls.map(({ body }) => body),
    [{ type: 'ack', ids: ['early'] }],
  );
  t.is(controls.dueMs(BOB), replyMs);

  await clock.pass(900);
  const due = controls.take(BOB);
  t.deepEqual(
    due.controls.map(({ body }) => body),
    [{ type: 'ack', ids: [] }],
  );
  t.is(controls.dueMs(BOB), undefined);
});
