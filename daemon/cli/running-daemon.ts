/**
 * `DATA/daemon.json`: how the command line finds the daemon that runs on this data folder.
 *
 * The daemon writes it once its listeners are bound, and removes it when it stops.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { decode, WireError } from '../wire/check.ts';

const FILE_NAME = 'daemon.json';

/** Where a running daemon is. */
export type DaemonPlace = Readonly<{
  /** URL of the gui listener, as this machine reaches it. */
  gui: string;
  /** The one certificate that it shows there, PEM; only where it speaks TLS. */
  certificate?: string | undefined;
  pid: number;
}>;

const DaemonPlace = v.object({
  gui: v.pipe(v.string(), v.url()),
  certificate: v.optional(v.string()),
  pid: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
});

/**
 * Notes that the daemon of this folder runs here. Whoever calls holds the folder's lock.
 *
 * @param place `gui` has the real port; a listener on all addresses is noted as loopback.
 */
export async function announceDaemon(dataFolder: string, place: DaemonPlace): Promise<void> {
  const noted: DaemonPlace = { ...place, gui: localUrl(place.gui) };
  const path = join(dataFolder, FILE_NAME);
  // Renamed into place, so that no reader sees half of it.
  await writeFile(`${path}.tmp`, `${JSON.stringify(noted)}\n`, { mode: 0o600 });
  await rename(`${path}.tmp`, path);
}

/** Removes the note. */
export async function withdrawDaemon(dataFolder: string): Promise<void> {
  await rm(join(dataFolder, FILE_NAME), { force: true });
}

/** The daemon that runs on this folder; `undefined` when none does. */
export async function findDaemon(dataFolder: string): Promise<DaemonPlace | undefined> {
  const place = await readPlace(join(dataFolder, FILE_NAME));
  // After a crash the note is still there, and its port may be another program's, which must not get our token.
  return place !== undefined && isAlive(place.pid) ? place : undefined;
}

async function readPlace(path: string): Promise<DaemonPlace | undefined> {
  try {
    return decode(DaemonPlace, await readFile(path, 'utf8'));
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing || error instanceof WireError) return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of somebody else is alive too, and may not be signalled.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function localUrl(url: string): string {
  const { origin, hostname, port, protocol } = new URL(url);
  if (hostname === '0.0.0.0') return `${protocol}//127.0.0.1:${port}`;
  return hostname === '[::]' ? `${protocol}//[::1]:${port}` : origin;
}
