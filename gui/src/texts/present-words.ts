/** The words of the language that the owner chose, fetched when it is chosen. */
import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { chooseLanguage, chooseLocale, loadWords, type LanguageCode, type Words } from './words.ts';

/**
 * Follows the choice from now on.
 *
 * @param browsers The browser's languages, the first is the best.
 * @param load     As `loadWords`.
 * @returns `undefined` until the first words are there. When others can't be had, the former stay.
 */
export function followWords(
  chosen: ReadonlySignal<LanguageCode | 'system'>,
  browsers: readonly string[],
  load: typeof loadWords = loadWords,
): ReadonlySignal<Words | undefined> {
  const words = signal<Words | undefined>(undefined);
  const language = computed(() => chooseLanguage(chosen.value, browsers));

  effect(() => {
    const wanted = language.value;
    load(wanted, chooseLocale(wanted, browsers)).then(
      (loaded) => {
        // Chosen again meanwhile: the later choice counts.
        if (language.peek() === wanted) words.value = loaded;
      },
      () => undefined,
    );
  });
  return words;
}
