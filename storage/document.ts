/** Small JSON documents: lowdb, with an adapter that survives power loss, damage and the owner's editor (D4). */
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { Low, type Adapter } from 'lowdb';
import { StorageError, toStorageError } from './errors.ts';
import { readText, removeTemporaries, replaceFile } from './durable-file.ts';
import { formatCrc } from './line.ts';
import type { OnNotice } from './notice.ts';
import { setAsideFile } from './quarantine.ts';

/** Writes that come within this time are one write. Source: docs/security.md, D4. */
const GATHER_MS = 20;
/** Of so many contents that may be in the file the checksums are kept; another one looks like a person's. */
const CRCS_MAX = 4;
/** Version of the frame around documents that are not bare. */
const FRAME_VERSION = 1;

export type DocumentOptions<T> = Readonly<{
  path: string;
  /**
   * The file is the content alone, for people to edit, with its checksum beside it; other documents are
   * `{v, crc, data}`.
   */
  bare: boolean;
  /** The content when there is no file yet, or none that can be read. */
  empty: T;
  /** Throws what it likes when the value is no such content. */
  decode: (value: unknown) => T;
  onNotice: OnNotice;
}>;

/** What lowdb makes of a document: change `data`, then `write()`. */
export class Document<T> extends Low<T> {
  readonly #file: DurableFile<T>;

  constructor(file: DurableFile<T>, empty: T) {
    super(file, empty);
    this.#file = file;
  }

  /** Resolves when all that was handed to `write` is durable. */
  close(): Promise<void> {
    return this.#file.close();
  }
}

/**
 * Opens a document. A damaged file is moved to `quarantine`, the copy before it is used, and the owner is told; a file
 * that a person has edited is accepted and reported. `write()` resolves when the content of that moment or a newer one
 * is durable, and throws a `StorageError` when that failed.
 *
 * @throws {StorageError} `storage_failed` when it can't be read at all, `folder_unsafe` for a symbolic link,
 *   `format_too_new` when a newer version of this program wrote it.
 */
export async function openDocument<T>(options: DocumentOptions<T>): Promise<Document<T>> {
  const document = new Document(new DurableFile(options), options.empty);
  await document.read();
  return document;
}

/** What a file turned out to be. `crc` is that of the whole text. */
type Reading<T> =
  | Readonly<{ kind: 'good'; data: T; crc: string }>
  | Readonly<{ kind: 'damaged'; crc: string }>
  | Readonly<{ kind: 'absent' }>;

