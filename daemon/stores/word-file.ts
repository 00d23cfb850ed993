/**
 * The index of words of a sealed segment, in a file beside it. It can be thrown away: one that is missing, damaged, of
 * another version or of another state of the segment is made anew.
 *
 * Source: docs/storage.md#words.
 */
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { replaceFile } from '../../storage/durable-file.ts';
import { WordPart, type ReadBytes } from './word-part.ts';

/** Eight bytes that say what the file is and how it is written; another form has another name. */
const MAGIC = Buffer.from('words 1\n');
/** `MAGIC`, the CRC-32 of all that follows it, size and fingerprint of the segment. */
const HEADER_BYTES = 24;
const CRC_OFFSET = 8;
const COVERED_OFFSET = 12;
/** Of a segment's end so much is looked at to tell whether it is the one that was read. */
const FINGERPRINT_BYTES = 4096;

type PartPlace = Readonly<{ part: WordPart; start: number }>;

/** Which state of a segment an index was made of. */
export type SegmentMark = Readonly<{ sizeBytes: number; fingerprint: number }>;

/** One part and how to read it. */
export type ReadablePart = Readonly<{ part: WordPart; read: ReadBytes }>;

/** The mark of a segment as it lies on the disk. */
export async function markOf(path: string, sizeBytes: number): Promise<SegmentMark> {
  const file = await open(path, 'r');
  try {
    const length = Math.min(FINGERPRINT_BYTES, sizeBytes);
    const bytes = await readRange(file, sizeBytes - length, sizeBytes);
    return { sizeBytes, fingerprint: crc32(bytes) };
  } finally {
    await file.close();
  }
}

/** The index of one state of a segment. */
export class WordFile {
  readonly #path: string;
  readonly #crc: number;
  readonly #parts: readonly PartPlace[];

  private constructor(path: string, bytes: Buffer) {
    this.#path = path;
    this.#crc = bytes.readUInt32LE(CRC_OFFSET);
    this.#parts = decodeParts(bytes);
  }

  /** Opens the index of a segment in this state; `undefined` when there is none that is good. */
  static async open(path: string, mark: SegmentMark): Promise<WordFile | undefined> {
    // Whatever keeps it from being read, it can be made anew.
    const bytes = await readFile(path).catch(() => undefined);
    return bytes !== undefined && isGood(bytes, mark) ? new WordFile(path, bytes) : undefined;
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
    bytes.writeUInt32LE(crc32(bytes.subarray(COVERED_OFFSET)), CRC_OFFSET);
    await replaceFile(path, bytes);
    return new WordFile(path, bytes);
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

function isGood(bytes: Buffer, mark: SegmentMark): boolean {
  return (
    bytes.length >= HEADER_BYTES &&
    bytes.subarray(0, MAGIC.length).equals(MAGIC) &&
    bytes.readDoubleLE(COVERED_OFFSET) === mark.sizeBytes &&
    bytes.readUInt32LE(COVERED_OFFSET + 8) === mark.fingerprint &&
    bytes.readUInt32LE(CRC_OFFSET) === crc32(bytes.subarray(COVERED_OFFSET))
  );
}

function decodeParts(bytes: Buffer): readonly PartPlace[] {
  const parts: PartPlace[] = [];
  for (let start = HEADER_BYTES; start < bytes.length;) {
    const part = new WordPart(bytes.subarray(start));
    parts.push({ part, start });
    start += part.sizeBytes;
  }
  return parts;
}
