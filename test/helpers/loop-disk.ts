/** A disk whose power can be cut: ext4 in a file, mounted through a loop device. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, truncate, writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';

const run = promisify(execFile);

/**
 * What programs wrote to it but did not sync lies in the memory of the file system above and not in the file, so a copy
 * of the file is what a power cut leaves. (A disk may also lose what was handed to it and not flushed; that a flush was
 * asked for can't be seen here.)
 */
export class LoopDisk {
  /** Where it is mounted. */
  readonly folder: string;
  readonly #image: string;

  private constructor(parent: string) {
    this.folder = join(parent, 'disk');
    this.#image = join(parent, 'image');
  }

  /**
   * Makes one and mounts it.
   *
   * @returns `undefined` where that is not allowed, or the tools are missing.
   */
  static async mount(parent: string, sizeMib: number): Promise<LoopDisk | undefined> {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
    const disk = new LoopDisk(parent);
    await mkdir(disk.folder, { mode: 0o700 });
    await writeFile(disk.#image, '');
    await truncate(disk.#image, sizeMib * 1024 * 1024);
    try {
      await run('mkfs.ext4', ['-q', '-F', disk.#image]);
      await disk.#mount();
      return disk;
    } catch {
      return undefined;
    }
  }

  /**
   * What a power cut at this moment would leave on the disk. Nobody may be writing; the file system itself may be, so
   * it is read until it stays the same.
   */
  async capture(): Promise<Buffer> {
    let before = await readFile(this.#image);
    return eventually(async () => {
      const now = await readFile(this.#image);
      const isStill = now.equals(before);
      before = now;
      return isStill && now;
    });
  }

  /** Goes on with what a power cut has left. Nobody may have a file open. */
  async restore(content: Buffer): Promise<void> {
    await this.unmount();
    await writeFile(this.#image, content);
    await this.#mount();
  }

  async unmount(): Promise<void> {
    await run('umount', [this.folder]);
  }

  /** Unmounts it whatever is still open, and removes it. */
  async discard(): Promise<void> {
    await run('umount', ['--lazy', this.folder]).catch(() => undefined);
    await rm(this.#image, { force: true });
  }

  async #mount(): Promise<void> {
    await run('mount', ['-o', 'loop,noatime', this.#image, this.folder]);
  }
}
