import { lineMaxBytes, writeLine } from './line.ts';
import type { Segment } from './segment.ts';

/** A batch takes no further append once it has this much. Source: docs/security.md, D2. */
const BATCH_MAX_BYTES = 1024 * 1024;
const BATCH_MAX_LINES = 1000;

/** One call of `append`, waiting to be written. */
export type Waiting = Readonly<{
  records: readonly object[];
  bodies: readonly string[];
  /** Most bytes that its lines take. */
  sizeBytes: number;
  /** The caller asks for a sync even where appends go without. */
  mustSync: boolean;
  /** What is written from here on begins a new segment. */
  mustSeal: boolean;
  resolve: (firstS: number) => void;
  reject: (error: unknown) => void;
}>;

/** Records for the queue. Member by member: members added to a spread would cost 6 µs an append. */
export function toWaiting(
  records: readonly object[],
  bodies: readonly string[],
  { mustSync, mustSeal, resolve, reject }: Omit<Waiting, 'records' | 'bodies' | 'sizeBytes'>,
): Waiting {
  const sizeBytes = bodies.reduce((sum, body) => sum + lineMaxBytes(body), 0);
  return { records, bodies, sizeBytes, mustSync, mustSeal, resolve, reject };
}

/** Takes from the queue's front what is written together; at least one call, never a part of one. */
export function takeBatch(queue: Waiting[]): Waiting[] {
  let sizeBytes = 0;
  let lines = 0;
  const end = queue.findIndex((waiting, index) => {
    sizeBytes += waiting.sizeBytes;
    lines += waiting.bodies.length;
    return index > 0 && (sizeBytes > BATCH_MAX_BYTES || lines > BATCH_MAX_LINES);
  });
  return queue.splice(0, end === -1 ? queue.length : end);
}

/** Lines of a batch, with the numbers that they get when they are written. */
export class EncodedBatch {
  readonly bytes: Buffer;
  readonly #firstS: number;
  readonly #ends: number[] = [];

  /** @param scratch Reused for every batch that fits. */
  constructor(batch: readonly Waiting[], firstS: number, scratch: Buffer) {
    const neededBytes = batch.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const target = neededBytes <= scratch.length ? scratch : Buffer.allocUnsafe(neededBytes);
    let end = 0;
    for (const { bodies } of batch) {
      for (const body of bodies) {
        end = writeLine(target, end, firstS + this.#ends.length, body);
        this.#ends.push(end);
      }
    }
    this.#firstS = firstS;
    this.bytes = target.subarray(0, end);
  }

  get count(): number {
    return this.#ends.length;
  }

  /** Takes note of all lines in the segment to whose end they were written. */
  noteIn(segment: Segment): void {
    const base = segment.sizeBytes;
    let start = 0;
    for (const [index, end] of this.#ends.entries()) {
      segment.note(this.#firstS + index, base + start, base + end);
      start = end;
    }
  }
}

/** A buffer for batches of the usual size. */
export function createScratch(): Buffer {
  return Buffer.allocUnsafe(BATCH_MAX_BYTES);
}
