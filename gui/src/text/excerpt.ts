/** What of a found message is shown: the stretch around the first place found, with all places in it marked. */
import type { ApiFound } from '../../../daemon/wire/gui-api.ts';
import { showSteering } from './visible.ts';

/** UTF-16 units before the first place, and in all. */
const BEFORE_LENGTH = 32;
const EXCERPT_LENGTH = 200;

export type ExcerptPart = Readonly<{ text: string; isMarked: boolean }>;

/** The parts of the excerpt; joined, they are one line, made safe for the eye. */
export function excerptOf({
  message,
  marks,
}: Pick<ApiFound, 'message' | 'marks'>): readonly ExcerptPart[] {
  const start = startOf(message, marks[0]?.[0] ?? 0);
  const end = wholeCharacters(message, Math.min(message.length, start + EXCERPT_LENGTH));
  const parts: ExcerptPart[] = [];
  const add = (from: number, to: number, isMarked: boolean): void => {
    const text = showSteering(message.slice(from, to).replace(/\s+/g, ' '));
    if (text !== '') parts.push({ text, isMarked });
  };
  if (start > 0) parts.push({ text: '…', isMarked: false });
  let place = start;
  for (const [markStart, length] of marks) {
    const [from, to] = [Math.max(place, markStart), Math.min(end, markStart + length)];
    if (from >= to) continue;
    add(place, from, false);
    add(from, to, true);
    place = to;
  }
  add(place, end, false);
  if (end < message.length) parts.push({ text: '…', isMarked: false });
  return parts;
}

/** A little before the first place, at the beginning of a word if there is one. */
function startOf(message: string, firstMark: number): number {
  if (firstMark <= BEFORE_LENGTH) return 0;
  const start = wholeCharacters(message, firstMark - BEFORE_LENGTH);
  const blank = message.slice(start, firstMark).search(/\s/);
  return blank === -1 ? start : start + blank + 1;
}

/** Never between the halves of a surrogate pair. */
function wholeCharacters(message: string, index: number): number {
  return /[\uD800-\uDBFF]/.test(message.charAt(index - 1)) ? index - 1 : index;
}