class DurableFile<T> implements Adapter<T> {
  readonly #options: DocumentOptions<T>;
  /** Checksums that the file may have: one, unless a write failed and left it open which of two it is. */
  #crcs: readonly string[] = [''];
  /** The write that has not begun, shared by all who asked since the last one began. */
  #next: Promise<void> | undefined;
  #nextData: T | undefined;
  #endPause: (() => void) | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(options: DocumentOptions<T>) {
    this.#options = options;
  }

  async read(): Promise<T | null> {
    // Whoever asked for the write hears of its failure.
    await this.close().catch(ignoreResult);
    return this.#inTurn(() => this.#readNow());
  }

  write(data: T): Promise<void> {
    this.#nextData = data;
    this.#next ??= this.#writeNext();
    return this.#next;
  }

  close(): Promise<void> {
    this.#endPause?.();
    return this.#next ?? this.#last;
  }

  /** Reads and writes follow one another. */
  #inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(task);
    this.#last = result.then(ignoreResult, ignoreResult);
    return result;
  }

  async #readNow(): Promise<T | null> {
    const { path } = this.#options;
    try {
      const reading = await this.#readFile(path);
      await removeTemporaries(path);
      this.#crcs = [reading.kind === 'good' ? reading.crc : ''];
      if (reading.kind !== 'good') return await this.#readBackup(reading);
      if (this.#options.bare) await this.#noteEdit(reading.crc);
      return reading.data;
    } catch (cause) {
      throw toStorageError(cause, path);
    }
  }

  /** Reads and checks one file, the document or its backup. */
  async #readFile(path: string): Promise<Reading<T>> {
    const text = await readText(path);
    if (text === undefined) return { kind: 'absent' };
    const crc = checksum(text);
    try {
      const value = JSON.parse(text) as unknown;
      const content = this.#options.bare ? value : unwrap(value);
      return { kind: 'good', data: this.#options.decode(content), crc };
    } catch (cause) {
      if (cause instanceof StorageError && cause.code === 'format_too_new') throw cause;
      return { kind: 'damaged', crc };
    }
  }

  async #readBackup(reading: Reading<T>): Promise<T | null> {
    const { path } = this.#options;
    const backup = await this.#readFile(`${path}.bak`);
    if (reading.kind === 'absent' && backup.kind === 'absent') return null;
    const where = reading.kind === 'damaged' ? await this.#setAside(reading.crc) : 'is missing';
    if (backup.kind === 'good') {
      this.#tell('document_restored', `${where}; the copy before it is used`);
      return backup.data;
    }
    this.#tell('document_reset', `${where}; there is no copy that can be read, it begins anew`);
    return null;
  }

  async #setAside(crc: string): Promise<string> {
    const { path } = this.#options;
    await setAsideFile(join(dirname(path), 'quarantine'), path, crc);
    return 'was damaged and is in quarantine';
  }

  /** Tells once that the file is not the one we wrote. Without a checksum we never wrote it. */
  async #noteEdit(crc: string): Promise<void> {
    const { path } = this.#options;
    const known = await readText(checksumPath(path));
    if (known === undefined || known.split('\n').includes(crc)) return;
    this.#tell('document_edited', 'is not as it was written; it can be read and is used');
    await replaceFile(checksumPath(path), `${crc}\n`);
  }

  async #writeNext(): Promise<void> {
    await this.#pause();
    await this.#inTurn(() => {
      this.#next = undefined;
      return this.#replace(this.#nextData);
    });
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#endPause = resolve;
      setTimeout(resolve, GATHER_MS);
    });
  }

  async #replace(data: T | undefined): Promise<void> {
    const { path, bare } = this.#options;
    const text = `${JSON.stringify(bare ? data : wrap(data), null, 2)}\n`;
    const crc = checksum(text);
    const possible = [crc, ...this.#crcs.filter((one) => one !== crc)];
    if (possible.length === 1) return;
    try {
      // All of them are right until the file has been replaced.
      if (bare) await replaceFile(checksumPath(path), `${possible.join('\n')}\n`);
      await replaceFile(path, text, `${path}.bak`);
      this.#crcs = [crc];
    } catch (cause) {
      // It may be there all the same, and not last: whatever comes next is written, even what was there before.
      this.#crcs = possible.slice(0, CRCS_MAX);
      throw toStorageError(cause, path);
    }
  }

  #tell(code: 'document_edited' | 'document_restored' | 'document_reset', what: string): void {
    this.#options.onNotice({ code, message: `${basename(this.#options.path)} ${what}` });
  }
}

function wrap(data: unknown): object {
  return { v: FRAME_VERSION, crc: checksum(JSON.stringify(data)), data };
}

/** What can be said of a document's file without touching it. */
export type DocumentVerdict = 'absent' | 'good' | 'edited' | 'damaged' | 'too_new';

/**
 * Looks at a document without changing anything.
 *
 * @param bare As in `DocumentOptions`.
 * @param decode As in `DocumentOptions`.
 * @throws {StorageError} `folder_unsafe`: it is a symbolic link.
 */
export async function inspectDocument({
  path,
  bare,
  decode,
}: Pick<DocumentOptions<unknown>, 'path' | 'bare' | 'decode'>): Promise<DocumentVerdict> {
  const text = await readText(path);
  if (text === undefined) return 'absent';
  try {
    const value = JSON.parse(text) as unknown;
    decode(bare ? value : unwrap(value));
  } catch (cause) {
    const isTooNew = cause instanceof StorageError && cause.code === 'format_too_new';
    return isTooNew ? 'too_new' : 'damaged';
  }
  const known = bare ? await readText(checksumPath(path)) : undefined;
  return known === undefined || known.split('\n').includes(checksum(text)) ? 'good' : 'edited';
}

/** @throws {StorageError} `document_damaged` or `format_too_new`. */
function unwrap(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('v' in value && 'data' in value)) {
    throw new StorageError('document_damaged', 'not a document of ours');
  }
  if (typeof value.v === 'number' && value.v > FRAME_VERSION) {
    throw new StorageError('format_too_new', `written by a newer version (${value.v})`);
  }
  if (!('crc' in value) || value.crc !== checksum(JSON.stringify(value.data))) {
    throw new StorageError('document_damaged', 'the checksum does not fit');
  }
  return value.data;
}

/** Checksum of a document's text. */
export function checksum(text: string): string {
  return formatCrc(crc32(text));
}

function checksumPath(path: string): string {
  return `${path}.crc`;
}

function ignoreResult(): void {
  // Whoever called for it has its result.
}
