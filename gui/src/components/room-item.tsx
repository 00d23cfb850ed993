import { roomPath } from '../router.ts';
import type { RoomListRow } from '../stores/conversation-list.ts';
import { previewText } from '../text/invitation.ts';
import { personOf, standingOf, type People } from '../text/room.ts';
import { showName } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';
import { ListRow, UnsentPreview } from './list-row.tsx';
import { RoomAvatar } from './room-avatar.tsx';

type Props = Readonly<{ row: RoomListRow; isCurrent: boolean; now: number; people: People }>;

/** A room in the list. */
export function RoomItem({ row, isCurrent, now, people }: Props) {
  const { t, time } = useWords();
  const { room, unread } = row;
  return (
    <ListRow
      {...{ isCurrent, unread }}
      href={roomPath(room.room)}
      isDimmed={standingOf(room) === 'out'}
      isMuted={room.muted}
      face={<RoomAvatar uid={room.uid} />}
      kind={t('room.label')}
      name={showName(room.name)}
      time={time.brief(row.activeAt, now)}
      preview={<Preview row={row} people={people} />}
    />
  );
}

type PreviewProps = Pick<Props, 'row' | 'people'>;

/** The line below the name: whatever is the most telling. */
function Preview({ row, people }: PreviewProps) {
  const { t } = useWords();
  const { room, draft, sending } = row;
  const standing = standingOf(room);
  if (standing !== 'in') return <>{t(`room.list.${standing}`)}</>;
  return (
    <UnsentPreview {...{ draft, sending }}>
      <LastPreview row={row} people={people} />
    </UnsentPreview>
  );
}

function LastPreview({ row: { last }, people }: PreviewProps) {
  const words = useWords();
  const { t } = words;
  if (last?.type !== 'MSG') return <>{t('list.nothing')}</>;
  const { from, origin, message } = last;
  const name = origin === 'owner' ? t('message.you') : personOf(from, origin, people).name;
  return <bdi>{t('conversation.newMessage', { name, text: previewText(message, words) })}</bdi>;
}
