/**
 * Edits of a text or a list with what they put in, and how two that know nothing of each other are brought together.
 *
 * Source: docs/topics.md#editing-at-the-same-time; the rules themselves are `daemon/wire/edits.ts`.
 */
import { moveEdit, type Edit } from '../../daemon/wire/edits.ts';
import type { Kind } from './kinds.ts';

/** Takes `removed` units away at `at`, or puts `content` there; never both. */
export type Part<Content> = Readonly<{ at: number; removed: number; content: Content }>;
/** Parts that are made one after another, each at its place in what those before it have left. */
export type Parts<Content> = readonly Part<Content>[];

/** The value after all parts. */
export function applyParts<Content>(
  { splice }: Kind<Content>,
  value: Content,
  parts: Parts<Content>,
): Content {
  return parts.reduce((before, part) => splice(before, part), value);
}

/** What takes the parts back again. `value` is as it was before them. */
export function undoParts<Content>(
  { splice, slice, empty, length }: Kind<Content>,
  value: Content,
  parts: Parts<Content>,
): Parts<Content> {
  let before = value;
  const undoing: Part<Content>[] = [];
  for (const part of parts) {
    const { at, removed, content } = part;
    const taken = removed > 0 ? slice(before, at, at + removed) : empty;
    undoing.unshift({ at, removed: length(content), content: taken });
    before = splice(before, part);
  }
  return undoing;
}

/**
 * Two ways from the same value, each after the other: both lead to the same value then.
 *
 * @param first What came first: where both put something to the same place, it stands in front.
 */
export function bringTogether<Content>(
  kind: Kind<Content>,
  first: Parts<Content>,
  second: Parts<Content>,
): Readonly<{ first: Parts<Content>; second: Parts<Content> }> {
  const [one, ...laterFirst] = first;
  const [other, ...laterSecond] = second;
  if (one === undefined || other === undefined) return { first, second };
  if (laterFirst.length === 0 && laterSecond.length === 0) {
    return { first: moveFirst(kind, one, other), second: move(kind, other, one) };
  }
  if (laterSecond.length > 0) {
    const start = bringTogether(kind, first, [other]);
    const end = bringTogether(kind, start.first, laterSecond);
    return { first: end.first, second: [...start.second, ...end.second] };
  }
  const start = bringTogether(kind, [one], second);
  const end = bringTogether(kind, laterFirst, start.second);
  return { first: [...start.first, ...end.first], second: end.second };
}

/** Whether a part does something. */
export function isEffective<Content>({ length }: Kind<Content>, part: Part<Content>): boolean {
  return part.removed > 0 || length(part.content) > 0;
}

/** Parts as those see them who look at places alone. */
export function toEdits<Content>(kind: Kind<Content>, parts: Parts<Content>): readonly Edit[] {
  return parts.filter((part) => isEffective(kind, part)).map((part) => toEdit(kind, part));
}

/**
 * A place after edits of others, e.g. where a cursor stands: behind what was put in exactly there only if it `sticks` to what
 * follows it.
 */
export function movePlace(place: number, edits: readonly Edit[], sticks = false): number {
  return edits.reduce((at, edit) => {
    if (edit.inserted > 0 && edit.at === at && !sticks) return at;
    const [moved] = moveEdit({ at, removed: 0, inserted: 1 }, edit);
    return moved?.at ?? at;
  }, place);
}

function move<Content>(
  kind: Kind<Content>,
  part: Part<Content>,
  past: Part<Content>,
): Parts<Content> {
  return moveEdit(toEdit(kind, part), toEdit(kind, past)).map(({ at, removed }) => ({
    ...{ at, removed },
    content: part.content,
  }));
}

/** Moves what came first past what came second: at a tie it stays in front. */
function moveFirst<Content>(
  kind: Kind<Content>,
  part: Part<Content>,
  past: Part<Content>,
): Parts<Content> {
  const { length } = kind;
  const isTie = part.at === past.at && length(part.content) > 0 && length(past.content) > 0;
  return isTie ? [part] : move(kind, part, past);
}

function toEdit<Content>({ length }: Kind<Content>, { at, removed, content }: Part<Content>): Edit {
  return { at, removed, inserted: length(content) };
}
