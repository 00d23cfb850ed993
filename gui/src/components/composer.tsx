import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Typing } from '../../client/sequence-topic.ts';
import { fits } from '../text/message.ts';
import { useWords } from '../texts/use-words.ts';
import { SendButton, type Sending } from './send-button.tsx';
import { useSharedField, type FollowEdits } from './use-shared-field.ts';

/** What is in the field, and what becomes of it. */
export type Writing = Readonly<{
  text: string;
  /** Another browser of the owner's is just writing here, and the text changes with it. */
  isTypedElsewhere: boolean;
  /** Our daemon is there. */
  isConnected: boolean;
  /** What others do to the text; the same function as long as it is the same text. */
  followEdits: FollowEdits;
  onInput: (text: string, typing: Typing) => void;
  onSend: (text: string) => void;
}>;

type Props = Readonly<{
  label: string;
  writing: Writing;
  /** Throws `WireError` when the text can't be one message. */
  check: (text: string) => void;
  /** What keeps the message from going out, when our daemon is there; `''` for nothing. */
  held: string;
  sending: Sending;
  /** At the side of the button that sends. */
  children?: ComponentChildren;
  /** Before the field: what else than words can be sent. */
  tools?: ComponentChildren;
}>;

/** Where one writes. Enter sends, Shift and Enter begins a new line. */
export function Composer({ label, writing, check, held, sending, children, tools }: Props) {
  const { t } = useWords();
  const { text, followEdits, onInput, onSend } = writing;
  const field = useRef<HTMLTextAreaElement>(null);
  const shared = useSharedField({ field, text, followEdits, onInput });
  const isTooLarge = !fits(text, check);
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
      <div class="composer-notes">
        <p class={isTooLarge ? 'composer-note is-bad' : 'composer-note'} role="status">
          {isTooLarge ? t('composer.tooLarge') : noteOf(writing, held, t)}
        </p>
        {children}
      </div>
      <div class="composer-box">
        {tools}
        <textarea
          ref={field}
          class="composer-field"
          rows={1}
          dir="auto"
          {...shared}
          placeholder={label}
          aria-label={label}
          enterkeyhint="send"
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            event.currentTarget.form?.requestSubmit();
          }}
        />
        <SendButton sending={sending} isDisabled={!canSend} />
      </div>
    </form>
  );
}

/** What keeps the message from going out, the nearest thing first; else who else is writing it. */
function noteOf(
  { isConnected, isTypedElsewhere }: Writing,
  held: string,
  t: ReturnType<typeof useWords>['t'],
): string {
  if (!isConnected) return t('composer.away');
  if (held !== '') return held;
  return isTypedElsewhere ? t('composer.elsewhere') : '';
}

/** As high as its text; the style sheet says how high at most. */
function growToFit(field: HTMLTextAreaElement): void {
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}
