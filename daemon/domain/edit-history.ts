/** The latest edits of a topic that is a sequence, so that one that comes late finds its place. */
import { moveEdit, type Edit } from '../wire/edits.ts';
import type { JsonObject } from '../wire/topic.ts';
import type { Change } from '../wire/topic-changes.ts';
import { misfit } from './topic-value.ts';

/** Edits that are kept; who is further behind is refused. */
export const HISTORY_MAX_EDITS = 1000;
/** What one of them takes of the memory, about. */
const EDIT_BYTES = 48;

type Insertion = Extract<Change, { type: 'insert' }>;
type Removal = Extract<Change, { type: 'delete' | 'pop'; position: number }>;
export type SequenceChange = Insertion | Removal;

export class EditHistory {
  /** Oldest first; `undefined` for a change that set the whole value. */
  #edits: (Edit | undefined)[] = [];
  #version: number;

  /** @param version How many changes there were of which nothing is known any more. */
  constructor(version = 0) {
    this.#version = version;
  }

  /** How many changes there have been. */
  get version(): number {
    return this.#version;
  }

  /** What it takes of the memory, about. */
  get sizeBytes(): number {
    return this.#edits.length * EDIT_BYTES;
  }

  /** Notes a change that was applied. */
  add(change: Change): void {
    this.#version++;
    this.#edits.push(isSequenceChange(change) ? toEdit(change) : undefined);
    if (this.#edits.length > 2 * HISTORY_MAX_EDITS) {
      this.#edits = this.#edits.slice(-HISTORY_MAX_EDITS);
    }
  }

  /**
   * The change as it has to be applied now.
   *
   * @param change As its author meant it when the version was `base`.
   * @returns      One part or more, to be applied in this order; the last one answers the author.
   * @throws {WireError} It has no place any more.
   */
  rebase(change: SequenceChange, base: number): readonly SequenceChange[] {
    const missed = this.#version - base;
    if (missed < 0) throw misfit('there is no such version yet');
    if (missed > this.#edits.length) throw misfit('that was too long ago');
    const deletion = 'deletion' in change ? change.deletion : '';
    let parts: readonly Part[] = [{ edit: toEdit(change), deletion }];
    for (const past of missed === 0 ? [] : this.#edits.slice(-missed)) {
      if (past === undefined) throw misfit('the whole value was set meanwhile');
      parts = parts.flatMap((part) => movePart(part, past));
    }
    return toChanges(change, parts);
  }
}

/** What is left of a change. `deletion` is the text that is still to be taken away. */
type Part = Readonly<{ edit: Edit; deletion: string }>;

/** Whether a change says at which place of a sequence it happens. */
export function isSequenceChange(change: Change): change is SequenceChange {
  return 'position' in change;
}

/**
 * The version that a change was made on; `undefined` for the current one.
 *
 * @throws {WireError} `bad_request`.
 */
export function baseOf({ base }: JsonObject): number | undefined {
  if (base === undefined) return undefined;
  if (typeof base === 'number' && Number.isSafeInteger(base) && base >= 0) return base;
  throw misfit('base is no version');
}

function toEdit(change: SequenceChange): Edit {
  const at = change.position;
  switch (change.type) {
    case 'insert':
      return { at, removed: 0, inserted: 'item' in change ? 1 : change.insertion.length };
    case 'delete':
      return { at, removed: change.deletion.length, inserted: 0 };
    case 'pop':
      return { at, removed: 1, inserted: 0 };
  }
}

function movePart({ edit, deletion }: Part, past: Edit): readonly Part[] {
  const moved = moveEdit(edit, past);
  const [later, earlier] = moved;
  if (later !== undefined && earlier !== undefined) {
    return [
      { edit: later, deletion: deletion.slice(earlier.removed) },
      { edit: earlier, deletion: deletion.slice(0, earlier.removed) },
    ];
  }
  // What the other took away is not ours to take any more.
  const start = Math.max(0, past.at - edit.at);
  const end = Math.max(0, past.at + past.removed - edit.at);
  const left = past.removed > 0 ? deletion.slice(0, start) + deletion.slice(end) : deletion;
  return moved.map((one) => ({ edit: one, deletion: left }));
}

function toChanges(change: SequenceChange, parts: readonly Part[]): readonly SequenceChange[] {
  const needed = parts.filter(({ edit }, at) => edit.removed > 0 || at === parts.length - 1);
  return needed.map((one, at) => {
    const part = withPlace(change, one);
    // The author waits for its id: it is told with the last part.
    return at === needed.length - 1 ? part : { ...part, id: undefined };
  });
}

function withPlace(change: SequenceChange, { edit, deletion }: Part): SequenceChange {
  const { at, removed } = edit;
  switch (change.type) {
    case 'insert':
      return { ...change, position: at };
    case 'delete':
      return { ...change, position: at, deletion };
    case 'pop':
      if (removed === 0) throw misfit('somebody else took that item away');
      return { ...change, position: at };
  }
}
