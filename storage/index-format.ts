/**
 * The form of an index file: one line of JSON that a person can read, checksummed as a line of a journal, then flat
 * columns in two parts, each with a checksum of its own: what is loaded, and what is read by seeking.
 *
 * Source: docs/storage.md#indexes.
 */
import { endianness } from 'node:os';
import { crc32 } from 'node:zlib';
import { formatBody, formatCrc, lineMaxBytes, NEWLINE, parseLine, writeLine } from './line.ts';

/** Of the form; a file with another one is made anew. */
const FORM = 2;
const ALIGNMENT_BYTES = 8;
/** The line in front is shorter. */
export const HEADER_MAX_BYTES = 8192;

export type Cells = Uint8Array | Uint16Array | Uint32Array | Float64Array;
/** Columns by name. */
export type Sections = Readonly<Record<string, Cells>>;

/** Which records an index stands for. */
export type IndexedSpan = Readonly<{
  /** Of the form of the derived sections. */
  version: number;
  /** Where in the segment the last of them ends. */
  endBytes: number;
  firstS: number;
  lastS: number;
}>;

/** The bytes of the segment up to `endBytes`: CRC-32 of all of them, and of the last of them. */
export type Fingerprint = Readonly<{ crc: string; tailCrc: string }>;

const CELL_TYPES = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  f64: Float64Array,
} as const;
type CellType = keyof typeof CELL_TYPES;

/** A column in a part: its type, where it starts and how many cells it has. */
type Place = readonly [type: CellType, startBytes: number, length: number];
type Part = Readonly<{
  sizeBytes: number;
  crc: string;
  sections: Readonly<Record<string, Place>>;
}>;

export type IndexHeader = Readonly<{
  span: IndexedSpan;
  fingerprint: Fingerprint;
  resident: Part;
  seek: Part;
  /** Where the loaded part starts in the file; the other follows it. */
  startBytes: number;
}>;

export type EncodedPart = Readonly<{ bytes: Buffer; part: Part }>;

export type IndexContent = Readonly<{
  span: IndexedSpan;
  fingerprint: Fingerprint;
  resident: EncodedPart;
  seek: EncodedPart;
}>;

/** The whole file. */
export function encodeIndex({ span, fingerprint, resident, seek }: IndexContent): Buffer {
  const body = formatBody({
    k: 'index',
    form: FORM,
    bytes: endianness(),
    ...{ span, fingerprint, resident: resident.part, seek: seek.part },
  });
  const line = Buffer.alloc(lineMaxBytes(body));
  const lineEnd = writeLine(line, 0, span.firstS, body);
  const startBytes = aligned(lineEnd);
  const padding = Buffer.alloc(startBytes - lineEnd, ' ');
  return Buffer.concat([line.subarray(0, lineEnd), padding, resident.bytes, seek.bytes]);
}

/** The line in front of a file; `undefined` when it is damaged or of another form. */
export function decodeHeader(front: Buffer): IndexHeader | undefined {
  const end = front.indexOf(NEWLINE);
  const record = end === -1 ? undefined : parseLine(front, 0, end)?.record;
  if (!isOurs(record)) return undefined;
  const { span, fingerprint, resident, seek } = record;
  return { span, fingerprint, resident, seek, startBytes: aligned(end + 1) };
}

/**
 * The columns of a part; `undefined` when it is not as it was written.
 *
 * @param bytes With a memory of its own, which the columns take over.
 */
export function decodePart(bytes: Buffer<ArrayBuffer>, part: Part): Sections | undefined {
  if (bytes.length !== part.sizeBytes || formatCrc(crc32(bytes)) !== part.crc) return undefined;
  const sections: Record<string, Cells> = {};
  for (const [name, [type, startBytes, length]] of Object.entries(part.sections)) {
    sections[name] = new CELL_TYPES[type](bytes.buffer, bytes.byteOffset + startBytes, length);
  }
  return sections;
}

/** Columns as they are now; they may change later. */
export function encodePart(sections: Sections): EncodedPart {
  const places: Record<string, Place> = {};
  let sizeBytes = 0;
  for (const [name, cells] of Object.entries(sections)) {
    places[name] = [typeOf(cells), sizeBytes, cells.length];
    sizeBytes = aligned(sizeBytes + cells.byteLength);
  }
  const bytes = Buffer.alloc(sizeBytes);
  for (const [name, cells] of Object.entries(sections)) {
    bytes.set(bytesOf(cells), places[name]?.[1]);
  }
  return { bytes, part: { sizeBytes, crc: formatCrc(crc32(bytes)), sections: places } };
}

function typeOf(cells: Cells): CellType {
  if (cells instanceof Uint8Array) return 'u8';
  if (cells instanceof Uint16Array) return 'u16';
  return cells instanceof Uint32Array ? 'u32' : 'f64';
}

function bytesOf({ buffer, byteOffset, byteLength }: Cells): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function aligned(sizeBytes: number): number {
  return Math.ceil(sizeBytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}

/** What a checksummed line says was written by this form of ours, or by none. */
function isOurs(record: unknown): record is Omit<IndexHeader, 'startBytes'> {
  if (typeof record !== 'object' || record === null) return false;
  if (!('form' in record) || !('bytes' in record)) return false;
  return record.form === FORM && record.bytes === endianness();
}
