import { Column } from '../../storage/column.ts';
import { decodeEffect, encodeEffect, type Effect } from './effect.ts';

/** What a segment's records do to messages of earlier segments, in their order: ten bytes each. */
export class LaterEffects {
  readonly #targets: Column;
  readonly #places: Column;
  readonly #codes: Column<Uint16Array>;

  /** Goes on with what is there, or with nothing. */
  constructor(
    targets: Uint32Array = new Uint32Array(),
    places: Uint32Array = new Uint32Array(),
    codes: Uint16Array = new Uint16Array(),
  ) {
    this.#targets = Column.of(targets);
    this.#places = Column.of(places);
    this.#codes = Column.of(codes);
  }

  get sizeBytes(): number {
    return this.#targets.sizeBytes + this.#places.sizeBytes + this.#codes.sizeBytes;
  }

  sections() {
    return {
      laterTargets: this.#targets.cells.slice(),
      laterPlaces: this.#places.cells.slice(),
      laterCodes: this.#codes.cells.slice(),
    };
  }

  /** The record at place `s` has this effect on the message at place `target`. */
  add(target: number, effect: Effect, s: number): void {
    this.#targets.push(target);
    this.#places.push(s);
    this.#codes.push(encodeEffect(effect));
  }

  /** Hands over all of them, oldest first. */
  visit(visit: (target: number, effect: Effect, s: number) => void): void {
    for (let index = 0; index < this.#targets.length; index++) {
      const effect = decodeEffect(this.#codes.get(index));
      visit(this.#targets.get(index), effect, this.#places.get(index));
    }
  }

  /** Places of the steps of a message, oldest first. */
  stepsOf(target: number): number[] {
    const places: number[] = [];
    const targets = this.#targets.cells;
    for (let at = targets.indexOf(target); at !== -1; at = targets.indexOf(target, at + 1)) {
      if (decodeEffect(this.#codes.get(at)).step !== 'remove') places.push(this.#places.get(at));
    }
    return places;
  }
}
