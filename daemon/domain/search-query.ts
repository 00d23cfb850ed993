/** What the owner looks for, and whether a text has it. */
import { lengthOfBeginning, wordsOf, type Word } from './words.ts';

/** Words of a query in all. Source: docs/gui-api.md. */
export const QUERY_MAX_WORDS = 32;
/** Places that are marked in one message. */
const MARKS_MAX = 100;

/** Words that must follow each other; all but the last stand whole. */
export type Clause = Readonly<{
  /** Folded, at least one. */
  words: readonly string[];
  /** The last word stands whole as well; else a word that begins so is as good. */
  isWhole: boolean;
}>;

/** A text fits when all clauses are in it. */
export type SearchQuery = readonly Clause[];

/** A place in a text: start and length in UTF-16 units. */
export type Mark = readonly [start: number, length: number];

/** A stretch in quotation marks, which may still be open, or what stands between blanks. */
const PIECE = /(["“”„«»])([^"“”„«»]*)(["“”„«»]?)|[^\s"“”„«»]+/g;

/** Reads what was typed. Without a word in it there is nothing to find: no clause. */
export function parseQuery(text: string): SearchQuery {
  const clauses: Clause[] = [];
  for (const [piece, opening, inside, closing] of text.matchAll(PIECE)) {
    const words = wordsOf(inside ?? piece).map(({ folded }) => folded);
    // Quotation marks that are still open: the last word may still be being typed.
    const isWhole = opening !== undefined && closing !== '';
    if (words.length > 0) clauses.push({ words, isWhole });
  }
  return clauses;
}

/** How many words a query has. */
export function countWords(query: SearchQuery): number {
  return query.reduce((sum, { words }) => sum + words.length, 0);
}

/** Where a text has what is looked for, in order and apart from each other; `undefined` when it does not fit. */
export function findMarks(text: string, query: SearchQuery): readonly Mark[] | undefined {
  const words = wordsOf(text);
  const marks: Mark[] = [];
  for (const clause of query) {
    const found = findClause(text, words, clause);
    if (found.length === 0) return undefined;
    marks.push(...found);
  }
  return joinMarks(marks).slice(0, MARKS_MAX);
}

function findClause(text: string, words: readonly Word[], clause: Clause): readonly Mark[] {
  const marks: Mark[] = [];
  const lastIndex = clause.words.length - 1;
  const wanted = clause.words[lastIndex] ?? '';
  for (let index = 0; index + lastIndex < words.length && marks.length < MARKS_MAX; index++) {
    const first = words[index];
    const last = words[index + lastIndex];
    if (first === undefined || last === undefined) break;
    const isSame = clause.isWhole ? last.folded === wanted : last.folded.startsWith(wanted);
    if (!isSame || !hasWords(words, index, clause.words)) continue;
    const written = text.slice(last.start, last.start + last.length);
    const end = last.start + lengthOfBeginning(written, wanted);
    marks.push([first.start, end - first.start]);
  }
  return marks;
}

/** Whether all words but the last stand there. */
function hasWords(words: readonly Word[], index: number, wanted: readonly string[]): boolean {
  for (let i = 0; i < wanted.length - 1; i++) {
    if (words[index + i]?.folded !== wanted[i]) return false;
  }
  return true;
}

/** Marks of several clauses in order; those that touch or overlap become one. */
function joinMarks(marks: readonly Mark[]): readonly Mark[] {
  const joined: Mark[] = [];
  for (const [start, length] of marks.toSorted((one, other) => one[0] - other[0])) {
    const before = joined.at(-1);
    const end = before === undefined ? -1 : before[0] + before[1];
    if (before === undefined || start > end) joined.push([start, length]);
    else joined[joined.length - 1] = [before[0], Math.max(end, start + length) - before[0]];
  }
  return joined;
}
