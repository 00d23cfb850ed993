import {
  appendFile,
  chmod,
  readdir,
  readFile,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { CompactLog } from '../../storage/compact-log.ts';
import { nodeDisk, type Disk } from '../../storage/disk.ts';
import { StorageError } from '../../storage/errors.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

/** A log in a fresh folder, on a disk of which single calls can be replaced. */
async function useLog(t: ExecutionContext) {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'x.log');
  const disk: Disk = { ...nodeDisk };
  const open = async () => {
    const texts: unknown[] = [];
    const onLine = (record: unknown) => texts.push((record as { text: unknown }).text);
    const log = await CompactLog.open({ path, disk, onLine });
    t.teardown(() => log.close());
    return { log, texts };
  };
  return { ...(await open()), path, folder, disk, open };
}

function fail(errno: string): () => never {
  return () => {
    throw Object.assign(new Error(errno), { code: errno });
  };
}

const failed = { instanceOf: StorageError, code: 'storage_failed' };

test('lines are there after a reopening, with their places', async (t) => {
  const { log, open, path } = await useLog(t);

  const [first] = await log.replace([{ text: 'a' }]);
  const more = await log.append([{ text: 'b' }, { text: 'c' }], true);

  t.deepEqual(
    [first, ...more].map((line) => line?.s),
    [1, 2, 3],
  );
  t.deepEqual((await open()).texts, ['a', 'b', 'c']);
  t.is((await stat(path)).size, log.sizeBytes);
  t.is((await stat(path)).mode & 0o777, 0o600);
});

test('a replaced log has the new lines alone, under new numbers', async (t) => {
  const { log, open, folder } = await useLog(t);
  await log.replace([{ text: 'a' }]);
  await log.append([{ text: 'b' }], true);

  const lines = await log.replace([{ text: 'c' }]);
  await log.append([{ text: 'd' }], true);

  t.deepEqual(
    lines.map(({ s }) => s),
    [3],
  );
  t.deepEqual((await open()).texts, ['c', 'd']);
  t.deepEqual(await readdir(folder), ['x.log']);
});

test('a write that was cut off is removed, and nothing of it is kept', async (t) => {
  const { log, open, path, folder } = await useLog(t);
  await log.replace([{ text: 'a' }]);
  await appendFile(path, '{"s":2,"text":"b"');

  const { log: reopened, texts } = await open();
  await reopened.append([{ text: 'c' }], true);

  t.deepEqual(texts, ['a']);
  t.deepEqual((await open()).texts, ['a', 'c']);
  t.deepEqual(await readdir(folder), ['x.log']);
});

test('a whole line without its end counts', async (t) => {
  const { log, open, path } = await useLog(t);
  await log.replace([{ text: 'a' }]);
  await truncate(path, log.sizeBytes - 1);

  const { log: reopened, texts } = await open();

  t.deepEqual(texts, ['a']);
  t.true(reopened.mustBeReplaced);
});

test('damaged lines are passed by and counted', async (t) => {
  const { log, open, path } = await useLog(t);
  await log.replace([{ text: 'a' }, { text: 'b' }, { text: 'c' }]);
  await writeFile(path, (await readFile(path, 'utf8')).replace('"b"', '"x"'));

  const { log: reopened, texts } = await open();

  t.deepEqual(texts, ['a', 'c']);
  t.is(reopened.damagedLines, 1);
});

test('a full disk fails the append alone, and leaves no torn line', async (t) => {
  const { log, open, disk, path } = await useLog(t);
  await log.replace([{ text: 'a' }]);
  const before = await readFile(path);
  disk.write = (fd, bytes, position) => {
    nodeDisk.write(fd, bytes.subarray(0, 9), position);
    return fail('ENOSPC')();
  };

  await t.throwsAsync(log.append([{ text: 'b' }], true), { code: 'storage_full' });
  const after = await readFile(path);
  Object.assign(disk, nodeDisk);
  await log.append([{ text: 'c' }], true);

  t.deepEqual(after, before);
  t.deepEqual((await open()).texts, ['a', 'c']);
});

