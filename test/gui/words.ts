import { en } from '../../gui/src/texts/en.ts';
import { ru } from '../../gui/src/texts/ru.ts';
import { createWords as createWordsOf, type Words } from '../../gui/src/texts/words.ts';

/** The words of a language, at once. */
export function createWords(language: 'en' | 'ru'): Words {
  return createWordsOf({ en, ru }[language], language);
}
