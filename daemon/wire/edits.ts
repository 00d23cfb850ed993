/**
 * Edits of a sequence, text or list, that several make at the same time: how one is moved past another.
 *
 * Source: docs/topics.md#editing-at-the-same-time.
 */

/** Takes `removed` units away at `at`, or puts `inserted` units there; never both. */
export type Edit = Readonly<{ at: number; removed: number; inserted: number }>;

/**
 * The same intention after another edit was applied first.
 *
 * An insertion at the very place of the other's comes behind it. A removal takes nothing away that it did not mean:
 * what the other put into its middle stays, so there may be two parts.
 *
 * @returns One or two edits, the later place first, so that neither moves the other.
 */
export function moveEdit(edit: Edit, past: Edit): readonly Edit[] {
  if (past.inserted > 0) return movePastInsertion(edit, past);
  return [movePastRemoval(edit, past)];
}

function movePastInsertion(edit: Edit, { at, inserted }: Edit): readonly Edit[] {
  const end = edit.at + edit.removed;
  if (at <= edit.at) return [{ ...edit, at: edit.at + inserted }];
  if (at >= end) return [edit];
  return [
    { at: at + inserted, removed: end - at, inserted: 0 },
    { at: edit.at, removed: at - edit.at, inserted: 0 },
  ];
}

function movePastRemoval(edit: Edit, { at, removed }: Edit): Edit {
  const start = placeAfterRemoval(edit.at, at, removed);
  const end = placeAfterRemoval(edit.at + edit.removed, at, removed);
  return { at: start, removed: end - start, inserted: edit.inserted };
}

function placeAfterRemoval(place: number, at: number, removed: number): number {
  if (place <= at) return place;
  return place >= at + removed ? place - removed : at;
}
