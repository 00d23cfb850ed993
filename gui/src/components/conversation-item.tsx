import type { ConversationRow } from '../stores/conversation-list.ts';
import { conversationPath } from '../router.ts';
import { shortAddress } from '../text/address.ts';
import { previewText } from '../text/invitation.ts';
import { stateText, type NameOf } from '../text/message.ts';
import { presenceText } from '../text/presence.ts';
import { isHeld } from '../text/trust.ts';
import { showName } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';
import { Avatar } from './avatar.tsx';
import { Icon, STATE_ICONS } from './icon.tsx';
import { ListRow, UnsentPreview } from './list-row.tsx';
import { TrustMark } from './trust-mark.tsx';

type Props = Readonly<{ row: ConversationRow; isCurrent: boolean; now: number; nameOf: NameOf }>;

/** A conversation in the list. */
export function ConversationItem({ row, isCurrent, now, nameOf }: Props) {
  const words = useWords();
  const { contact, unread, last, sending } = row;
  const name = showName(contact.nick) || shortAddress(contact.address);
  const hasTime = last !== undefined || sending !== undefined;
  return (
    <ListRow
      {...{ isCurrent, name, unread }}
      href={conversationPath(contact.address)}
      isDimmed={contact.blocked}
      isMuted={contact.muted}
      face={<Avatar name={name} address={contact.address} presence={contact.presence} />}
      mark={<TrustMark contact={contact} />}
      time={hasTime ? words.time.brief(row.activeAt, now) : ''}
      preview={<Preview row={row} nameOf={nameOf} />}
      said={presenceText(contact, words, now)}
    />
  );
}

type PreviewProps = Pick<Props, 'row' | 'nameOf'>;

/** The line below the name: whatever is the most telling. */
function Preview({ row, nameOf }: PreviewProps) {
  const { t } = useWords();
  const { contact, draft, sending } = row;
  if (contact.blocked) return <>{t('list.blocked')}</>;
  if (isHeld(contact)) return <span class="conversation-draft">{t('list.held')}</span>;
  return (
    <UnsentPreview {...{ draft, sending }}>
      <LastPreview row={row} nameOf={nameOf} />
    </UnsentPreview>
  );
}

function LastPreview({ row: { contact, last }, nameOf }: PreviewProps) {
  const words = useWords();
  const { t } = words;
  if (contact.state === 'requested') return <>{t('list.waiting')}</>;
  if (last === undefined) return <>{t('list.nothing')}</>;
  const text = showName(previewText(last.message, words, last.direction));
  if (last.direction === 'in') return <bdi>{text}</bdi>;
  const state = stateText(last, words, nameOf);
  return (
    <>
      <span class={`conversation-state state-${last.state}`} title={state}>
        <Icon name={STATE_ICONS[last.state]} />
        <span class="visually-hidden">{state}: </span>
      </span>
      {last.state === 'relayed' ? state : <bdi>{text}</bdi>}
    </>
  );
}
