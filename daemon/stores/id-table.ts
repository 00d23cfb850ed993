import { Column } from '../../storage/column.ts';
import { hashId } from './id-hash.ts';
import type { ContactNumber, Direction } from '../domain/model.ts';

const SLOTS_MIN = 64;
/** The way to a free slot stays short while no more than this share is taken. */
const LOAD_MAX = 0.8;
/** So many times as many slots as before, when there are too few. */
const GROWTH = 1.25;
const HASHES = 2 ** 32;

/**
 * Finds messages by conversation, direction and id with seven bytes an id: the hash of each row's id, and an
 * open-addressing table of rows. A row whose id is another on the wire has two. Two ids may share a hash, so whoever asks
 * must compare the message itself.
 */
export class IdTable {
  /** Secret, so that nobody can choose ids that share a hash. */
  readonly seed: number;
  /** Of each row. */
  readonly #hashes: Column;
  /** Of rows that have a second one; the rows rise. */
  readonly #secondRows = Column.uint32();
  readonly #secondHashes = Column.uint32();
  /** Row + 1, 0 for a free slot; two bytes each as long as all rows fit into them. */
  #slots: Uint16Array | Uint32Array = new Uint16Array();

  /** A table with these ids, or none: of every row from 0 on one or two, in any order. */
  constructor(
    seed: number,
    hashes: Uint32Array = new Uint32Array(),
    rows: Uint32Array = new Uint32Array(),
  ) {
    this.seed = seed;
    const firsts = new Uint32Array(rows.reduce((count, row) => Math.max(count, row + 1), 0));
    const seconds: [row: number, hash: number][] = [];
    const isThere = new Uint8Array(firsts.length);
    for (const [at, row] of rows.entries()) {
      const hash = hashes[at] ?? 0;
      if (isThere[row] === 1) seconds.push([row, hash]);
      else firsts[row] = hash;
      isThere[row] = 1;
    }
    this.#hashes = Column.of(firsts);
    for (const [row, hash] of seconds.sort(([a], [b]) => a - b)) this.#noteSecond(row, hash);
  }

  get sizeBytes(): number {
    const columns = [this.#hashes, this.#secondRows, this.#secondHashes];
    return columns.reduce((sum, column) => sum + column.sizeBytes, this.#slots.byteLength);
  }

  /** How many ids there are. */
  get size(): number {
    return this.#hashes.length + this.#secondRows.length;
  }

  /** Hands over the hash and row of each id. */
  visit(visit: (hash: number, row: number) => void): void {
    for (let row = 0; row < this.#hashes.length; row++) visit(this.#hashes.get(row), row);
    for (let at = 0; at < this.#secondRows.length; at++) {
      visit(this.#secondHashes.get(at), this.#secondRows.get(at));
    }
  }

  /**
   * Notes the message in the next row.
   *
   * @param ids Its id, and that on the wire if it is another.
   */
  add(
    conversation: ContactNumber,
    direction: Direction,
    ids: readonly [id: string, second?: string],
  ): void {
    const [id, second] = ids;
    const hash = hashId(this.seed, conversation, direction, id);
    const row = this.#hashes.push(hash);
    this.#enter(hash, row);
    if (second === undefined) return;
    const secondHash = hashId(this.seed, conversation, direction, second);
    this.#noteSecond(row, secondHash);
    this.#enter(secondHash, row);
  }

  /** Rows of messages whose id has this hash, hardly ever more than one. */
  rowsOf(hash: number): readonly number[] {
    const rows: number[] = [];
    // Not at the start, which has other things to do than to find places for all of them.
    if (this.#slots.length === 0) this.#makeRoom();
    for (let slot = this.#firstSlot(hash); this.#slots[slot] !== 0; slot = this.#next(slot)) {
      const row = (this.#slots[slot] ?? 0) - 1;
      const isIts = this.#hashes.get(row) === hash || this.#hasSecond(row, hash);
      // One with two ids may be met twice.
      if (isIts && !rows.includes(row)) rows.push(row);
    }
    return rows;
  }

  #noteSecond(row: number, hash: number): void {
    this.#secondRows.push(row);
    this.#secondHashes.push(hash);
  }

  #hasSecond(row: number, hash: number): boolean {
    if (this.#secondRows.length === 0) return false;
    const at = this.#secondRows.lowerBound(row);
    return this.#secondRows.get(at) === row && this.#secondHashes.get(at) === hash;
  }

  #enter(hash: number, row: number): void {
    if (this.size > this.#slots.length * LOAD_MAX) this.#makeRoom();
    else this.#place(hash, row);
  }

  #place(hash: number, row: number): void {
    let slot = this.#firstSlot(hash);
    while (this.#slots[slot] !== 0) slot = this.#next(slot);
    this.#slots[slot] = row + 1;
  }

  #makeRoom(): void {
    const slots = Math.max(SLOTS_MIN, Math.ceil((this.size / LOAD_MAX) * GROWTH));
    // There are fewer rows than slots.
    this.#slots = slots > 0xffff ? new Uint32Array(slots) : new Uint16Array(slots);
    this.visit((hash, row) => this.#place(hash, row));
  }

  #firstSlot(hash: number): number {
    return Math.floor((hash / HASHES) * this.#slots.length);
  }

  #next(slot: number): number {
    return slot + 1 === this.#slots.length ? 0 : slot + 1;
  }
}
