import fs from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';
import { errnoOf } from './errors.ts';
import {
  decodeHeader,
  decodePart,
  encodeIndex,
  encodePart,
  HEADER_MAX_BYTES,
  type Cells,
  type EncodedPart,
  type Fingerprint,
  type IndexedSpan,
  type IndexHeader,
  type Sections,
} from './index-format.ts';

/** Where the columns are that are read by seeking. */
type Source =
  | Readonly<{ kind: 'memory'; sections: Sections; toWrite?: Parts }>
  | Readonly<{ kind: 'file'; path: string; header: IndexHeader }>;

/** What a file will have, as it was when the index was made. */
type Parts = Readonly<{ resident: EncodedPart; seek: EncodedPart }>;

/** Makes the columns that are read by seeking once more, from the segment. */
export type Rebuild = (index: SegmentIndex) => Promise<Sections>;

/**
 * All that is derived from one segment. It lies in a file beside it, which can be thrown away at any time, and while
 * that can not be written, in memory.
 */
export class SegmentIndex {
  readonly span: IndexedSpan;
  /** `undefined` until it is in a file. */
  fingerprint: Fingerprint | undefined;
  /** Columns in memory; whoever loads an index may change them. */
  readonly resident: Sections;
  #source: Source;
  #isChecked = true;
  readonly #rebuild: Rebuild;
  readonly #reads = new Set<Promise<unknown>>();

  private constructor(
    { span, resident }: Readonly<{ span: IndexedSpan; resident: Sections }>,
    source: Source,
    rebuild: Rebuild = async () => ({}),
  ) {
    this.span = span;
    this.resident = resident;
    this.#source = source;
    this.#rebuild = rebuild;
  }

  /** An index that is in no file yet. */
  static create(span: IndexedSpan, resident: Sections, seek: Sections): SegmentIndex {
    const toWrite = { resident: encodePart(resident), seek: encodePart(seek) };
    return new SegmentIndex({ span, resident }, { kind: 'memory', sections: seek, toWrite });
  }

  /**
   * Loads an index. Blocks the thread: there are few of them, and going through the thread pool would cost more.
   *
   * @param rebuild For the case that the part that is read by seeking turns out to be damaged.
   * @returns       `undefined` when there is none, or none that can be used.
   */
  static load(path: string, rebuild: Rebuild): SegmentIndex | undefined {
    const loaded = readFileAt(path, (read) => {
      const header = decodeHeader(read(0, HEADER_MAX_BYTES));
      if (header === undefined) return undefined;
      const resident = decodePart(
        read(header.startBytes, header.resident.sizeBytes),
        header.resident,
      );
      return resident && { header, resident };
    });
    if (loaded === undefined) return undefined;
    const { header, resident } = loaded;
    const { span, fingerprint } = header;
    const index = new SegmentIndex({ span, resident }, { kind: 'file', path, header }, rebuild);
    index.fingerprint = fingerprint;
    index.#isChecked = false;
    return index;
  }

  /**
   * Cells of a column of four bytes that is read by seeking, from `start` to before `end`.
   *
   * @returns Fewer where the column ends.
   */
  async read(name: string, start: number, end: number): Promise<Uint32Array> {
    if (!this.#isChecked) await this.#check();
    const source = this.#source;
    if (source.kind === 'memory') return uint32Of(source.sections[name]).subarray(start, end);
    return this.#track(readCells(source, name, start, end));
  }

  /** All columns of the part that is read by seeking; they must not be changed. */
  async readAll(): Promise<Sections> {
    const source = this.#source;
    if (source.kind === 'memory') return source.sections;
    const sections = await this.#track(readSeekPart(source).catch(() => undefined));
    return sections ?? this.#rebuild(this);
  }

  /**
   * Writes the file. Not synced: one that a power cut spoils is recognised and made anew.
   *
   * @throws What the file system throws; the index goes on as before.
   */
  async write(path: string, fingerprint: Fingerprint): Promise<void> {
    if (this.#source.kind === 'file' || this.#source.toWrite === undefined) return;
    const bytes = encodeIndex({ span: this.span, fingerprint, ...this.#source.toWrite });
    const temporary = `${path}.tmp`;
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    this.fingerprint = fingerprint;
    const header = decodeHeader(bytes.subarray(0, HEADER_MAX_BYTES));
    if (header !== undefined) this.#source = { kind: 'file', path, header };
  }

  /** Makes the index independent of its file, which is about to be replaced or removed. */
  async leaveFile(): Promise<void> {
    this.#source = { kind: 'memory', sections: await this.readAll() };
    this.#isChecked = true;
    await Promise.allSettled(this.#reads);
  }

  /** The part that is not loaded is believed once its checksum was looked at. */
  async #check(): Promise<void> {
    const source = this.#source;
    if (source.kind === 'file') {
      const sections = await this.#track(readSeekPart(source).catch(() => undefined));
      if (sections === undefined) {
        this.#source = { kind: 'memory', sections: await this.#rebuild(this) };
      }
    }
    this.#isChecked = true;
  }

  async #track<T>(reading: Promise<T>): Promise<T> {
    this.#reads.add(reading);
    try {
      return await reading;
    } finally {
      this.#reads.delete(reading);
    }
  }
}

/**
 * Reads pieces of a file on this thread.
 *
 * @returns What `use` returns; `undefined` when there is no such file.
 */
export function readFileAt<T>(
  path: string,
  use: (read: (position: number, sizeBytes: number) => Buffer<ArrayBuffer>, fd: number) => T,
): T | undefined {
  let fd: number;
  try {
    fd = fs.openSync(path, 'r');
  } catch (cause) {
    ignoreMissing(cause);
    return undefined;
  }
  try {
    return use((position, sizeBytes) => {
      const bytes = Buffer.allocUnsafeSlow(sizeBytes);
      return bytes.subarray(0, fs.readSync(fd, bytes, 0, sizeBytes, position));
    }, fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Bytes of a file at a place; fewer where it ends. */
export async function readAt(
  file: FileHandle,
  position: number,
  sizeBytes: number,
): Promise<Buffer<ArrayBuffer>> {
  const { buffer, bytesRead } = await file.read(
    Buffer.allocUnsafeSlow(sizeBytes),
    0,
    sizeBytes,
    position,
  );
  return buffer.subarray(0, bytesRead);
}

type FileSource = Extract<Source, { kind: 'file' }>;

async function readCells(
  { path, header }: FileSource,
  name: string,
  start: number,
  end: number,
): Promise<Uint32Array> {
  const [, partStart, length] = header.seek.sections[name] ?? ['u32', 0, 0];
  const count = Math.max(0, Math.min(end, length) - start);
  const position = header.startBytes + header.resident.sizeBytes + partStart + start * 4;
  const file = await open(path, 'r');
  try {
    const bytes = await readAt(file, position, count * 4);
    return new Uint32Array(bytes.buffer, 0, bytes.length >> 2);
  } finally {
    await file.close();
  }
}

async function readSeekPart({ path, header }: FileSource): Promise<Sections | undefined> {
  const file = await open(path, 'r');
  try {
    const position = header.startBytes + header.resident.sizeBytes;
    return decodePart(await readAt(file, position, header.seek.sizeBytes), header.seek);
  } finally {
    await file.close();
  }
}

function uint32Of(cells: Cells | undefined): Uint32Array {
  return cells instanceof Uint32Array ? cells : new Uint32Array();
}

function ignoreMissing(cause: unknown): undefined {
  if (errnoOf(cause) === 'ENOENT') return undefined;
  throw cause;
}
