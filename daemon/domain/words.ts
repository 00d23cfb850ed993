/**
 * What search takes for a word, and which words it takes for the same one: case, ё and е, accents and wide or joined
 * letters make no difference; й and и do.
 *
 * Source: docs/storage.md#words.
 */

/** A word of a text: as search compares it, and where it stands, in UTF-16 units. */
export type Word = Readonly<{ folded: string; start: number; length: number }>;

/** Texts whose letters are lower-cased one for one and carry no marks but those of ё and й: nearly all of ours. */
const IS_SIMPLE = /^[\0-\x7f\xa0\xab\xbb\u0401\u0410-\u044f\u0451\u2010-\u2026]*$/;
const SIMPLE_WORD = /[0-9a-zа-я]+/g;

/** Written without blanks between words, so that each character counts as one; pictures as well. */
const ALONE = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Extended_Pictographic}`;
/** Stand inside a word without being seen: soft hyphen, joiners. */
const UNSEEN = String.raw`\u00ad\u200c\u200d`;
const WORD = new RegExp(
  `[${ALONE}]\\p{M}*|(?:(?![${ALONE}])[\\p{L}\\p{N}][\\p{M}${UNSEEN}]*)+`,
  'gu',
);

const DROPPED = new RegExp(
  // Diacritics of Latin, Greek and Cyrillic but the breve, vowel points, variants of pictures. Vowel signs of other
  // scripts make other words and stay.
  String.raw`[\u0300-\u0305\u0307-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670` +
    String.raw`\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f${UNSEEN}]`,
  'g',
);
/** A breve makes й of и; on other letters it is an accent. */
const BREVE = /(и?)\u0306/g;

/** The words of a text, in order. */
export function wordsOf(text: string): readonly Word[] {
  if (!IS_SIMPLE.test(text)) return slowWordsOf(text);
  const words: Word[] = [];
  for (const match of foldSimple(text).matchAll(SIMPLE_WORD)) {
    const [folded] = match;
    words.push({ folded, start: match.index, length: folded.length });
  }
  return words;
}

/** The words of a text without their places, repeats included: what an index needs. */
export function foldedWordsOf(text: string): readonly string[] {
  if (IS_SIMPLE.test(text)) return foldSimple(text).match(SIMPLE_WORD) ?? [];
  return slowWordsOf(text).map(({ folded }) => folded);
}

/** How much of a word as it was written, in UTF-16 units, makes up the beginning of its folded form. */
export function lengthOfBeginning(written: string, beginning: string): number {
  let length = 0;
  for (const character of written) {
    const isEnough = foldWord(written.slice(0, length)).startsWith(beginning);
    // What follows a letter without being one belongs to it.
    if (isEnough && foldWord(character).replace('\u0306', '') !== '') break;
    length += character.length;
  }
  return length;
}

/** Keeps the length of the text. */
function foldSimple(text: string): string {
  return text.toLowerCase().replaceAll('ё', 'е');
}

function slowWordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  for (const match of text.matchAll(WORD)) {
    const [written] = match;
    const folded = foldWord(written);
    if (folded !== '') words.push({ folded, start: match.index, length: written.length });
  }
  return words;
}

function foldWord(written: string): string {
  if (IS_SIMPLE.test(written)) return foldSimple(written);
  return written
    .normalize('NFKD')
    .toLowerCase()
    .replace(DROPPED, '')
    .replace(BREVE, (_, before: string) => (before === '' ? '' : 'й'))
    .replaceAll('ß', 'ss')
    .replaceAll('ς', 'σ');
}
