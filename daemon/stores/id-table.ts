import { Column } from '../../storage/column.ts';
import { hashId } from './id-hash.ts';
import type { ContactNumber, Direction } from '../domain/model.ts';

const SLOTS_MIN = 64;
/** Longest way to a free slot stays short while no more than this share is taken. */
const LOAD_MAX = 0.75;

/**
 * Finds messages by conversation, direction and id with thirteen to nineteen bytes an entry: an open-addressing table of
 * entries, and the hash and row of each. Two ids may share a hash, so whoever asks must compare the message itself.
 */
export class IdTable {
  /** Secret, so that nobody can choose ids that share a hash. */
  readonly seed: number;
  readonly #hashes: Column;
  readonly #rows: Column;
  /** Entry + 1, 0 for a free slot. */
  #slots = new Uint32Array();

  /** A table with these entries, or none. */
  constructor(
    seed: number,
    hashes: Uint32Array = new Uint32Array(),
    rows: Uint32Array = new Uint32Array(),
  ) {
    this.seed = seed;
    this.#hashes = Column.of(hashes);
    this.#rows = Column.of(rows);
  }

  get sizeBytes(): number {
    return this.#hashes.sizeBytes + this.#rows.sizeBytes + this.#slots.byteLength;
  }

  /** Hash and row of each entry; views, valid until the next one is added. */
  get entries(): Readonly<{ hashes: Uint32Array; rows: Uint32Array }> {
    return { hashes: this.#hashes.cells, rows: this.#rows.cells };
  }

  /** Notes that the message in a row has this id. */
  add(conversation: ContactNumber, direction: Direction, id: string, row: number): void {
    this.#rows.push(row);
    const entry = this.#hashes.push(hashId(this.seed, conversation, direction, id));
    if (this.#hashes.length > this.#slots.length * LOAD_MAX) this.#makeRoom();
    else this.#place(entry);
  }

  /** Rows of messages whose id has this hash, hardly ever more than one. */
  rowsOf(hash: number): readonly number[] {
    const rows: number[] = [];
    // Not at the start, which has other things to do than to find places for all entries.
    if (this.#slots.length === 0) this.#makeRoom();
    for (let slot = this.#firstSlot(hash); this.#slots[slot] !== 0; slot = this.#nextSlot(slot)) {
      const entry = (this.#slots[slot] ?? 0) - 1;
      if (this.#hashes.get(entry) === hash) rows.push(this.#rows.get(entry));
    }
    return rows;
  }

  #place(entry: number): void {
    let slot = this.#firstSlot(this.#hashes.get(entry));
    while (this.#slots[slot] !== 0) slot = this.#nextSlot(slot);
    this.#slots[slot] = entry + 1;
  }

  #makeRoom(): void {
    let slots = Math.max(this.#slots.length, SLOTS_MIN);
    while (this.#hashes.length > slots * LOAD_MAX) slots *= 2;
    this.#slots = new Uint32Array(slots);
    for (let entry = 0; entry < this.#hashes.length; entry++) this.#place(entry);
  }

  #firstSlot(hash: number): number {
    return hash & (this.#slots.length - 1);
  }

  #nextSlot(slot: number): number {
    return (slot + 1) & (this.#slots.length - 1);
  }
}
