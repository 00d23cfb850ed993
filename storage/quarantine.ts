import { mkdir, open, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { nodeDisk } from './disk.ts';
import { errnoOf } from './errors.ts';

/** Where damaged bytes went. */
export type SetAside = Readonly<{
  path: string;
  /** They had been set aside before. */
  isKnown: boolean;
}>;

/**
 * Keeps a copy of damaged bytes in a folder for a person to look at. The name must stand for the bytes, so that the
 * same damage found again is not copied again.
 */
export async function setAsideBytes(
  folder: string,
  name: string,
  bytes: Uint8Array,
): Promise<SetAside> {
  const path = join(folder, name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = await open(path, 'wx', 0o600).catch(ignoreExisting);
  if (file === undefined) return { path, isKnown: true };
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  nodeDisk.syncFolder(folder);
  return { path, isKnown: false };
}

/** Moves a whole damaged file out of the way; `crc` tells it from others of that name. */
export async function setAsideFile(folder: string, path: string, crc: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await rename(path, join(folder, `${basename(path)}.${crc}`));
  nodeDisk.syncFolder(folder);
}

function ignoreExisting(cause: unknown): undefined {
  if (errnoOf(cause) === 'EEXIST') return undefined;
  throw cause;
}
