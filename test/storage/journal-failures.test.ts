import { readFileSync, writeFileSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { nodeDisk, type Disk } from '../../storage/disk.ts';
import { StorageError } from '../../storage/errors.ts';
import { Journal } from '../../storage/journal.ts';
import { type JournalOptions } from '../../storage/journal-options.ts';
import type { JournalState } from '../../storage/journal-writer.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

/** A disk of which single calls can be replaced while it is in use. */
function createDisk(): Disk {
  return { ...nodeDisk };
}

async function useJournal(
  t: ExecutionContext,
  disk: Disk,
  options: Partial<JournalOptions> & { folder: string },
) {
  const texts: unknown[] = [];
  const states: JournalState[] = [];
  const journal = await Journal.open({
    disk,
    onRecord: (record) => texts.push((record as { text: unknown }).text),
    onState: (state) => states.push(state),
    ...options,
  });
  t.teardown(() => journal.close());
  return { journal, texts, states };
}

/** The lines of a file; of the room behind them nothing. */
async function linesOf(path: string): Promise<readonly string[]> {
  return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
}

function fail(errno: string): () => never {
  return () => {
    throw Object.assign(new Error(errno), { code: errno });
  };
}

/** Whichever way a journal takes to sync. */
function breakSyncs(disk: Disk): void {
  disk.sync = fail('EIO');
  disk.syncInPool = async () => Promise.resolve().then(fail('EIO'));
}

const full = { instanceOf: StorageError, code: 'storage_full' };
const failed = { instanceOf: StorageError, code: 'storage_failed' };

test('short writes are carried on with', async (t) => {
  const folder = await temporaryFolder(t);
  const disk = createDisk();
  disk.write = (fd, bytes, position) => nodeDisk.write(fd, bytes.subarray(0, 7), position);
  const { journal } = await useJournal(t, disk, { folder });

  await journal.append([{ text: 'a' }, { text: 'b' }]);

  t.deepEqual(await journal.readMany([1, 2]).then((all) => all.length), 2);
  t.is((await linesOf(join(folder, '000001.jsonl'))).length, 2);
});

test('a full disk fails the append, leaves no torn line, and works again when there is room', async (t) => {
  const folder = await temporaryFolder(t);
  const disk = createDisk();
  const { journal, texts, states } = await useJournal(t, disk, { folder });
  await journal.append({ text: 'a' });
  const before = await linesOf(join(folder, '000001.jsonl'));

  disk.write = (fd, bytes, position) => {
    if (bytes.length < 10) return fail('ENOSPC')();
    return nodeDisk.write(fd, bytes.subarray(0, bytes.length - 9), position);
  };
  await t.throwsAsync(journal.append({ text: 'b' }), full);
  const meanwhile = await linesOf(join(folder, '000001.jsonl'));
  Object.assign(disk, nodeDisk);
  const place = await journal.append({ text: 'c' });

  t.deepEqual(meanwhile, before);
  t.is(place, 2);
  t.deepEqual(texts, ['a', 'c']);
  t.deepEqual(states, ['full', 'ok']);
});

test('half a line that could not be cut off at once is cut off before the next one', async (t) => {
  const folder = await temporaryFolder(t);
  const disk = createDisk();
  const { journal } = await useJournal(t, disk, { folder });
  await journal.append({ text: 'a' });

  disk.write = (fd, bytes, position) => {
    nodeDisk.write(fd, bytes.subarray(0, 9), position);
    return fail('ENOSPC')();
  };
  disk.truncate = fail('EIO');
  await t.throwsAsync(journal.append({ text: 'long text that was cut off' }), full);
  Object.assign(disk, nodeDisk);
  await journal.append({ text: 'b' });
  await journal.close();

  const { texts } = await useJournal(t, disk, { folder });
  t.deepEqual(texts, ['a', 'b']);
});

test('after a failed sync the next record goes to a new segment', async (t) => {
  const folder = await temporaryFolder(t);
  const disk = createDisk();
  const { journal, texts, states } = await useJournal(t, disk, { folder });
  await journal.append({ text: 'a' });

  breakSyncs(disk);
  await t.throwsAsync(journal.append({ text: 'b' }), failed);
  Object.assign(disk, nodeDisk);
  const place = await journal.append({ text: 'c' });

  t.is(place, 2);
  t.deepEqual(texts, ['a', 'c']);
  t.deepEqual(states, []);
  t.deepEqual(await readdir(folder), ['000001.jsonl', '000002.jsonl']);
});

test('what the disk kept of a failed sync does not come back', async (t) => {
  const folder = await temporaryFolder(t);
  const disk = createDisk();
  const { journal } = await useJournal(t, disk, { folder });
  await journal.append({ text: 'a' });
  breakSyncs(disk);
  disk.truncate = fail('EIO');
  await t.throwsAsync(journal.append([{ text: 'b' }, { text: 'never' }]), failed);
  Object.assign(disk, nodeDisk);
  await journal.append({ text: 'c' });
  await journal.close();

  const { texts } = await useJournal(t, disk, { folder });

  t.deepEqual(texts, ['a', 'c']);
});

test('a second failure in a row makes it read-only, and reading goes on', async (t) => {
  const folder = await temporaryFolder(t);
  const disk = createDisk();
  const { journal, states } = await useJournal(t, disk, { folder });
  await journal.append({ text: 'a' });

  breakSyncs(disk);
  await t.throwsAsync(journal.append({ text: 'b' }), failed);
  const second = journal.append({ text: 'c' });
  const third = journal.append({ text: 'd' });
  await t.throwsAsync(second, failed);
  await t.throwsAsync(third, failed);
  Object.assign(disk, nodeDisk);

  await t.throwsAsync(journal.append({ text: 'e' }), { ...failed, message: /failed twice/ });
  t.is(journal.state, 'read_only');
  t.deepEqual(states, ['read_only']);
  t.like(await journal.read(1), { text: 'a' });
});

test('a segment that could not be started is tried again', async (t) => {
  const folder = await temporaryFolder(t);
  const disk = createDisk();
  const { journal, texts } = await useJournal(t, disk, { folder });

  disk.open = fail('EDQUOT');
  await t.throwsAsync(journal.append({ text: 'a' }), full);
  Object.assign(disk, nodeDisk, { syncFolder: fail('EIO') });
  await t.throwsAsync(journal.append({ text: 'b' }), failed);
  Object.assign(disk, nodeDisk);
  await journal.append({ text: 'c' });

  t.deepEqual(texts, ['c']);
  t.deepEqual(await readdir(folder), ['000001.jsonl']);
});

test('a slow disk is synced on the thread pool', async (t) => {
  const folder = await temporaryFolder(t);
  const disk = createDisk();
  const pooled: number[] = [];
  disk.syncInPool = async (fd) => void pooled.push(fd);
  const { journal } = await useJournal(t, disk, { folder });

  await journal.append(Array.from({ length: 50 }, (_, index) => ({ text: index })));

  t.is(pooled.length, 1);
});

test('a torn tail on a full disk stays until there is room for its copy', async (t) => {
  const folder = await temporaryFolder(t);
  const history = join(folder, 'history');
  const disk = createDisk();
  const { journal } = await useJournal(t, disk, { folder: history });
  await journal.append({ text: 'a' });
  await journal.close();
  const fd = nodeDisk.open(join(history, '000001.jsonl'), 'existing');
  nodeDisk.write(fd, Buffer.from('{"s":2'), journal.sizeBytes);
  nodeDisk.close(fd);

  disk.truncate = fail('ENOSPC');
  const { journal: again } = await useJournal(t, disk, { folder: history });
  await again.append({ text: 'b' });

  t.deepEqual(await readdir(history), ['000001.jsonl', '000002.jsonl']);
  t.like(await again.read(2), { text: 'b' });
});

test('a folder that is a file can not be opened', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'file');
  nodeDisk.close(nodeDisk.open(path, 'create'));

  await t.throwsAsync(Journal.open({ folder: path }), failed);
});

