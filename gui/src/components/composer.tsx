import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Typing } from '../../client/sequence-topic.ts';
import { SendButton, type Sending } from './send-button.tsx';
import { useSharedField, type FollowEdits } from './use-shared-field.ts';

type Props = Readonly<{
  label: string;
  text: string;
  /** What keeps the message from going out; `''` for nothing. */
  note: string;
  /** It can't be sent as it is. */
  isTooLarge: boolean;
  sending: Sending;
  /** At the side of the button that sends. */
  children?: ComponentChildren;
  /** What others do to the text; the same function as long as it is the same text. */
  followEdits: FollowEdits;
  /** Before the field: what else than words can be sent. */
  tools?: ComponentChildren;
  onInput: (text: string, typing: Typing) => void;
  onSend: (text: string) => void;
}>;

/** Where one writes. Enter sends, Shift and Enter begins a new line. */
export function Composer(props: Props) {
  const { label, text, note, isTooLarge, sending, children, tools } = props;
  const { followEdits, onInput, onSend } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const shared = useSharedField({ field, text, followEdits, onInput });
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
          {note}
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

/** As high as its text; the style sheet says how high at most. */
function growToFit(field: HTMLTextAreaElement): void {
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}
