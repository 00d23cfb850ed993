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
import { TrustMark } from './trust-mark.tsx';

type Props = Readonly<{ row: ConversationRow; isCurrent: boolean; now: number; nameOf: NameOf }>;

/** A conversation in the list. */
export function ConversationItem({ row, isCurrent, now, nameOf }: Props) {
  const words = useWords();
  const { contact, unread, last, sending } = row;
  const name = showName(contact.nick) || shortAddress(contact.address);
  const hasTime = last !== undefined || sending !== undefined;
  return (
    <a
      class={contact.blocked ? 'conversation is-blocked' : 'conversation'}
      href={conversationPath(contact.address)}
      aria-current={isCurrent ? 'page' : undefined}
    >
      <Avatar name={name} address={contact.address} presence={contact.presence} />
      <span class="conversation-name">
        <bdi>{name}</bdi>
        <TrustMark contact={contact} />
        {contact.muted && (
          <span class="conversation-muted" title={words.t('list.muted')}>
            <Icon name="muted" />
            <span class="visually-hidden">{words.t('list.muted')}</span>
          </span>
        )}
      </span>
      <span class="conversation-time">{hasTime ? words.time.brief(row.activeAt, now) : ''}</span>
      <span class="conversation-last">
        <Preview row={row} nameOf={nameOf} />
      </span>
      {unread > 0 && (
        <span class={contact.muted ? 'badge badge-muted' : 'badge'}>
          {unread > 999 ? '999+' : unread}
          <span class="visually-hidden"> {words.t('app.unread', { count: unread })}</span>
        </span>
      )}
      <span class="visually-hidden">{presenceText(contact, words, now)}</span>
    </a>
  );
}

/** The line below the name: whatever is the most telling. */
function Preview({ row, nameOf }: Pick<Props, 'row' | 'nameOf'>) {
  const words = useWords();
  const { t } = words;
  const { contact, last, draft, sending } = row;
  if (contact.blocked) return <>{t('list.blocked')}</>;
  if (isHeld(contact)) return <span class="conversation-draft">{t('list.held')}</span>;
  if (draft !== '') {
    return (
      <>
        <span class="conversation-draft">{t('list.draft')}</span> <bdi>{showName(draft)}</bdi>
      </>
    );
  }
  if (sending !== undefined) {
    const isRefused = sending.refusal !== undefined;
    return (
      <>
        <span class={isRefused ? 'conversation-draft' : 'conversation-state'}>
          <Icon name={isRefused ? 'failed' : 'sending'} />
          <span class="visually-hidden">{t(isRefused ? 'list.notSent' : 'list.sending')}: </span>
        </span>
        <bdi>{showName(previewText(sending.message, words, 'out'))}</bdi>
      </>
    );
  }
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
