import type { ComponentChildren } from 'preact';
import type { ApiMessage } from '../../../daemon/wire/gui-api.ts';
import { previewText } from '../text/invitation.ts';
import { useWords } from '../texts/use-words.ts';

/** Messages that are chosen, by place. */
export type Selection = Readonly<{
  places: ReadonlySet<number>;
  onToggle: (message: ApiMessage) => void;
}>;

type Props = Readonly<{
  message: ApiMessage;
  selection: Selection | undefined;
  children: ComponentChildren;
}>;

/** A message with a box to tick, while some are chosen; else the message alone. */
export function MessageChoice({ message, selection, children }: Props) {
  const words = useWords();
  const { t } = words;
  if (selection === undefined) return <>{children}</>;
  const label = previewText(message.message, words, message.direction);
  return (
    <label class="message-choice">
      <input
        type="checkbox"
        class="message-check"
        checked={selection.places.has(message.s)}
        aria-label={t('deletion.chooseThis', { text: label.slice(0, LABEL_LENGTH) })}
        onChange={() => selection.onToggle(message)}
      />
      {children}
    </label>
  );
}

/** So much of a message tells which one it is. */
const LABEL_LENGTH = 80;
