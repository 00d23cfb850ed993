/**
 * What was put in here a moment ago and told by the daemon, which may not have saved it yet: after a crash of the daemon it has
 * to be put in again. Others put their own in again.
 */
import { moveEdit, type Edit } from '../../daemon/wire/edits.ts';
import type { Kind } from './kinds.ts';
import type { Part, Parts } from './parts.ts';

/** By then a daemon has saved a draft. */
const SAVED_AFTER_MS = 2_000;

/** How to save what is missing. */
export type Salvage<Content> = Readonly<{
  /** What makes the value that is wanted of the one that was told. */
  kept: Parts<Content>;
  /** What makes it of the value that the daemon has. */
  missing: Parts<Content>;
}>;

/** Units of the value that the daemon has told. */
type Range = Readonly<{ edit: Edit; sinceMs: number }>;

export class RecentOwn<Content> {
  readonly #kind: Kind<Content>;
  #ranges: readonly Range[] = [];

  constructor(kind: Kind<Content>) {
    this.#kind = kind;
  }

  /** Notes that these units were just told. */
  add(at: number, size: number, nowMs: number): void {
    const fresh = this.#ranges.filter(({ sinceMs }) => nowMs - sinceMs < SAVED_AFTER_MS);
    this.#ranges = [...fresh, { edit: { at, removed: size, inserted: 0 }, sinceMs: nowMs }];
  }

  /** Something else was told. */
  move(edits: readonly Edit[]): void {
    for (const past of edits) {
      this.#ranges = this.#ranges.flatMap(({ edit, sinceMs }) =>
        moveEdit(edit, past)
          .filter(({ removed }) => removed > 0)
          .map((moved) => ({ edit: moved, sinceMs })),
      );
    }
  }

  /** The line broke: whatever is older by now was saved. */
  keepFresh(nowMs: number): void {
    this.#ranges = this.#ranges.filter(({ sinceMs }) => nowMs - sinceMs < SAVED_AFTER_MS);
  }

  /**
   * Saves of it what is missing in a value that the daemon comes back with.
   *
   * @param told       The value that the daemon had told.
   * @param difference What makes the new value of it.
   */
  salvage(told: Content, difference: Parts<Content>): Salvage<Content> {
    const { length, slice, empty } = this.#kind;
    const removal = difference.find(({ removed }) => removed > 0);
    const put = difference.find(({ content }) => length(content) > 0);
    const saved = removal === undefined ? [] : this.#missingIn(told, removal, put?.content);
    if (removal === undefined || saved.length === 0) return { kept: difference, missing: [] };
    const { at } = removal;
    const kept: Part<Content>[] = [];
    const missing: Part<Content>[] = [];
    let end = at + removal.removed;
    for (const { from, to } of saved.toReversed()) {
      kept.push({ at: to, removed: end - to, content: empty });
      end = from;
    }
    kept.push({ at, removed: end - at, content: empty });
    if (put !== undefined) kept.push(put);
    let place = at + (put === undefined ? 0 : length(put.content));
    for (const { from, to } of saved) {
      missing.push({ at: place, removed: 0, content: slice(told, from, to) });
      place += to - from;
    }
    return { kept, missing };
  }

  /** Parts of what was told that a removal takes away, and that are not put in again with it. */
  #missingIn(
    told: Content,
    removal: Part<Content>,
    put: Content | undefined,
  ): readonly Readonly<{ from: number; to: number }>[] {
    const cut = this.#ranges.map(({ edit }) => ({
      from: Math.max(edit.at, removal.at),
      to: Math.min(edit.at + edit.removed, removal.at + removal.removed),
    }));
    const { slice } = this.#kind;
    return cut
      .filter(({ from, to }) => from < to)
      .filter(({ from, to }) => !put || !this.#kind.includes(put, slice(told, from, to)))
      .sort((one, other) => one.from - other.from);
  }
}
