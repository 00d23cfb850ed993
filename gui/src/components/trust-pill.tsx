import type { ApiContact } from '../../../daemon/wire/gui-api.ts';
import { trustOf } from '../text/presence.ts';
import { useWords } from '../texts/use-words.ts';
import { Icon } from './icon.tsx';

/** How well the conversation is protected, honestly. */
export function TrustPill({ contact, href }: Readonly<{ contact: ApiContact; href: string }>) {
  const { t } = useWords();
  const { isSealed, word, means } = trustOf(contact);
  return (
    <a class={isSealed ? 'trust' : 'trust is-plain'} href={href} title={t(means)}>
      <Icon name={isSealed ? 'lock' : 'open'} />
      <span class="trust-word">{t(word)}</span>
    </a>
  );
}
