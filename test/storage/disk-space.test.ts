import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { nodeDisk } from '../../storage/disk.ts';
import { DiskSpace, giveUpReserve, type DiskLevel } from '../../storage/disk-space.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const MIB = 1024 * 1024;

/** A watch of a disk that says what the test says. */
async function watch(t: ExecutionContext, totalBytes: number) {
  const folder = await temporaryFolder(t);
  const levels: DiskLevel[] = [];
  const disk = { ...nodeDisk };
  const space = new DiskSpace({ folder, disk, onLevel: (level) => levels.push(level) });
  const setFree = async (freeBytes: number) => {
    disk.space = async () => ({ totalBytes, freeBytes });
    await space.look();
  };
  return { space, levels, setFree, disk, hasReserve: () => existsSync(join(folder, 'reserve')) };
}

test('levels follow the free space in both directions', async (t) => {
  const { space, levels, setFree } = await watch(t, 8000 * MIB);

  await setFree(65 * MIB);
  await setFree(63 * MIB);
  await setFree(15 * MIB);
  await setFree(70 * MIB);

  t.deepEqual(levels, ['low', 'full', 'ok']);
  t.is(space.freeBytes, 70 * MIB);
});

test('on a small disk the limits are shares of it', async (t) => {
  const { levels, setFree } = await watch(t, 8 * MIB);

  await setFree(3 * MIB);
  await setFree(MIB);
  await setFree(0.4 * MIB);

  t.deepEqual(levels, ['low', 'full']);
});

test('the reserve is given back while the disk is full', async (t) => {
  const { setFree, hasReserve } = await watch(t, 8000 * MIB);

  await setFree(1000 * MIB);
  const before = hasReserve();
  await setFree(MIB);
  const meanwhile = hasReserve();
  await setFree(1000 * MIB);

  t.deepEqual([before, meanwhile, hasReserve()], [true, false, true]);
});

test('a disk that does not let go of the reserve is full all the same', async (t) => {
  const { levels, setFree, disk } = await watch(t, 8000 * MIB);
  await setFree(1000 * MIB);
  disk.remove = () => {
    throw Object.assign(new Error('EROFS'), { code: 'EROFS' });
  };

  await setFree(MIB);

  t.deepEqual(levels, ['full']);
});

test('a system that does not tell counts as having room', async (t) => {
  const { space, disk } = await watch(t, MIB);
  disk.space = () => Promise.reject(new Error('ENOSYS'));

  await space.look();

  t.is(space.level, 'ok');
  t.is(space.freeBytes, undefined);
});

test('watching looks at once and again until it is stopped', async (t) => {
  const folder = await temporaryFolder(t);
  let looks = 0;
  const looked = new Promise<void>((resolve) => {
    const disk = { ...nodeDisk };
    disk.space = async () => {
      if (++looks === 3) resolve();
      return { totalBytes: 100 * MIB, freeBytes: 99 * MIB };
    };
    const space = new DiskSpace({ folder, disk, intervalMs: 1, reserveBytes: 10 });
    t.teardown(() => space.stop());
    void space.start();
  });

  await t.notThrowsAsync(looked);
});

test('the reserve of a folder that nobody watches can be given up once', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'reserve'), 'room');

  t.deepEqual([await giveUpReserve(folder), await giveUpReserve(folder)], [true, false]);
});
