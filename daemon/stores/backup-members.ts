/** What of a data folder is in a backup, and how it is gathered while a daemon works on it (D13). */
import fs from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { readText } from '../../storage/durable-file.ts';
import { errnoOf, StorageError, toStorageError } from '../../storage/errors.ts';
import type { JournalExtent } from '../../storage/journal.ts';
import { parseLine } from '../../storage/line.ts';
import { visitLines } from '../../storage/scan.ts';
import type { SegmentExtent } from '../../storage/segment-list.ts';
import { parseSegmentName } from '../../storage/segment.ts';

/**
 * Documents that go into a backup. Read in this order: an identity that has changed meanwhile must not be older than
 * what the contacts are said to know of it.
 */
export const BACKED_UP_DOCUMENTS = [
  'contacts.json',
  'identity.json',
  'requests.json',
  'rooms.json',
  'deletions.json',
  'drafts.json',
  'config.json',
  'meta.json',
] as const;

/** Logs that go into a backup: what is in them at a moment, to the last whole line. */
export const BACKED_UP_LOGS = ['topics.log'] as const;

/** Journals that go into a backup: folders with segments. */
export const BACKED_UP_JOURNALS = ['history'] as const;

/**
 * What stays behind: states of sessions, which would be worth something to a thief alone (D8); what lets browsers and
 * programs in; links for friends, which may have been used since; what is carried for others; and what every start makes
 * anew. Copies of documents and damaged bytes are no part of what counts.
 */
export const LEFT_BEHIND =
  /^(?:ratchet\.log|sessions\.json|api-token|invitations\.json|relay|daemon\.json|lock|reserve|open-gui\.html|quarantine|backup|staging\.tmp|staged|log(?:\.\d+)?)$|\.(?:bak|crc|tmp|index|words)$/;

/** How often a document that changes just now is looked at again, and how long to wait in between. */
const STABLE_ATTEMPTS = 20;
const STABLE_PAUSE_MS = 25;
/** What of a segment is in memory at once. */
const READ_BYTES = 256 * 1024;

const read = promisify(fs.read);

/** Where a backup comes from. */
export type BackupSource = Readonly<{
  /** The data folder. */
  folder: string;
  /** Resolves when all that is known is on the disk, with the journal of messages as it is then. */
  settle: () => Promise<JournalExtent>;
}>;

/** One file of a backup. */
export type BackupMember = Readonly<{
  /** Path from the data folder. */
  name: string;
  sizeBytes: number;
  /** Exactly so many bytes. */
  read: () => AsyncIterable<Uint8Array>;
  /** To be called once, read or not. */
  close: () => void;
}>;

export type GatheredMembers = Readonly<{ lastS: number; members: readonly BackupMember[] }>;

/**
 * Finds what goes into a backup. Documents are read now; of the journal only its extent is noted, since what is there
 * does not change. Documents come first, so that none speaks of a message that is not there.
 *
 * @throws {StorageError} `identity_missing`: there is nothing to back up. `folder_unsafe`, `storage_failed`.
 */
export async function gatherMembers({ folder, settle }: BackupSource): Promise<GatheredMembers> {
  const documents = await readStable(folder);
  if (!documents.has('identity.json')) {
    throw new StorageError('identity_missing', `there is nothing to back up in ${folder}`);
  }
  const logs = await readLogs(folder);
  const { lastS, segments } = await settle();
  // All at once: what is written anew or put together later stays as it is for whoever has it open.
  const journal = segments.flatMap((extent, index) =>
    openSegment(folder, extent, index === segments.length - 1),
  );
  return { lastS, members: [...[...documents, ...logs].map(documentMember), ...journal] };
}

/** The journal of a folder on which no daemon runs: its files as they are. */
export async function extentOfFolder(folder: string): Promise<JournalExtent> {
  const names = await readdir(join(folder, 'history')).catch(() => []);
  const segments = names.filter((name) => parseSegmentName(name) !== undefined).sort();
  const extents = segments.map(async (name) => {
    const { size } = await stat(join(folder, 'history', name));
    return { name, sizeBytes: size };
  });
  const newest = segments.at(-1);
  const lastS = newest === undefined ? 0 : await lastNumberIn(join(folder, 'history', newest));
  return { lastS, segments: await Promise.all(extents) };
}

async function lastNumberIn(path: string): Promise<number> {
  let lastS = 0;
  await visitLines(path, (bytes, { start, end }) => {
    lastS = parseLine(bytes, start, end)?.s ?? lastS;
    return 'go on';
  });
  return lastS;
}

/** All documents as they were at one moment: read again until none has changed in between. */
async function readStable(folder: string): Promise<ReadonlyMap<string, string>> {
  let before = await readDocuments(folder);
  for (let attempt = 0; attempt < STABLE_ATTEMPTS; attempt++) {
    const now = await readDocuments(folder);
    if ([...now].every(([name, text]) => before.get(name) === text)) return now;
    before = now;
    await pause(STABLE_PAUSE_MS);
  }
  throw new StorageError('storage_failed', 'the documents change too fast to be backed up');
}

async function readDocuments(folder: string): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const name of BACKED_UP_DOCUMENTS) {
    const text = await readText(join(folder, name));
    if (text !== undefined) texts.set(name, text);
  }
  return texts;
}

/** Lines are added while this is read; one that is not whole yet was acknowledged to nobody. */
async function readLogs(folder: string): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const name of BACKED_UP_LOGS) {
    const text = await readText(join(folder, name));
    if (text !== undefined) texts.set(name, text.slice(0, text.lastIndexOf('\n') + 1));
  }
  return texts;
}

function documentMember([name, text]: readonly [string, string]): BackupMember {
  const bytes = Buffer.from(text);
  return {
    name,
    sizeBytes: bytes.byteLength,
    read: () => Readable.from([bytes]),
    close: () => undefined,
  };
}

/**
 * Opens a segment. To the newest one lines are added; of it counts what was acknowledged. One that is gone has just been
 * put together with the one before.
 */
function openSegment(
  folder: string,
  { name, sizeBytes: goodBytes }: SegmentExtent,
  isNewest: boolean,
): BackupMember[] {
  const fd = tryOpen(join(folder, 'history', name));
  if (fd === undefined) return [];
  const sizeBytes = isNewest ? goodBytes : fs.fstatSync(fd).size;
  const close = (): void => fs.closeSync(fd);
  return [{ name: `history/${name}`, sizeBytes, read: () => readFrom(fd, sizeBytes), close }];
}

function tryOpen(path: string): number | undefined {
  try {
    return fs.openSync(path, 'r');
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw toStorageError(cause, path);
  }
}

/** The first bytes of a file. */
async function* readFrom(fd: number, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < sizeBytes;) {
    const length = Math.min(READ_BYTES, sizeBytes - offset);
    const { buffer, bytesRead } = await read(fd, Buffer.allocUnsafe(length), 0, length, offset);
    if (bytesRead === 0) throw new StorageError('storage_failed', 'a segment ended early');
    yield buffer.subarray(0, bytesRead);
    offset += bytesRead;
  }
}
