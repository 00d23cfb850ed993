import fs from 'node:fs';
import { promisify } from 'node:util';

const fdatasync = promisify(fs.fdatasync);

/** The calls that fail when a disk is full or broken. Tests pass ones that do. */
export interface Disk {
  /** Opens a file for reading and writing; `create` makes a new one with mode 0600 and fails if it is there. */
  open(path: string, how: 'create' | 'existing'): number;
  /** Writes at a position; may write less than asked, as write(2) does. */
  write(fd: number, bytes: Uint8Array, position: number): number;
  truncate(fd: number, sizeBytes: number): void;
  /** Returns when the file's bytes are on the disk; blocks the thread. */
  sync(fd: number): void;
  /** As `sync`, on the thread pool. */
  syncInPool(fd: number): Promise<void>;
  /** Makes names in a folder durable, of files created, renamed or removed there. */
  syncFolder(path: string): void;
  close(fd: number): void;
  /** Gives a file another name, in place of what had it. */
  rename(path: string, to: string): void;
  remove(path: string): void;
  /** How much the file system of `path` holds, and how much of it we may still write. */
  space(path: string): Promise<Readonly<{ totalBytes: number; freeBytes: number }>>;
}

/** The real one. */
export const nodeDisk: Disk = {
  open: (path, how) => fs.openSync(path, how === 'create' ? 'wx+' : 'r+', 0o600),
  write: (fd, bytes, position) => fs.writeSync(fd, bytes, 0, bytes.byteLength, position),
  truncate: (fd, sizeBytes) => fs.ftruncateSync(fd, sizeBytes),
  sync: (fd) => fs.fdatasyncSync(fd),
  syncInPool: (fd) => fdatasync(fd),
  syncFolder,
  close: (fd) => fs.closeSync(fd),
  rename: (path, to) => fs.renameSync(path, to),
  remove: (path) => fs.rmSync(path, { force: true }),
  async space(path) {
    const { blocks, bavail, bsize } = await fs.promises.statfs(path);
    return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
  },
};

function syncFolder(path: string): void {
  // Windows opens no folders; its file systems make names durable by themselves.
  if (process.platform === 'win32') return;
  const fd = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
