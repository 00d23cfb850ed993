import { mkdtemp, readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** Linux keeps there in memory what is written. */
const MEMORY = '/dev/shm';
/** Ten times what tests ever have there at once; a container has 64 MiB unless told otherwise. */
const ROOM_MIN_BYTES = 1024 ** 3;

/**
 * Makes a folder in memory for the temporary folders of tests, since they sync files many thousand times, and wait.
 *
 * No test asks more of it than of a disk. What outlives a kill does so in either; what outlives a power cut is judged
 * by what was synced (`test/helpers/crash-model.ts`, `test/helpers/loop-disk.ts`), wherever it lies. Campaigns of
 * `npm run soak` and a plain `ava` use the disk.
 *
 * @returns `undefined` where there is no such place, it is small, it runs no programs, or `TMPDIR` names another.
 */
export async function makeFastFolder(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.env['TMPDIR'] !== undefined) return undefined;
  try {
    const { bavail, bsize } = await statfs(MEMORY);
    if (bavail * bsize < ROOM_MIN_BYTES || !(await runsPrograms(MEMORY))) return undefined;
    return await mkdtemp(join(MEMORY, 'vestnik-tests-'));
  } catch {
    return undefined;
  }
}

/** Whether it is mounted without `noexec`: some tests put a program into their folder. */
async function runsPrograms(place: string): Promise<boolean> {
  const mounts = (await readFile('/proc/mounts', 'utf8'))
    .split('\n')
    .map((line) => line.split(' '));
  const [, , , options] = mounts.findLast(([, folder]) => folder === place) ?? [];
  return options !== undefined && !options.split(',').includes('noexec');
}
