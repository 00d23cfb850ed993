import test from 'ava';
import { tryParseAddress, type Address } from '../../daemon/wire/address.ts';
import type { ApiMessage } from '../../daemon/wire/gui-api.ts';
import { ApiError, type ApiFailure } from '../../gui/src/api.ts';
import { createOutboxStore } from '../../gui/src/stores/outbox-store.ts';
import {
  ANNA,
  BORIS,
  createCountingId,
  createManualClock,
  createMemoryStorage,
  sampleMessage,
  settle,
} from './fakes.ts';

function startOutbox(storage = createMemoryStorage()) {
  const clock = createManualClock();
  const offered: string[] = [];
  const sent: ApiMessage[] = [];
  let failure: ApiFailure | undefined;
  const outbox = createOutboxStore({
    send: async (to: Address, { id, message }) => {
      offered.push(id);
      if (failure !== undefined) throw new ApiError(failure, 'no');
      return sampleMessage(offered.length, { id, to, message, direction: 'out' });
    },
    onSent: (message) => sent.push(message),
    itemPrefix: 'vestnik.outbox.',
    parseTo: tryParseAddress,
    storage,
    clock,
    createId: createCountingId(),
  });
  return {
    outbox,
    offered,
    sent,
    itemPrefix: 'vestnik.outbox.',
    parseTo: tryParseAddress,
    storage,
    clock,
    fail: (code?: ApiFailure) => void (failure = code),
  };
}

test('a message leaves the outbox when the daemon has it', async (t) => {
  const { outbox, sent, storage } = startOutbox();

  outbox.add(ANNA, 'hi');
  t.is(outbox.of(ANNA).value.length, 1);
  t.is(outbox.of(BORIS).value.length, 0);
  await settle();

  t.deepEqual(
    sent.map(({ message }) => message),
    ['hi'],
  );
  t.is(outbox.items.value.length, 0);
  t.is(storage.length, 0);
});

test('what the daemon did not confirm outlives a reload, under the same id', async (t) => {
  const first = startOutbox();
  first.fail('unreachable');
  first.outbox.add(ANNA, 'one');
  first.clock.advance(1);
  first.outbox.add(ANNA, 'two');
  await settle();

  const second = startOutbox(first.storage);
  await second.outbox.flush();

  t.deepEqual(second.offered, ['id-1', 'id-2']);
  t.is(second.storage.length, 0);
});

test('while the daemon is away nothing is tried twice', async (t) => {
  const { outbox, offered, fail } = startOutbox();
  fail('unreachable');

  outbox.add(ANNA, 'one');
  outbox.add(ANNA, 'two');
  await settle();

  t.deepEqual(offered, ['id-1']);
});

test('a refused message keeps its text and reason and does not hold up others', async (t) => {
  const { outbox, sent, fail } = startOutbox();
  fail('too_large');
  outbox.add(ANNA, 'far too long');
  await settle();

  fail();
  outbox.add(ANNA, 'short');
  await settle();

  t.deepEqual(
    outbox.items.value.map(({ message, refusal }) => [message, refusal]),
    [['far too long', 'too_large']],
  );
  t.deepEqual(
    sent.map(({ message }) => message),
    ['short'],
  );

  outbox.retry('id-1');
  await settle();
  t.is(outbox.items.value.length, 0);
});

test('a busy daemon is asked again later', async (t) => {
  const { outbox, offered, clock, fail } = startOutbox();
  fail('too_many_requests');
  outbox.add(ANNA, 'hi');
  await settle();

  fail();
  clock.advance(5000);
  await settle();

  t.deepEqual(offered, ['id-1', 'id-1']);
  t.is(outbox.items.value.length, 0);
});

test('a message can be given up', async (t) => {
  const { outbox, storage, fail } = startOutbox();
  fail('storage_full');
  outbox.add(ANNA, 'hi');
  await settle();

  outbox.discard('id-1');

  t.is(outbox.items.value.length, 0);
  t.is(storage.length, 0);
});

test('what others left in the storage is no message', (t) => {
  const storage = createMemoryStorage();
  storage.setItem('vestnik.outbox.a', 'not json');
  storage.setItem('vestnik.outbox.b', '{"id":"b","address":"nowhere","message":"x"}');
  storage.setItem('else', '{}');

  t.deepEqual(startOutbox(storage).outbox.items.value, []);
});