test('after a failed sync the file is not trusted any more', async (t) => {
  const { log, open, disk } = await useLog(t);
  await log.replace([{ text: 'a' }]);
  disk.sync = fail('EIO');
  disk.syncInPool = () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));

  await t.throwsAsync(log.append([{ text: 'b' }], true), failed);

  t.true(log.mustBeReplaced);
  t.deepEqual((await open()).texts, ['a']);
  await t.throwsAsync(log.replace([{ text: 'c' }]), failed);
  Object.assign(disk, nodeDisk);
  await log.replace([{ text: 'd' }]);
  t.deepEqual((await open()).texts, ['d']);
});

test('a replacement whose name may not last keeps no file open, and is made again', async (t) => {
  const { log, open, disk } = await useLog(t);
  await log.replace([{ text: 'a' }]);
  const files = new Set<number>();
  disk.open = (path, how) => {
    const fd = nodeDisk.open(path, how);
    files.add(fd);
    return fd;
  };
  disk.close = (fd) => {
    files.delete(fd);
    nodeDisk.close(fd);
  };

  disk.syncFolder = fail('EIO');
  await t.throwsAsync(log.replace([{ text: 'b' }]), failed);
  const left = files.size;
  disk.syncFolder = (path) => nodeDisk.syncFolder(path);
  await log.replace([{ text: 'c' }]);

  t.is(left, 0);
  t.deepEqual((await open()).texts, ['c']);
});

test('a replacement that fails leaves the log as it was', async (t) => {
  const { log, open, disk, folder } = await useLog(t);
  await log.replace([{ text: 'a' }]);
  disk.write = fail('ENOSPC');

  await t.throwsAsync(log.replace([{ text: 'b' }]), { code: 'storage_full' });
  Object.assign(disk, nodeDisk);
  await log.append([{ text: 'c' }], true);

  t.deepEqual((await open()).texts, ['a', 'c']);
  t.deepEqual(await readdir(folder), ['x.log']);
});

test('a log whose new name may not last must be replaced once more', async (t) => {
  const { log, open, disk } = await useLog(t);
  await log.replace([{ text: 'a' }]);
  disk.syncFolder = fail('EIO');

  await t.throwsAsync(log.replace([{ text: 'b' }]), failed);
  Object.assign(disk, nodeDisk);
  const mustBeReplaced = log.mustBeReplaced;
  await log.replace([{ text: 'c' }]);

  t.true(mustBeReplaced);
  t.deepEqual((await open()).texts, ['c']);
});

test('a long log is replaced in turns, and comes back whole', async (t) => {
  const { log, open } = await useLog(t);
  const texts = Array.from({ length: 170 }, (_, index) => `${index}`);

  const lines = await log.replace(texts.map((text) => ({ text })));

  t.deepEqual(
    lines.map(({ s }) => s),
    texts.map((_, index) => index + 1),
  );
  t.deepEqual((await open()).texts, texts);
});

test('what an interrupted replacement left is removed', async (t) => {
  const { log, open, path, folder } = await useLog(t);
  await log.replace([{ text: 'a' }]);
  await writeFile(`${path}.17.abcd.tmp`, 'half of it');

  await open();

  t.deepEqual(await readdir(folder), ['x.log']);
});

test('a log that others may read is refused, and so is a link', async (t) => {
  const { log, open, path, folder } = await useLog(t);
  await log.replace([{ text: 'a' }]);
  await chmod(path, 0o644);

  await t.throwsAsync(open(), { instanceOf: StorageError, code: 'folder_unsafe' });

  await symlink(path, join(folder, 'link.log'));
  const linked = CompactLog.open({ path: join(folder, 'link.log'), onLine: () => undefined });
  await t.throwsAsync(linked, { instanceOf: StorageError, code: 'folder_unsafe' });
});
