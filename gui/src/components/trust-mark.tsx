import type { ApiContact } from '../../../daemon/wire/gui-api.ts';
import { protectionOf } from '../text/trust.ts';
import { useWords } from '../texts/use-words.ts';
import { Icon, PROTECTION_ICONS } from './icon.tsx';

/** The lock beside a contact's name; its word on hover and for screen readers. */
export function TrustMark({ contact }: Readonly<{ contact: ApiContact }>) {
  const { t } = useWords();
  const protection = protectionOf(contact);
  const word = t(`trust.${protection}`);
  return (
    <span class={`trust-mark is-${protection}`} title={word}>
      <Icon name={PROTECTION_ICONS[protection]} />
      <span class="visually-hidden">{word}</span>
    </span>
  );
}
