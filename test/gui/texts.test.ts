import test from 'ava';
import { en } from '../../gui/src/texts/en.ts';
import { ru } from '../../gui/src/texts/ru.ts';
import { readSources } from '../helpers/source-files.ts';
import { chooseLanguage, chooseLocale } from '../../gui/src/texts/words.ts';
import { createWords } from './words.ts';

type Texts = Readonly<{ [name: string]: string | Texts }>;

/** Paths of all texts, plural forms as one. */
function pathsOf(texts: Texts, above = ''): string[] {
  const paths = Object.entries(texts).flatMap(([name, value]) =>
    typeof value === 'string'
      ? [above + name.replace(/_(?:one|few|many|other)$/, '')]
      : pathsOf(value, `${above}${name}.`),
  );
  return [...new Set(paths)];
}

function* valuesOf(texts: Texts, above = ''): Generator<readonly [string, string]> {
  for (const [name, value] of Object.entries(texts)) {
    if (typeof value === 'string') yield [above + name, value];
    else yield* valuesOf(value, `${above}${name}.`);
  }
}

const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name);

test('both languages have the same texts', (t) => {
  t.deepEqual(pathsOf(ru).sort(), pathsOf(en).sort());
});

test('both languages fill in the same values', (t) => {
  const russian = new Map(valuesOf(ru));
  for (const [path, text] of valuesOf(en)) {
    const same = russian.get(path) ?? '';
    t.deepEqual(
      [...new Set(placeholders(same))].sort(),
      [...new Set(placeholders(text))].sort(),
      path,
    );
  }
});

test('every text is used', async (t) => {
  const sources = await readSources('gui/src');
  const code = sources
    .filter(({ path }) => !/\/texts\/(en|ru)\.ts$/.test(path))
    .map(({ text }) => text)
    .join('\n');

  // Some are named in parts: `presence.${state}`.
  const isUsed = (path: string) =>
    code.includes(`'${path}'`) || code.includes(`\`${path.replace(/\w+$/, '')}\${`);

  t.deepEqual(
    pathsOf(en).filter((path) => !isUsed(path)),
    [],
  );
});

test('nothing is empty and nobody shouts', (t) => {
  for (const texts of [en, ru]) {
    for (const [path, text] of valuesOf(texts)) {
      t.regex(text, /\S/, path);
      t.notRegex(text, /!/, path);
    }
  }
});

test('no Russian sentence needs a name in another case than the one it has', (t) => {
  const needsCase =
    /(?:^|[\s(])(?:у|для|с|от|к|о|из|вместо|через|кроме|демона?|программ[ау]) \{\{(?:name|to|from|host)\}\}/iu;
  for (const [path, text] of valuesOf(ru)) t.notRegex(text, needsCase, path);
});

test('plurals are right in both languages', (t) => {
  const count = (language: 'en' | 'ru', number: number) =>
    createWords(language).t('app.unread', { count: number });

  t.is(count('en', 1), '1 unread message');
  t.is(count('en', 5), '5 unread messages');
  t.is(count('ru', 1), '1 непрочитанное сообщение');
  t.is(count('ru', 3), '3 непрочитанных сообщения');
  t.is(count('ru', 11), '11 непрочитанных сообщений');
  t.is(count('ru', 22), '22 непрочитанных сообщения');
});

test('names of people are wrapped, other values are not', (t) => {
  const { t: text } = createWords('en');

  t.is(text('request.wants', { name: 'א' }), '\u2068א\u2069 wants to talk');
  t.is(text('own.qr', { address: 'fc92::1' }), 'QR code of fc92::1');
  t.is(text('request.wants', { name: '<b>&' }), '\u2068<b>&\u2069 wants to talk');
});

test('the language is the chosen one, else the first of the browser that we speak', (t) => {
  t.is(chooseLanguage('ru', ['en-GB']), 'ru');
  t.is(chooseLanguage('system', ['de-DE', 'ru-RU', 'en']), 'ru');
  t.is(chooseLanguage('system', ['de-DE']), 'en');
  t.is(chooseLocale('en', ['de-DE', 'en-GB']), 'en-GB');
  t.is(chooseLocale('ru', ['en-GB']), 'ru');
});

test('a value that looks like a placeholder is not filled in again', (t) => {
  const { t: text } = createWords('en');

  t.is(
    text('conversation.newMessage', { name: 'A', text: '{{name}} $t(app.back)' }).includes('Back'),
    false,
  );
});