/** A disk that loses what a failed sync should have put on it, as a kernel may that drops its pages. */
function createForgetfulDisk(folder: string) {
  const disk = createDisk();
  const path = join(folder, '000001.jsonl');
  let synced: Buffer | undefined;
  const state = { failures: 0 };
  disk.syncInPool = async (fd) => {
    if (state.failures > 0) {
      state.failures -= 1;
      if (synced !== undefined) writeFileSync(path, synced);
      await Promise.resolve().then(fail('EIO'));
    }
    await nodeDisk.syncInPool(fd);
    synced = readFileSync(path);
  };
  return { disk, state };
}

test('with syncs at intervals, a sync that fails takes nothing with it that was acknowledged', async (t) => {
  const folder = await temporaryFolder(t);
  const { disk, state } = createForgetfulDisk(folder);
  const options = { folder, fsync: 'interval', intervalMs: 60_000 } as const;
  const { journal } = await useJournal(t, disk, options);
  await journal.append({ text: 'synced' });
  await journal.sync();
  await journal.append([{ text: 'acknowledged' }, { text: 'as well' }]);

  state.failures = 1;
  await t.throwsAsync(journal.sync(), failed);
  await journal.append({ text: 'later' });
  const read = await journal.read(3);
  await journal.close();

  const { texts, states } = await useJournal(t, disk, options);
  t.like(read, { text: 'as well' });
  t.deepEqual(texts, ['synced', 'acknowledged', 'as well', 'later']);
  t.deepEqual(states, []);
  t.deepEqual(await readdir(folder), ['000001.jsonl']);
});

