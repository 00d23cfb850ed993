import test from 'ava';
import { signal } from '@preact/signals';
import { followWords } from '../../gui/src/texts/present-words.ts';
import type { LanguageCode } from '../../gui/src/texts/words.ts';
import { settle } from './fakes.ts';
import { createWords } from './words.ts';

/** A choice of language whose texts come when the test says so. */
function choose(first: LanguageCode | 'system', browsers: readonly string[] = ['en-GB']) {
  const chosen = signal(first);
  const asked: Readonly<{
    language: LanguageCode;
    locale: string | undefined;
    come: () => void;
    fail: () => void;
  }>[] = [];
  const words = followWords(
    chosen,
    browsers,
    (language, locale) =>
      new Promise((resolve, reject) => {
        const come = (): void => resolve(createWords(language));
        asked.push({ language, locale, come, fail: () => reject(new Error('away')) });
      }),
  );
  return { chosen, asked, words };
}

test('only the language in use is fetched, with the browser’s own tag for it', async (t) => {
  const { asked, words } = choose('system', ['de-DE', 'ru-RU']);
  t.is(words.value, undefined);

  asked[0]?.come();
  await settle();

  t.is(words.value?.language, 'ru');
  t.deepEqual(
    asked.map(({ language, locale }) => [language, locale]),
    [['ru', 'ru-RU']],
  );
});

test('the former words stay until the others are there, and when they can’t be had', async (t) => {
  const { chosen, asked, words } = choose('en');
  asked[0]?.come();
  await settle();

  chosen.value = 'ru';
  t.is(words.value?.language, 'en');
  asked[1]?.fail();
  await settle();

  t.is(words.value?.language, 'en');
});

test('of two choices the later one counts, whichever comes first', async (t) => {
  const { chosen, asked, words } = choose('en');
  chosen.value = 'ru';

  asked[1]?.come();
  await settle();
  asked[0]?.come();
  await settle();

  t.is(words.value?.language, 'ru');
});
