/**
 * A change of several files at once, of which after a crash at any moment either nothing or everything is there: new
 * files are gathered in a folder of their own, one renaming decides, and what is left to do then is done by whoever
 * comes next. The files that were replaced can be kept (D13, D14).
 */
import { mkdir, open, readdir, readFile, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { nodeDisk } from './disk.ts';
import { keepBackup } from './durable-file.ts';
import { errnoOf, toStorageError } from './errors.ts';

/** Holds a change that is being prepared; worth nothing after a crash. */
const STAGING = 'staging.tmp';
/** Holds a change that is decided. */
const STAGED = 'staged';
const FILES = 'files';
const PLAN = 'plan.json';
/** Where replaced files are kept, each change's in a folder of its own. */
export const KEPT_FOLDER = 'backup';

/** Names that a change uses in the folder. */
export const STAGING_NAMES = [STAGING, STAGED] as const;

/** What is to be done besides putting the new files in place. */
export type ChangePlan = Readonly<{
  /** Files to be removed, as paths from the folder. */
  removed: readonly string[];
  /** Name of the folder in `backup` in which replaced and removed files stay; `undefined` for none. */
  keepAs: string | undefined;
}>;

/** A change that is being prepared. */
export class StagedChange {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Begins anew, whatever an interrupted one left. Whoever calls holds the folder's lock. */
  static async begin(folder: string): Promise<StagedChange> {
    const staging = join(folder, STAGING);
    await rm(staging, { recursive: true, force: true });
    await mkdir(join(staging, FILES), { recursive: true, mode: 0o700 });
    return new StagedChange(folder);
  }

  /** Where the new files go, under the paths that they are to have. They must be on the disk before `commit`. */
  get filesFolder(): string {
    return join(this.#folder, STAGING, FILES);
  }

  /** Makes the change; after a crash it was not made, or `finishStagedChange` finishes it. */
  async commit(plan: ChangePlan): Promise<void> {
    const staging = join(this.#folder, STAGING);
    await this.#dropKept(plan.keepAs);
    await writeWhole(join(staging, PLAN), JSON.stringify(plan));
    await syncFolders(this.filesFolder);
    nodeDisk.syncFolder(staging);
    await rename(staging, join(this.#folder, STAGED));
    nodeDisk.syncFolder(this.#folder);
    await finishStagedChange(this.#folder);
  }

  /** Leaves everything as it was. */
  async discard(): Promise<void> {
    await rm(join(this.#folder, STAGING), { recursive: true, force: true });
  }

  /** What an earlier change of that name kept is older than what this one replaces. */
  async #dropKept(keepAs: string | undefined): Promise<void> {
    if (keepAs === undefined) return;
    await rm(join(this.#folder, KEPT_FOLDER, keepAs), { recursive: true, force: true });
  }
}

/**
 * Finishes a change that was decided, and removes one that was not. Whoever calls holds the folder's lock.
 *
 * @throws {StorageError}
 */
export async function finishStagedChange(folder: string): Promise<void> {
  const staged = join(folder, STAGED);
  try {
    await rm(join(folder, STAGING), { recursive: true, force: true });
    const plan = await readPlan(join(staged, PLAN));
    if (plan !== undefined) await carryOut(folder, plan);
    await rm(staged, { recursive: true, force: true });
  } catch (cause) {
    throw toStorageError(cause, staged);
  }
}

/**
 * Removes what changes kept.
 *
 * @param isName Whether a name in `backup` is that of a change; what else lies there is somebody's own.
 */
export async function dropKeptFiles(
  folder: string,
  isName: (name: string) => boolean,
): Promise<void> {
  const kept = join(folder, KEPT_FOLDER);
  const names = await readdir(kept).catch(ignoreMissing);
  if (names === undefined) return;
  for (const name of names.filter(isName)) await rm(join(kept, name), { recursive: true });
  // Unless something else lies there.
  await rmdir(kept).catch(() => undefined);
}

/** Each step may have been done before a crash. */
async function carryOut(folder: string, { removed, keepAs }: ChangePlan): Promise<void> {
  const files = join(folder, STAGED, FILES);
  const keep = (name: string): Promise<void> => keepOld(folder, name, keepAs);
  for (const name of removed) {
    await keep(name);
    await unlink(join(folder, name)).catch(ignoreMissing);
  }
  for (const name of await listFiles(files)) {
    await keep(name);
    await mkdir(dirname(join(folder, name)), { recursive: true, mode: 0o700 });
    await rename(join(files, name), join(folder, name));
    nodeDisk.syncFolder(dirname(join(folder, name)));
  }
  nodeDisk.syncFolder(folder);
  // Without it nothing is left to do.
  await unlink(join(folder, STAGED, PLAN));
  await rmdir(join(folder, STAGED, FILES)).catch(() => undefined);
}

async function keepOld(folder: string, name: string, keepAs: string | undefined): Promise<void> {
  if (keepAs === undefined) return;
  const kept = join(folder, KEPT_FOLDER, keepAs, name);
  await mkdir(dirname(kept), { recursive: true, mode: 0o700 });
  await keepBackup(join(folder, name), kept);
  nodeDisk.syncFolder(dirname(kept));
}

/** Paths of all files below a folder, in a fixed order. */
export async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const nested = entries.map(async (entry) => {
    if (!entry.isDirectory()) return [entry.name];
    const names = await listFiles(join(folder, entry.name));
    return names.map((name) => join(entry.name, name));
  });
  return (await Promise.all(nested)).flat().sort();
}

async function syncFolders(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await syncFolders(join(folder, entry.name));
  }
  nodeDisk.syncFolder(folder);
}

/** Whoever committed a plan has synced it. */
async function readPlan(path: string): Promise<ChangePlan | undefined> {
  const text = await readFile(path, 'utf8').catch(ignoreMissing);
  return text === undefined ? undefined : decodePlan(JSON.parse(text));
}

function decodePlan(value: unknown): ChangePlan {
  const isPlan = typeof value === 'object' && value !== null && 'removed' in value;
  const removed: unknown = isPlan ? value.removed : undefined;
  if (!isPlan || !isTexts(removed)) throw new TypeError('that is no plan of a change');
  const keepAs = 'keepAs' in value && typeof value.keepAs === 'string' ? value.keepAs : undefined;
  return { removed, keepAs };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

/** Writes a new file; it is on the disk when this resolves. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

function ignoreMissing(cause: unknown): undefined {
  if (errnoOf(cause) === 'ENOENT') return undefined;
  throw cause;
}
