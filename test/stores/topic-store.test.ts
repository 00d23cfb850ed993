/** `topics.log` (docs/storage.md#topics). */
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { TopicRecord } from '../../daemon/domain/topic-replay.ts';
import { openTopicStore, TOPICS_FILE } from '../../daemon/stores/topic-store.ts';
import { nodeDisk, type Disk } from '../../storage/disk.ts';
import { StorageError } from '../../storage/errors.ts';
import type { StorageNotice } from '../../storage/notice.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const NO_ROOM = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });

function change(topic: string, changes: number, value: number | string = 1): TopicRecord {
  return { kind: 'change', topic, type: 'generic', changes, parts: [{ type: 'set', value }] };
}

/** A store in a fresh folder, on a disk of which single calls can be replaced. */
async function useStore(t: ExecutionContext, fsync: 'always' | 'interval' = 'always') {
  const folder = await temporaryFolder(t);
  const disk: Disk = { ...nodeDisk };
  const notices: StorageNotice[] = [];
  const clock = new FakeClock();
  const open = async () => {
    const store = await openTopicStore({
      ...{ folder, fsync, intervalMs: 5000, clock, disk },
      onNotice: (notice) => notices.push(notice),
    });
    t.teardown(() => store.close());
    const records = store.restore();
    store.compactFrom(() => []);
    return { store, records };
  };
  return { ...(await open()), open, disk, notices, clock, path: join(folder, TOPICS_FILE) };
}

test('records come back in order, and there is no file before the first', async (t) => {
  const { store, open, path } = await useStore(t);
  await t.throwsAsync(stat(path), { code: 'ENOENT' });
  const records: readonly TopicRecord[] = [
    change('a', 1),
    { kind: 'value', topic: 'b', type: 'list', changes: 7, value: [1, { deep: [null] }] },
    change('a', 2),
    { kind: 'gone', topic: 'b' },
  ];

  await Promise.all(records.map((record) => store.add(record)));
  await store.close();

  t.deepEqual((await open()).records, records);
  t.is((await stat(path)).mode & 0o777, 0o600);
});

test('a write that was cut off counts for nothing, and a damaged line is told', async (t) => {
  const { store, open, path, notices } = await useStore(t);
  for (let made = 1; made <= 3; made++) await store.add(change('a', made));
  await store.close();
  const text = await readFile(path, 'utf8');

  await truncate(path, text.length - 5);
  t.deepEqual((await open()).records, [change('a', 1), change('a', 2)]);
  t.deepEqual(notices, []);
  await writeFile(path, text.replace('"n":2', '"n":3'));
  t.deepEqual((await open()).records, [change('a', 1), change('a', 3)]);

  t.like(notices, [{ code: 'topics_damaged' }]);
});

test('a file of much that does not count any more is written anew', async (t) => {
  const { store, open } = await useStore(t);
  const big = 'x'.repeat(300_000);
  store.compactFrom(() => [change('a', 9, 'in short')]);

  for (let made = 1; made <= 9; made++) await store.add(change('a', made, big));
  const { sizeBytes } = store;
  await store.close();

  t.true(sizeBytes < 1_500_000);
  const { records } = await open();
  t.deepEqual(records[0], change('a', 9, 'in short'));
});

test('row 12: a full disk keeps nothing of what it refused, and goes on when there is room', async (t) => {
  const { store, open, disk } = await useStore(t);
  await store.add(change('a', 1));
  disk.write = () => {
    throw NO_ROOM;
  };

  const refused = { instanceOf: StorageError, code: 'storage_full' };
  await t.throwsAsync(store.add(change('a', 2)), refused);
  Object.assign(disk, nodeDisk);
  await store.add(change('b', 1));
  await store.close();

  t.deepEqual((await open()).records, [change('a', 1), change('b', 1)]);
});

test('row 11: after a failed sync the file is not trusted; it is written anew from what was told', async (t) => {
  const { store, open, disk } = await useStore(t);
  store.compactFrom(() => [change('a', 1)]);
  await store.add(change('a', 1));
  const fail = (): never => {
    throw Object.assign(new Error('EIO'), { code: 'EIO' });
  };
  Object.assign(disk, { sync: fail, syncInPool: fail });

  await t.throwsAsync(store.add(change('a', 2)), { code: 'storage_failed' });
  Object.assign(disk, nodeDisk);
  await store.add(change('b', 1));
  await store.close();

  t.deepEqual((await open()).records, [change('a', 1), change('b', 1)]);
});

test('with the router profile changes are synced together, every few seconds', async (t) => {
  const { store, disk, clock } = await useStore(t, 'interval');
  await store.add(change('a', 1));
  let syncs = 0;
  Object.assign(disk, {
    sync: (fd: number) => {
      syncs++;
      nodeDisk.sync(fd);
    },
    syncInPool: (fd: number) => {
      syncs++;
      return nodeDisk.syncInPool(fd);
    },
  });

  for (let made = 2; made <= 20; made++) await store.add(change('a', made));
  t.is(syncs, 0);
  clock.advance(5000);
  await store.add(change('a', 21));

  t.is(syncs, 1);
});
