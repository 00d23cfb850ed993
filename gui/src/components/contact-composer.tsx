import type { ComponentChildren } from 'preact';
import type { ApiContact } from '../../../daemon/wire/gui-api.ts';
import { checkMessageSize } from '../../../daemon/wire/gui-limits.ts';
import type { Typing } from '../../client/sequence-topic.ts';
import { fits } from '../text/message.ts';
import { protectionOf, type Protection } from '../text/trust.ts';
import type { TextName } from '../texts/language.ts';
import { useWords } from '../texts/use-words.ts';
import { Composer } from './composer.tsx';
import { Icon, PROTECTION_ICONS } from './icon.tsx';
import type { FollowEdits } from './use-shared-field.ts';

type Props = Readonly<{
  contact: ApiContact;
  name: string;
  text: string;
  /** Another browser of the owner's is just writing here, and the text changes with it. */
  isTypedElsewhere: boolean;
  /** Our daemon is there. */
  isConnected: boolean;
  followEdits: FollowEdits;
  /** Before the field. */
  tools?: ComponentChildren;
  onInput: (text: string, typing: Typing) => void;
  onSend: (text: string) => void;
}>;

/** Where one writes to a contact; it says how well that is protected. */
export function ContactComposer(props: Props) {
  const { contact, name, text, isTypedElsewhere, isConnected, tools } = props;
  const { followEdits, onInput, onSend } = props;
  const { t } = useWords();
  const isTooLarge = !fits(text, checkMessageSize);
  const protection = protectionOf(contact);
  const note = noteFor({ isTooLarge, isConnected, isTypedElsewhere, protection });
  return (
    <Composer
      {...{ text, isTooLarge, tools, followEdits, onInput, onSend }}
      label={t('composer.label', { name })}
      note={note === undefined ? '' : t(note, { name })}
      sending={{
        label: t(`composer.send.${protection}`),
        lock: PROTECTION_ICONS[protection],
        look: protection,
      }}
    >
      {protection === 'plain' && (
        <p class="composer-plain">
          <Icon name="open" />
          {t('message.plain')}
        </p>
      )}
    </Composer>
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