test('with syncs at intervals, a disk that fails again makes it read-only', async (t) => {
  const folder = await temporaryFolder(t);
  const { disk, state } = createForgetfulDisk(folder);
  const options = { folder, fsync: 'interval', intervalMs: 60_000 } as const;
  const { journal, states } = await useJournal(t, disk, options);
  await journal.append({ text: 'a' });

  state.failures = 2;
  await t.throwsAsync(journal.sync(), failed);

  t.deepEqual(states, ['read_only']);
  t.like(await journal.read(1), { text: 'a' });
  await t.throwsAsync(journal.append({ text: 'b' }), failed);
});

test('with syncs at intervals, no more than a mebibyte waits for one', async (t) => {
  const folder = await temporaryFolder(t);
  const disk = createDisk();
  let syncs = 0;
  disk.sync = (fd) => {
    syncs += 1;
    nodeDisk.sync(fd);
  };
  disk.syncInPool = (fd) => {
    syncs += 1;
    return nodeDisk.syncInPool(fd);
  };
  const { journal } = await useJournal(t, disk, { folder, fsync: 'interval', intervalMs: 60_000 });

  for (let i = 0; i < 24; i++) await journal.append({ text: 'x'.repeat(100_000) });

  t.is(syncs, 2);
});

test('what is to be sealed behind a batch that fails is sealed all the same', async (t) => {
  const folder = await temporaryFolder(t);
  const disk = createDisk();
  const { journal } = await useJournal(t, disk, { folder });
  await journal.append({ text: 'a' });

  let sealing: Promise<void> | undefined;
  disk.syncInPool = async () => {
    Object.assign(disk, nodeDisk);
    sealing = journal.seal();
    await Promise.resolve().then(fail('EIO'));
  };
  const records = Array.from({ length: 10 }, () => ({ text: 'b' }));
  await t.throwsAsync(journal.append(records), failed);
  await sealing;

  const [first] = journal.segments();
  t.true(first?.isSealed);
});
