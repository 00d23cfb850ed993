import { keyNames, SHORTCUTS } from '../shortcuts.ts';
import { useWords } from '../texts/use-words.ts';

/** The keys, from the same table that binds them. */
export function KeyboardTable() {
  const { t } = useWords();
  return (
    <dl class="facts keyboard">
      {SHORTCUTS.map((shortcut) => (
        <div key={shortcut.text}>
          <dt>{t(shortcut.text)}</dt>
          <dd>
            {keyNames(shortcut).map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}
