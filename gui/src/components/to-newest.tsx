import { useWords } from '../texts/use-words.ts';
import { Icon } from './icon.tsx';

type Props = Readonly<{ hasUnread: boolean; onClick: () => void }>;

/** The way back down, only there when one is up. */
export function ToNewest({ hasUnread, onClick }: Props) {
  const { t } = useWords();
  return (
    <button
      type="button"
      class={hasUnread ? 'to-newest has-unread' : 'to-newest'}
      aria-label={hasUnread ? undefined : t('conversation.toEnd')}
      onClick={onClick}
    >
      {hasUnread && t('conversation.toNewest')}
      <Icon name="down" />
    </button>
  );
}
