import { useLayoutEffect, useRef } from 'preact/hooks';
import { WireError } from '../../../daemon/wire/check.ts';
import { checkMessageSize } from '../../../daemon/wire/gui-api.ts';
import { useWords } from '../texts/use-words.ts';
import { Icon } from './icon.tsx';

type Props = Readonly<{
  name: string;
  text: string;
  /** Our daemon is there. */
  isConnected: boolean;
  onInput: (text: string) => void;
  onSend: (text: string) => void;
}>;

/** Where one writes. Enter sends, Shift and Enter begins a new line. */
export function Composer({ name, text, isConnected, onInput, onSend }: Props) {
  const { t } = useWords();
  const field = useRef<HTMLTextAreaElement>(null);
  const isTooLarge = !fits(text);
  const canSend = text.trim() !== '' && !isTooLarge;

  useLayoutEffect(() => {
    if (field.current !== null) growToFit(field.current);
  }, [text]);

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        if (canSend) onSend(text);
        field.current?.focus();
      }}
    >
      {(isTooLarge || !isConnected) && (
        <p class={isTooLarge ? 'composer-note is-bad' : 'composer-note'} role="status">
          {t(isTooLarge ? 'composer.tooLarge' : 'composer.away')}
        </p>
      )}
      <div class="composer-box">
        <textarea
          ref={field}
          class="composer-field"
          rows={1}
          dir="auto"
          value={text}
          placeholder={t('composer.label', { name })}
          aria-label={t('composer.label', { name })}
          enterkeyhint="send"
          onInput={(event) => onInput(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            event.currentTarget.form?.requestSubmit();
          }}
        />
        <button
          type="submit"
          class="round-button composer-send"
          aria-label={t('composer.send')}
          disabled={!canSend}
        >
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

function fits(text: string): boolean {
  try {
    checkMessageSize(text);
    return true;
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}

/** As high as its text; the style sheet says how high at most. */
function growToFit(field: HTMLTextAreaElement): void {
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}
