import test from 'ava';
import { renderToString } from 'preact-render-to-string';
import { BackupForm } from '../../gui/src/components/backup-form.tsx';
import { WordsContext } from '../../gui/src/texts/use-words.ts';
import { createWords } from './words.ts';

function show(language: 'en' | 'ru', isPasswordNeeded: boolean): string {
  return renderToString(
    <WordsContext.Provider value={createWords(language)}>
      <BackupForm isPasswordNeeded={isPasswordNeeded} isBusy={false} onBackup={() => undefined} />
    </WordsContext.Provider>,
  );
}

test('a backup asks for its passphrase twice, and hides both', (t) => {
  for (const language of ['en', 'ru'] as const) {
    const form = show(language, false);
    t.is(form.match(/<input[^>]*type="password"/g)?.length, 2);
    t.is(form.match(/<label class="label" for=/g)?.length, 2);
    t.regex(form, /<button type="submit"[^>]*disabled/);
  }
});

test('the password is asked for only where the daemon wants it', (t) => {
  t.is(show('en', true).match(/type="password"/g)?.length, 3);
});
