/** The list at the end of a backup: what is in it, and how each file was. Source: docs/backup.md#the-file. */
import * as v from 'valibot';
import { decode, WireError } from '../wire/check.ts';
import { BACKED_UP_DOCUMENTS, BACKED_UP_JOURNALS, BACKED_UP_LOGS } from './backup-members.ts';
import { damagedBackup } from './sealed-stream.ts';

export const MANIFEST_NAME = 'manifest.json';
/** Room for the names of 16 TiB of history. */
export const MANIFEST_MAX_BYTES = 256 * 1024 * 1024;
const VERSION = 1;

const FILE_NAMES: readonly string[] = [...BACKED_UP_DOCUMENTS, ...BACKED_UP_LOGS];
const JOURNAL_NAMES: readonly string[] = BACKED_UP_JOURNALS;

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const Manifest = v.object({
  v: v.literal(VERSION),
  created: v.pipe(v.string(), v.isoTimestamp()),
  program: v.string(),
  last_s: Count,
  files: v.array(
    v.object({
      name: v.string(),
      size: Count,
      sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    }),
  ),
});

export type BackupManifest = v.InferOutput<typeof Manifest>;
/** A file as the list has it. */
export type ListedFile = BackupManifest['files'][number];

/** The list as a file. */
export function encodeManifest(manifest: Omit<BackupManifest, 'v'>): Buffer {
  return Buffer.from(`${JSON.stringify({ v: VERSION, ...manifest }, null, 2)}\n`);
}

/** @throws {StorageError} `backup_damaged`. */
export function decodeManifest(text: string): BackupManifest {
  try {
    return decode(Manifest, text);
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    throw damagedBackup('its list makes no sense to this version', { cause });
  }
}

/** Whether a file of this name can be in a backup; nothing else is ever written. */
export function isMemberName(name: string): boolean {
  if (FILE_NAMES.includes(name)) return true;
  const [folder = '', segment = '', ...rest] = name.split('/');
  return rest.length === 0 && JOURNAL_NAMES.includes(folder) && /^\d{6,9}\.jsonl$/.test(segment);
}
