import { Column } from '../../storage/column.ts';
import type { ContactNumber, Direction } from '../domain/model.ts';

const SLOTS_MIN = 64;
/** Longest way to a free slot stays short while no more than this share is taken. */
const LOAD_MAX = 0.75;
/** Odd numbers with well mixed bits, as in MurmurHash. */
const MULTIPLIER = 0x5bd1e995;
const SPREADER = 0x9e3779b1;

/**
 * Finds messages by conversation, direction and id with nine to fifteen bytes a message: an open-addressing table of
 * rows, and the hash of each row. Two ids may share a hash, so whoever asks must compare the message itself.
 */
export class IdTable {
  readonly #seed: number;
  readonly #hashes = Column.uint32();
  /** Row + 1, 0 for a free slot. */
  #slots = new Uint32Array(SLOTS_MIN);

  /** @param seed Secret of this process, so that nobody can choose ids that share a hash. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  get sizeBytes(): number {
    return this.#hashes.sizeBytes + this.#slots.byteLength;
  }

  /** Adds the next row; rows count up from 0. */
  add(conversation: ContactNumber, direction: Direction, id: string): void {
    const row = this.#hashes.push(this.#hash(conversation, direction, id));
    if (this.#hashes.length > this.#slots.length * LOAD_MAX) this.#grow();
    else this.#place(row);
  }

  /** Rows that may be the message, hardly ever more than one. */
  candidates(conversation: ContactNumber, direction: Direction, id: string): number[] {
    const hash = this.#hash(conversation, direction, id);
    const rows: number[] = [];
    for (let slot = this.#firstSlot(hash); this.#slots[slot] !== 0; slot = this.#nextSlot(slot)) {
      const row = (this.#slots[slot] ?? 0) - 1;
      if (this.#hashes.get(row) === hash) rows.push(row);
    }
    return rows;
  }

  #place(row: number): void {
    let slot = this.#firstSlot(this.#hashes.get(row));
    while (this.#slots[slot] !== 0) slot = this.#nextSlot(slot);
    this.#slots[slot] = row + 1;
  }

  #grow(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let row = 0; row < this.#hashes.length; row++) this.#place(row);
  }

  #firstSlot(hash: number): number {
    return hash & (this.#slots.length - 1);
  }

  #nextSlot(slot: number): number {
    return (slot + 1) & (this.#slots.length - 1);
  }

  #hash(conversation: ContactNumber, direction: Direction, id: string): number {
    let hash = this.#seed ^ Math.imul(conversation * 2 + (direction === 'in' ? 1 : 0), SPREADER);
    for (let index = 0; index < id.length; index++) {
      hash = Math.imul(hash ^ id.charCodeAt(index), MULTIPLIER);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash, SPREADER);
    return (hash ^ (hash >>> 13)) >>> 0;
  }
}
