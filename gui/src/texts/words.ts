/** Everything that depends on the language: texts, times, sizes. */
import i18next from 'i18next';
import { createTimeText, type TimeText } from '../text/time.ts';
import { formatBytes } from '../text/size.ts';
import { isolate } from '../text/visible.ts';
import type { en } from './en.ts';
import type { TextName } from './language.ts';
import type { ru } from './ru.ts';

/** All texts of a language. */
export type Texts = typeof en | typeof ru;

/** Every language that we speak: adding one is adding its file and its line here. Only the one in use is fetched. */
const LANGUAGES = {
  en: async (): Promise<Texts> => (await import('./en.ts')).en,
  ru: async (): Promise<Texts> => (await import('./ru.ts')).ru,
} as const;

export type LanguageCode = keyof typeof LANGUAGES;

/** Values in a text. Strings are names and texts of people; they are wrapped so that they cannot disturb the sentence. */
export type TextValues = Readonly<Record<string, string | number>>;

export type Words = Readonly<{
  language: LanguageCode;
  t: (name: TextName, values?: TextValues) => string;
  time: TimeText;
  bytes: (sizeBytes: number) => string;
  /** "Anna, Boris or Ilya". */
  either: (names: readonly string[]) => string;
  /** "Anna, Boris and Ilya". */
  all: (names: readonly string[]) => string;
  /** 1,204 */
  number: (value: number) => string;
}>;

/** Names of values that stand for people or what they wrote. */
const FOREIGN = new Set(['name', 'to', 'from', 'text', 'host']);

/** Fetches the words of a language. Rejects when they can't be had. As `createWords`. */
export async function loadWords(language: LanguageCode, locale: string = language): Promise<Words> {
  return createWords(await LANGUAGES[language](), language, locale);
}

/**
 * The words of a language.
 *
 * @param locale The browser's own tag for it, which says e.g. whether a day has 12 or 24 hours.
 */
export function createWords(
  texts: Texts,
  language: LanguageCode,
  locale: string = language,
): Words {
  const i18n = i18next.createInstance();
  void i18n.init({
    lng: language,
    // No text is missing in any language: it would not compile.
    fallbackLng: false,
    initAsync: false,
    showSupportNotice: false,
    resources: { [language]: { translation: texts } },
    // Preact writes text nodes; there is no markup to escape.
    interpolation: { escapeValue: false },
  });
  const either = new Intl.ListFormat(language, { type: 'disjunction' });
  const all = new Intl.ListFormat(locale, { type: 'conjunction' });
  const number = new Intl.NumberFormat(locale);
  const t: Words['t'] = (name, values = {}) => i18n.t(name, isolateForeign(values));
  return {
    language,
    t,
    time: createTimeText(locale, t('app.justNow')),
    bytes: (sizeBytes) => formatBytes(sizeBytes, locale),
    either: (names) => either.format(names),
    all: (names) => all.format(names),
    number: (value) => number.format(value),
  };
}

/** The language to use: what was chosen, else the first of the browser's that we speak. */
export function chooseLanguage(
  chosen: LanguageCode | 'system',
  browsers: readonly string[],
): LanguageCode {
  if (chosen !== 'system') return chosen;
  const spoken = browsers.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage);
  return spoken ?? 'en';
}

/** The first of the browser's tags for a language, else the language itself. */
export function chooseLocale(language: LanguageCode, browsers: readonly string[]): string {
  return browsers.find((tag) => tag.toLowerCase().startsWith(language)) ?? language;
}

function isLanguage(code: string): code is LanguageCode {
  return Object.hasOwn(LANGUAGES, code);
}

function isolateForeign(values: TextValues): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'string' && FOREIGN.has(name) ? isolate(value) : value,
    ]),
  );
}
