import { join } from 'node:path';
import { checksum, openDocument } from './document.ts';
import { StorageError } from './errors.ts';
import type { OnNotice } from './notice.ts';

/** Version of all that lies in the data folder. Each change has its line in docs/storage.md (D14). */
export const FORMAT = 1;

export const META_FILE = 'meta.json';

/** `minReader`: the oldest format number of a program that can still read the folder. */
export type Meta = Readonly<{ format: number; minReader: number }>;

/**
 * Reads which format the folder has; a folder without `meta.json` gets one.
 *
 * @param present The format of this program.
 * @throws {StorageError} `format_too_new`; nothing was written.
 */
export async function openMeta(
  folder: string,
  onNotice: OnNotice,
  present = FORMAT,
): Promise<Meta> {
  const empty: Meta = { format: 0, minReader: 0 };
  const document = await openDocument<Meta>({
    path: join(folder, META_FILE),
    bare: true,
    empty,
    decode: (value) => decodeMeta(value, present),
    onNotice,
  });
  if (document.data !== empty) return document.data;
  document.data = { format: present, minReader: present };
  await document.write();
  return document.data;
}

/**
 * Reads the content of `meta.json`.
 *
 * @throws {StorageError} `format_too_new`.
 * @throws {TypeError} It is no such content.
 */
export function decodeMeta(value: unknown, present = FORMAT): Meta {
  if (typeof value !== 'object' || value === null) throw new TypeError('not an object');
  if (!('format' in value && 'minReader' in value)) throw new TypeError('a member is missing');
  const { format, minReader } = value;
  if (!isNumber(format) || !isNumber(minReader)) throw new TypeError('not whole numbers');
  if (format > present) {
    throw new StorageError(
      'format_too_new',
      `the data folder has format ${format}, this version knows ${present}: use a newer version`,
    );
  }
  return { format, minReader };
}

/** `meta.json` and its checksum as files. */
export function formatMeta(meta: Meta): readonly Readonly<{ name: string; text: string }>[] {
  const text = `${JSON.stringify(meta, null, 2)}\n`;
  return [
    { name: META_FILE, text },
    { name: `${META_FILE}.crc`, text: `${checksum(text)}\n` },
  ];
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
