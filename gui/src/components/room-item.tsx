import { roomPath } from '../router.ts';
import type { RoomListRow } from '../stores/conversation-list.ts';
import { previewText } from '../text/invitation.ts';
import { personOf, standingOf, type People } from '../text/room.ts';
import { showName } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';
import { Icon } from './icon.tsx';
import { RoomAvatar } from './room-avatar.tsx';

type Props = Readonly<{ row: RoomListRow; isCurrent: boolean; now: number; people: People }>;

/** A room in the list. */
export function RoomItem({ row, isCurrent, now, people }: Props) {
  const { t, time } = useWords();
  const { room, unread } = row;
  const isOut = standingOf(room) === 'out';
  return (
    <a
      class={isOut ? 'conversation is-blocked' : 'conversation'}
      href={roomPath(room.room)}
      aria-current={isCurrent ? 'page' : undefined}
    >
      <RoomAvatar uid={room.uid} />
      <span class="conversation-name">
        <span class="visually-hidden">{t('room.label')} </span>
        <bdi>{showName(room.name)}</bdi>
        {room.muted && (
          <span class="conversation-muted" title={t('list.muted')}>
            <Icon name="muted" />
            <span class="visually-hidden">{t('list.muted')}</span>
          </span>
        )}
      </span>
      <span class="conversation-time">{time.brief(row.activeAt, now)}</span>
      <span class="conversation-last">
        <Preview row={row} people={people} />
      </span>
      {unread > 0 && (
        <span class={room.muted ? 'badge badge-muted' : 'badge'}>
          {unread > 999 ? '999+' : unread}
          <span class="visually-hidden"> {t('app.unread', { count: unread })}</span>
        </span>
      )}
    </a>
  );
}

/** The line below the name: whatever is the most telling. */
function Preview({ row, people }: Pick<Props, 'row' | 'people'>) {
  const words = useWords();
  const { t } = words;
  const { room, last, draft, sending } = row;
  const standing = standingOf(room);
  if (standing !== 'in') return <>{t(`room.list.${standing}`)}</>;
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
        <bdi>{showName(sending.message)}</bdi>
      </>
    );
  }
  if (last?.type !== 'MSG') return <>{t('list.nothing')}</>;
  const { from, origin, message } = last;
  const name = origin === 'owner' ? t('message.you') : personOf(from, origin, people).name;
  return <bdi>{t('conversation.newMessage', { name, text: previewText(message, words) })}</bdi>;
}
