import type { ComponentChildren } from 'preact';
import type { ApiContact } from '../../../daemon/wire/gui-api.ts';
import { checkMessageSize } from '../../../daemon/wire/gui-limits.ts';
import { protectionOf } from '../text/trust.ts';
import { useWords } from '../texts/use-words.ts';
import { Composer, type Writing } from './composer.tsx';
import { Icon, PROTECTION_ICONS } from './icon.tsx';

type Props = Readonly<{
  contact: ApiContact;
  name: string;
  writing: Writing;
  /** Before the field. */
  tools?: ComponentChildren;
}>;

/** Where one writes to a contact; it says how well that is protected. */
export function ContactComposer({ contact, name, writing, tools }: Props) {
  const { t } = useWords();
  const protection = protectionOf(contact);
  return (
    <Composer
      {...{ writing, tools }}
      label={t('composer.label', { name })}
      check={checkMessageSize}
      held={protection === 'changed' ? t('composer.held', { name }) : ''}
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
