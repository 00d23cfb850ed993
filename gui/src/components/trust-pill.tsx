import type { ApiContact } from '../../../daemon/wire/gui-api.ts';
import { protectionOf, transitText, trustMeaning } from '../text/trust.ts';
import { useWords } from '../texts/use-words.ts';
import { Icon, PROTECTION_ICONS } from './icon.tsx';

type Props = Readonly<{ contact: ApiContact; name: string; href: string }>;

/** How well the conversation is protected, honestly; without encryption a line of its own, on every screen. */
export function TrustPill({ contact, name, href }: Props) {
  const words = useWords();
  const { t } = words;
  const protection = protectionOf(contact);
  return (
    <a class={`trust is-${protection}`} href={href} title={t(trustMeaning(contact), { name })}>
      <Icon name={PROTECTION_ICONS[protection]} />
      <span class="trust-word">{t(`trust.${protection}`)}</span>
      {protection === 'plain' && <span class="trust-transit">{transitText(contact, words)}</span>}
    </a>
  );
}
