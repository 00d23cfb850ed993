import { Column } from '../../storage/column.ts';
import type { Direction, FailReason, MessageState } from '../domain/model.ts';

const STATES = ['queued', 'relayed', 'delivered', 'read', 'failed'] as const;
const REASONS = [undefined, 'cancelled', 'expired'] as const;

/** The flags of a message: direction, deleted, was relayed, three bits of state, two of reason, sealed. */
const IS_INCOMING = 0x01;
const IS_REMOVED = 0x02;
const WAS_RELAYED = 0x04;
const STATE_SHIFT = 3;
const STATE_MASK = 0x38;
const REASON_SHIFT = 6;
const REASON_MASK = 0xc0;
const IS_SEALED = 0x100;

/**
 * What is in memory of every message: its place, its flags, and the end of the chain of its steps; ten bytes, and eight
 * for each step. Rows count up from 0 in the order of the journal.
 */
export class MessageColumns {
  readonly #places = Column.uint32();
  readonly #flags = Column.uint16();
  /** Step + 1, 0 before the first. */
  readonly #lastSteps = Column.uint32();
  /** Each step of a message: the place of its record, and the message's step before as in `#lastSteps`. */
  readonly #stepPlaces = Column.uint32();
  readonly #formerSteps = Column.uint32();

  get length(): number {
    return this.#places.length;
  }

  get sizeBytes(): number {
    const columns = [this.#places, this.#lastSteps, this.#stepPlaces, this.#formerSteps];
    return columns.reduce((sum, column) => sum + column.sizeBytes, this.#flags.sizeBytes);
  }

  /** @returns The new row. */
  add(place: number, direction: Direction, state: MessageState): number {
    this.#flags.push(
      (direction === 'in' ? IS_INCOMING : 0) | (STATES.indexOf(state) << STATE_SHIFT),
    );
    this.#lastSteps.push(0);
    return this.#places.push(place);
  }

  /** The row of the message at a place; `undefined` when something else or nothing is there. */
  rowAt(place: number): number | undefined {
    const row = this.firstRowFrom(place);
    return row < this.length && this.#places.get(row) === place ? row : undefined;
  }

  /** The first row whose place is not less; the number of rows when there is none. */
  firstRowFrom(place: number): number {
    return this.#places.lowerBound(place);
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
    this.#flags.set(row, this.#flags.get(row) | IS_REMOVED);
  }

  /** Whether one of its steps was `relayed`. */
  wasRelayed(row: number): boolean {
    return this.#has(row, WAS_RELAYED);
  }

  markRelayed(row: number): void {
    this.#flags.set(row, this.#flags.get(row) | WAS_RELAYED);
  }

  stateOf(row: number): MessageState {
    return STATES[(this.#flags.get(row) & STATE_MASK) >> STATE_SHIFT] ?? 'queued';
  }

  /** Whether it is end-to-end encrypted on its way. */
  isSealed(row: number): boolean {
    return this.#has(row, IS_SEALED);
  }

  markSealed(row: number, isSealed: boolean): void {
    const kept = this.#flags.get(row) & ~IS_SEALED;
    this.#flags.set(row, isSealed ? kept | IS_SEALED : kept);
  }

  reasonOf(row: number): FailReason | undefined {
    return REASONS[(this.#flags.get(row) & REASON_MASK) >> REASON_SHIFT];
  }

  setState(row: number, state: MessageState, reason: FailReason | undefined): void {
    const kept = this.#flags.get(row) & ~(STATE_MASK | REASON_MASK);
    const bits = (STATES.indexOf(state) << STATE_SHIFT) | (REASONS.indexOf(reason) << REASON_SHIFT);
    this.#flags.set(row, kept | bits);
  }

  /** Adds a step to a message's chain. */
  addStep(row: number, place: number): void {
    this.#formerSteps.push(this.#lastSteps.get(row));
    this.#lastSteps.set(row, this.#stepPlaces.push(place) + 1);
  }

  /** Place of the record of the last step; `undefined` before the first. */
  lastStepOf(row: number): number | undefined {
    const last = this.#lastSteps.get(row);
    return last === 0 ? undefined : this.#stepPlaces.get(last - 1);
  }

  /** Places of the records of all steps, oldest first. */
  stepsOf(row: number): number[] {
    const places: number[] = [];
    for (let step = this.#lastSteps.get(row); step !== 0; step = this.#formerSteps.get(step - 1)) {
      places.push(this.#stepPlaces.get(step - 1));
    }
    return places.reverse();
  }

  #has(row: number, flag: number): boolean {
    return (this.#flags.get(row) & flag) !== 0;
  }
}
