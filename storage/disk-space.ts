import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { rm, writeFile } from 'node:fs/promises';
import { attempt } from './attempt.ts';
import { nodeDisk, type Disk } from './disk.ts';

/** How often the free space is looked at. Source: docs/security.md, D7. */
export const WATCH_INTERVAL_MS = 10_000;
/** Below this we store nothing for others. */
export const LOW_BYTES = 64 * 1024 * 1024;
/** Below this we take no messages any more, in or out; steps and settings still go. */
export const FULL_BYTES = 16 * 1024 * 1024;
/** Given back when the disk is full, so that state can still be written. */
export const RESERVE_BYTES = 4 * 1024 * 1024;

/** On a small file system, like a router's, the limits are these shares of the whole. */
const LOW_SHARE = 1 / 4;
const FULL_SHARE = 1 / 16;
const RESERVE_SHARE = 1 / 64;

type Space = Readonly<{ totalBytes: number; freeBytes: number }>;

/** How much room there is: for everything, not for others' things, or only for what we must note. */
export type DiskLevel = 'ok' | 'low' | 'full';

export type DiskSpaceOptions = Readonly<{
  folder: string;
  lowBytes?: number;
  fullBytes?: number;
  reserveBytes?: number;
  intervalMs?: number;
  onLevel?: (level: DiskLevel) => void;
  disk?: Disk;
}>;

/**
 * Looks at the free space now and then, and keeps a reserve file, which is removed while the disk is full. Deletes
 * nothing else, ever, and needs no restart when there is room again (D7).
 */
export class DiskSpace {
  readonly #options: Required<DiskSpaceOptions>;
  readonly #reserve: string;
  #level: DiskLevel = 'ok';
  #freeBytes: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DiskSpaceOptions) {
    this.#options = {
      lowBytes: LOW_BYTES,
      fullBytes: FULL_BYTES,
      reserveBytes: RESERVE_BYTES,
      intervalMs: WATCH_INTERVAL_MS,
      onLevel: () => undefined,
      disk: nodeDisk,
      ...options,
    };
    this.#reserve = reserveIn(options.folder);
  }

  get level(): DiskLevel {
    return this.#level;
  }

  /** Free bytes when last looked; `undefined` when the system does not tell. */
  get freeBytes(): number | undefined {
    return this.#freeBytes;
  }

  /** Looks at once, then at intervals that keep no process alive. */
  async start(): Promise<void> {
    await this.look();
    this.#timer = setInterval(() => void this.look(), this.#options.intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks now, e.g. because a write found no room. */
  async look(): Promise<void> {
    const { disk, folder } = this.#options;
    // Where the system can't tell, writing will.
    const space = await disk.space(folder).catch(() => undefined);
    this.#freeBytes = space?.freeBytes;
    const level = space === undefined ? 'ok' : this.#judge(space);
    // A disk that does not even let go of it is reported by whatever is to be written.
    if (level === 'full') attempt(() => disk.remove(this.#reserve));
    else if (level === 'ok') await this.#makeReserve(space);
    if (level === this.#level) return;
    this.#level = level;
    this.#options.onLevel(level);
  }

  #judge({ totalBytes, freeBytes }: Space): DiskLevel {
    const { lowBytes, fullBytes } = this.#options;
    if (freeBytes < Math.min(fullBytes, totalBytes * FULL_SHARE)) return 'full';
    return freeBytes < Math.min(lowBytes, totalBytes * LOW_SHARE) ? 'low' : 'ok';
  }

  async #makeReserve(space: Space | undefined): Promise<void> {
    if (space === undefined || existsSync(this.#reserve)) return;
    const sizeBytes = Math.min(this.#options.reserveBytes, space.totalBytes * RESERVE_SHARE);
    // Without room for it we do without.
    await writeFile(this.#reserve, Buffer.alloc(sizeBytes), { mode: 0o600 }).catch(() => undefined);
  }
}

/**
 * Removes the reserve of a folder that nobody watches yet, because what comes first found no room.
 *
 * @returns Whether there was one.
 */
export async function giveUpReserve(folder: string): Promise<boolean> {
  try {
    await rm(reserveIn(folder));
    return true;
  } catch {
    return false;
  }
}

function reserveIn(folder: string): string {
  return join(folder, 'reserve');
}
