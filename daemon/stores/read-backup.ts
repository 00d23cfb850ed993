/** Reads a backup: everything in it is proven before anything of it counts (D13). Source: docs/backup.md. */
import { createHash, type Hash } from 'node:crypto';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, StorageError, toStorageError } from '../../storage/errors.ts';
import { decodeMeta, META_FILE } from '../../storage/meta.ts';
import { parseTarHeader, TAR_BLOCK_BYTES, tarPadding, type TarMember } from '../../storage/tar.ts';
import {
  decodeManifest,
  isMemberName,
  MANIFEST_MAX_BYTES,
  MANIFEST_NAME,
  type BackupManifest,
  type ListedFile,
} from './backup-manifest.ts';
import { ByteReader } from './byte-reader.ts';
import { damagedBackup, unsealFile } from './sealed-stream.ts';

/** A document is far smaller; what is looked into must not fill the memory. */
const META_MAX_BYTES = 64 * 1024;

/**
 * Reads a backup to its end and proves that all of it is as it was written.
 *
 * @param path   The file.
 * @param target Folder in which its files are put, each on the disk when this resolves; `undefined` to look only.
 * @returns      The list of what is in it.
 * @throws {StorageError} `wrong_passphrase`, `backup_damaged`, `format_too_new`; `storage_full` or `storage_failed`.
 *   Nothing in `target` is to be believed then.
 */
export async function readBackup(
  path: string,
  passphrase: string,
  target: string | undefined,
): Promise<BackupManifest> {
  const file = await openFile(path);
  try {
    const reader = new ByteReader(unsealFile(file, passphrase));
    return await new BackupReading(reader, target).run();
  } catch (cause) {
    throw toStorageError(cause, target ?? path);
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT') throw toStorageError(cause, path);
    throw new StorageError('backup_damaged', `there is no ${path}`, { cause });
  }
}

/** One pass over the files of a backup. */
class BackupReading {
  readonly #reader: ByteReader;
  readonly #target: string | undefined;
  readonly #files: ListedFile[] = [];
  #meta = '';

  constructor(reader: ByteReader, target: string | undefined) {
    this.#reader = reader;
    this.#target = target;
  }

  async run(): Promise<BackupManifest> {
    for (;;) {
      const member = await this.#nextMember();
      if (member.name === MANIFEST_NAME) return this.#finish(member);
      await this.#readMember(member);
    }
  }

  async #nextMember(): Promise<TarMember> {
    const header = parseTarHeader(await this.#take(TAR_BLOCK_BYTES));
    if (header === undefined) throw damagedBackup('it holds something that is not a plain file');
    if (header === 'end') throw damagedBackup('its list is missing');
    return header;
  }

  async #readMember({ name, sizeBytes }: TarMember): Promise<void> {
    const isTwice = this.#files.some((file) => file.name === name);
    if (!isMemberName(name) || isTwice) {
      throw damagedBackup(`it holds a file that does not belong there (${name.slice(0, 60)})`);
    }
    const hash = createHash('sha256');
    const output = await this.#create(name);
    try {
      await this.#copy({ sizeBytes, hash, output, isMeta: name === META_FILE });
      await output?.sync();
    } finally {
      await output?.close();
    }
    await this.#take(tarPadding(sizeBytes));
    this.#files.push({ name, size: sizeBytes, sha256: hash.digest('hex') });
  }

  async #copy({ sizeBytes, hash, output, isMeta }: Copying): Promise<void> {
    if (isMeta && sizeBytes > META_MAX_BYTES) throw damagedBackup(`${META_FILE} is too long`);
    for (let left = sizeBytes; left > 0;) {
      const bytes = await this.#reader.takeSome(left);
      if (bytes === undefined) throw damagedBackup('it ends too early');
      hash.update(bytes);
      if (isMeta) this.#meta += Buffer.from(bytes).toString('latin1');
      await output?.writeFile(bytes);
      left -= bytes.length;
    }
  }

  async #create(name: string): Promise<FileHandle | undefined> {
    if (this.#target === undefined) return undefined;
    const path = join(this.#target, name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return open(path, 'wx', 0o600);
  }

  /** The list must name exactly what there was, and nothing may follow it. */
  async #finish({ sizeBytes }: TarMember): Promise<BackupManifest> {
    if (sizeBytes > MANIFEST_MAX_BYTES) throw damagedBackup('its list is too long');
    const manifest = decodeManifest((await this.#take(sizeBytes)).toString('utf8'));
    await this.#take(tarPadding(sizeBytes));
    for (let bytes = await this.#reader.takeSome(TAR_BLOCK_BYTES); bytes !== undefined;) {
      if (bytes.some((byte) => byte !== 0)) throw damagedBackup('something follows its list');
      bytes = await this.#reader.takeSome(TAR_BLOCK_BYTES);
    }
    if (JSON.stringify(manifest.files) !== JSON.stringify(this.#files)) {
      throw damagedBackup('what is in it is not what its list says');
    }
    this.#requireReadable();
    return manifest;
  }

  #requireReadable(): void {
    const names = new Set(this.#files.map(({ name }) => name));
    if (!names.has('identity.json')) throw damagedBackup('there is no identity in it');
    // A folder on which no daemon ever ran has no format yet.
    if (names.has(META_FILE)) decodeMetaText(this.#meta);
  }

  async #take(sizeBytes: number): Promise<Buffer> {
    const bytes = await this.#reader.take(sizeBytes);
    if (bytes === undefined) throw damagedBackup('it ends too early');
    return bytes;
  }
}

type Copying = Readonly<{
  sizeBytes: number;
  hash: Hash;
  output: FileHandle | undefined;
  isMeta: boolean;
}>;

function decodeMetaText(text: string): void {
  try {
    decodeMeta(JSON.parse(text));
  } catch (cause) {
    if (cause instanceof StorageError) throw cause;
    throw damagedBackup(`${META_FILE} makes no sense`, { cause });
  }
}
