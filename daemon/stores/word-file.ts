/**
 * The index of words of a sealed segment, in a file beside it. It can be thrown away: one that is missing, damaged, of
 * another version or of another state of the segment is made anew.
 *
 * Source: docs/storage.md#words.
 */
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { replaceFile } from '../../storage/durable-file.ts';
import { WordPart, type ReadBytes } from './word-part.ts';

/** Eight bytes that say what the file is and how it is written; another form has another name. */
const MAGIC = Buffer.from('words 2\n');
/** `MAGIC`, the CRC-32 of all that follows it, size and fingerprint of the segment. */
const HEADER_BYTES = 24;
const CRC_OFFSET = 8;
const COVERED_OFFSET = 12;
/** Of a segment's end so much is looked at to tell whether it is the one that was read. */
const FINGERPRINT_BYTES = 4096;
/** What is in memory at once while a checksum is made. */
const CHUNK_BYTES = 128 * 1024;

type PartPlace = Readonly<{ part: WordPart; start: number }>;

/** Which state of a segment an index was made of. */
export type SegmentMark = Readonly<{ sizeBytes: number; fingerprint: number }>;

/** One part and how to read it. */
export type ReadablePart = Readonly<{ part: WordPart; read: ReadBytes }>;

/** The mark of a segment as it lies on the disk. */
export async function markOf(path: string, sizeBytes: number): Promise<SegmentMark> {
  const start = Math.max(0, sizeBytes - FINGERPRINT_BYTES);
  const end = await withFile(path, (file) => readRange(file, start, sizeBytes));
  return { sizeBytes, fingerprint: crc32(end) };
}

/**
 * Removes an index if it is of another state of its segment.
 *
 * @throws What the file system throws.
 */
export async function removeOutdated(
  path: string,
  segment: Readonly<{ path: string; sizeBytes: number }>,
): Promise<void> {
  const mark = await markOf(segment.path, segment.sizeBytes);
  const header = await withFile(path, (file) => readRange(file, 0, HEADER_BYTES)).catch(
    () => undefined,
  );
  if (header !== undefined && !isOf(header, mark)) await unlink(path);
}

/** The index of one state of a segment. */
export class WordFile {
  readonly #path: string;
  readonly #crc: number;
  readonly #parts: readonly PartPlace[];

  private constructor(path: string, crc: number, parts: readonly PartPlace[]) {
    this.#path = path;
    this.#crc = crc;
    this.#parts = parts;
  }

  /** Opens the index of a segment in this state; `undefined` when there is none that is good. */
  static async open(path: string, mark: SegmentMark): Promise<WordFile | undefined> {
    try {
      return await withFile(path, async (file) => {
        const { size } = await file.stat();
        const header = await readRange(file, 0, HEADER_BYTES);
        if (!isOf(header, mark) || header.readUInt32LE(CRC_OFFSET) !== (await crcOf(file, size))) {
          return undefined;
        }
        const parts = await openParts(size, (start, end) => readRange(file, start, end));
        return new WordFile(path, header.readUInt32LE(CRC_OFFSET), parts);
      });
    } catch {
      // Whatever keeps it from being read, it can be made anew.
      return undefined;
    }
  }

  /**
   * Writes an index in one go; after a crash at any moment the former one or the new one is there, or a temporary
   * file.
   *
   * @throws What the file system throws.
   */
  static async create(
    path: string,
    mark: SegmentMark,
    parts: readonly Buffer[],
  ): Promise<WordFile> {
    const bytes = Buffer.concat([encodeHeader(mark), ...parts]);
    const crc = crc32(bytes.subarray(COVERED_OFFSET));
    bytes.writeUInt32LE(crc, CRC_OFFSET);
    await replaceFile(path, bytes);
    const places = await openParts(bytes.length, (start, end) => bytes.subarray(start, end));
    return new WordFile(path, crc, places);
  }

  /**
   * Its parts, the newest first, to be read one after another.
   *
   * @throws What the file system throws, also when the file is not the one any more that was opened.
   */
  async *read(): AsyncIterable<ReadablePart> {
    const file = await open(this.#path, 'r');
    try {
      const header = await readRange(file, 0, HEADER_BYTES);
      if (header.length < HEADER_BYTES || header.readUInt32LE(CRC_OFFSET) !== this.#crc) {
        throw new Error(`${this.#path} was replaced`);
      }
      for (const { part, start } of this.#parts.toReversed()) {
        yield { part, read: (from, to) => readRange(file, start + from, start + to) };
      }
    } finally {
      await file.close();
    }
  }
}

async function readRange(file: FileHandle, start: number, end: number): Promise<Buffer> {
  if (start === end) return Buffer.alloc(0);
  const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(end - start), {
    position: start,
  });
  return buffer.subarray(0, bytesRead);
}

function encodeHeader({ sizeBytes, fingerprint }: SegmentMark): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeDoubleLE(sizeBytes, COVERED_OFFSET);
  header.writeUInt32LE(fingerprint, COVERED_OFFSET + 8);
  return header;
}

/** Whether a header is ours and of that state of the segment. */
function isOf(header: Buffer, { sizeBytes, fingerprint }: SegmentMark): boolean {
  return (
    header.length === HEADER_BYTES &&
    header.subarray(0, MAGIC.length).equals(MAGIC) &&
    header.readDoubleLE(COVERED_OFFSET) === sizeBytes &&
    header.readUInt32LE(COVERED_OFFSET + 8) === fingerprint
  );
}

/** The checksum of all that it covers, without holding all of it. */
async function crcOf(file: FileHandle, sizeBytes: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let crc = 0;
  for (let position = COVERED_OFFSET; position < sizeBytes;) {
    const { bytesRead } = await file.read(buffer, { position });
    if (bytesRead === 0) break;
    crc = crc32(buffer.subarray(0, bytesRead), crc);
    position += bytesRead;
  }
  return crc;
}

async function openParts(sizeBytes: number, read: ReadBytes): Promise<readonly PartPlace[]> {
  const parts: PartPlace[] = [];
  for (let start = HEADER_BYTES; start < sizeBytes;) {
    const from = start;
    const part = await WordPart.open((first, last) => read(from + first, from + last));
    parts.push({ part, start });
    start += part.sizeBytes;
  }
  return parts;
}

async function withFile<Result>(
  path: string,
  use: (file: FileHandle) => Promise<Result>,
): Promise<Result> {
  const file = await open(path, 'r');
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
