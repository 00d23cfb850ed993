import { execFile } from 'node:child_process';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);
const CHUNK = Buffer.alloc(64 * 1024);

/** A file system of its own, small enough to be filled. */
export class SmallDisk {
  readonly folder: string;
  readonly #filler: string;

  constructor(folder: string) {
    this.folder = folder;
    this.#filler = join(folder, 'filler');
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
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const folder = await temporaryFolder(t);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m,mode=0700`, 'tmpfs', folder]);
  } catch {
    return undefined;
  }
  t.teardown(() => run('umount', ['--lazy', folder]));
  return new SmallDisk(folder);
}
