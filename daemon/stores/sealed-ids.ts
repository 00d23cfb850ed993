/** Which ids a sealed segment has: a filter in memory, two bytes an id, that says no, and a table on the disk. */
import type { SegmentIndex } from '../../storage/segment-index.ts';
import type { IdTable } from './id-table.ts';

/** So many bits an id, of which each sets a few: less than one in a thousand unknown ids is looked up in vain. */
const FILTER_BITS = 16;
const FILTER_PROBES = 6;
const SPREADER = 0x9e3779b1;

/** About so many ids are read together. */
const BUCKET_SIZE = 32;

type IdColumns = Readonly<{ idKey: Uint32Array; idFilter: Uint32Array; idBuckets: Uint32Array }>;

/** The columns of the table: hashes and rows are in the order of the hashes' first bits. */
export function sectionsOfIds(table: IdTable) {
  const { size } = table;
  const shift = shiftFor(size);
  const bucketStarts = startsOf(table, shift);
  const next = bucketStarts.slice();
  const sortedHashes = new Uint32Array(size);
  const sortedRows = new Uint32Array(size);
  const filter = new Uint32Array(Math.ceil((size * FILTER_BITS) / 32) || 1);
  table.visit((hash, row) => {
    const bucket = bucketOf(hash, shift);
    const at = next[bucket] ?? 0;
    next[bucket] = at + 1;
    sortedHashes[at] = hash;
    sortedRows[at] = row;
    visitBits(filter, hash, (word, bit) => ((filter[word] = (filter[word] ?? 0) | bit), true));
  });
  const idKey = Uint32Array.of(table.seed >>> 0, shift);
  return {
    resident: { idKey, idFilter: filter, idBuckets: bucketStarts },
    seek: { idHashes: sortedHashes, idRows: sortedRows },
  };
}

export class SealedIds {
  readonly #index: SegmentIndex;
  readonly #seed: number;
  readonly #shift: number;
  readonly #filter: Uint32Array;
  readonly #buckets: Uint32Array;

  constructor(index: SegmentIndex, { idKey, idFilter, idBuckets }: IdColumns) {
    this.#index = index;
    this.#seed = (idKey[0] ?? 0) | 0;
    this.#shift = idKey[1] ?? 0;
    this.#filter = idFilter;
    this.#buckets = idBuckets;
  }

  /** Of this segment's hashes. */
  get seed(): number {
    return this.#seed;
  }

  get sizeBytes(): number {
    return this.#filter.byteLength + this.#buckets.byteLength;
  }

  /** Whether some message may have this id; hardly ever wrong. */
  mayHave(hash: number): boolean {
    return visitBits(this.#filter, hash, (word, bit) => ((this.#filter[word] ?? 0) & bit) !== 0);
  }

  /** Rows of messages whose id has this hash. */
  async rowsOf(hash: number): Promise<number[]> {
    const bucket = bucketOf(hash, this.#shift);
    const start = this.#buckets[bucket] ?? 0;
    const end = this.#buckets[bucket + 1] ?? start;
    const hashes = await this.#index.read('idHashes', start, end);
    if (!hashes.includes(hash)) return [];
    const rows = await this.#index.read('idRows', start, end);
    return Array.from(rows).filter((_, at) => hashes[at] === hash);
  }
}

/** How many bits of a hash to leave out, so that the others name a bucket. */
function shiftFor(count: number): number {
  const bits = Math.ceil(Math.log2(Math.max(1, count / BUCKET_SIZE)));
  return 32 - Math.min(bits, 24);
}

function bucketOf(hash: number, shift: number): number {
  // A shift by 32 would be one by 0.
  return shift === 32 ? 0 : hash >>> shift;
}

function startsOf(table: IdTable, shift: number): Uint32Array {
  const starts = new Uint32Array(2 ** (32 - shift) + 1);
  table.visit((hash) => {
    const after = bucketOf(hash, shift) + 1;
    starts[after] = (starts[after] ?? 0) + 1;
  });
  for (let bucket = 1; bucket < starts.length; bucket++) {
    starts[bucket] = (starts[bucket] ?? 0) + (starts[bucket - 1] ?? 0);
  }
  return starts;
}

/** Visits the bits of a hash until one visit says no. @returns Whether none did. */
function visitBits(
  filter: Uint32Array,
  hash: number,
  visit: (word: number, bit: number) => boolean,
): boolean {
  const bits = filter.length * 32;
  let position = Math.imul(hash, SPREADER) >>> 0;
  const stride = (Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0) | 1;
  for (let probe = 0; probe < FILTER_PROBES; probe++) {
    const at = position % bits;
    if (!visit(at >>> 5, 1 << (at & 31))) return false;
    position = (position + stride) >>> 0;
  }
  return true;
}
