import test from 'ava';
import fc from 'fast-check';
import { countWords, findMarks, parseQuery } from '../../daemon/domain/search-query.ts';
import { foldedWordsOf, wordsOf } from '../../daemon/domain/words.ts';

/** What is marked, as text. */
function marked(text: string, typed: string): readonly string[] | undefined {
  return findMarks(text, parseQuery(typed))?.map(([start, length]) =>
    text.slice(start, start + length),
  );
}

const folding = test.macro({
  title: (_, text: string, words: readonly string[]) => `"${text}" has the words ${words.join()}`,
  exec: (t, text: string, words: readonly string[]) => {
    t.deepEqual(foldedWordsOf(text), words);
    t.deepEqual(
      wordsOf(text).map(({ folded }) => folded),
      words,
    );
  },
});

test(folding, 'Привет, Ёжик!', ['привет', 'ежик']);
test(folding, 'МОЙ мои е\u0308ж и\u0306од', ['мой', 'мои', 'еж', 'йод']);
test(folding, 'don’t see-saw 10:30', ['don', 't', 'see', 'saw', '10', '30']);
test(folding, 'Ångström naïve ﬁle ＷＩＤＥ', ['angstrom', 'naive', 'file', 'wide']);
test(folding, 'Straße ΛΌΓΟΣ İstanbul', ['strasse', 'λογοσ', 'istanbul']);
test(folding, 'при\u00adвет \u0301 — …', ['привет']);
test(folding, '你好 world', ['你', '好', 'world']);
test(folding, 'हिन्दी שָׁלוֹם', ['हिन्दी', 'שלום']);
test(folding, 'ура😀👍🏽', ['ура', '😀', '👍']);
test(folding, '', []);

const marking = test.macro({
  title: (_, text: string, typed: string, marks: readonly string[] | undefined) =>
    `${typed} in "${text}" marks ${marks?.join(' and ') ?? 'nothing, it does not fit'}`,
  exec: (t, text: string, typed: string, marks: readonly string[] | undefined) => {
    t.deepEqual(marked(text, typed), marks);
  },
});

test(marking, 'Ёлки и елка', 'ёл', ['Ёл', 'ел']);
test(marking, 'naïveté, naive', 'NAIVE', ['naïve', 'naive']);
test(marking, 'cafe\u0301s', 'café', ['cafe\u0301']);
test(marking, 'ﬁles', 'fi', ['ﬁ']);
test(marking, 'a cat, two cats', 'cat two', ['cat', 'two', 'cat']);
test(marking, 'a cat, two cats', '"cat"', ['cat']);
test(marking, 'a cat, two cats', '"two cat', ['two cat']);
test(marking, 'a cat, two cats', '«two cat»', undefined);
test(marking, 'a cat, two cats', 'two-cat', ['two cat']);
test(marking, 'see http://example.com/x', 'example.com/x', ['example.com/x']);
test(marking, '你好', '好', ['好']);
test(marking, 'one two', 'two three', undefined);
test(marking, 'aaa aab', 'aa a', ['aa', 'aa']);

test('a query without a word looks for nothing', (t) => {
  for (const typed of ['', '  ', '!?', '""', '"', '—']) t.deepEqual(parseQuery(typed), [], typed);
  t.is(countWords(parseQuery('one "two three" four-five')), 5);
});

/** Few enough that texts often have what is typed. */
const character = fc.constantFrom(...Array.from('aёеИ\u0308\u0306\u0301ﬁif -😀好'), '\ud83d');

test('marks lie in the text, in order and apart, whatever is written and typed', (t) => {
  fc.assert(
    fc.property(
      fc.string({ unit: character, maxLength: 30 }),
      fc.string({ unit: character, maxLength: 4 }),
      (text, typed) => {
        const marks = findMarks(text, parseQuery(typed)) ?? [];
        let end = -1;
        for (const [start, length] of marks) {
          t.true(start > end && length > 0 && start + length <= text.length);
          end = start + length;
        }
      },
    ),
  );
});

test('each word of a text finds the text', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      for (const { start, length } of wordsOf(text)) {
        const typed = text.slice(start, start + length);
        t.not(findMarks(text, parseQuery(typed)), undefined, JSON.stringify([text, typed]));
      }
    }),
  );
});
