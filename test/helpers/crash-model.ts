/** What may be on a disk after a crash, when nothing but syncs decides what is there. */
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { FileEvent } from './syscall-log.ts';

/**
 * How lucky the owner is; real file systems lie in between.
 *
 * - `strict`: nothing is there that was not synced, names of files included.
 * - `names`: names are there at once, contents when they were synced.
 * - `torn`: names are there, and half of what was added and not synced.
 * - `all`: everything is there, as after kill -9.
 */
export const LUCKS = ['strict', 'names', 'torn', 'all'] as const;
export type Luck = (typeof LUCKS)[number];

/** Contents by path, relative to the folder. */
export type FolderState = ReadonlyMap<string, Buffer>;

type Inode = { live: Buffer; durable: Buffer; syncing: Buffer };

/** A folder that is changed step by step. */
export class CrashModel {
  readonly #folder: string;
  readonly #live = new Map<string, Inode>();
  readonly #durable = new Map<string, Inode>();

  /** @param initial What is there, and durable. */
  constructor(folder: string, initial: FolderState) {
    this.#folder = folder;
    for (const [path, bytes] of initial) {
      const inode = { live: bytes, durable: bytes, syncing: bytes };
      this.#live.set(path, inode);
      this.#durable.set(path, inode);
    }
  }

  apply(event: FileEvent): void {
    const path = this.#place(event.path);
    const inode = this.#live.get(path);
    switch (event.kind) {
      case 'create':
        if (inode === undefined) this.#live.set(path, emptyInode());
        return;
      case 'write':
        if (inode !== undefined) inode.live = written(inode.live, event.bytes, event.offset);
        return;
      case 'truncate':
        if (inode !== undefined) inode.live = inode.live.subarray(0, event.sizeBytes);
        return;
      case 'sync begins':
        if (inode !== undefined) inode.syncing = inode.live;
        return;
      case 'sync':
        if (inode !== undefined) inode.durable = inode.syncing;
        else this.#syncFolder(path);
        return;
      case 'rename':
      case 'link':
        this.#name(event.kind, this.#place(event.from), path);
        return;
      case 'unlink':
        this.#live.delete(path);
        return;
      default:
        event satisfies never;
    }
  }

  /** What a crash now leaves. */
  state(luck: Luck): FolderState {
    const names = luck === 'strict' ? this.#durable : this.#live;
    return new Map([...names].map(([path, inode]) => [path, contentOf(inode, luck)]));
  }

  #name(how: 'rename' | 'link', from: string, to: string): void {
    const inode = this.#live.get(from);
    // Renaming over another name of the same file does nothing at all, says POSIX.
    if (inode === undefined || this.#live.get(to) === inode) return;
    this.#live.set(to, inode);
    if (how === 'rename') this.#live.delete(from);
  }

  #syncFolder(folder: string): void {
    const isInside = (path: string): boolean => join(dirname(path)) === join(folder);
    for (const path of [...this.#durable.keys()].filter(isInside)) this.#durable.delete(path);
    for (const [path, inode] of this.#live) if (isInside(path)) this.#durable.set(path, inode);
  }

  #place(path: string): string {
    return relative(this.#folder, path) || '.';
  }
}

/** Reads a folder as it is. */
export async function readState(folder: string): Promise<FolderState> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Map(
    await Promise.all(
      files.map(async ({ parentPath, name }): Promise<[string, Buffer]> => {
        const path = join(parentPath, name);
        return [relative(folder, path), await readFile(path)];
      }),
    ),
  );
}

/** Makes a folder that is in this state. */
export async function writeState(folder: string, state: FolderState): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  for (const [path, bytes] of state) {
    await mkdir(join(folder, dirname(path)), { recursive: true, mode: 0o700 });
    await writeFile(join(folder, path), bytes, { mode: 0o600 });
  }
  await chmod(folder, 0o700);
}

function emptyInode(): Inode {
  const nothing = Buffer.alloc(0);
  return { live: nothing, durable: nothing, syncing: nothing };
}

/** @param offset At the end unless given. */
function written(before: Buffer, bytes: Buffer, offset = before.byteLength): Buffer {
  const after = Buffer.alloc(Math.max(before.byteLength, offset + bytes.byteLength));
  before.copy(after);
  bytes.copy(after, offset);
  return after;
}

function contentOf({ live, durable }: Inode, luck: Luck): Buffer {
  switch (luck) {
    case 'strict':
    case 'names':
      return durable;
    case 'torn':
      return live.byteLength > durable.byteLength
        ? live.subarray(0, (live.byteLength + durable.byteLength) >> 1)
        : durable;
    case 'all':
      return live;
  }
}
