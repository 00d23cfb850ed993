import { useLayoutEffect, useRef } from 'preact/hooks';
import { WireError } from '../../../daemon/wire/check.ts';
import { type ApiContact } from '../../../daemon/wire/gui-api.ts';
import { checkMessageSize } from '../../../daemon/wire/gui-requests.ts';
import type { Typing } from '../../client/sequence-topic.ts';
import { protectionOf, type Protection } from '../text/trust.ts';
import type { TextName } from '../texts/language.ts';
import { useWords } from '../texts/use-words.ts';
import { Icon } from './icon.tsx';
import { SendButton } from './send-button.tsx';
import { useSharedField, type FollowEdits } from './use-shared-field.ts';

type Props = Readonly<{
  contact: ApiContact;
  name: string;
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

/** Where one writes. Enter sends, Shift and Enter begins a new line. */
export function Composer(props: Props) {
  const { contact, name, text, isTypedElsewhere, isConnected, onSend } = props;
  const { t } = useWords();
  const field = useRef<HTMLTextAreaElement>(null);
  const shared = useSharedField({ field, ...props });
  const isTooLarge = !fits(text);
  const protection = protectionOf(contact);
  const note = noteFor({ isTooLarge, isConnected, isTypedElsewhere, protection });
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
          {note !== undefined && t(note, { name })}
        </p>
        {protection === 'plain' && (
          <p class="composer-plain">
            <Icon name="open" />
            {t('message.plain')}
          </p>
        )}
      </div>
      <div class="composer-box">
        <textarea
          ref={field}
          class="composer-field"
          rows={1}
          dir="auto"
          {...shared}
          placeholder={t('composer.label', { name })}
          aria-label={t('composer.label', { name })}
          enterkeyhint="send"
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            event.currentTarget.form?.requestSubmit();
          }}
        />
        <SendButton protection={protection} isDisabled={!canSend} />
      </div>
    </form>
  );
}

/** What keeps the message from going out, the nearest thing first; else who else is writing it. */
function noteFor({
  isTooLarge,
  isConnected,
  isTypedElsewhere,
  protection,
}: Pick<Props, 'isConnected' | 'isTypedElsewhere'> &
  Readonly<{ isTooLarge: boolean; protection: Protection }>): TextName | undefined {
  if (isTooLarge) return 'composer.tooLarge';
  if (!isConnected) return 'composer.away';
  if (protection === 'changed') return 'composer.held';
  if (isTypedElsewhere) return 'composer.elsewhere';
  return undefined;
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
