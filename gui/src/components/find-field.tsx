import type { RefObject } from 'preact';
import { useWords } from '../texts/use-words.ts';
import { Icon } from './icon.tsx';

type Props = Readonly<{
  value: string;
  /** So that a key can put the focus here. */
  field: RefObject<HTMLInputElement | null>;
  onInput: (value: string) => void;
  /** Enter: jump to the first that fits. */
  onJump: () => void;
}>;

/** Filters the list and jumps to its first row. */
export function FindField({ value, field, onInput, onJump }: Props) {
  const { t } = useWords();
  return (
    <div class="find">
      <Icon name="search" />
      <input
        ref={field}
        class="find-input"
        type="search"
        value={value}
        placeholder={t('list.find')}
        aria-label={t('list.findLabel')}
        autocomplete="off"
        spellcheck={false}
        enterkeyhint="go"
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onJump();
          if (event.key !== 'Escape' || value === '') return;
          event.stopPropagation();
          onInput('');
        }}
      />
      {value === '' && (
        <span class="find-keys" aria-hidden="true">
          <kbd>Ctrl</kbd> <kbd>K</kbd>
        </span>
      )}
    </div>
  );
}
