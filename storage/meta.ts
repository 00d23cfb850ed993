import { join } from 'node:path';
import { openDocument } from './document.ts';
import { StorageError } from './errors.ts';
import type { OnNotice } from './notice.ts';

/** Version of all that lies in the data folder. Each change has its line in docs/storage.md (D14). */
export const FORMAT = 1;

/** `minReader`: the oldest format number of a program that can still read the folder. */
export type Meta = Readonly<{ format: number; minReader: number }>;

/**
 * Reads which format the folder has; a folder without `meta.json` gets one.
 *
 * @throws {StorageError} `format_too_new`; nothing was written.
 */
export async function openMeta(folder: string, onNotice: OnNotice): Promise<Meta> {
  const empty: Meta = { format: 0, minReader: 0 };
  const document = await openDocument<Meta>({
    path: join(folder, 'meta.json'),
    bare: true,
    empty,
    decode: decodeMeta,
    onNotice,
  });
  if (document.data !== empty) return document.data;
  document.data = { format: FORMAT, minReader: FORMAT };
  await document.write();
  return document.data;
}

function decodeMeta(value: unknown): Meta {
  if (typeof value !== 'object' || value === null) throw new TypeError('not an object');
  if (!('format' in value && 'minReader' in value)) throw new TypeError('a member is missing');
  const { format, minReader } = value;
  if (typeof format !== 'number' || typeof minReader !== 'number')
    throw new TypeError('not numbers');
  if (format > FORMAT) {
    throw new StorageError(
      'format_too_new',
      `the data folder has format ${format}, this version knows ${FORMAT}: use a newer version`,
    );
  }
  return { format, minReader };
}
