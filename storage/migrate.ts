/**
 * The format of a data folder, and the way from an older one: each step writes what changes into new files, which take
 * the place of the old ones all at once; the old ones stay until a later start went well (D14).
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toStorageError } from './errors.ts';
import { formatMeta, FORMAT, META_FILE, openMeta } from './meta.ts';
import type { OnNotice } from './notice.ts';
import { dropKeptFiles, finishStagedChange, StagedChange, writeWhole } from './staged-change.ts';

/** The way from one format to the next. */
export type MigrationStep = Readonly<{
  /** The format that it reads; it makes the one with the next number. */
  from: number;
  /** The oldest program, by the number of its format, that can still read the result. */
  minReader: number;
  /**
   * Makes the files that change. May be called again after a crash, and must not touch the folder itself.
   *
   * @param folder The data folder, in the former format.
   * @param put    Keeps a file of the new format, by its path from the folder.
   * @returns      Paths of files that the new format does not have any more.
   */
  convert: (
    folder: string,
    put: (path: string, content: string | Uint8Array) => Promise<void>,
  ) => Promise<readonly string[]>;
}>;

/** Which format a program writes, and how it gets there from older ones. */
export type Formats = Readonly<{ present: number; steps: readonly MigrationStep[] }>;

/** Those of this program; a step for each new number. Source: docs/storage.md#format-versions. */
export const FORMATS: Formats = { present: FORMAT, steps: [] };

/** A folder whose format is ours. */
export type OpenedFormat = Readonly<{
  /** The format that it had before; `undefined` if it was ours already. */
  migratedFrom: number | undefined;
}>;

/**
 * Brings a data folder to the present format; a new one gets it at once. Finishes first what a crash interrupted.
 * Whoever calls holds the folder's lock.
 *
 * @throws {StorageError} `format_too_new`; nothing was written. `storage_full` or `storage_failed`; what was there
 *   before is there still.
 */
export async function openFormat(
  folder: string,
  onNotice: OnNotice,
  formats: Formats = FORMATS,
): Promise<OpenedFormat> {
  await finishStagedChange(folder);
  const { format } = await openMeta(folder, onNotice, formats.present);
  for (let from = format; from < formats.present; from++) {
    try {
      await migrate(folder, stepFrom(formats, from));
    } catch (cause) {
      throw toStorageError(cause, folder);
    }
  }
  if (format === formats.present) return { migratedFrom: undefined };
  onNotice({
    code: 'folder_migrated',
    message: `the data folder has format ${formats.present} now; what it was before stays in backup/ until the next start`,
  });
  return { migratedFrom: format };
}

/**
 * Removes what migrations kept, once a start went well that did not need one.
 *
 * @param opened What `openFormat` said at this start.
 */
export async function dropFormerFormat(folder: string, opened: OpenedFormat): Promise<void> {
  if (opened.migratedFrom !== undefined) return;
  await dropKeptFiles(folder, (name) => /^format-\d+$/.test(name));
}

async function migrate(folder: string, { from, minReader, convert }: MigrationStep): Promise<void> {
  const change = await StagedChange.begin(folder);
  const put = async (path: string, content: string | Uint8Array): Promise<void> => {
    const target = join(change.filesFolder, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeWhole(target, content);
  };
  try {
    const removed = await convert(folder, put);
    for (const { name, text } of formatMeta({ format: from + 1, minReader })) await put(name, text);
    await change.commit({ removed: [...removed, `${META_FILE}.bak`], keepAs: `format-${from}` });
  } catch (cause) {
    await change.discard();
    throw cause;
  }
}

function stepFrom({ steps }: Formats, from: number): MigrationStep {
  const step = steps.find((it) => it.from === from);
  // A folder can only have a format that was released, and each of those has its step.
  if (step === undefined) throw new TypeError(`there is no way from format ${from}`);
  return step;
}
