import test from 'ava';
import fc from 'fast-check';
import { WordPart } from '../../daemon/stores/word-part.ts';
import { WordPartBuilder } from '../../daemon/stores/word-part-builder.ts';
import type { WordQuery } from '../../daemon/domain/ports.ts';
import { foldedWordsOf } from '../../daemon/domain/words.ts';
import { seededRandom } from '../soak/seeded-random.ts';

const MESSAGES = 600;
const BASE_S = 5_000_000_000;

type Written = Readonly<{ s: number; conversation: number; words: readonly string[] }>;

/** Messages of so many different words that they fill many blocks, with long, foreign and astral ones among them. */
function writeMessages(): readonly Written[] {
  const random = seededRandom(11);
  const letters = ['a', 'b', 'я', 'é', '0', '好', '𝒳', 'zz', 'е'.repeat(20)] as const;
  const word = () =>
    Array.from({ length: random.between(1, 5) }, () => random.pick(letters)).join('');
  let s = BASE_S;
  return Array.from({ length: MESSAGES }, () => ({
    s: (s += random.between(1, 5)),
    conversation: random.between(1, 12),
    words: Array.from({ length: random.between(0, 12) }, word),
  }));
}

async function buildPart(messages: readonly Written[]) {
  const builder = new WordPartBuilder(messages[0]?.s ?? 0);
  for (const { s, conversation, words } of messages) builder.add(s, conversation, words.join(' '));
  const bytes = await builder.build();
  const read = (start: number, end: number): Buffer => bytes.subarray(start, end);
  return { part: await WordPart.open(read), read, bytes };
}

function queryFor(query: Partial<WordQuery>): WordQuery {
  const { signal } = new AbortController();
  return { words: [], conversation: undefined, before: Infinity, signal, ...query };
}

test('a part finds what has the words, and what may have them because they are long', async (t) => {
  const messages = writeMessages();
  const { part, read, bytes } = await buildPart(messages);
  t.is(part.sizeBytes, bytes.length);
  // As the text is folded: accents and styles of letters are gone, and each 好 is a word.
  const folded = new Map(messages.map(({ s, words }) => [s, foldedWordsOf(words.join(' '))]));
  const vocabulary = [...new Set([...folded.values()].flat())];
  t.true(vocabulary.length > 1000);

  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          text: fc
            .tuple(fc.constantFrom(...vocabulary), fc.integer({ min: 1, max: 60 }), fc.boolean())
            .map(([one, length, isWhole]) =>
              isWhole ? one : Array.from(one).slice(0, length).join(''),
            ),
          isWhole: fc.boolean(),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      fc.option(fc.integer({ min: 1, max: 13 }), { nil: undefined }),
      async (words, conversation) => {
        const expected = messages
          .filter((message) => conversation === undefined || message.conversation === conversation)
          .filter(({ s }) =>
            words.every(({ text, isWhole }) =>
              folded.get(s)?.some((one) => {
                const [short, wanted] = [one.slice(0, 32), text.slice(0, 32)];
                return isWhole ? short === wanted : short.startsWith(wanted);
              }),
            ),
          )
          .map(({ s }) => s);

        const found = await part.find(queryFor({ words, conversation }), read);

        t.deepEqual([...(found?.descending(Infinity) ?? [])], expected.toReversed());
      },
    ),
    { numRuns: 500 },
  );
});

test('places below a limit come in falling order', async (t) => {
  const messages = writeMessages();
  const { part, read } = await buildPart(messages);
  const conversation = messages[0]?.conversation;
  const middle = messages[300]?.s ?? 0;

  const found = await part.find(queryFor({ conversation }), read);

  t.deepEqual(
    [...(found?.descending(middle) ?? [])],
    messages
      .filter((message) => message.s < middle && message.conversation === conversation)
      .map(({ s }) => s)
      .toReversed(),
  );
});

test('a word that no message has, before, between and after all others, is not found', async (t) => {
  const { part, read } = await buildPart(writeMessages());

  for (const text of ['!', '00000000', 'яяяяяяяяя', 'zzzzzzzzzzzzzzzz', '\uffff']) {
    for (const isWhole of [true, false]) {
      t.is(await part.find(queryFor({ words: [{ text, isWhole }] }), read), undefined);
    }
  }
});
