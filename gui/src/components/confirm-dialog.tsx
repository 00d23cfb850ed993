import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { useWords } from '../texts/use-words.ts';
import { Dialog } from './dialog.tsx';

type Props = Readonly<{
  title: string;
  hint: string;
  yes: string;
  no: string;
  /** Words about what will happen, to be typed before one can go on. */
  phrase?: string | undefined;
  children?: ComponentChildren;
  onYes: () => void;
  onClose: () => void;
}>;

/** Asks before something that cannot be taken back. */
export function ConfirmDialog({ title, hint, yes, no, phrase, children, onYes, onClose }: Props) {
  const { t } = useWords();
  const id = useId();
  const [typed, setTyped] = useState('');
  const isReady = phrase === undefined || wordsOf(typed) === wordsOf(phrase);
  return (
    <Dialog title={title} onClose={onClose}>
      <p class="hint">{hint}</p>
      {children}
      {phrase !== undefined && (
        <>
          <label class="label" for={id}>
            {t('confirm.type', { phrase })}
          </label>
          <input
            class="field"
            id={id}
            value={typed}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </>
      )}
      <div class="actions">
        <button
          type="button"
          class="button button-danger"
          disabled={!isReady}
          onClick={() => {
            onClose();
            onYes();
          }}
        >
          {yes}
        </button>
        <button type="button" class="button" onClick={onClose}>
          {no}
        </button>
      </div>
    </Dialog>
  );
}

/** Case, and blanks here and there, are no matter. */
function wordsOf(text: string): string {
  return text.trim().toLocaleLowerCase().replace(/\s+/g, ' ');
}
