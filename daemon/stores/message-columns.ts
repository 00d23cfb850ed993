import { Column } from '../../storage/column.ts';
import { NarrowColumn } from '../../storage/narrow-column.ts';
import { RisingColumn } from '../../storage/rising-column.ts';
import { stateAfter, type Direction, type FailReason, type MessageState } from '../domain/model.ts';
import type { Effect } from './effect.ts';
import type { ResidentColumns } from './message-sections.ts';

const STATES = ['queued', 'relayed', 'delivered', 'read', 'failed'] as const;
const IS_DELIVERED = STATES.indexOf('delivered');
const IS_READ = STATES.indexOf('read');
const REASONS = [undefined, 'cancelled', 'expired'] as const;

/** The flags of a message: three bits of state, two of reason, and these. */
const IS_INCOMING = 0x01;
const IS_REMOVED = 0x02;
const WAS_RELAYED = 0x04;
const STATE_SHIFT = 3;
const STATE_MASK = 0x38;
const REASON_SHIFT = 6;
const REASON_MASK = 0xc0;
const IS_SEALED = 0x100;
/** Some of its steps are in later segments than itself. */
const HAS_LATER_STEPS = 0x200;
/** It was deleted, and its text is gone from the file, too. */
const IS_TOMB = 0x400;

/**
 * What is in memory of every message of a segment: its place, its flags and the place of its last step, six bytes. Rows
 * count up from 0 in the order of the journal.
 */
export class MessageColumns {
  readonly #places: RisingColumn;
  readonly #flags: Column<Uint16Array>;
  /** How far behind the message it is; 0 before the first step. */
  readonly #lastSteps: NarrowColumn;

  /** Columns that go on with what is there. */
  constructor({ placeLows, placeHighs, flags, lastSteps }: ResidentColumns) {
    this.#places = new RisingColumn({ lows: placeLows, highs: placeHighs });
    this.#flags = Column.of(flags);
    this.#lastSteps = new NarrowColumn(lastSteps);
  }

  get length(): number {
    return this.#places.length;
  }

  get sizeBytes(): number {
    return this.#places.sizeBytes + this.#flags.sizeBytes + this.#lastSteps.sizeBytes;
  }

  /** Copies without spare room. */
  sections() {
    const { lows: placeLows, highs: placeHighs } = this.#places.copy();
    return {
      placeLows,
      placeHighs,
      flags: this.#flags.cells.slice(),
      lastSteps: this.#lastSteps.cells.slice(),
    };
  }

  /** @returns The new row. */
  add(place: number, direction: Direction): number {
    const state: MessageState = direction === 'out' ? 'queued' : 'delivered';
    this.#flags.push(
      (direction === 'in' ? IS_INCOMING : 0) | (STATES.indexOf(state) << STATE_SHIFT),
    );
    this.#lastSteps.push(0);
    return this.#places.push(place);
  }

  /** Place of the last message; 0 when there is none. */
  get lastPlace(): number {
    return this.#places.get(this.length - 1);
  }

  /** The row of the message at a place; `undefined` when something else or nothing is there. */
  rowAt(place: number): number | undefined {
    const row = this.#places.lowerBound(place);
    return row < this.length && this.#places.get(row) === place ? row : undefined;
  }

  placeOf(row: number): number {
    return this.#places.get(row);
  }

  directionOf(row: number): Direction {
    return this.#has(row, IS_INCOMING) ? 'in' : 'out';
  }

  /** Incoming and not deleted. */
  isIncoming(row: number): boolean {
    return (this.#flags.get(row) & (IS_INCOMING | IS_REMOVED)) === IS_INCOMING;
  }

  isRemoved(row: number): boolean {
    return this.#has(row, IS_REMOVED);
  }

  remove(row: number): void {
    this.#add(row, IS_REMOVED);
  }

  /** Deleted, but its text is still in the file. */
  isDead(row: number): boolean {
    return (this.#flags.get(row) & (IS_REMOVED | IS_TOMB)) === IS_REMOVED;
  }

  /** Whether there is one that is. */
  hasDead(): boolean {
    return this.#flags.cells.some((flags) => (flags & (IS_REMOVED | IS_TOMB)) === IS_REMOVED);
  }

  /** Deleted, and its text is gone. */
  bury(row: number): void {
    this.#add(row, IS_REMOVED | IS_TOMB);
  }

  /** Whether one of its steps was `relayed`. */
  wasRelayed(row: number): boolean {
    return this.#has(row, WAS_RELAYED);
  }

  hasLaterSteps(row: number): boolean {
    return this.#has(row, HAS_LATER_STEPS);
  }

  markLaterSteps(row: number): void {
    this.#add(row, HAS_LATER_STEPS);
  }

  stateOf(row: number): MessageState {
    return STATES[(this.#flags.get(row) & STATE_MASK) >> STATE_SHIFT] ?? 'queued';
  }

  reasonOf(row: number): FailReason | undefined {
    return REASONS[(this.#flags.get(row) & REASON_MASK) >> REASON_SHIFT];
  }

  /** Whether it is end-to-end encrypted on its way. */
  isSealed(row: number): boolean {
    return this.#has(row, IS_SEALED);
  }

  markSealed(row: number, isSealed: boolean): void {
    const kept = this.#flags.get(row) & ~IS_SEALED;
    this.#flags.set(row, isSealed ? kept | IS_SEALED : kept);
  }

  /** Place of the record of the last step; `undefined` before the first. */
  lastStepOf(row: number): number | undefined {
    const distance = this.#lastSteps.get(row);
    return distance === 0 ? undefined : this.placeOf(row) + distance;
  }

  /** Outgoing and not delivered so far, failed ones included: they may be sent again. */
  isLeaving(row: number): boolean {
    const flags = this.#flags.get(row);
    if ((flags & (IS_INCOMING | IS_REMOVED)) !== 0) return false;
    const state = (flags & STATE_MASK) >> STATE_SHIFT;
    return state !== IS_DELIVERED && state !== IS_READ;
  }

  /** Takes in what a record at place `s` does to a message that was not deleted. */
  apply(row: number, effect: Effect, s: number): void {
    if (effect.step === 'remove') {
      this.remove(row);
      return;
    }
    const before = this.stateOf(row);
    const after = stateAfter(effect.step, before);
    if (after !== before) this.#setState(row, after, effect.reason);
    if (effect.isSealed !== undefined) this.markSealed(row, effect.isSealed);
    if (effect.step === 'relayed') this.#add(row, WAS_RELAYED);
    this.#lastSteps.set(row, s - this.placeOf(row));
  }

  /** Takes over what became of a message after its segment was sealed. */
  copy(row: number, from: MessageColumns, fromRow: number): void {
    this.#flags.set(row, this.#flags.get(row) | from.#flags.get(fromRow));
    this.#setState(row, from.stateOf(fromRow), from.reasonOf(fromRow));
    this.markSealed(row, from.isSealed(fromRow));
    this.#lastSteps.set(row, from.#lastSteps.get(fromRow));
  }

  #setState(row: number, state: MessageState, reason: FailReason | undefined): void {
    const kept = this.#flags.get(row) & ~(STATE_MASK | REASON_MASK);
    const bits = (STATES.indexOf(state) << STATE_SHIFT) | (REASONS.indexOf(reason) << REASON_SHIFT);
    this.#flags.set(row, kept | bits);
  }

  #has(row: number, flag: number): boolean {
    return (this.#flags.get(row) & flag) !== 0;
  }

  #add(row: number, flags: number): void {
    this.#flags.set(row, this.#flags.get(row) | flags);
  }
}
