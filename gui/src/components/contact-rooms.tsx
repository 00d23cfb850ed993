import { useState } from 'preact/hooks';
import type { ApiRoom } from '../../../daemon/wire/rooms-api.ts';
import { showName } from '../text/visible.ts';
import { useWords } from '../texts/use-words.ts';
import { Dialog } from './dialog.tsx';
import { InviteList } from './invite-list.tsx';
import { RoomAvatar } from './room-avatar.tsx';

type Props = Readonly<{
  name: string;
  /** Rooms to which the owner can invite. */
  rooms: readonly ApiRoom[];
  /** @returns Whether the invitation is on its way. */
  onInvite: (room: string) => Promise<boolean>;
}>;

/** Invites a contact to a room. */
export function ContactRooms({ name, rooms, onInvite }: Props) {
  const { t } = useWords();
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <h3 class="section-title">{t('room.page.title')}</h3>
      <button type="button" class="button" onClick={() => setAsking(true)}>
        {t('room.inviteHere')}
      </button>
      {isAsking && (
        <Dialog title={t('room.inviteHereTitle', { name })} onClose={() => setAsking(false)}>
          <InviteList
            rows={rooms.map(({ room, uid, name: roomName }) => ({
              key: room,
              name: showName(roomName),
              face: <RoomAvatar uid={uid} size="small" />,
            }))}
            onInvite={onInvite}
            empty={t('room.inviteNoRoom')}
          />
          <div class="actions">
            <a class="button" href="/rooms">
              {t('room.page.create')}
            </a>
          </div>
        </Dialog>
      )}
    </>
  );
}
