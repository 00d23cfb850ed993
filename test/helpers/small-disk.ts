import { execFile } from 'node:child_process';
import { open, statfs, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { errnoOf } from '../../storage/errors.ts';
import { temporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);
const CHUNK = Buffer.alloc(64 * 1024);

/** A file system of its own, small enough to be filled. */
export class SmallDisk {
  readonly folder: string;
  readonly #filler: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.#filler = join(folder, 'filler');
  }

  /**
   * Mounts one over an empty folder.
   *
   * @returns `undefined` where that is not allowed.
   */
  static async mount(folder: string, sizeMib: number): Promise<SmallDisk | undefined> {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m,mode=0700`, 'tmpfs', folder]);
      return new SmallDisk(folder);
    } catch {
      return undefined;
    }
  }

  async unmount(): Promise<void> {
    await run('umount', ['--lazy', this.folder]);
  }

  /** Takes all room that there is but for so many bytes. */
  async fillBut(leftBytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.folder);
    const bytes = Buffer.alloc(Math.max(0, bavail * bsize - leftBytes));
    // Who else writes here may have taken what was to be left: then it is full to the last byte.
    await writeFile(this.#filler, bytes).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOSPC') throw error;
    });
  }

  /** Takes all room that there is, to the last byte. */
  async fill(): Promise<void> {
    const file = await open(this.#filler, 'w');
    try {
      for (let chunk = CHUNK; chunk.byteLength > 0;) {
        const isWritten = await file.write(chunk).then(
          ({ bytesWritten }) => bytesWritten === chunk.byteLength,
          () => false,
        );
        // Ever smaller pieces, until not a byte goes in any more.
        if (!isWritten) chunk = chunk.subarray(0, chunk.byteLength >> 1);
      }
    } finally {
      await file.close();
    }
  }

  /** Gives the room back. */
  async clear(): Promise<void> {
    await unlink(this.#filler);
  }
}

/** Mounts one that goes with the test; `undefined` where that is not allowed. */
export async function mountSmallDisk(
  t: ExecutionContext,
  sizeMib: number,
): Promise<SmallDisk | undefined> {
  const disk = await SmallDisk.mount(await temporaryFolder(t), sizeMib);
  if (disk !== undefined) t.teardown(() => disk.unmount());
  return disk;
}
