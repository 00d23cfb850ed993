/** Saves acknowledged lines that a failed sync may have cost the disk, where they were acknowledged without one (D6). */
import { open, type FileHandle } from 'node:fs/promises';
import type { Disk } from './disk.ts';
import { readAt } from './segment-index.ts';

/** What of a file is in memory at once. */
const CHUNK_BYTES = 1024 * 1024;

/** Lines since the last sync, as they were written. */
export class Unsynced {
  readonly #lines: Buffer[] = [];
  #sizeBytes = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get lines(): readonly Buffer[] {
    return this.#lines;
  }

  /** Takes a copy. */
  add(bytes: Buffer): void {
    this.#lines.push(Buffer.from(bytes));
    this.#sizeBytes += bytes.byteLength;
  }

  clear(): void {
    this.#lines.length = 0;
    this.#sizeBytes = 0;
  }
}

export type Rescue = Readonly<{
  disk: Disk;
  /** Of the segment. */
  path: string;
  folder: string;
  /** Bytes of lines that are known to be on the disk. */
  syncedBytes: number;
  /** What follows them. */
  unsynced: Unsynced;
}>;

/**
 * Writes a segment once more, to another file that takes its place: what was on the disk before, then what the memory
 * has. Every line stays where it was.
 *
 * @returns The new file, open; all of it is on the disk.
 * @throws What the file system throws; the segment is as the failed sync left it.
 */
export async function rescue(lines: Rescue): Promise<number> {
  const { disk, path, folder } = lines;
  const temporary = `${path}.tmp`;
  disk.remove(temporary);
  const fd = disk.open(temporary, 'create');
  try {
    await fill(fd, lines);
    await disk.syncInPool(fd);
    disk.rename(temporary, path);
    disk.syncFolder(folder);
    return fd;
  } catch (cause) {
    disk.close(fd);
    disk.remove(temporary);
    throw cause;
  }
}

async function fill(fd: number, { disk, path, syncedBytes, unsynced }: Rescue): Promise<void> {
  const former = await open(path, 'r');
  try {
    let position = 0;
    for await (const bytes of readUpTo(former, syncedBytes)) {
      position = writeAll(disk, fd, bytes, position);
    }
    for (const bytes of unsynced.lines) position = writeAll(disk, fd, bytes, position);
  } finally {
    await former.close();
  }
}

async function* readUpTo(file: FileHandle, sizeBytes: number): AsyncGenerator<Buffer> {
  for (let position = 0; position < sizeBytes; position += CHUNK_BYTES) {
    const wantedBytes = Math.min(CHUNK_BYTES, sizeBytes - position);
    const bytes = await readAt(file, position, wantedBytes);
    if (bytes.length < wantedBytes) throw new Error('the segment is shorter than it was');
    yield bytes;
  }
}

/** @returns Where the bytes end. */
function writeAll(disk: Disk, fd: number, bytes: Buffer, position: number): number {
  let written = 0;
  while (written < bytes.byteLength) {
    written += disk.write(fd, bytes.subarray(written), position + written);
  }
  return position + written;
}
