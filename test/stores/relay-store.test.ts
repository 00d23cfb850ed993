import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { RelayedEnvelope } from '../../daemon/domain/model.ts';
import { openRelayStore } from '../../daemon/stores/relay-store.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const DAY_MS = 86_400_000;

function createEnvelope(id: string, message = 'sealed'): RelayedEnvelope {
  return {
    id,
    from: parseAddress('fc00::a'),
    to: parseAddress('fc00::b'),
    message,
    wireTimestamp: '2026-03-01T12:00:00.000Z',
    enctype: '',
    sizeBytes: message.length,
    at: 1_772_366_400_000,
  };
}

/** A store whose clock the test turns; `reopen` is a restart. */
async function useStore(t: ExecutionContext) {
  const folder = join(await temporaryFolder(t), 'relay');
  const clock = { nowMs: 1_772_366_400_000 };
  const open = () =>
    openRelayStore({
      journal: { folder, fsync: 'never', segmentMaxBytes: 1000 },
      nowMs: () => clock.nowMs,
      onNotice: ({ message }) => t.fail(message),
    });
  let store = await open();
  t.teardown(() => store.close());
  const reopen = async () => {
    await store.close();
    store = await open();
    return store;
  };
  return { store, clock, folder, reopen };
}

test('envelopes are carried in order and over a restart', async (t) => {
  const opened = await useStore(t);
  for (const id of ['a', 'b', 'c']) await opened.store.add(createEnvelope(id, `for ${id}`));

  const store = await opened.reopen();

  t.deepEqual(
    [...store.entries()].map(({ id }) => id),
    ['a', 'b', 'c'],
  );
  t.deepEqual(await store.read(['c', 'x', 'a']), [
    createEnvelope('c', 'for c'),
    createEnvelope('a', 'for a'),
  ]);
});

test('what is gone is known for fourteen days', async (t) => {
  const opened = await useStore(t);
  await opened.store.add(createEnvelope('a'));
  await opened.store.remove(['a', 'unknown']);

  const store = await opened.reopen();

  t.deepEqual([...store.entries()], []);
  t.deepEqual(await store.read(['a']), []);
  t.true(store.hasSeen('a'));
  t.false(store.hasSeen('unknown'));
  opened.clock.nowMs += 14 * DAY_MS;
  t.false(store.hasSeen('a'));
});

test('the same envelope is kept once', async (t) => {
  const { store } = await useStore(t);
  await store.add(createEnvelope('a'));

  t.true(store.hasSeen('a'));
  await store.add(createEnvelope('a'));

  t.is([...store.entries()].length, 1);
});

test('an envelope that comes again after its time is carried again', async (t) => {
  const opened = await useStore(t);
  await opened.store.add(createEnvelope('a'));
  await opened.store.remove(['a']);
  opened.clock.nowMs += 15 * DAY_MS;
  await opened.store.add(createEnvelope('a'));

  const store = await opened.reopen();

  t.is([...store.entries()].length, 1);
});

test('files go when nothing in them counts any more', async (t) => {
  const opened = await useStore(t);
  const ids = Array.from({ length: 40 }, (_, index) => `${index}`);
  for (const id of ids) await opened.store.add(createEnvelope(id));
  const before = (await readdir(opened.folder)).length;

  await opened.store.remove(ids);
  const remembered = (await readdir(opened.folder)).length;
  opened.clock.nowMs += 15 * DAY_MS;
  await opened.store.add(createEnvelope('last'));
  await opened.store.remove(['last']);

  t.true(before > 5);
  t.true(remembered < before);
  t.true((await readdir(opened.folder)).length <= 2);
});
