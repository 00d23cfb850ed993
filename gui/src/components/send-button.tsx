import type { Protection } from '../text/trust.ts';
import { useWords } from '../texts/use-words.ts';
import { Icon, PROTECTION_ICONS } from './icon.tsx';

type Props = Readonly<{ protection: Protection; isDisabled: boolean }>;

/** Sends; a lock on it says how. */
export function SendButton({ protection, isDisabled }: Props) {
  const { t } = useWords();
  const label = t(`composer.send.${protection}`);
  return (
    <button
      type="submit"
      class={`round-button composer-send is-${protection}`}
      aria-label={label}
      title={label}
      disabled={isDisabled}
    >
      <Icon name="send" />
      <span class="composer-lock">
        <Icon name={PROTECTION_ICONS[protection]} />
      </span>
    </button>
  );
}
