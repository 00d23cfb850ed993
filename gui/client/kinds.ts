/** Texts and lists seen as the same thing: units in an order, some of which an edit takes out or puts in. */
import type { JsonValue } from '../../daemon/wire/topic-terms.ts';
import { isJson, jsonListOf } from './fields.ts';
import type { Part, Parts } from './parts.ts';
import { canonicalText } from './plain-values.ts';
import type { TopicChange } from './topic-frames.ts';

/** UTF-16 units in one change: six bytes each, if all of them have to be escaped, are a frame still (G6). */
const CHANGE_MAX_UNITS = 40_000;

/** What is different between texts and lists. */
export type Kind<Content> = Readonly<{
  empty: Content;
  /** Units that one change may put in or take out. */
  maxUnits: number;
  length: (value: Content) => number;
  slice: (value: Content, start: number, end: number) => Content;
  splice: (value: Content, part: Part<Content>) => Content;
  isEqualAt: (one: Content, at: number, other: Content, otherAt: number) => boolean;
  /** Whether one value has all units of another, together. */
  includes: (value: Content, wanted: Content) => boolean;
  /** Whether the units before and at this place belong together. */
  isPair: (value: Content, at: number) => boolean;
  /** The value that a `set` sets. */
  valueOf: (change: TopicChange) => Content | undefined;
  /** The one edit that any other change makes; `undefined` for one that makes no sense. */
  partOf: (change: TopicChange) => Part<Content> | undefined;
  /** A part as a change. `removed` is what it takes out. */
  toChange: (part: Part<Content>, removed: Content) => TopicChange;
}>;

export const TEXT: Kind<string> = {
  empty: '',
  maxUnits: CHANGE_MAX_UNITS,
  length: (text) => text.length,
  slice: (text, start, end) => text.slice(start, end),
  splice: (text, { at, removed, content }) =>
    text.slice(0, at) + content + text.slice(at + removed),
  isEqualAt: (one, at, other, otherAt) => one.charCodeAt(at) === other.charCodeAt(otherAt),
  includes: (text, wanted) => text.includes(wanted),
  isPair: (text, at) => isSurrogate(text, at - 1, 0xd800) && isSurrogate(text, at, 0xdc00),
  valueOf: ({ value }) => (typeof value === 'string' ? value : undefined),
  partOf: ({ type, position: at, insertion, deletion }) => {
    if (typeof at !== 'number') return undefined;
    if (type === 'insert' && typeof insertion === 'string') {
      return { at, removed: 0, content: insertion };
    }
    if (type !== 'delete' || typeof deletion !== 'string') return undefined;
    return { at, removed: deletion.length, content: '' };
  },
  toChange: ({ at: position, content }, removed) =>
    content === ''
      ? { type: 'delete', position, deletion: removed }
      : { type: 'insert', position, insertion: content },
};

export const LIST: Kind<readonly JsonValue[]> = {
  empty: [],
  maxUnits: 1,
  length: (items) => items.length,
  slice: (items, start, end) => items.slice(start, end),
  splice: (items, { at, removed, content }) => [
    ...items.slice(0, at),
    ...content,
    ...items.slice(at + removed),
  ],
  isEqualAt: (one, at, other, otherAt) =>
    canonicalText(one[at] ?? null) === canonicalText(other[otherAt] ?? null),
  includes: (items, wanted) => includesItems(items.map(canonicalText), wanted.map(canonicalText)),
  isPair: () => false,
  valueOf: ({ value }) => jsonListOf(value),
  partOf: ({ type, position: at, item }) => {
    if (typeof at !== 'number') return undefined;
    if (type === 'insert' && isJson(item)) return { at, removed: 0, content: [item] };
    return type === 'pop' ? { at, removed: 1, content: [] } : undefined;
  },
  toChange: ({ at: position, content: [item] }) =>
    item === undefined ? { type: 'pop', position } : { type: 'insert', position, item },
};

/**
 * The smallest edit that makes one value of the other, in two parts at most.
 *
 * @param end Where the edit ends in `after`, if that is known: what was typed three times the same was typed at the cursor.
 */
export function differenceOf<Content>(
  kind: Kind<Content>,
  before: Content,
  after: Content,
  end?: number,
): Parts<Content> {
  const { length, slice, empty } = kind;
  const shorter = Math.min(length(before), length(after));
  let [head, tail] = [0, 0];
  if (end === undefined) {
    head = sameHead(kind, before, after, shorter);
    tail = sameTail(kind, before, after, shorter - head);
  } else {
    tail = sameTail(kind, before, after, Math.min(shorter, length(after) - end));
    head = sameHead(kind, before, after, shorter - tail);
  }
  const removal = { at: head, removed: length(before) - tail - head, content: empty };
  const insertion = { at: head, removed: 0, content: slice(after, head, length(after) - tail) };
  return [removal, insertion].filter(({ removed, content }) => removed > 0 || length(content) > 0);
}

function includesItems(items: readonly string[], wanted: readonly string[]): boolean {
  return items.some((_, start) => wanted.every((item, at) => items[start + at] === item));
}

function sameHead<Content>(
  { isEqualAt, isPair }: Kind<Content>,
  one: Content,
  other: Content,
  max: number,
): number {
  let count = 0;
  while (count < max && isEqualAt(one, count, other, count)) count++;
  return isPair(one, count) || isPair(other, count) ? count - 1 : count;
}

function sameTail<Content>(
  { isEqualAt, isPair, length }: Kind<Content>,
  one: Content,
  other: Content,
  max: number,
): number {
  const [oneEnd, otherEnd] = [length(one), length(other)];
  let count = 0;
  while (count < max && isEqualAt(one, oneEnd - count - 1, other, otherEnd - count - 1)) count++;
  const isCut = isPair(one, oneEnd - count) || isPair(other, otherEnd - count);
  return isCut ? count - 1 : count;
}

function isSurrogate(text: string, at: number, first: 0xd800 | 0xdc00): boolean {
  return (text.charCodeAt(at) & 0xfc00) === first;
}
